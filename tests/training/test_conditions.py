"""Heads on a condition learn from every moment at which it came true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from penchant.clock import DAY
from penchant.dataset import Dataset, Shown
from penchant.events import Role
from penchant.features import Statistics
from penchant.models import Run
from penchant.packs.product import PACK
from penchant.ranking import Head, Outcome
from penchant.testing import Row, dataset
from penchant.training import LearnedHeads, Sources, learn_heads
from penchant.training.asked import Asked
from penchant.training.conditions import free, from_events, led, met, unshown
from penchant.training.labels import Labeller
from penchant.training.rows import Builder, Examples
from penchant.training.splits import by_edge, by_people

OPENED = Head("opened", Outcome("Opened.", "chance", "reached", (Role.WEAK, Role.STRONG, Role.GOAL), days=1.0))
BOUGHT = Head("bought", Outcome("Bought.", "chance", "reached", (Role.GOAL,), days=7.0, given="opened"))
BACK = Head("back", Outcome("Sent back.", "chance", "reversed", days=30.0, given="bought"))
LIKED = Head("liked", Outcome("Taken in.", "share", "taken_in", given="opened"))
AGAIN = Head("again", Outcome("Came back.", "chance", "came_back", given="liked"))
HEADS = (OPENED, BOUGHT, BACK, LIKED, AGAIN)


def moments(data: Dataset, condition: Outcome) -> list[tuple[str, str, float]]:
    found = met(data, condition)
    people, items = (data.people.ids[code] for code in found.person), (data.items.ids[code] for code in found.items)
    assert np.diff(found.ptr).tolist() == [1] * len(found)
    return list(zip(people, items, (found.time / DAY).round(4).tolist(), strict=True))


def test_the_first_event_on_an_item_in_a_session_is_a_moment_and_every_goal_is_one() -> None:
    data = dataset(
        [
            Row("ann", "x", 5.0, Role.WEAK),
            Row("ann", "x", 5.005, Role.STRONG),
            Row("ann", "y", 5.01, Role.WEAK),
            Row("ann", "x", 5.015),
            Row("ann", "x", 5.02),
            Row("ann", "x", 8.0, Role.WEAK),
            Row("bob", "x", 5.0, Role.IMPRESSION),
            Row("bob", "y", 6.0, Role.NEGATIVE),
            Row("bob", "y", 7.0),
        ]
    )

    assert moments(data, OPENED.outcome) == [
        ("ann", "x", 5.0), ("ann", "y", 5.01), ("ann", "x", 8.0), ("bob", "y", 7.0),
    ]  # fmt: skip
    assert moments(data, BOUGHT.outcome) == [("ann", "x", 5.015), ("ann", "x", 5.02), ("bob", "y", 7.0)]


def test_an_order_that_comes_days_after_the_look_is_no_look_that_was_bought_from() -> None:
    data = dataset([Row("ann", "x", 5.0, Role.WEAK), Row("ann", "x", 7.0), Row("bob", "x", 5.0), Row("bob", "x", 6.0)])

    found = met(data, OPENED.outcome, [BOUGHT.outcome])

    assert (found.time / DAY).tolist() == [5.0]
    assert len(met(data, OPENED.outcome)) == 4
    # Of purchases every one is a moment, also for what follows them.
    assert len(met(data, BOUGHT.outcome, [BACK.outcome])) == 3


def test_a_showing_led_to_what_the_same_person_did_with_the_same_item_within_the_days() -> None:
    def about(rows: list[tuple[int, float, int]]) -> Shown:
        person, day, item = zip(*rows, strict=True)
        ptr = np.arange(len(rows) + 1, dtype=np.int64)
        return Shown.of(np.array(person, np.int32), np.array(day) * DAY, ptr, np.array(item, np.int32))

    shown = about([(0, 1.0, 5), (-1, 1.2, 5), (1, 2.0, 5), (0, 3.0, 6)])
    moments = about([(0, 0.9, 5), (0, 1.0, 5), (0, 1.9, 5), (0, 2.1, 5), (0, 3.5, 5), (0, 3.6, 6), (1, 2.5, 6)])

    # Before it; at once; a day later at most; later than that; long after; of another item; of another person's.
    assert led(moments, shown, 1.0).tolist() == [False, True, True, False, False, True, False]


def test_what_events_are_called_says_which_of_them_count() -> None:
    rows = [Row("ann", "x", 5.0, Role.STRONG, event="Quiz Answered"), Row("ann", "x", 6.0, Role.STRONG, event="Other")]
    named = replace(OPENED.outcome, events=("Quiz Answered",))

    assert moments(dataset(rows), named) == [("ann", "x", 5.0)]
    assert moments(dataset([]), named) == []


def test_labels_count_from_the_moment_and_the_condition_is_not_asked_again() -> None:
    data = dataset(
        [
            Row("ann", "x", 5.0, Role.WEAK),
            Row("ann", "x", 11.0, reversed_day=20.0),
            Row("bob", "x", 5.0, Role.WEAK),
            Row("bob", "x", 13.0, reversed_day=60.0),
        ]
    )
    for given, name, wanted in ((OPENED, "bought", [1, 1, 0, 1]), (BOUGHT, "back", [1, 0])):
        found = met(data, given.outcome)
        asked = Asked(found.person, found.items, found.time)
        labels = Labeller(data, asked, free([head for head in HEADS if head.name == name]), 100 * DAY).labels(name)
        # Ann opened it on day 5 and 11, and bought on 11; Bob on 5 and 13, and bought eight days after the first.
        assert labels.value.tolist() == wanted
        assert labels.weight.tolist() == [1] * len(wanted) and labels.final.all()


def test_what_was_known_is_what_came_strictly_before_and_where_it_was_shown_is_not_said() -> None:
    data = dataset([Row("ann", "y", 4.0), Row("ann", "x", 5.0, Role.WEAK), Row("ann", "x", 5.01)])
    builder = Builder(data, PACK.features, Statistics.of_interactions(data.interactions, 2), ("home",), threads=1)

    def row(shown: Shown) -> dict[str, float]:
        made = unshown(builder.build(shown))
        return dict(zip(made.names, made.values[-1].tolist(), strict=True))

    opened, bought = row(met(data, OPENED.outcome)), row(met(data, BOUGHT.outcome))

    assert (opened["goals"], opened["times_touched"]) == (1, 0)
    assert (bought["goals"], bought["times_touched"]) == (1, 1)
    for name in ("relevance", "position", "placement", "times_shown"):
        assert np.isnan(opened[name]), name
    early = builder.build(met(data.before(5.005 * DAY), OPENED.outcome))
    np.testing.assert_array_equal(early.values[-1], builder.build(met(data, OPENED.outcome)).values[-1])


def test_examples_keep_what_they_said_of_the_rest() -> None:
    made = Examples(Shown.none(), ("relevance", "good"), np.ones((2, 2), np.float32), {})

    np.testing.assert_array_equal(unshown(made).values, [[np.nan, 1], [np.nan, 1]])
    assert made.values.all()


def test_heads_on_what_events_do_not_tell_learn_from_what_was_shown() -> None:
    heads = {head.name: head for head in HEADS}

    assert [name for name, head in heads.items() if from_events(head, heads)] == ["bought", "back", "liked"]


def test_parts_stand_one_after_the_other_and_end_where_others_are_judged() -> None:
    split = by_edge(np.arange(20.0), 12.0, 18.0, 30.0)

    assert np.flatnonzero(split.learn.rows).tolist() == list(range(9)) and split.learn.known == 9.0
    assert np.flatnonzero(split.calibrate.rows).tolist() == [9, 10, 11] and split.calibrate.known == 12.0
    assert np.flatnonzero(split.test.rows).tolist() == list(range(12, 18)) and split.test.known == 30.0
    late = by_edge(np.arange(20.0), 0.0, 18.0, 30.0)
    assert not late.learn.rows.any() and not late.calibrate.rows.any()


def test_parts_by_people_hold_each_person_once_and_are_all_known_now() -> None:
    person = np.repeat(np.arange(400), 3)
    shown = Shown.of(person, np.arange(1_200.0), np.arange(1_201, dtype=np.int64), np.zeros(1_200, np.int32))
    split = by_people(shown, 2_000.0, 1)
    parts = (split.learn, split.calibrate, split.test)

    assert {part.known for part in parts} == {2_000.0}
    assert sum(part.rows.astype(int) for part in parts).tolist() == [1] * 1_200  # type: ignore[union-attr]
    people = [set(shown.person[part.rows].tolist()) for part in parts]
    assert sum(map(len, people)) == 400 and len(people[0]) == pytest.approx(280, abs=30)


SMALL = replace(
    PACK,
    features=(),
    heads=(
        replace(OPENED, features=("relevance",)),
        replace(BOUGHT, features=("seen",)),
        replace(BACK, features=("seen",)),
        Head("sold", replace(BOUGHT.outcome, given=""), of=("opened", "bought")),
    ),
    objectives=(),
)


def site(n: int = 1_500, seed: int = 2) -> tuple[Dataset, Shown]:
    """One in ten items shown is opened; thrice as many are found without; of what is opened a third is bought."""
    rng = np.random.default_rng(seed)
    day = np.sort(rng.uniform(1, 60, 4 * n))
    of_slate = rng.permutation(4 * n) < n
    opened = ~of_slate | (rng.random(4 * n) < 0.1)
    bought = opened & (rng.random(4 * n) < 1 / 3)
    back = rng.random(4 * n) < 0.4
    rows = []
    for at in np.flatnonzero(opened).tolist():
        person, item, when = f"p{at}", f"i{at % 7}", float(day[at])
        rows.append(Row(person, item, when + 0.001, Role.WEAK))
        if bought[at]:
            rows.append(Row(person, item, when + 0.01, reversed_day=when + 2.0 if back[at] else None))
    data = dataset(rows)
    shown = np.flatnonzero(of_slate)
    people = data.people.codes(f"p{at}" for at in shown)
    ptr = np.arange(len(shown) + 1, dtype=np.int64)
    codes = data.items.codes(f"i{at % 7}" for at in shown)
    return data, Shown.of(people, day[shown] * DAY, ptr, codes, relevance=rng.random(len(shown)).astype(np.float32))


@pytest.fixture(scope="module")
def learned() -> LearnedHeads:
    from_pack = next(one for one in PACK.features if one.name == "history")
    pack = replace(SMALL, features=(replace(from_pack, name="seen"),))
    data, shown = site()
    return learn_heads(data, Sources(shown), pack, run=Run(threads=1))


def test_a_chain_is_judged_on_what_was_shown_and_serves_when_its_parts_do(learned: LearnedHeads) -> None:
    rows = {row.name: row for row in learned.outcomes.heads}

    assert set(learned.heads) == {"opened", "bought", "back"} and learned.chains == ("sold",)
    assert {name: row.origin for name, row in rows.items()} == {
        "opened": "slates", "bought": "everything that happened", "back": "everything that happened", "sold": "slates",
    }  # fmt: skip
    # The slates led to some fifty purchases, fewer than thirty of them early enough; people's own to some 1,500.
    figures = {name: row.figures for name, row in rows.items()}
    assert all(one is not None for one in figures.values())
    said = {name: (one.mean_predicted, one.fitted_on, one.rows) for name, one in figures.items() if one is not None}
    assert said["bought"][0] == pytest.approx(1 / 3, abs=0.04) and said["bought"][1] > 2_000
    assert said["back"][0] == pytest.approx(0.4, abs=0.08)
    assert said["sold"][0] == pytest.approx(1 / 30, abs=0.012) and said["sold"][2] == said["opened"][2]


def test_without_slates_heads_on_a_condition_are_learned_all_the_same() -> None:
    from_pack = next(one for one in PACK.features if one.name == "history")
    pack = replace(SMALL, features=(replace(from_pack, name="seen"),))

    found = learn_heads(site()[0], Sources(), pack, run=Run(threads=1))
    rows = {row.name: row for row in found.outcomes.heads}

    assert set(found.heads) == {"bought", "back"} and not found.chains
    assert found.outcomes.learned is None and rows["opened"].reason == found.outcomes.reason != ""
    assert "product of opened and bought; opened cannot serve" in rows["sold"].reason
    assert rows["bought"].figures is not None and rows["bought"].figures.rows > 300


def test_a_condition_that_never_came_true_is_told() -> None:
    found = learn_heads(dataset([Row("ann", "x", 5.0, Role.WEAK)]), Sources(), replace(SMALL), run=Run(threads=1))

    reasons = {row.name: row.reason for row in found.outcomes.heads}
    assert reasons["back"] == "what bought predicts has not come true yet"
