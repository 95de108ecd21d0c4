"""The tastes of one person in one go: category, brand and colour, lately and lastingly."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from penchant.features.batch import Batch
from penchant.features.meeting import met
from penchant.features.past import Floats, aged, past
from penchant.features.ties import Reads, by


@dataclass(frozen=True)
class Taste:
    """What is counted, and how.

    Attributes:
        field: A field of items.
        reads: How it is read.
        half_life_days: Half-life in days.
        against: Whether dislikes are counted, as far as likings do not outweigh them, instead of likings.
    """

    field: str
    reads: Reads
    half_life_days: float
    against: bool = False


@dataclass(frozen=True)
class _Settings:
    """Of k tastes, as columns of shape (k, 1)."""

    against: NDArray[np.int64]
    half_life: Floats
    sign: Floats
    least: Floats


def tastes(batch: Batch, wanted: tuple[Taste, ...], rows: Sequence[NDArray[np.float32]]) -> Collection[int]:
    """Affinities and aversions, the same to the bit as each alone; see `Kin`.

    Args:
        batch: One request.
        wanted: None of tags.
        rows: A row of values for each.
    """
    meeting = met(batch)
    if meeting is None:
        return ()
    at = [meeting.at[by(one.field, one.reads)] for one in wanted]
    settings = _settings(wanted)
    k, size, ages = len(wanted), meeting.n + 2, aged(batch, against=False)
    if settings.against.any():
        fade = np.concatenate([ages, aged(batch, against=True)]).reshape(2, -1).take(settings.against, axis=0)
        np.negative(fade, out=fade)
    else:
        fade = np.broadcast_to(-ages, (k, meeting.n))
    weight = np.exp2(fade / settings.half_life)
    weight *= past(batch).weights
    weight *= settings.sign
    first = np.arange(0, k * size, size)[:, None]
    slot = meeting.slot.take(at, axis=0)
    slot += first
    total = np.bincount(slot.ravel(), weight.ravel(), k * size).reshape(k, size).astype(np.float64, copy=False)
    total[:, -1] = 0.0
    best = total.max(axis=1, keepdims=True)
    np.maximum(total, settings.least, out=total)
    total /= np.where(best > 0, best, np.nan)
    share = np.minimum(total, 1.0).astype(np.float32)
    share[:, -1] = np.nan
    for values, of, row in zip(share, at, rows, strict=True):
        values.take(meeting.asked[of], out=row, mode="clip")
    return range(k)


@lru_cache(maxsize=64)
def _settings(wanted: tuple[Taste, ...]) -> _Settings:
    against = np.array([one.against for one in wanted], np.int64)
    column = against[:, None]
    return _Settings(
        against,
        np.array([one.half_life_days for one in wanted], np.float64)[:, None],
        np.where(column, -1.0, 1.0),
        np.where(column, 0.0, -np.inf),
    )
