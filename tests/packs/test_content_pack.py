from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from penchant.catalog import ItemTable, read_item
from penchant.dataset import Queries, Reader, Seen
from penchant.errors import ItemRejected
from penchant.events import Event, Role
from penchant.pack import Facts, Judged
from penchant.packs.content import PACK, Content

RULES = {constraint.name: constraint.allow for constraint in PACK.constraints}
METRICS = {metric.name: metric.compute for metric in PACK.metrics}


def day(number: int) -> datetime:
    return datetime(2026, 11, number, tzinfo=UTC)


ITEMS = [
    Content(id="free", topics=("yoga", "hips"), creator="Ada"),
    Content(id="window", topics=("yoga",), creator="Ada", available_from=day(10), available_until=day(20)),
    Content(id="tomorrow", topics=("run",), creator="Bo", published=day(21)),
    Content(id="german", regions=("DE",)),
]
TABLE = ItemTable([item.id for item in ITEMS], ITEMS)
EVERYTHING = set(TABLE.ids)


def passes(rule: str, now: datetime, *history: tuple[str, Role], region: str | None = None) -> set[str]:
    queries = Queries.single(
        now.timestamp(),
        [TABLE.row(name) for name, _ in history],
        [0.0] * len(history),
        [-1.0 if role is Role.NEGATIVE else 1.0 for _, role in history],
        [int(role) for _, role in history],
    )
    return {TABLE.ids[row] for row in np.flatnonzero(RULES[rule](TABLE, Facts(queries, region)))}


@pytest.mark.parametrize(("now", "open_"), [(9, False), (10, True), (19, True), (20, False)])
def test_the_rights_window_holds_its_first_moment_and_not_its_last(now: int, open_: bool) -> None:
    assert ("window" in passes("rights-window", day(now))) is open_
    assert passes("rights-window", day(now)) >= EVERYTHING - {"window"}


@pytest.mark.parametrize(("now", "out"), [(20, False), (21, True), (22, True)])
def test_nothing_is_shown_before_it_is_out(now: int, out: bool) -> None:
    assert ("tomorrow" in passes("published", day(now))) is out


def test_rights_end_at_the_border() -> None:
    assert passes("rights-region", day(15), region="DE") == EVERYTHING
    assert passes("rights-region", day(15), region="FR") == EVERYTHING - {"german"}


def test_without_a_place_rights_are_not_guessed() -> None:
    assert passes("rights-region", day(15)) == EVERYTHING - {"german"}


@pytest.mark.parametrize(
    ("context", "person", "shown"),
    [
        ({}, {}, "all teen adult"),
        ({"age": 15}, {}, "all teen"),
        ({}, {"age": "18"}, "all teen adult"),
        ({"age": 40}, {"age": 11}, "all"),  # the youngest of those that are told counts
        ({"age": 8}, {"age": 40}, "all"),
        ({}, {"birthday": "2008-11-16"}, "all teen"),
        ({}, {"birthday": "2008-11-15"}, "all teen adult"),
        ({"age": True}, {"age": "old", "birthday": "once"}, "all teen adult"),
        ({"age": float("nan")}, {"age": -3}, "all teen adult"),
    ],
)
def test_what_is_for_older_people_is_kept_from_younger_ones(
    context: dict[str, Any], person: dict[str, Any], shown: str
) -> None:
    items = [Content(id="all"), Content(id="teen", age_rating=12), Content(id="adult", age_rating=18)]
    table = ItemTable([item.id for item in items], items)
    facts = Facts(Queries.single(day(15).timestamp()), None, context, person)

    assert [table.ids[row] for row in np.flatnonzero(RULES["age-rating"](table, facts))] == shown.split()


def test_rights_end_after_they_begin() -> None:
    with pytest.raises(ItemRejected, match="must be after available_from"):
        read_item(Content, {"id": "a", "available_from": "2026-12-02", "available_until": "2026-12-01"})


def test_what_was_finished_is_not_shown_again() -> None:
    assert passes("not-finished", day(15), ("free", Role.GOAL), ("german", Role.WEAK)) == EVERYTHING - {"free"}


def test_what_was_turned_away_is_not_shown_again() -> None:
    assert passes("not-turned-away", day(15), ("free", Role.NEGATIVE), ("german", Role.GOAL)) == EVERYTHING - {"free"}


GOAL, WEAK, NEGATIVE = [Role.GOAL], [Role.WEAK], [Role.NEGATIVE]
NOTHING: list[Role] = []


def read(name: str, progress: float | None = None, seen: Seen | None = None) -> list[Role]:
    event = Event("channel", "t", "m", 0, name, "ann", None, 0, 0, "free", progress=progress)
    return [signal.role for signal in Reader(PACK.signals).signals(event, seen)]


@pytest.mark.parametrize("name", ["Content Progressed", "Video Content Playing"])
@pytest.mark.parametrize(
    ("progress", "roles"), [(0.49, NOTHING), (0.5, WEAK), (0.89, WEAK), (0.9, GOAL), (1.0, GOAL), (None, WEAK)]
)
def test_progress_is_interest_from_the_middle_on_and_a_goal_near_the_end(
    name: str, progress: float | None, roles: list[Role]
) -> None:
    assert read(name, progress) == roles


@pytest.mark.parametrize(("share", "roles"), [(0.2, NOTHING), (0.5, WEAK), (0.9, GOAL), (None, GOAL)])
def test_the_end_of_a_video_is_a_goal_when_it_was_watched_or_nobody_knows(
    share: float | None, roles: list[Role]
) -> None:
    assert read("Video Content Completed", seen=Seen(0, share and share * 100, share)) == roles
    assert read("Content Completed", share) == GOAL


@pytest.mark.parametrize(
    ("seconds", "share", "roles"),
    [(9.9, 0.01, NEGATIVE), (9.9, None, NEGATIVE), (10.0, 0.01, NOTHING), (6.0, 0.6, NOTHING), (None, None, NOTHING)],
)
def test_leaving_before_ten_seconds_turns_away_unless_that_was_most_of_it(
    seconds: float | None, share: float | None, roles: list[Role]
) -> None:
    assert read("Video Playback Exited", seen=Seen(0, seconds, share)) == roles


def test_an_exit_of_which_nothing_is_known_says_nothing() -> None:
    assert read("Video Playback Exited") == NOTHING


def judged(*lists: list[int]) -> Judged:
    n = len(lists)
    queries = Queries.single(0.0)
    return Judged(
        np.array(lists, np.int32),
        queries,
        np.zeros(n + 1, np.int64),
        np.zeros(0, np.int32),
        np.zeros(0, np.float32),
        TABLE,
    )


def test_topic_entropy_is_in_bits() -> None:
    # yoga, hips; yoga: shares 2/3 and 1/3. Then yoga, hips, yoga, run: 1/2, 1/4, 1/4. Then one topic, then none.
    found = METRICS["topic-entropy@10"](judged([0, 1, -1], [0, 1, 2], [1, 1, 1], [3, -1, -1]))

    np.testing.assert_allclose(found[:3], [np.log2(3) - 2 / 3, 1.5, 0.0], atol=1e-12)
    assert np.isnan(found[3])


def test_the_share_of_one_voice_counts_what_has_a_voice() -> None:
    found = METRICS["creator-share@10"](judged([0, 1, 2], [0, 3, -1], [3, -1, -1]))

    np.testing.assert_allclose(found[:2], [2 / 3, 1.0])
    assert np.isnan(found[2])


def test_places_behind_the_tenth_do_not_count() -> None:
    lists = judged([2] * 10 + [0] * 5)

    assert METRICS["creator-share@10"](lists).tolist() == [1.0]
    assert METRICS["topic-entropy@10"](lists).tolist() == [0.0]


def test_completion_is_the_share_of_what_was_shown_and_begun_that_was_completed() -> None:
    one = judged([0, 1, 2], [0, 1, -1], [3, -1, -1])
    targets = {"target_ptr": np.array([0, 1, 1, 1]), "targets": np.array([0], np.int32)}
    begun = {"begun_ptr": np.array([0, 3, 4, 5]), "begun": np.array([0, 2, 3, 1, 0], np.int32)}

    found = METRICS["completion@10"](replace(one, **targets, **begun))

    # First: 0 and 2 were begun, 0 completed. Second: 1 was begun. Third: what was begun was not shown.
    np.testing.assert_allclose(found, [1 / 2, 0.0, np.nan])
    assert np.isnan(METRICS["completion@10"](replace(one, **targets))).all()


def test_the_age_of_a_list_is_in_days_and_never_below_zero() -> None:
    items = [Content(id="old", published=day(1)), Content(id="new", published=day(11)), Content(id="undated")]
    table = ItemTable([item.id for item in items], items)
    now = np.full(3, day(11).timestamp())
    one = replace(judged([0, 1, 2], [2, -1, -1], [1, 1, -1]), table=table)

    found = METRICS["age-days@10"](replace(one, queries=replace(one.queries, now=now)))
    early = METRICS["age-days@10"](replace(one, queries=replace(one.queries, now=now - 864_000.0)))

    np.testing.assert_allclose(found, [5.0, np.nan, 0.0])
    np.testing.assert_allclose(early, [0.0, np.nan, 0.0])
