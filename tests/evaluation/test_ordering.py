from __future__ import annotations

import numpy as np

from penchant.evaluation.ordering import LEAST, ordering
from penchant.testing.data import Row, dataset

MINUTE = 1 / 1440


def walks(n: int, steps: list[list[str]], *, pause: float = MINUTE) -> list[Row]:
    return [
        Row(f"p{i}", item, 1 + i / 100 + place * pause)
        for i in range(n)
        for place, item in enumerate(steps[i % len(steps)])
    ]


def test_order_that_leads_somewhere_shows() -> None:
    # Eleven ways from every first item to its own last one; by the order alone the last is sure.
    rng = np.random.default_rng(3)
    ways = [[f"x{rng.integers(400)}" for _ in range(5)] + [f"door{n}", f"room{n}"] for n in range(40)]
    found = ordering(dataset(walks(2_000, ways)), seed=7)

    assert found is not None
    assert (found.sequences, found.tested) == (2_000, 400)
    assert found.ordered == 1.0


def test_order_that_is_drawn_does_not_show() -> None:
    rng = np.random.default_rng(3)
    ways = [[f"x{item}" for item in rng.permutation(60)[:6]] for _ in range(1_500)]
    found = ordering(dataset(walks(1_500, ways)), seed=7)

    assert found is not None
    assert found.gain.low <= 0.0 <= found.gain.high


def test_the_same_seed_says_the_same() -> None:
    data = dataset(walks(400, [["a", "b", "c"], ["c", "a", "b"]]))

    assert ordering(data, seed=7) == ordering(data, seed=7)


def test_lines_of_one_moment_have_no_order() -> None:
    assert ordering(dataset(walks(400, [["a", "b", "c"]], pause=0.0)), seed=7) is None


def test_of_few_steps_nothing_is_said() -> None:
    enough = 5 * LEAST

    assert ordering(dataset([]), seed=7) is None
    assert ordering(dataset(walks(enough - 1, [["a", "b"]])), seed=7) is None
    assert ordering(dataset(walks(enough, [["a", "b"]])), seed=7) is not None


def test_a_history_is_one_sequence_and_a_session_another() -> None:
    rows = walks(300, [["a", "b", "c"]], pause=1.0)  # a day between two steps

    assert ordering(dataset(rows), seed=7) is None
    assert ordering(dataset(rows), seed=7, window="person") is not None
