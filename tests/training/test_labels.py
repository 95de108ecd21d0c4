"""What followed when items were shown, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from penchant.catalog import Item
from penchant.clock import DAY
from penchant.dataset import Attention, Dataset
from penchant.events import Role
from penchant.ranking import Head, Outcome
from penchant.testing import Row, dataset
from penchant.training.asked import Asked
from penchant.training.labels import Labeller, Labels

BOUGHT = Head("bought", Outcome("Bought.", "chance", "reached", roles=(Role.GOAL,), days=7.0))
BACK = Head("back", Outcome("Sent back.", "chance", "reversed", days=30.0, given="bought"))
STARTED = Head("started", Outcome("Begun.", "chance", "reached", roles=(Role.WEAK, Role.GOAL), days=1.0))
TAKEN = Head("taken", Outcome("Taken in.", "share", "taken_in", days=1.0, given="started"))
LEFT = Head("left", Outcome("Left.", "chance", "left", days=1.0, given="started"))
SECONDS = Head("seconds", Outcome("Seconds.", "amount", "seconds", days=1.0))
RETURNED = Head("returned", Outcome("Another visit.", "chance", "came_back", days=7.0))
GAIN = Head("gain", Outcome("Learned.", "amount", "gained", days=7.0))
HEADS = (BOUGHT, BACK, STARTED, TAKEN, LEFT, SECONDS, RETURNED, GAIN)


def labels(data: Dataset, name: str, *asked: tuple[str, str, float], known: float = 100.0) -> Labels:
    """Of items that were shown: person, item, day."""
    person, item, day = zip(*asked, strict=True)
    rows = Asked(data.people.codes(person), data.items.codes(item), np.array(day) * DAY)
    return Labeller(data, rows, HEADS, known * DAY).labels(name)


def test_a_goal_on_the_item_inside_the_window_is_a_one() -> None:
    data = dataset([Row("ann", "x", 5.0), Row("ann", "y", 20.0), Row("bob", "x", 6.0, Role.WEAK)])
    asked = [("ann", "x", 4.0), ("ann", "x", 5.0), ("ann", "x", 5.1), ("ann", "y", 4.0), ("bob", "x", 5.0)]

    found = labels(data, "bought", *asked, ("eve", "x", 4.0))

    assert found.value.tolist() == [1, 1, 0, 0, 0, 0]
    assert found.weight.tolist() == [1] * 6 and found.final.all()


def test_what_came_after_the_window_or_after_the_moment_is_not_seen() -> None:
    data = dataset([Row("ann", "x", 15.0)])
    asked = ("ann", "x", 4.0), ("ann", "x", 9.0)

    assert labels(data, "bought", *asked).value.tolist() == [0, 1]
    early = labels(data, "bought", *asked, known=12.0)
    assert early.value.tolist() == [0, 0]
    # Three of seven days are over, and nothing is known of delays: so it counts three sevenths.
    assert early.weight.tolist() == pytest.approx([1.0, 3 / 7]) and early.final.tolist() == [True, False]


def test_a_late_return_turns_the_label() -> None:
    data = dataset([Row("ann", "x", 5.0, reversed_day=25.0), Row("bob", "x", 5.0, reversed_day=60.0)])
    asked = ("ann", "x", 4.0), ("bob", "x", 4.0), ("bob", "y", 4.0)

    assert labels(data, "back", *asked[:2], known=20.0).value.tolist() == [0, 0]
    assert labels(data, "back", *asked[:2], known=20.0).weight.tolist() == pytest.approx([15 / 30] * 2)
    found = labels(data, "back", *asked[:2], known=26.0)
    # After 21 of 30 days one of two is back, so it is to be 1 / 1.4 of them, and the other one may still come.
    never = (1 - 1 / 1.4) / (1 - 0.7 / 1.4)
    assert found.value.tolist() == [1, 0] and found.weight.tolist() == pytest.approx([1.0, 0.7 * never])
    # The second came back after more than thirty days.
    final = labels(data, "back", *asked[:2])
    assert final.value.tolist() == [1, 0] and final.final.all()


def test_a_head_on_a_condition_says_nothing_where_it_did_not_hold() -> None:
    data = dataset([Row("ann", "x", 5.0), Row("bob", "x", 5.0, Role.WEAK)])

    found = labels(data, "back", ("ann", "x", 4.0), ("bob", "x", 4.0))

    assert np.isnan(found.value).tolist() == [False, True] and found.weight.tolist() == [1, 0]


def test_names_of_events_tell_more_than_roles() -> None:
    acted = Head("acted", Outcome("Acted.", "chance", "reached", (Role.STRONG,), ("Action Taken",), 7.0))
    rows = [
        Row("ann", "x", 5.0, Role.STRONG, event="Action Taken"),
        Row("bob", "x", 5.0, Role.STRONG, event="Quiz Answered"),
    ]
    data = dataset(rows)
    asked = Asked(data.people.codes(["ann", "bob"]), data.items.codes(["x", "x"]), np.full(2, 4 * DAY))

    assert Labeller(data, asked, [acted], 100 * DAY).labels("acted").value.tolist() == [1, 0]
    unnamed = replace(data, events=(), interactions=replace(data.interactions, event=np.full(2, -1, np.int16)))
    assert Labeller(unnamed, asked, [acted], 100 * DAY).labels("acted").value.tolist() == [1, 1]


def watched(*rows: tuple[str, float, float, float]) -> Dataset:
    """Of one video of 100 seconds: person, day, share played, seconds of attention (NaN where untold)."""
    starts = [Row(person, "v", day, Role.WEAK) for person, day, _, _ in rows]
    data = dataset(starts, [Item(id="v", attributes={})])
    order = np.lexsort(([day for _, day, _, _ in rows], [person for person, *_ in rows]))
    person, day, progress, seconds = (np.array([row[n] for row in rows])[order] for n in range(4))
    return replace(
        data,
        attention=Attention(
            data.people.codes(person.tolist()),
            np.zeros(len(rows), np.int32),
            day.astype(float) * DAY,
            progress.astype(np.float32),
            seconds.astype(np.float32),
            np.full(len(rows), 100.0, np.float32),
        ),
    )


def test_what_was_taken_in_ranks_by_attention_and_a_skip_is_nothing() -> None:
    # Played whole in the background with a quarter of attention; half; all of it; six seconds.
    data = watched(("ann", 5, 1.0, 25.0), ("bob", 5, 0.5, np.nan), ("eve", 5, 1.0, np.nan), ("sam", 5, 0.06, np.nan))
    asked = [(name, "v", 4.9) for name in ("ann", "bob", "eve", "sam")]

    value = labels(data, "taken", *asked).value

    assert value[3] == 0.0
    assert 0 < value[0] < value[1] < value[2] < 1
    assert labels(data, "seconds", *asked).value.tolist() == pytest.approx([25, 50, 100, 6])
    assert labels(data, "left", *asked).value.tolist() == [0, 0, 0, 1]


def test_attention_after_the_window_is_another_viewing() -> None:
    data = watched(("ann", 5.0, 0.2, np.nan), ("ann", 9.0, 1.0, np.nan))

    assert labels(data, "seconds", ("ann", "v", 4.9), ("ann", "v", 8.9)).value.tolist() == pytest.approx([20, 100])


def test_who_tells_of_the_end_alone_is_believed_and_who_tells_nothing_is_not_known() -> None:
    data = dataset([Row("ann", "v", 5.0, Role.GOAL), Row("bob", "v", 5.0, Role.WEAK)])

    value = labels(data, "taken", ("ann", "v", 4.9), ("bob", "v", 4.9)).value

    assert value[0] > 0 and np.isnan(value[1])


def test_another_visit_comes_a_day_later_or_more() -> None:
    data = dataset([Row("ann", "x", 5.1), Row("bob", "x", 5.1), Row("bob", "y", 8.0), Row("eve", "x", 15.0)])

    found = labels(data, "returned", ("ann", "x", 5.0), ("bob", "x", 5.0), ("eve", "x", 5.0))

    assert found.value.tolist() == [0, 1, 0]


def test_a_gain_is_how_much_better_a_check_went_than_expected() -> None:
    checks = [("ann", 5.0, 1.0), ("bob", 6.0, 0.0)]
    data = dataset([Row(person, "m", day, Role.STRONG, progress=share) for person, day, share in checks])

    found = labels(data, "gain", ("ann", "m", 4.0), ("bob", "m", 4.0), ("ann", "m", 5.5))

    assert found.value.tolist() == [0.5, 0.0, 0.0]


def test_delays_are_learned_from_what_has_matured() -> None:
    # Forty bought on the day after; then one was shown the item two days ago.
    people = [f"p{n:02d}" for n in range(40)]
    data = dataset([Row(person, "x", 5.9) for person in people])
    asked = [(person, "x", 5.0) for person in people] + [("new", "x", 98.0)]

    found = labels(data, "bought", *asked)

    assert found.delays.learned_from == 40
    assert found.weight[-1] == 1.0 and found.value[-1] == 0.0 and not found.final[-1]
    assert found.come is not None and found.come.tolist() == [1.0] * 41
    assert labels(data, "bought", *asked, known=98.0 + 1e-3).come[-1] < 0.01  # type: ignore[index]


def test_later_events_change_nothing_of_what_was_known_before() -> None:
    rng = np.random.default_rng(5)
    rows = [
        Row(f"p{rng.integers(5)}", f"i{rng.integers(4)}", float(rng.uniform(0, 60)), Role(int(rng.integers(4))))
        for _ in range(300)
    ]
    asked = [(f"p{rng.integers(5)}", f"i{rng.integers(4)}", float(rng.uniform(0, 30))) for _ in range(80)]
    whole, past = dataset(rows), dataset([row for row in rows if row.day < 30.0])

    for head in HEADS:
        now, then = labels(whole, head.name, *asked, known=30.0), labels(past, head.name, *asked, known=30.0)
        np.testing.assert_array_equal(now.value, then.value, head.name)
        np.testing.assert_array_equal(now.weight, then.weight, head.name)
