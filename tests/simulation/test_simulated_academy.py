from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.catalog import read_item
from penchant.clock import DAY, parse_time
from penchant.packs.learning.items import Module
from penchant.simulation import World, academy
from penchant.simulation.academy import PASS
from penchant.simulation.log import SCHEMA


def test_the_same_seed_and_moment_give_the_same_world(now: float) -> None:
    one, two, other = academy(3, now, people=60), academy(3, now, people=60), academy(4, now, people=60)

    assert one.items == two.items
    assert one.events.equals(two.events)
    assert not one.events.equals(other.events)


def test_it_is_large_enough_and_has_the_columns(academy_world: World, now: float) -> None:
    times = academy_world.events["time"].cast("int64").to_pylist()

    assert (academy_world.domain, academy_world.pack) == ("academy", "learning")
    assert academy_world.events.schema.equals(SCHEMA)
    assert 33_000 <= len(times) <= 50_000
    assert times == sorted(times)
    assert (now - 60 * DAY) * 1000 < times[0] and times[-1] <= now * 1000
    assert len(set(academy_world.events["id"].to_pylist())) == len(times)


def test_every_item_is_a_module_of_a_series_without_gaps(academy_world: World, now: float) -> None:
    modules = [read_item(Module, fields) for fields in academy_world.items]
    series = defaultdict(list)
    for module in modules:
        series[module.series].append(module.position)

    assert len(modules) == 90 == len({m.id for m in modules})
    assert len(series) == 12
    assert all(places == list(range(1, len(places) + 1)) for places in series.values())
    expired = [m for m in modules if m.expires is not None and m.expires.timestamp() < now]
    assert len(expired) == 3
    assert sum(bool(m.jurisdictions) for m in modules) == 4


def test_prerequisites_lie_inside_series_and_across_and_never_in_a_circle(academy_world: World) -> None:
    items = {item["id"]: item for item in academy_world.items}
    done: set[str] = set()
    for _ in items:
        done |= {x for x, item in items.items() if set(item["prerequisites"]) <= done}

    assert done == set(items)
    pairs = [(items[x]["series"], items[y]["series"]) for x in items for y in items[x]["prerequisites"]]
    assert sum(a == b for a, b in pairs) == 78
    assert sum(a != b for a, b in pairs) == 6


def test_nothing_is_started_after_it_expired(academy_world: World, academy_rows: list[dict[str, Any]]) -> None:
    expires = {x["id"]: parse_time(x["expires"]) for x in academy_world.items if x["expires"]}
    for row in academy_rows:
        if row["event"] == "Module Started" and row["item"] in expires:
            assert row["time"] < expires[row["item"]]


def test_learners_pass_fail_drop_out_and_act(academy_world: World) -> None:
    count = Counter(academy_world.events["event"].to_pylist())

    assert set(count) == {
        "Module Started",
        "Module Progressed",
        "Module Completed",
        "Module Failed",
        "Quiz Answered",
        "Action Taken",
    }
    assert 0.6 < count["Module Completed"] / count["Module Started"] < 0.85
    assert 0.08 < count["Module Failed"] / count["Module Started"] < 0.25
    assert abs(count["Quiz Answered"] - count["Module Completed"] - count["Module Failed"]) < 5
    assert 100 < count["Action Taken"] < 0.1 * count["Module Completed"]


def test_a_quiz_decides_whether_a_module_is_completed(academy_rows: list[dict[str, Any]]) -> None:
    score = {}
    for row in academy_rows:
        key = (row["anonymous_id"], row["item"])
        match row["event"]:
            case "Quiz Answered":
                score[key] = row["progress"]
            case "Module Completed":
                assert score[key] >= PASS
            case "Module Failed":
                assert score[key] < PASS


def test_most_starts_have_their_prerequisites_and_those_that_do_not_fail_more(
    academy_world: World, academy_rows: list[dict[str, Any]]
) -> None:
    before = {x["id"]: x["prerequisites"] for x in academy_world.items}
    done, ready = defaultdict(set), {}
    failed: dict[bool, list[bool]] = {True: [], False: []}
    for row in academy_rows:
        who, item = row["anonymous_id"], row["item"]
        match row["event"]:
            case "Module Started":
                ready[who, item] = all(x in done[who] for x in before[item])
            case "Module Completed":
                done[who].add(item)
                failed[ready[who, item]].append(False)
            case "Module Failed":
                failed[ready[who, item]].append(True)

    assert 0.01 < len(failed[False]) / (len(failed[True]) + len(failed[False])) < 0.12
    assert np.mean(failed[False]) > 1.15 * np.mean(failed[True])


def test_the_next_module_of_a_series_is_what_mostly_follows(
    academy_world: World, academy_rows: list[dict[str, Any]]
) -> None:
    place = {x["id"]: (x["series"], x["position"]) for x in academy_world.items}
    last: dict[str, str] = {}
    follows = []
    for row in academy_rows:
        if row["event"] == "Module Completed":
            who = row["anonymous_id"]
            if who in last:
                series, position = place[last[who]]
                follows.append(place[row["item"]] == (series, position + 1))
            last[who] = row["item"]

    assert 0.4 < np.mean(follows) < 0.9


def test_neighbours_of_what_a_learner_completed_beat_popularity(
    academy_world: World, contest: Callable[[World, str], tuple[float, float]]
) -> None:
    popular, neighbours = contest(academy_world, "Module Completed")

    assert neighbours > 1.8 * popular


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), people=st.integers(1, 6), days=st.floats(1.0, 20.0))
def test_a_tiny_world_is_a_world(seed: int, people: int, days: float) -> None:
    world = academy(seed, 1_780_012_345.0, people=people, days=days)

    assert world.events.schema.equals(SCHEMA)
