"""How well things went that the person tried: what was finished of what was begun, right of what was checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.events import Role
from penchant.features.batch import Batch
from penchant.features.feature import Feature
from penchant.features.meeting import ITSELF, pairs_of
from penchant.features.past import Floats, counted, last_of_item, of_roles, past
from penchant.features.ties import Reads, declared, ties
from penchant.slate import Reason


@dataclass(frozen=True)
class Checks:
    """How trials are read off events.

    Attributes:
        right: Roles of events that say it went well.
        wrong: Roles of events that say it did not.
        least: Events of `wrong` that weigh less than this say something else: that somebody did not want it.
        half_life_days: What was right long ago may be forgotten: an event counts half as much after these days.
        shrinkage: Events that what is known without the topic counts as.
    """

    right: tuple[Role, ...] = (Role.GOAL, Role.STRONG)
    wrong: tuple[Role, ...] = (Role.NEGATIVE,)
    least: float = -0.3
    half_life_days: float = 90.0
    shrinkage: float = 2.0


def finished_share(
    name: str,
    field: str,
    about: str,
    *tried: Role,
    reads: Reads = "category",
    shrinkage: float = 2.0,
    reason: Reason | None = None,
) -> Feature:
    """Share of the items with the candidate's value of `field` that the person began and reached the goal with.

    It is drawn towards the person's share of all items by `shrinkage` items, and that towards one half by one item.

    Args:
        name: Feature name.
        field: A field of items; empty for all items alike.
        about: One sentence.
        *tried: Roles of events that say it was begun; the goal among them.
        reads: How the field is read; of tags the mean counts.
        shrinkage: Items that the person's share of all items counts as.
        reason: Told when it moved an item up.

    Returns:
        A feature in 0 to 1; NaN for somebody who began nothing.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        begun, done = batch.once(("finished", tried), lambda: _finished(batch, tried))
        overall, some = _overall(batch, ("finished all", tried), begun, done)
        if not field:
            return np.where(some, overall, np.nan).astype(np.float32)
        tied = ties(batch, field, reads)
        part, of = tied.mean(tied.total(done)), tied.mean(tied.total(begun))
        value = (part + shrinkage * overall) / (of + shrinkage)
        return np.where(some, value, np.nan).astype(np.float32)

    looks = (*declared(field, reads), ITSELF) if field else (ITSELF,)
    return Feature(name, "share", (field,) if field else (), about, compute, reason, by=looks)


def mastery(name: str, field: str, about: str, checks: Checks) -> Feature:
    """How well the person's checks on the candidate's value of `field` went, lately most of all.

    The share of right answers, each fading from the moment it was given, drawn towards the person's share on all
    topics by `checks.shrinkage` answers, and that towards one half by one answer.

    Returns:
        A feature in 0 to 1; NaN for somebody who was never checked.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        return _mastery(batch, field, checks).astype(np.float32)

    return Feature(name, "share", (field,), about, compute, by=declared(field))


def above_mastery(name: str, level: str, field: str, about: str, checks: Checks, *, levels: int = 5) -> Feature:
    """How far the candidate's level, from 0 (the first) to 1 (the last), lies above the person's mastery.

    Below 0 it is easier than what they can do; NaN without a level or without any check.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        height = np.clip((batch.number(level) - 1.0) / (levels - 1.0), 0.0, 1.0)
        return (height - _mastery(batch, field, checks)).astype(np.float32)

    return Feature(name, "share", (level, field), about, compute, low=-1.0, by=declared(field))


def taken_back_share(name: str, about: str, field: str = "", *, shrinkage: float = 2.0) -> Feature:
    """Share of the goals that the person took back, in the candidate's value of `field` or, without it, in all.

    A value's share is drawn towards that of all by `shrinkage` goals; NaN for somebody without any goal.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        back, kept = counted(batch, (Role.REVERSAL,)), counted(batch, (Role.GOAL,))
        overall = batch.once("taken back", lambda: _taken_back(batch, back, kept)).take(batch.row)
        if not field:
            return overall.astype(np.float32)
        tied = ties(batch, field)
        part, whole = tied.mean(tied.total(back)), tied.mean(tied.total(back + kept))
        return ((part + shrinkage * overall) / (whole + shrinkage)).astype(np.float32)

    looks = declared(field) if field else ()
    return Feature(name, "share", (field,) if field else (), about, compute, by=looks)


def _taken_back(batch: Batch, back: Floats, kept: Floats) -> Floats:
    """The share of each person's goals that was taken back, of all; NaN without any."""
    row, n = past(batch).row, len(batch.queries)
    of, share = np.bincount(row, back + kept, n), np.full(n, np.nan)
    np.divide(np.bincount(row, back, n), of, out=share, where=of > 0)
    return share


def _finished(batch: Batch, tried: tuple[Role, ...]) -> tuple[Floats, Floats]:
    """1 at one entry of each item that was begun, and of each that was finished."""
    pairs = pairs_of(batch, ITSELF)
    goals = pairs.counts(of_roles(batch, (Role.GOAL,)))[pairs.slot] > 0
    begun = last_of_item(batch, tried)
    return begun.astype(np.float64), (begun & goals).astype(np.float64)


def _mastery(batch: Batch, field: str, checks: Checks) -> Floats:
    def weigh() -> tuple[Floats, Floats]:
        found = past(batch)
        right = of_roles(batch, checks.right)
        checked = right | (of_roles(batch, checks.wrong) & (found.weights >= np.float32(checks.least)))
        fade = np.exp2(-np.maximum(batch.queries.now[found.row] - found.times, 0.0) / DAY / checks.half_life_days)
        return np.where(checked, fade, 0.0), np.where(right, fade, 0.0)

    def make() -> Floats:
        checked, right = batch.once(("checked", checks), weigh)
        overall, some = _overall(batch, ("checked all", checks), checked, right)
        tied = ties(batch, field)
        part, of = tied.mean(tied.total(right)), tied.mean(tied.total(checked))
        return np.where(some, (part + checks.shrinkage * overall) / (of + checks.shrinkage), np.nan)

    return batch.once(("mastery", field, checks), make)


def _overall(batch: Batch, key: object, tried: Floats, won: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """The person's share of all they tried, drawn towards one half by one trial, and whether they tried anything."""

    def make() -> tuple[Floats, NDArray[np.bool_]]:
        row, n = past(batch).row, len(batch.queries)
        of = np.bincount(row, tried, n)
        share = (np.bincount(row, won, n) + 0.5) / (of + 1.0)
        return share[batch.row], (of > 0)[batch.row]

    return batch.once(key, make)
