"""Features that depend on the item alone: worked out for the whole catalog, and gathered by requests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from operator import is_not
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.features.batch import Batch
from penchant.features.feature import Compute, Feature, Kin

_CELLS = 1 << 20
"""Values of a catalog up to which columns are kept side by side as well."""

Whole = Callable[[Batch], NDArray[np.float32] | None]
"""The values of all items, as they are kept; None where they are not worth working out."""


def of_items(whole: Whole, other: Compute | None = None, **told: Any) -> Feature:
    """A feature that gathers what is kept of all items.

    Args:
        whole: Gives it.
        other: Works the values of the candidates out where it gives nothing.
        **told: All else that a feature is.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        column = whole(batch)
        if column is None and other is not None:
            return other(batch)
        return np.full(len(batch.at), np.nan, np.float32) if column is None else column.take(batch.at)

    return Feature(compute=compute, kin=Kin(gathered, whole), **told)


def gathered(batch: Batch, wanted: tuple[Whole, ...], rows: Sequence[NDArray[np.float32]]) -> Collection[int]:
    """Gather the values of one request's candidates from all that give them; see `Kin`."""
    at, n = batch.at, len(batch.table)
    if not len(at) or at.min() < 0 or at.max() >= n:
        return ()
    columns = [whole(batch) for whole in wanted]
    done = [place for place, column in enumerate(columns) if column is not None]
    if n * len(done) > _CELLS:
        for place in done:
            columns[place].take(at, out=rows[place], mode="clip")  # type: ignore[union-attr]
        return done
    box = batch.kept(("block", wanted), _Block)
    held = box.held
    if held is None or len(held[0]) != len(columns) or any(map(is_not, held[0], columns)):
        block = np.empty((n, len(done)), np.float32)
        for place, column in zip(done, block.T, strict=True):
            column[:] = columns[place]
        held = box.held = (columns, block)
    # One item's values stand side by side, so that they are read together.
    found = held[1].take(at, axis=0, mode="clip")
    for place, values in zip(done, found.T, strict=True):
        rows[place][:] = values
    return done


class _Block:
    """Columns of a catalog side by side, and those they are."""

    held: tuple[list[NDArray[np.float32] | None], NDArray[np.float32]] | None = None
