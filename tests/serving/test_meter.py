"""Answers are counted by placement, from release to release, in kinds of which there is a known number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.serving.meter import BOUNDS_S, Meter, Times, code_of
from penchant.serving.tally import Tally
from penchant.slate import Slate, SlateItem


def slate(*sources: str, degraded: tuple[str, ...] = ()) -> Slate:
    items = tuple(SlateItem(id=str(n), position=n, value=0.0, source=(one,)) for n, one in enumerate(sources, 1))
    return Slate(slate_id="s", placement="home", domain="shop", release="r", items=items, degraded=degraded)


def test_answers_are_counted_by_what_came_of_them() -> None:
    meter = Meter()
    meter.answered(slate("als"), fallback=False, seconds=0.004)
    meter.answered(slate("catalog", degraded=("late:als", "late:ease", "log: x")), fallback=True, seconds=0.3)
    meter.answered(slate(), fallback=False, seconds=60.0)
    meter.failed("home")
    home = meter.read()["home"]

    assert (home.answered, home.failed, home.degraded, home.fallback, home.empty) == (3, 1, 1, 1, 1)
    assert home.notes == {"late": 1, "log": 1}
    # Up to 5 ms, up to 500 ms, and beyond all.
    assert [n for n, count in enumerate(home.times.counts) if count] == [2, 8, len(BOUNDS_S)]
    assert home.times.seconds == pytest.approx(60.304)


def test_what_was_read_stays_as_it_is() -> None:
    meter = Meter()
    meter.answered(slate("als", degraded=("late:als",)), fallback=False, seconds=0.1)
    before = meter.read()["home"]
    meter.answered(slate("als", degraded=("late:als",)), fallback=False, seconds=0.1)

    assert (before.answered, before.notes, sum(before.times.counts)) == (1, {"late": 1}, 1)


def test_a_new_release_begins_a_tally_and_goes_on_with_the_meter() -> None:
    before = Tally({})
    before.answered(slate("als"), 0.1)
    after = Tally({}, before.meter)
    after.answered(slate("als"), 0.1)

    assert (before.counts.answers, after.counts.answers) == (1, 1)
    assert after.meter.read()["home"].answered == 2


def test_what_broke_is_an_error_of_its_release_and_an_answer_all_the_same() -> None:
    tally = Tally({})
    tally.answered(slate("catalog", degraded=("failed: ZeroDivisionError",)), 0.1, broken=True)

    assert (tally.counts.errors, tally.counts.degraded) == (1, 0)
    home = tally.meter.read()["home"]
    assert (home.answered, home.failed, home.notes) == (1, 0, {"failed": 1})


@pytest.mark.parametrize(
    ("note", "code"),
    [
        ("late:als", "late"),
        ("source:als: ValueError: ann@example.org", "source"),
        ("constraint:stock: KeyError", "constraint"),
        ("rule 7 is left out: no such field", "rule"),
        ("rule:7: KeyError", "rule"),
        ("catalog may be stale: late", "catalog_may_be_stale"),
        ("no release: trained on nothing yet", "no_release"),
        ("model als of the release cannot be read: KeyError", "model"),
        ("the statistics of the release cannot be read: KeyError", "release"),
        ("3 unreadable items, the first is boot: x", "other"),
        ("", "other"),
    ],
)
def test_a_note_has_a_code_without_names_in_it(note: str, code: str) -> None:
    assert code_of(note) == code


@given(st.lists(st.floats(0.0, 10.0), max_size=30))
def test_every_time_is_counted_in_the_first_span_that_holds_it(seconds: list[float]) -> None:
    times = Times()
    for one in seconds:
        times.add(one)

    for n, bound in enumerate(BOUNDS_S):
        assert sum(times.counts[: n + 1]) == sum(one <= bound for one in seconds)
    assert sum(times.counts) == len(seconds)
