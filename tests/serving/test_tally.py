"""When answers of a new release are so much worse that it cannot be luck."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.pack import Placement, Source
from penchant.serving.tally import LEAST, Counts, Tally, jumped
from penchant.slate import Slate, SlateItem

HOME = Placement(name="home", about="", sources=(Source(model="als"),), fallback=("popular",))
POPULAR = Placement(name="popular", about="", sources=(Source(model="popular"),), fallback=("popular",))


def slate(placement: str, *sources: str, degraded: tuple[str, ...] = (), arm: str = "") -> Slate:
    items = tuple(SlateItem(id=str(n), position=n, value=0.0, source=(one,)) for n, one in enumerate(sources, 1))
    return Slate(
        slate_id="s",
        placement=placement,
        domain="shop",
        release="r",
        items=items,
        degraded=degraded,
        experiment={"x": arm} if arm else {},
    )


def test_answers_are_counted_by_what_came_of_them() -> None:
    tally = Tally({"home": HOME, "popular": POPULAR})
    for one in (
        slate("home", "als", "popular"),
        slate("home", "popular", "catalog"),
        slate("home", "catalog", degraded=("als: broken",)),
        slate("home"),
        slate("popular", "popular"),
        slate("unheard-of", "als"),
    ):
        tally.answered(one)
    tally.failed("home")

    assert tally.counts == Counts(answers=7, errors=1, degraded=1, fallback=3)


def test_what_stands_last_is_that_of_the_arm_that_filled_the_placement() -> None:
    tally = Tally({"home": HOME})
    tally.follow({"home": HOME, "popular": POPULAR})
    tally.answered(slate("home", "popular"))
    tally.answered(slate("home", "popular", arm="popular"))
    tally.answered(slate("home", "catalog", arm="popular"))

    assert tally.counts == Counts(answers=3, fallback=2)


def test_what_was_long_ago_counts_less() -> None:
    tally = Tally({"home": HOME})
    for _ in range(4_000):
        tally.failed("home")
    for _ in range(4_000):
        tally.answered(slate("home", "als"))

    assert tally.counts.answers <= 4_000
    assert tally.counts.rate("errors") < 0.3


GOOD = Counts(answers=1_000, errors=0, degraded=20, fallback=50)


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (Counts(answers=49, errors=49), None),
        (Counts(answers=50, errors=50), "errors: 100% of 50 answers, 0% before"),
        (Counts(answers=50, errors=5), None),  # 10 points above, and not more
        (Counts(answers=100, degraded=13), "degraded: 13% of 100 answers, 2% before"),
        (Counts(answers=100, degraded=12), None),
        (Counts(answers=200, fallback=60), "fallback: 30% of 200 answers, 5% before"),
        (Counts(answers=1_000, degraded=20, fallback=50), None),
    ],
)
def test_a_jump_is_ten_points_and_no_luck(after: Counts, why: str | None) -> None:
    assert jumped(GOOD, after) == why


def test_where_nothing_is_known_of_before_only_errors_speak() -> None:
    few = Counts(answers=LEAST - 1)

    assert jumped(few, Counts(answers=100, degraded=100, fallback=100)) is None
    assert jumped(few, Counts(answers=100, errors=30)) == "errors: 30% of 100 answers, 1% before"


def test_a_release_as_good_as_the_one_before_is_hardly_ever_sent_back() -> None:
    rng = np.random.default_rng(7)
    sent_back = 0
    for _ in range(500):
        rate = rng.uniform(0, 0.6)
        before = Counts(answers=400, degraded=int(rng.binomial(400, rate)))
        told = rng.random(3_200) < rate
        looks = (Counts(answers=n, degraded=int(told[:n].sum())) for n in (50, 100, 200, 400, 800, 1_600, 3_200))
        sent_back += any(jumped(before, after) for after in looks)

    assert sent_back <= 1


@given(before=st.integers(50, 4_000), rate=st.floats(0, 1), after=st.integers(50, 3_200))
def test_a_release_that_does_no_worse_is_kept(before: int, rate: float, after: int) -> None:
    was, now = int(rate * before), int(rate * after)

    assert jumped(Counts(answers=before, fallback=was), Counts(answers=after, fallback=now)) is None
