from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.catalog import read_item
from penchant.clock import DAY, parse_time
from penchant.packs.content.items import Content
from penchant.simulation import World, stream
from penchant.simulation.log import SCHEMA


def test_the_same_seed_and_moment_give_the_same_world(now: float) -> None:
    one, two, other = stream(3, now, people=60), stream(3, now, people=60), stream(4, now, people=60)

    assert one.items == two.items
    assert one.events.equals(two.events)
    assert not one.events.equals(other.events)


def test_it_is_large_enough_and_has_the_columns(stream_world: World, now: float) -> None:
    times = stream_world.events["time"].cast("int64").to_pylist()

    assert (stream_world.domain, stream_world.pack) == ("channel", "content")
    assert stream_world.events.schema.equals(SCHEMA)
    assert 80_000 <= len(times) <= 120_000
    assert times == sorted(times)
    assert (now - 60 * DAY) * 1000 < times[0] and times[-1] <= now * 1000
    assert len(set(stream_world.events["id"].to_pylist())) == len(times)


def test_every_item_is_a_video_and_some_rights_have_ended_or_are_regional(stream_world: World, now: float) -> None:
    videos = [read_item(Content, fields) for fields in stream_world.items]

    assert len(videos) == 600 == len({v.id for v in videos})
    assert all(v.kind == "video" and v.topics and v.creator and v.length_s for v in videos)
    assert all(v.published is not None and v.published.timestamp() <= now for v in videos)
    ended = sum(v.available_until is not None for v in videos)
    assert all(v.available_until is None or v.available_until.timestamp() < now for v in videos)
    assert 10 <= ended <= 60
    assert 10 <= sum(bool(v.regions) for v in videos) <= 70
    assert sum(v.published.timestamp() > now - 60 * DAY for v in videos if v.published) > 150


def test_nothing_is_started_outside_its_rights(stream_world: World, stream_rows: list[dict[str, Any]]) -> None:
    window = {
        x["id"]: (parse_time(x["available_from"]), parse_time(x["available_until"]) if x["available_until"] else np.inf)
        for x in stream_world.items
    }
    for row in stream_rows:
        if row["event"] == "Content Viewed":
            opens, closes = window[row["item"]]
            assert opens <= row["time"] < closes


def test_what_is_watched_says_how_far(stream_rows: list[dict[str, Any]]) -> None:
    rows = stream_rows
    count = Counter(row["event"] for row in rows)

    assert set(count) == {
        "Content Viewed",
        "Content Progressed",
        "Content Completed",
        "Content Skipped",
        "Content Liked",
        "Content Shared",
    }
    assert 0.35 < count["Content Completed"] / count["Content Viewed"] < 0.65
    assert 0.25 < count["Content Skipped"] / count["Content Viewed"] < 0.55
    for row in rows:
        match row["event"]:
            case "Content Completed":
                assert row["progress"] == 1.0
            case "Content Skipped":
                assert 0 < row["progress"] <= 0.5
            case "Content Progressed":
                assert 0.49 <= row["progress"] < 1
            case _:
                assert row["progress"] is None


def test_a_new_video_is_started_more_in_its_first_days(
    stream_world: World, stream_rows: list[dict[str, Any]], now: float
) -> None:
    published = {x["id"]: parse_time(x["published"]) for x in stream_world.items}
    recent = {x for x, at in published.items() if now - 50 * DAY < at < now - 30 * DAY}
    age = [
        (row["time"] - published[row["item"]]) / DAY
        for row in stream_rows
        if row["event"] == "Content Viewed" and row["item"] in recent
    ]
    first, later = np.mean([1 <= a < 8 for a in age]), np.mean([15 <= a < 22 for a in age])

    assert first > 1.5 * later


def test_neighbours_of_what_a_person_finished_beat_popularity(
    stream_world: World, contest: Callable[[World, str], tuple[float, float]]
) -> None:
    popular, neighbours = contest(stream_world, "Content Completed")

    assert neighbours > 2 * popular


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), people=st.integers(1, 6), days=st.floats(1.0, 20.0))
def test_a_tiny_world_is_a_world(seed: int, people: int, days: float) -> None:
    world = stream(seed, 1_780_012_345.0, people=people, days=days, videos=40)

    assert world.events.schema.equals(SCHEMA)
