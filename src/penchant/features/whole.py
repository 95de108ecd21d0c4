"""Features that depend on the item alone: worked out for the whole catalog, and gathered by requests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from penchant.features.batch import Batch
from penchant.features.feature import Compute, Feature, Kin

_CELLS = 8 << 20
"""Values of a catalog up to which columns are kept side by side as well."""
_FEW = 4
"""Columns below which that is not worth it."""
_MOST = 4
"""Blocks of columns that are kept: those of two domains, of this hour and the next."""
_ALONE = 2
"""Columns that may differ from a block's, at least, before another is made; a quarter of them, where that is more."""
_AT_ONCE = 4_096
"""Items whose values are put side by side at once, so that they stay in the processor's cache."""

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
    block = None
    if len(done) >= _FEW and n * len(done) <= _CELLS:
        block = _block({wanted[place]: columns[place] for place in done}, n)  # type: ignore[misc]
    # One item's values stand side by side in a block, so that they are read together.
    found = None if block is None else block.values.take(at, axis=0, mode="clip").T
    for place in done:
        column, own = columns[place], None if block is None else block.at.get(wanted[place])
        if found is not None and own is not None and own[1]() is column:
            rows[place][:] = found[own[0]]
        else:
            column.take(at, out=rows[place], mode="clip")  # type: ignore[union-attr]
    return done


@dataclass(frozen=True)
class _Block:
    """Columns of a catalog side by side.

    Attributes:
        at: Place of each column, and the column itself for as long as it is kept elsewhere.
        values: Shape (n_items, columns).
    """

    at: Mapping[Whole, tuple[int, ref[NDArray[np.float32]]]]
    values: NDArray[np.float32]

    def has(self, columns: Mapping[Whole, NDArray[np.float32]]) -> int:
        """How many of these columns it has."""
        places = ((self.at.get(whole), column) for whole, column in columns.items())
        return sum(1 for own, column in places if own is not None and own[1]() is column)

    @property
    def alive(self) -> dict[Whole, NDArray[np.float32]]:
        """Its columns that are kept elsewhere still."""
        held = ((whole, column()) for whole, (_, column) in self.at.items())
        return {whole: column for whole, column in held if column is not None}


_blocks: tuple[_Block, ...] = ()
"""Those that were made last, the latest first."""
_lock = Lock()


def _block(columns: Mapping[Whole, NDArray[np.float32]], n: int) -> _Block:
    """The block that has most of these columns, or a new one where none has enough of them.

    Few columns change when the catalog is told anew, and these are gathered by themselves meanwhile: copying all for
    every piece sold would cost more than it saves. A new block takes along what another objective asks of the same
    catalog, so that a catalog has one block however many objectives it is asked for.
    """
    global _blocks
    best, enough = _best(columns, n)
    if best is not None and enough:
        return best
    with _lock:
        # Whoever asked at the same time may have made it meanwhile.
        best, enough = _best(columns, n)
        if best is not None and enough:
            return best
        more = {} if best is None else {one: own for one, own in best.alive.items() if one not in columns}
        made = _made({**columns, **dict(list(more.items())[: _CELLS // max(n, 1) - len(columns)])}, n)
        others = [block for block in _blocks if made.has(alive := block.alive) < len(alive)]
        _blocks = (made, *others[: _MOST - 1])
    return made


def _best(columns: Mapping[Whole, NDArray[np.float32]], n: int) -> tuple[_Block | None, bool]:
    """The block that has most of these columns, and whether it has enough of them."""
    best, most = None, 0
    for block in _blocks:
        has = block.has(columns) if len(block.values) == n else 0
        if has > most:
            best, most = block, has
        if has == len(columns):
            break
    return best, len(columns) - most <= max(_ALONE, len(columns) // 4)


def _made(columns: Mapping[Whole, NDArray[np.float32]], n: int) -> _Block:
    given = list(columns.values())
    values = np.empty((n, len(given)), np.float32)
    for first in range(0, n, _AT_ONCE):
        values[first : first + _AT_ONCE] = np.array([column[first : first + _AT_ONCE] for column in given]).T
    return _Block({whole: (place, ref(column)) for place, (whole, column) in enumerate(columns.items())}, values)
