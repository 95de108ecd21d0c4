"""Who is judged in a window, and by what."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Dataset
from penchant.evaluation.eligible import contains, eligible, fresh, stood
from penchant.evaluation.targets import Targets
from penchant.evaluation.visits import POSITIVE, following, money_of, together
from penchant.events import Role
from penchant.pack import Task
from penchant.slate import Codes, Offsets

Keys = NDArray[np.int64]


def judge(
    data: Dataset,
    train: Dataset,
    cut: float,
    until: float,
    task: Task,
    *,
    max_people: int,
    seed: int,
    newcomers: bool = False,
) -> Targets:
    """Find who is judged between two moments, and by what; nobody when the data has nothing for the task.

    A target is what followed inside the window, on an item of the item space (see `eligible`): for tasks about people
    an item they reached the goal on, never taken back as far as `data` knows; for `together` and `following` see
    `visits`. A person is warm with a goal before the cut that still stood then. In tasks about people the warm are
    judged, and the cold apart.

    Args:
        data: What is known today, or was at the end of the window.
        train: What was known at the cut: `data.before(cut)`.
        cut: Start of the window; training data ends here.
        until: End of the window, not part of it.
        task: What is judged.
        max_people: Most requests judged; a seeded draw when there are more.
        seed: Seed of draws.
        newcomers: Make requests of cold people too.
    """
    space = eligible(train, data.history)
    if task == "together":
        return together(data, train, space, cut, until, max_people, seed)
    if task == "following":
        return following(data, train, space, cut, until, max_people, seed)
    return _people(data, train, space, cut, until, task, max_people, seed, newcomers)


def _people(
    data: Dataset,
    train: Dataset,
    space: NDArray[np.bool_],
    cut: float,
    until: float,
    task: Task,
    max_people: int,
    seed: int,
    newcomers: bool,
) -> Targets:
    rows, n_items = data.interactions, max(len(data.items), 1)
    known = stood(rows, cut)
    goal = (rows.role == int(Role.GOAL)) & (rows.weight > 0)
    is_warm = np.zeros(len(data.people), bool)
    is_warm[rows.person[known & goal]] = True

    inside = (rows.time >= cut) & (rows.time < until)
    lasting = np.isinf(rows.reversed_at)
    window = rows.where(goal & inside & lasting)
    in_space = space[window.item]
    unknown_share = float((~in_space).mean()) if len(window) else float("nan")
    window = window.where(in_space)
    seen = np.unique(_keys(rows.person[known], rows.item[known], n_items))
    had = np.unique(_keys(rows.person[known & goal], rows.item[known & goal], n_items))
    keys, row = np.unique(_keys(window.person, window.item, n_items), return_inverse=True)
    repeat = contains(seen, keys)
    money = money_of(row, len(keys), window.price.astype(np.float64) * window.quantity)
    repeats = repeat[is_warm[keys // n_items]]
    repeat_share = float(repeats.mean()) if len(repeats) else float("nan")

    def counted(found: Keys) -> NDArray[np.bool_]:
        """Which pairs of person and item the task is about."""
        if task == "next":
            return np.ones(len(found), bool)
        return ~contains(seen, found) if task == "new" else contains(had, found)

    def told(mask: NDArray[np.bool_]) -> Keys:
        """Distinct pairs of person and item that the task is about, of some rows of the window."""
        found = rows.where(mask & inside & space[rows.item])
        pairs = np.unique(_keys(found.person, found.item, n_items))
        return pairs[counted(pairs)]

    kept = counted(keys)
    keys, money, repeat = keys[kept], money[kept], repeat[kept]
    begun = told((rows.weight > 0) & np.isin(rows.role, POSITIVE) & lasting)
    returned = told(goal & ~lasting)
    returned = returned[~contains(keys, returned)]
    everyone = np.unique(keys // n_items)
    warm, cold = everyone[is_warm[everyone]], everyone[~is_warm[everyone]]
    bound = {"next": seen[:0], "new": seen, "again": had}[task]
    items = (keys % n_items).astype(np.int32)
    is_fresh = fresh(train, items)

    def of(people: Keys) -> Targets:
        if len(people) > max_people:
            people = np.sort(np.random.default_rng(seed).choice(people, max_people, replace=False))
        mine = np.isin(keys // n_items, people)
        # Keys ascend by person, so the rows of the judged stand in order already.
        binds, back, spoken = (part[np.isin(part // n_items, people)] for part in (bound, returned, begun))
        return Targets(
            task=task,
            queries=train.queries(people.astype(np.int32)),
            group=people.astype(np.int32),
            ptr=_offsets(keys[mine] // n_items, people),
            items=items[mine],
            values=money[mine].astype(np.float32),
            repeat=repeat[mine],
            fresh=is_fresh[mine],
            space=space,
            seen_ptr=_offsets(binds // n_items, people),
            seen=(binds % n_items).astype(np.int32),
            warm=len(warm),
            cold=len(cold),
            unknown_share=unknown_share,
            repeat_share=repeat_share,
            returned_ptr=_offsets(back // n_items, people),
            returned=(back % n_items).astype(np.int32),
            begun_ptr=_offsets(spoken // n_items, people),
            begun=(spoken % n_items).astype(np.int32),
        )

    found = of(warm)
    return replace(found, newcomers=of(cold)) if newcomers and len(cold) else found


def _keys(person: Codes, item: Codes, n_items: int) -> Keys:
    return person.astype(np.int64) * n_items + item


def _offsets(person: Keys, people: Keys) -> Offsets:
    """Row offsets of `people` in rows that ascend by person and hold nobody else."""
    return np.concatenate([np.searchsorted(person, people), [len(person)]]).astype(np.int64)
