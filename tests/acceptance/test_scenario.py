"""One person, one day: running shoes in the afternoon, fitness videos in the evening, and what both sites answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from statistics import median
from typing import Any

import msgspec
import pytest

from demo_workspace import NOW, Demo
from penchant.engine import Engine
from penchant.serving import RecommendationRequest
from penchant.simulation import message
from penchant.slate import Slate
from penchant.storage import Manifest
from penchant.storage.parts import PartFiles

LOW, HIGH = 80.0, 120.0
COMPLEMENTS = {"Socks", "Insoles"}

Fields = dict[str, Any]


def tell(engine: Engine, site: str, events: Iterable[Fields]) -> None:
    verdicts = engine.collect([message(event) for event in events], site)
    assert {verdict.status for verdict in verdicts} == {"accepted"}


def ask(engine: Engine, placement: str, user: str, **more: Any) -> Slate:
    return engine.recommend(RecommendationRequest(placement=placement, user_id=user, **more))


@pytest.fixture(scope="module")
def site(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The three sites after the person's day; tests of this file only read it."""
    with demo.open(tmp_path_factory.mktemp("day") / "workspace") as engine:
        tell(engine, "shop", demo.played.shop_events)
        tell(engine, "channel", demo.played.stream_events)
        yield engine


@pytest.fixture(scope="module")
def home(site: Engine, demo: Demo) -> list[Fields]:
    """What the shop's start page shows the person."""
    slate = ask(site, "home", demo.played.user_id)
    assert slate.degraded == ()
    assert len(slate.items) == 10
    return [demo.items["shop"][item.id] for item in slate.items]


@pytest.fixture(scope="module")
def feed(site: Engine, demo: Demo) -> list[Fields]:
    """What the channel's feed shows the person."""
    slate = ask(site, "feed", demo.played.user_id)
    assert slate.degraded == ()
    assert len(slate.items) == 10
    return [demo.items["channel"][item.id] for item in slate.items]


def share(items: list[Fields], holds: Callable[[Fields], bool]) -> float:
    return sum(map(holds, items)) / len(items)


# the shop


def is_wanted(item: Fields) -> bool:
    return bool(item["category"] == "Shoes > Running" and LOW <= item["price"] <= HIGH)


def test_the_shop_answers_mostly_with_running_shoes_in_the_price_range_looked_at(
    site: Engine, demo: Demo, home: list[Fields]
) -> None:
    stranger = [demo.items["shop"][item.id] for item in ask(site, "home", "nobody-we-know").items]

    assert share(home, is_wanted) >= 0.6
    assert share(home, is_wanted) > share(stranger, is_wanted)


def test_the_shop_answers_with_the_same_brand_in_another_colour(demo: Demo, home: list[Fields]) -> None:
    opened = [demo.items["shop"][name] for name in demo.played.opened]
    colors = {(pair["group"], pair["color"]) for pair in opened}
    others = [x for x in home if x["group"] in {pair["group"] for pair in opened}]

    assert any((x["group"], x["color"]) not in colors for x in others)
    assert {x["brand"] for x in others} <= {pair["brand"] for pair in opened}


def test_the_shop_answers_with_socks_or_insoles_that_go_with_the_shoes(home: list[Fields]) -> None:
    assert any(x["category"] in COMPLEMENTS for x in home)


def test_the_shop_never_shows_a_pair_that_is_out_of_stock(site: Engine, demo: Demo) -> None:
    everything = ask(site, "home", demo.played.user_id, n=200).items

    assert sum(x["stock"] == 0 for x in demo.items["shop"].values()) > 0
    assert all(demo.items["shop"][x.id]["stock"] > 0 for x in everything)


def test_pairs_that_sell_out_are_gone_from_the_very_next_answer(engine: Engine, demo: Demo) -> None:
    tell(engine, "shop", demo.played.shop_events)
    before = [item.id for item in ask(engine, "home", demo.played.user_id).items]
    sold_out = before[:3] + before[5:7]

    engine.put_items("shop", [{**demo.items["shop"][name], "stock": 0} for name in sold_out])
    after = [item.id for item in ask(engine, "home", demo.played.user_id).items]

    assert len(after) == 10
    assert not set(after) & set(sold_out)
    assert set(before) - set(sold_out) <= set(after)


def test_the_pair_that_lies_in_the_cart_is_not_offered_again(demo: Demo, home: list[Fields]) -> None:
    assert demo.played.carted not in {x["id"] for x in home}


# the channel


def test_the_channel_answers_with_videos_like_the_first_two(demo: Demo, feed: list[Fields]) -> None:
    first, second = (demo.items["channel"][name] for name in demo.played.finished)
    catalog = list(demo.items["channel"].values())
    alike: dict[str, tuple[float, Callable[[Fields], bool]]] = {
        "trainer": (0.5, lambda x: x["creator"] == first["creator"]),
        "format": (0.6, lambda x: x["format"] == first["format"]),
        "topic": (0.8, lambda x: bool({*x["topics"]} & {*first["topics"]} & {*second["topics"]})),
    }

    for trait, (least, holds) in alike.items():
        assert share(feed, holds) >= least, trait
        assert share(feed, holds) >= 3 * share(catalog, holds), trait


def test_the_channel_answers_with_videos_about_as_long_as_the_first_two(demo: Demo, feed: list[Fields]) -> None:
    usual = math.sqrt(math.prod(demo.items["channel"][name]["length_s"] for name in demo.played.finished))

    def apart(videos: Iterable[Fields]) -> float:
        return median(abs(math.log(x["length_s"] / usual)) for x in videos)

    assert apart(feed) < math.log(1.4) < apart(demo.items["channel"].values())


def test_the_channel_does_not_answer_with_videos_like_the_one_that_was_dropped(demo: Demo, feed: list[Fields]) -> None:
    dropped = demo.items["channel"][demo.played.dropped]

    assert dropped["creator"] not in {x["creator"] for x in feed}
    assert dropped["format"] not in {x["format"] for x in feed}


def test_what_was_finished_or_dropped_is_not_shown_again(site: Engine, demo: Demo) -> None:
    everything = {item.id for item in ask(site, "feed", demo.played.user_id, n=200).items}

    assert len(everything) > 100
    assert not everything & {*demo.played.finished, demo.played.dropped}


# neither knows the other


def answer(engine: Engine, placement: str, user: str) -> bytes:
    return msgspec.json.encode(ask(engine, placement, user))


def test_the_shop_answers_the_same_whatever_was_watched(
    open_demo: Callable[[str], Engine], demo: Demo, site: Engine
) -> None:
    nothing, less = open_demo("nothing watched"), open_demo("less watched")
    for engine in (nothing, less):
        tell(engine, "shop", demo.played.shop_events)
    tell(less, "channel", demo.played.stream_events[-2:])

    answers = {answer(engine, "home", demo.played.user_id) for engine in (site, nothing, less)}

    assert len(answers) == 1
    assert len({answer(engine, "feed", demo.played.user_id) for engine in (site, nothing, less)}) == 3


def test_the_channel_answers_the_same_whatever_was_looked_at_in_the_shop(
    open_demo: Callable[[str], Engine], demo: Demo, site: Engine
) -> None:
    nothing, less = open_demo("nothing looked at"), open_demo("less looked at")
    for engine in (nothing, less):
        tell(engine, "channel", demo.played.stream_events)
    tell(less, "shop", demo.played.shop_events[:1])

    answers = {answer(engine, "feed", demo.played.user_id) for engine in (site, nothing, less)}

    assert len(answers) == 1
    assert len({answer(engine, "home", demo.played.user_id) for engine in (site, nothing, less)}) == 3


def lessons(manifest: Manifest) -> dict[str, PartFiles]:
    """A release's parts, without the place in the log up to which its statistics count."""
    parts = dict(manifest.parts)
    parts["statistics"] = msgspec.structs.replace(parts["statistics"], settings={})
    return parts


def test_a_model_of_the_channel_learns_nothing_from_the_shop(open_demo: Callable[[str], Engine], demo: Demo) -> None:
    apart, together = open_demo("channel alone"), open_demo("channel beside the shop")
    for engine in (apart, together):
        tell(engine, "channel", demo.played.stream_events)
    tell(together, "shop", demo.played.shop_events)

    alone, beside = (engine.train("channel", judge=False) for engine in (apart, together))

    # The manifest holds the SHA-256 of every array. How far the log of all sites was read is no lesson.
    assert lessons(alone) == lessons(beside)
    assert alone.evidence["data"] == beside.evidence["data"]


# what is acknowledged is in the next answer


def shown(engine: Engine, placement: str, user: str | None = None, anonymous: str | None = None) -> set[str]:
    request = RecommendationRequest(placement=placement, user_id=user, anonymous_id=anonymous, n=200)
    return {item.id for item in engine.recommend(request).items}


def left(engine: Engine, demo: Demo, site: str, placement: str, user: str, among: set[str]) -> set[str]:
    """Which of a few items may be shown, whatever else there is and however much of it."""
    others = tuple(demo.items[site].keys() - among)
    return {item.id for item in ask(engine, placement, user, exclude=others, n=200).items}


def say(engine: Engine, site: str, *messages: Fields) -> None:
    """Messages as a client posts them; a time is needed for none, they happen now."""
    verdicts = engine.collect(list(messages), site)
    assert {verdict.status for verdict in verdicts} == {"accepted"}


def track(event: str, user: str | None = None, anonymous: str | None = None, **properties: Any) -> Fields:
    return {"type": "track", "event": event, "userId": user, "anonymousId": anonymous, "properties": properties}


def test_an_order_and_its_cancellation_are_each_in_the_next_answer(engine: Engine, demo: Demo) -> None:
    one, other, third = sorted(shown(engine, "home", "new"))[:3]
    lines = [{"product_id": one}, {"product_id": other}]
    say(engine, "shop", track("Order Completed", "new", order_id="o1", products=lines))
    assert left(engine, demo, "shop", "home", "new", {one, other, third}) == {third}

    say(engine, "shop", track("Order Updated", "new", order_id="o1", products=[{"product_id": other}]))
    assert left(engine, demo, "shop", "home", "new", {one, other, third}) == {one, third}

    say(engine, "shop", track("Order Cancelled", "new", order_id="o1"))
    assert left(engine, demo, "shop", "home", "new", {one, other, third}) == {one, other, third}


def test_who_signs_in_brings_what_was_done_before_and_a_merge_can_be_undone(engine: Engine) -> None:
    before = shown(engine, "home", "new")
    bought = min(before)
    say(engine, "shop", track("Order Completed", anonymous="a1", order_id="o1", products=[{"product_id": bought}]))
    assert bought in shown(engine, "home", "new")

    say(engine, "shop", {"type": "identify", "userId": "new", "anonymousId": "a1"})
    assert bought not in shown(engine, "home", "new")

    engine.store.unlink("user:new", "anon:a1", int(NOW * 1000))
    assert bought in shown(engine, "home", "new")
    assert bought not in shown(engine, "home", anonymous="a1")


def test_a_new_name_brings_along_what_was_done_under_the_old_one(engine: Engine) -> None:
    bought = min(shown(engine, "home", "new"))
    say(engine, "shop", track("Order Completed", "old", order_id="o1", products=[{"product_id": bought}]))
    say(engine, "shop", {"type": "alias", "userId": "new", "previousId": "old"})

    assert bought not in shown(engine, "home", "new")


def test_a_video_is_finished_when_it_was_watched_and_not_when_its_end_was_reached(engine: Engine, demo: Demo) -> None:
    watched, jumped = sorted(shown(engine, "feed", "new"))[:2]
    for video, places in ((watched, range(0, 101, 5)), (jumped, (0, 1, 99, 100))):
        for n, place in enumerate(places):
            heartbeat = track(
                "Video Content Completed" if place == 100 else "Video Content Playing",
                *("new", None),
                asset_id=video,
                session_id=f"s-{video}",
                position=place,
                total_length=100,
            )
            say(engine, "channel", {**heartbeat, "timestamp": NOW - 600 + 5 * n})

    assert left(engine, demo, "channel", "feed", "new", {watched, jumped}) == {jumped}


def test_who_forbids_it_is_answered_as_anybody_and_taught_from_no_more(engine: Engine, demo: Demo) -> None:
    tell(engine, "shop", demo.played.shop_events)
    user = demo.played.user_id
    assert engine.dataset("shop").people.code(f"user:{user}") >= 0
    consent = {"consent": {"categoryPreferences": {"personalization": False}}}
    say(engine, "shop", {"type": "track", "event": "Consent Changed", "userId": user, "context": consent})

    slate = ask(engine, "home", user)
    assert slate.degraded == ("not personalized: this person does not allow it",)
    assert engine.dataset("shop").people.code(f"user:{user}") == -1
