"""Requests of the past know what was known then."""

from __future__ import annotations

import numpy as np

from penchant.clock import DAY
from penchant.dataset import Dataset, Queries, Shown
from penchant.events import Role
from penchant.testing import Row, dataset
from penchant.training.histories import READ, Histories


def asked(data: Dataset, *rows: tuple[str, float], personal: bool = True) -> Queries:
    n = len(rows)
    shown = Shown.of(
        data.people.codes(person for person, _ in rows),
        [day * DAY for _, day in rows],
        np.arange(n + 1, dtype=np.int64),
        np.zeros(n, np.int32),
        personal=np.full(n, personal),
    )
    return Histories.of(data).queries(shown)


def items(queries: Queries) -> list[list[int]]:
    return [queries.items[queries.history(i)].tolist() for i in range(len(queries))]


def test_a_history_ends_strictly_before_the_request() -> None:
    data = dataset([Row("ann", "a", 1.0), Row("ann", "b", 2.0), Row("bob", "a", 1.5), Row("ann", "c", 3.0)])

    assert items(asked(data, ("ann", 0.5), ("ann", 2.0), ("ann", 2.5), ("bob", 9.0))) == [[], [0], [0, 1], [0]]
    assert items(asked(data, ("eve", 9.0))) == [[]]
    assert items(asked(data, ("ann", 9.0), personal=False)) == [[]]


def test_a_return_counts_from_when_it_was_known() -> None:
    data = dataset([Row("ann", "a", 1.0, reversed_day=5.0), Row("ann", "b", 2.0)])

    assert items(asked(data, ("ann", 4.0), ("ann", 5.0), ("ann", 5.1))) == [[0, 1], [0, 1], [1]]


def test_it_is_what_the_dataset_of_that_moment_tells() -> None:
    rng = np.random.default_rng(4)
    rows = [
        Row(f"p{rng.integers(4)}", f"i{rng.integers(6)}", float(rng.uniform(0, 40)), reversed_day=float(back))
        for back in np.where(rng.random(200) < 0.2, 40 + rng.uniform(-20, 20, 200), np.inf)
    ]
    data = dataset(rows)
    for day in (3.3, 17.0, 39.9):
        then = data.before(day * DAY).queries(np.arange(len(data.people), dtype=np.int32))

        found = asked(data, *((person, day) for person in data.people.ids))

        for name in ("ptr", "items", "times", "weights", "roles"):
            np.testing.assert_array_equal(getattr(found, name), getattr(then, name), name)


def test_of_long_histories_the_latest_is_read_and_goals_before_it_are_not_forgotten() -> None:
    views = [Row("ann", "v", 10.0 + n / READ, Role.WEAK) for n in range(READ)]
    data = dataset([Row("ann", "a", 1.0), Row("ann", "a", 2.0), Row("ann", "b", 3.0, Role.WEAK), *views])

    queries = asked(data, ("ann", 50.0))

    assert len(queries.items) == READ + 1
    assert (queries.items[0], queries.weights[0], queries.roles[0]) == (data.items.code("a"), 0.0, Role.GOAL)
    assert queries.times[0] == 10.0 * DAY and (queries.items[1:] == data.items.code("v")).all()
