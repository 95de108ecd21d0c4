"""Requests about an item: what else was in the basket, and what came next in the session."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Dataset, Interactions, Queries
from penchant.evaluation.eligible import contains, fresh
from penchant.evaluation.targets import Targets
from penchant.events import Role
from penchant.slate import Codes

Rows = NDArray[np.int64]

POSITIVE = (int(Role.GOAL), int(Role.STRONG), int(Role.WEAK))
"""Roles that speak for an item."""


def together(
    data: Dataset, train: Dataset, space: NDArray[np.bool_], cut: float, until: float, most: int, seed: int
) -> Targets:
    """Baskets of two items or more: one item is drawn as the seed, the others are the targets.

    The history of a request is what the person did strictly before the basket's first line.

    Args:
        data: What is known at the end of the window.
        train: What was known at the cut.
        space: The item space.
        cut: Start of the window.
        until: End of the window.
        most: Baskets judged at most; a seeded draw when there are more.
        seed: Seed of draws.
    """
    rows = data.interactions
    kept = (rows.role == int(Role.GOAL)) & (rows.weight > 0) & np.isinf(rows.reversed_at)
    kept &= (rows.time >= cut) & (rows.time < until) & (rows.basket >= 0)
    unknown_share = _share(~space[rows.item[kept]])
    lines = np.flatnonzero(kept & space[rows.item])
    n_items = max(len(data.items), 1)
    # One entry for each item of a basket, by basket and item.
    keys, first, entry = np.unique(
        rows.basket[lines].astype(np.int64) * n_items + rows.item[lines], return_index=True, return_inverse=True
    )
    money = rows.price[lines].astype(np.float64) * rows.quantity[lines]
    value = money_of(entry, len(keys), money)
    _, begin, size = np.unique(keys // n_items, return_index=True, return_counts=True)
    # Rows stand by person and time, so the first line of a basket is its earliest.
    line = np.minimum.reduceat(lines[first], begin) if len(begin) else np.zeros(0, np.int64)
    several = size >= 2
    begin, size, line = begin[several], size[several], line[several]
    order = np.argsort(line, kind="stable")
    begin, size, line = begin[order], size[order], line[order]
    drawn = np.minimum((np.random.default_rng(seed).random(len(begin)) * size).astype(np.int64), size - 1)
    picked = _drawn(len(begin), most, seed)
    begin, size, line, drawn = begin[picked], size[picked], line[picked], drawn[picked]
    ptr = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    place = np.arange(ptr[-1]) - np.repeat(ptr[:-1], size)
    at = np.repeat(begin, size) + place
    wanted = place != np.repeat(drawn, size)
    end = _first_of_moment(rows, line)
    return _targets(
        data,
        train,
        space,
        end=end,
        now=rows.time[line],
        seeds=(keys[begin + drawn] % n_items).astype(np.int32),
        sizes=size - 1,
        items=(keys[at[wanted]] % n_items).astype(np.int32),
        values=value[at[wanted]],
        person=rows.person[line],
        unknown_share=unknown_share,
        together=True,
    )


def following(
    data: Dataset, train: Dataset, space: NDArray[np.bool_], cut: float, until: float, most: int, seed: int
) -> Targets:
    """Sessions with two steps or more: one step is drawn as the seed, the item after it is the target.

    Steps are events that speak for an item; the same item several times in a row is one step. The history of a request
    is what the person did up to the event that is the seed, that one included: the item is on the screen.

    Args:
        data: What is known at the end of the window.
        train: What was known at the cut.
        space: The item space.
        cut: Start of the window.
        until: End of the window.
        most: Sessions judged at most; a seeded draw when there are more.
        seed: Seed of draws.
    """
    rows = data.interactions
    kept = (rows.weight > 0) & np.isin(rows.role, POSITIVE) & np.isinf(rows.reversed_at)
    steps = np.flatnonzero(kept & (rows.time >= cut) & (rows.time < until))
    session, item = rows.session[steps], rows.item[steps]
    fresh_step = (np.diff(session, prepend=-1) != 0) | (np.diff(item, prepend=-1) != 0)
    steps, session, item = steps[fresh_step], session[fresh_step], item[fresh_step]
    place = np.flatnonzero(session[1:] == session[:-1])
    unknown_share = _share(~space[item[place + 1]])
    place = place[space[item[place]] & space[item[place + 1]]]
    _, begin, size = np.unique(session[place], return_index=True, return_counts=True)
    order = np.argsort(begin, kind="stable")
    begin, size = begin[order], size[order]
    drawn = np.minimum((np.random.default_rng(seed).random(len(begin)) * size).astype(np.int64), size - 1)
    chosen = place[(begin + drawn)[_drawn(len(begin), most, seed)]]
    line = steps[chosen]
    value = np.where(rows.role == int(Role.GOAL), rows.price.astype(np.float64) * rows.quantity, np.nan)
    return _targets(
        data,
        train,
        space,
        end=line + 1,
        now=rows.time[line],
        seeds=item[chosen],
        sizes=np.ones(len(chosen), np.int64),
        items=item[chosen + 1],
        values=value[steps[chosen + 1]],
        person=rows.person[line],
        unknown_share=unknown_share,
        together=False,
    )


def money_of(row: NDArray[np.intp], n: int, money: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums by target, over the rows that know a price, shape (n,); NaN where none does."""
    priced = ~np.isnan(money)
    total = np.bincount(row[priced], money[priced], minlength=n)
    return np.where(np.bincount(row[priced], minlength=n) > 0, total, np.nan)


def _targets(
    data: Dataset,
    train: Dataset,
    space: NDArray[np.bool_],
    *,
    end: Rows,
    now: NDArray[np.float64],
    seeds: Codes,
    sizes: Rows,
    items: Codes,
    values: NDArray[np.float64],
    person: Codes,
    unknown_share: float,
    together: bool,
) -> Targets:
    rows, n_items = data.interactions, max(len(data.items), 1)
    ptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    queries = _requests(rows, data.ptr[person], end, now, seeds)
    row = np.repeat(np.arange(len(sizes)), sizes)
    had = np.unique(np.repeat(np.arange(len(queries)), np.diff(queries.ptr)) * n_items + queries.items)
    repeat = contains(had, row * n_items + items)
    goals = train.positive(Role.GOAL)
    warm = np.isin(np.unique(person), goals.person)
    return Targets(
        task="together" if together else "following",
        queries=queries,
        group=person.astype(np.int32),
        ptr=ptr,
        items=items.astype(np.int32),
        values=values.astype(np.float32),
        repeat=repeat,
        fresh=fresh(train, items),
        space=space,
        seen_ptr=np.arange(len(seeds) + 1, dtype=np.int64),
        seen=seeds,
        warm=int(warm.sum()),
        cold=int((~warm).sum()),
        unknown_share=unknown_share,
        repeat_share=_share(repeat),
    )


def _requests(rows: Interactions, start: Rows, end: Rows, now: NDArray[np.float64], seeds: Codes) -> Queries:
    """Requests whose histories are rows start to end, goals that had been taken back by then left out."""
    sizes = end - start
    ptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    at = np.arange(ptr[-1]) + np.repeat(start - ptr[:-1], sizes)
    keep = ~(rows.reversed_at[at] <= np.repeat(now, sizes))
    offsets = np.concatenate([[0], np.cumsum(keep)]).astype(np.int64)[ptr]
    at = at[keep]
    return Queries(
        offsets,
        rows.item[at],
        rows.time[at],
        rows.weight[at],
        rows.role[at],
        now.astype(np.float64),
        np.arange(len(seeds) + 1, dtype=np.int64),
        seeds.astype(np.int32),
    )


def _first_of_moment(rows: Interactions, line: Rows) -> Rows:
    """The first row of the same person and moment as each of these rows."""
    fresh_row = (np.diff(rows.person, prepend=-1) != 0) | (np.diff(rows.time, prepend=-np.inf) != 0)
    first: Rows = np.maximum.accumulate(np.where(fresh_row, np.arange(len(rows)), 0))
    return first[line]


def _drawn(n: int, most: int, seed: int) -> Rows:
    """All of n places, or a seeded draw of some, ascending."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed + 1).choice(n, most, replace=False))


def _share(mask: NDArray[np.bool_]) -> float:
    return float(mask.mean()) if len(mask) else float("nan")
