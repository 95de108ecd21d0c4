"""Objectives are judged on held-out requests: may the formula serve, and how far may it go?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Shown
from penchant.evaluation import Estimate, ObjectiveRow, difference
from penchant.features import Batch
from penchant.pack import Pack
from penchant.ranking import AnyHead, Objective, by_formula, choose_floor, number_fields, trade_off, value
from penchant.slate import Offsets
from penchant.training.labels import Labels

PLACES = 10
LEAST = 50
"""Requests with something that followed below which two orders are not compared."""
SURE = 300
"""Likewise, below which a floor's cost is not read off what followed but foreseen by the goal's own head."""

_DISCOUNT = 1.0 / np.log2(np.arange(2, PLACES + 2))

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Held:
    """Held-out requests, every item as if it stood at the first place.

    Attributes:
        shown: The requests.
        rows: Where their items stand among all rows.
        batches: Them as features see them.
    """

    shown: Shown
    rows: NDArray[np.int64]
    batches: tuple[Batch, ...]


def judged(
    pack: Pack, heads: Mapping[str, AnyHead], labels: Mapping[str, Labels], held: Held, *, seed: int, threads: int = 1
) -> tuple[ObjectiveRow, ...]:
    """Judge every objective that has a formula and a goal.

    The formula serves unless ordering by its goal's head is worse than ordering by relevance, by more than the
    objective may lose and surely so. Its relevance floor is the lowest that costs no more than that: of what followed,
    or where that is too little, of what the goal's head expects to follow.

    Args:
        pack: Its objectives.
        heads: Heads that have not seen the requests.
        labels: What followed, by head, for all rows.
        held: The requests.
        seed: Seed of intervals.
        threads: How many value requests at once.
    """
    features = {feature.name: feature for feature in pack.features}
    against: dict[str, Estimate | None] = {}
    rows = []
    for objective in pack.objectives:
        if not (objective.formula and objective.goal):
            continue
        told = ObjectiveRow(
            name=objective.name,
            formula=objective.formula,
            goal=objective.goal,
            serves="sum",
            loss=objective.loss,
        )
        table = held.batches[0].table if held.batches else None
        numbers: Iterable[str] = () if table is None else number_fields(table.schema)
        if table is None or not by_formula(objective, features, numbers, heads):
            rows.append(msgspec.structs.replace(told, reason=_missing(objective, pack, heads)))
            continue
        with ThreadPoolExecutor(max(threads, 1)) as pool:
            made = list(pool.map(partial(value, objective, features, heads=heads), held.batches))
        if any(one.by != "formula" for one in made):
            failed = {name: text for one in made for name, text in one.failed.items()}
            rows.append(
                msgspec.structs.replace(
                    told, reason="; ".join(f"{name} failed: {text}" for name, text in failed.items())
                )
            )
            continue
        ptr = held.shown.ptr
        worth = np.concatenate([one.value for one in made]).astype(np.float64)
        goal = np.concatenate([one.heads[objective.goal] for one in made]).astype(np.float64)
        gain = np.nan_to_num(labels[objective.goal].value[held.rows].astype(np.float64))
        # By a handful of purchases any floor looks dear or free; what the head foresees is at least no luck.
        curve = trade_off(worth, goal, gain if _followed(gain, ptr) >= SURE else goal, ptr)
        told = msgspec.structs.replace(told, curve=curve, floor=choose_floor(curve, objective.loss))
        if objective.goal not in against:
            against[objective.goal] = _against_relevance(held.shown, goal, gain, seed)
        gap = against[objective.goal]
        base = _mean_ndcg(held.shown.relevance.astype(np.float64), gain, ptr)
        told = msgspec.structs.replace(told, against_relevance=gap)
        if gap is not None and gap.high < -objective.loss * base:
            reason = f"ordered by {objective.goal}, the NDCG@10 of held-out requests differs from that by relevance by"
            rows.append(msgspec.structs.replace(told, reason=f"{reason} {gap.signed}"))
            continue
        rows.append(msgspec.structs.replace(told, serves="formula"))
    return tuple(rows)


def _missing(objective: Objective, pack: Pack, heads: Mapping[str, AnyHead]) -> str:
    """Why a formula cannot be judged."""
    named = [head.name for head in pack.heads if head.name in objective.formula or head.name == objective.goal]
    lacking = [name for name in named if name not in heads]
    if lacking:
        return f"it could not be judged without {', '.join(lacking)}"
    return "it names what neither items, features nor heads have"


def _against_relevance(shown: Shown, goal: Floats, gain: Floats, seed: int) -> Estimate | None:
    """NDCG by the goal's head less that by relevance, over requests whose relevance is known; None with too few."""
    relevance = shown.relevance.astype(np.float64)
    first, second = ndcg(goal, gain, shown.ptr), ndcg(relevance, gain, shown.ptr)
    unknown = np.bincount(shown.row_of, np.isnan(relevance), len(shown)) > 0
    good = np.flatnonzero(~np.isnan(first) & ~unknown & (np.diff(shown.ptr) > 1))
    if len(good) < LEAST:
        return None
    # Of people without any event every request is a person of its own.
    person = np.where(shown.person < 0, shown.person.max(initial=0) + 1 + np.arange(len(shown)), shown.person)[good]
    order = np.argsort(person, kind="stable")
    good = good[order]
    return difference(first[good], second[good], seed=seed, group=person[order].astype(np.int32))


def ndcg(by: Floats, gain: Floats, ptr: Offsets) -> Floats:
    """NDCG@10 of each request's items in the order of a score; NaN where nothing followed.

    Args:
        by: The score; NaN stands last. Equal ones stay in their order.
        gain: What each item brought, from 0.
        ptr: Where requests begin and end.
    """
    n = len(ptr) - 1
    row = np.repeat(np.arange(n), np.diff(ptr))
    place = np.arange(len(by)) - np.repeat(ptr[:-1], np.diff(ptr))
    looked = np.where(place < PLACES, _DISCOUNT[np.minimum(place, PLACES - 1)], 0.0)

    def gained(score: Floats) -> Floats:
        order = np.lexsort((place, -np.nan_to_num(score, nan=-np.inf), row))
        return np.asarray(np.bincount(row, gain[order] * looked, n), np.float64)

    got, best = gained(by), gained(gain)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(best > 0, got / best, np.nan)


def _followed(gain: Floats, ptr: Offsets) -> int:
    """Requests in which something followed."""
    row = np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))
    return len(np.unique(row[gain > 0]))


def _mean_ndcg(by: Floats, gain: Floats, ptr: Offsets) -> float:
    found = ndcg(by, gain, ptr)
    return float(np.nanmean(found)) if not np.isnan(found).all() else 0.0
