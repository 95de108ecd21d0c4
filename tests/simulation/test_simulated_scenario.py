from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from penchant.errors import NotFound
from penchant.simulation import Scenario, World, scenario, shop, stream
from penchant.simulation.log import SCHEMA


@pytest.fixture(scope="module", params=[7, 8])
def worlds(request: pytest.FixtureRequest, now: float, shop_world: World, stream_world: World) -> tuple[World, World]:
    if request.param == 7:
        return shop_world, stream_world
    return shop(request.param, now, people=400), stream(request.param, now, people=300)


@pytest.fixture(scope="module")
def told(worlds: tuple[World, World], now: float) -> Scenario:
    return scenario(*worlds, now)


def fields(world: World, *ids: str) -> list[dict[str, Any]]:
    by_id = {item["id"]: item for item in world.items}
    return [by_id[x] for x in ids]


def test_three_pairs_of_running_shoes_in_the_band_and_in_stock_are_opened(
    told: Scenario, worlds: tuple[World, World]
) -> None:
    pairs = fields(worlds[0], *told.opened)

    assert len({x["group"] for x in pairs}) == 3
    assert len({x["brand"] for x in pairs}) == 1
    for pair in pairs:
        assert pair["category"] == "Shoes > Running"
        assert 80 <= pair["price"] <= 120
        assert pair["stock"] > 0
        others = [x for x in worlds[0].items if x["group"] == pair["group"] and x["id"] != pair["id"]]
        assert any(x["stock"] > 0 and x["color"] != pair["color"] for x in others)


def test_the_visit_to_the_shop_takes_a_quarter_of_an_hour_and_ends_with_one_in_the_cart(told: Scenario) -> None:
    views, cart = told.shop_events[:-1], told.shop_events[-1]

    assert {x["event"] for x in views} == {"Product Viewed"}
    assert {x["item"] for x in views} == set(told.opened)
    assert (cart["event"], cart["item"]) == ("Product Added", told.carted)
    assert told.carted in told.opened
    assert (cart["time"] - views[0]["time"]).total_seconds() == 900


def test_two_videos_of_one_kind_are_finished_and_one_unlike_them_is_dropped(
    told: Scenario, worlds: tuple[World, World]
) -> None:
    a, b, c = fields(worlds[1], *told.finished, told.dropped)

    assert (a["creator"], a["format"], a["topics"][0]) == (b["creator"], b["format"], b["topics"][0])
    assert 1 / 1.15 <= a["length_s"] / b["length_s"] <= 1.15
    assert c["creator"] != a["creator"] and c["format"] != a["format"]
    assert not set(c["topics"]) & {*a["topics"], *b["topics"]}
    assert not 1 / 1.8 < c["length_s"] / a["length_s"] < 1.8


def test_there_are_more_videos_like_the_finished_ones(told: Scenario, worlds: tuple[World, World]) -> None:
    first = fields(worlds[1], told.finished[0])[0]

    more = [
        x
        for x in worlds[1].items
        if (x["creator"], x["format"]) == (first["creator"], first["format"])
        and set(x["topics"]) & set(first["topics"])
        and x["available_until"] is None
    ]

    assert len(more) >= 5


def test_the_evening_is_watched_in_real_time_and_over_five_minutes_before_now(
    told: Scenario, worlds: tuple[World, World], now: float
) -> None:
    events = told.stream_events

    assert [(x["event"], x["item"], x["progress"]) for x in events] == [
        ("Content Viewed", told.finished[0], None),
        ("Content Completed", told.finished[0], 1.0),
        ("Content Viewed", told.finished[1], None),
        ("Content Completed", told.finished[1], 1.0),
        ("Content Viewed", told.dropped, None),
        ("Content Skipped", told.dropped, 0.4),
    ]
    for start, end, share in zip(events[::2], events[1::2], (1.0, 1.0, 0.4), strict=True):
        length = fields(worlds[1], start["item"])[0]["length_s"]
        assert (end["time"] - start["time"]).total_seconds() == pytest.approx(share * length, abs=0.01)
    assert told.shop_events[-1]["time"] < events[0]["time"]
    assert now - 400 < events[-1]["time"].timestamp() <= now - 299


def test_events_have_the_columns_of_a_world_and_one_new_person(told: Scenario, worlds: tuple[World, World]) -> None:
    rows = [*told.shop_events, *told.stream_events]

    table = pa.Table.from_pylist(rows, schema=SCHEMA)

    assert all(list(row) == SCHEMA.names for row in rows)
    assert len(set(table["id"].to_pylist())) == len(rows)
    assert set(table["user_id"].to_pylist()) == {told.user_id} == {"scenario-runner"}
    assert set(table["anonymous_id"].to_pylist()) == {told.anonymous_id} == {"scenario"}
    for world in worlds:
        assert told.user_id not in world.events["user_id"].to_pylist()


def test_the_scenario_is_the_same_each_time(told: Scenario, worlds: tuple[World, World], now: float) -> None:
    assert scenario(*worlds, now) == told


def test_a_shop_without_such_shoes_says_so(worlds: tuple[World, World], now: float) -> None:
    shop_world, stream_world = worlds
    few = World("shop", "product", [x for x in shop_world.items if x["price"] < 80], shop_world.events)

    with pytest.raises(NotFound, match="trio of running shoes"):
        scenario(few, stream_world, now)


def test_a_channel_without_such_videos_says_so(worlds: tuple[World, World], now: float) -> None:
    shop_world, stream_world = worlds
    few = World("channel", "content", stream_world.items[:1], stream_world.events)

    with pytest.raises(NotFound, match="pair of videos"):
        scenario(shop_world, few, now)
