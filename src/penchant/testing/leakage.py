"""Does a model see the future? The same past with another future must give the same lists, bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from penchant.clock import SystemClock
from penchant.dataset import Dataset, Interactions
from penchant.evaluation import attempt, judge, known_at
from penchant.evaluation.trial import Trial
from penchant.models import Reads, Recipe, Run
from penchant.pack import Task
from penchant.slate import Candidates

TASKS: tuple[Task, ...] = ("next", "new", "again", "together", "following")

World = Callable[[Dataset], Dataset]
"""Makes anew what is derived from events, such as a catalog that counts what was sold, from changed events."""


def forgotten(data: Dataset, cut: float) -> Dataset:
    """The data in which nothing happened from `cut` on."""
    rows = data.interactions.where(data.interactions.time < cut)
    return replace(data, interactions=_not_yet_reversed(rows, cut))


def shuffled(data: Dataset, cut: float, seed: int = 1) -> Dataset:
    """The data in which other things happened from `cut` on: other items, roles and moments for everybody."""
    rows = _not_yet_reversed(data.interactions, cut)
    rng = np.random.default_rng(seed)
    late = np.flatnonzero(rows.time >= cut)
    changed = {}
    for name in ("item", "weight", "role", "price", "quantity"):
        column = getattr(rows, name).copy()
        column[late] = column[rng.permutation(late)]
        changed[name] = column
    # Items change hands, and change places too, so that others are the popular ones.
    changed["item"][late] = rng.permutation(len(data.items)).astype(np.int32)[changed["item"][late]]
    # Goals from before are taken back by chance, and moments stay in order within a person.
    reversed_at = rows.reversed_at.copy()
    early = np.flatnonzero((rows.time < cut) & np.isinf(reversed_at) & (rng.random(len(rows)) < 0.2))
    reversed_at[early] = cut + rng.random(len(early))
    time = rows.time.copy()
    time[late] = cut + (time[late] - cut) * rng.uniform(0.5, 1.0)
    return replace(data, interactions=replace(rows, time=time, reversed_at=reversed_at, **changed))


def peeks(
    recipe: Callable[[Dataset], Recipe],
    data: Dataset,
    cut: float,
    until: float,
    *,
    world: World = lambda data: data,
    run: Run | None = None,
) -> tuple[str, ...]:
    """Ways in which what a recipe proposes at a moment depends on what happened afterwards.

    It is fitted as an evaluation does, in the world as it was and in worlds with the same past and another future, and
    asked the same requests. Any difference, be it in the last bit of a score, is a leak.

    Args:
        recipe: Makes the recipe in a world; one that knows no more than its settings does not look at it.
        data: The world as it was.
        cut: The moment.
        until: Whoever did something from `cut` until then is asked for.
        world: See `World`.
        run: Seed and threads.

    Returns:
        Names of worlds and tasks in which the lists differ, as in `shuffled: next`; none for an honest model.
    """
    run = run or Run(seed=1, threads=1)
    train = known_at(data, cut)
    exams = {task: judge(data, train, cut, until, task, max_people=10_000, seed=1) for task in TASKS}

    def lists(other: Dataset) -> Trial:
        there = world(other)
        return attempt("model", recipe(there), known_at(there, cut), exams, run, SystemClock())

    said = lists(data)
    worlds = {"forgotten": forgotten(data, cut), "shuffled": shuffled(data, cut)}
    found = []
    for name, other in worlds.items():
        heard = lists(other)
        if said.failed != heard.failed:
            found.append(f"{name}: {said.failed or 'fitted'}, then {heard.failed or 'fitted'}")
        found += [f"{name}: {task}" for task in exams if not _same(said.lists.get(task, {}), heard.lists.get(task, {}))]
    return tuple(found)


def _not_yet_reversed(rows: Interactions, cut: float) -> Interactions:
    """The rows as if nothing that happened before had been taken back from `cut` on."""
    later = (rows.time < cut) & (rows.reversed_at >= cut)
    return replace(rows, reversed_at=np.where(later, np.inf, rows.reversed_at))


def _same(first: Mapping[Reads, Candidates], second: Mapping[Reads, Candidates]) -> bool:
    if first.keys() != second.keys():
        return False
    return all(
        _bits(getattr(first[key], part)) == _bits(getattr(second[key], part))
        for key in first
        for part in ("ptr", "items", "scores")
    )


def _bits(array: NDArray[np.generic]) -> tuple[str, bytes]:
    return str(array.dtype), array.tobytes()
