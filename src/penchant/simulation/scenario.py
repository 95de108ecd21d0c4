"""The acceptance scenario as data: one person, an afternoon in the shop and an evening on the channel."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from penchant.errors import NotFound
from penchant.simulation.world import World

USER = "scenario-runner"
ANONYMOUS = "scenario"
CATEGORY = "Shoes > Running"
BAND = (80.0, 120.0)
"""Least and highest price of the pairs that are opened."""

DROPPED_AT = 0.4
"""Share of the third video that is watched."""

MINUTES = (10.0, 45.0)
"""Least and most minutes of the videos watched to the end."""

ENOUGH = 6
"""More videos of one kind than this are no better."""

Fields = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """What the person does, and what of the catalogs it is about.

    Events are plain dicts with the columns of a world's events; `time` is a `datetime` in UTC.

    Attributes:
        user_id: Known id of the person, in every event.
        anonymous_id: Anonymous id of the person, in every event.
        shop_events: Six views of three pairs and one add to the cart, within 15 minutes.
        stream_events: Three videos started, two completed, one skipped.
        opened: Ids of the three pairs: running shoes in `BAND`, in stock, three models that come in other colours, of
            one brand where one has three such models.
        carted: The one put into the cart.
        finished: Ids of the two videos watched to the end: one trainer, format and topic, much the same length.
        dropped: The one left at `DROPPED_AT`: of another trainer, format, topic and length.
    """

    user_id: str
    anonymous_id: str
    shop_events: tuple[Fields, ...]
    stream_events: tuple[Fields, ...]
    opened: tuple[str, str, str]
    carted: str
    finished: tuple[str, str]
    dropped: str


def scenario(shop: World, stream: World, now: float) -> Scenario:
    """The scenario for two worlds; the same worlds and `now` give the same scenario.

    Args:
        shop: A world of the sports shop.
        stream: A world of the fitness channel.
        now: Unix seconds; the last event is five minutes before.

    Raises:
        NotFound: A world is too small to hold such shoes or videos.
    """
    pairs = _pairs(shop)
    first, second, other = _videos(stream, now)
    price = {item["id"]: item["price"] for item in shop.items}
    a, b, c = pairs
    afternoon = now - 6 * 3600.0
    looks = ((0.0, a), (140.0, b), (300.0, c), (460.0, b), (610.0, a), (750.0, b))
    shop_events = [
        _event("shop", n, "Product Viewed", afternoon + after, pair, price=price[pair], currency="EUR")
        for n, (after, pair) in enumerate(looks)
    ]
    shop_events.append(
        _event("shop", len(looks), "Product Added", afternoon + 900.0, b, price=price[b], currency="EUR", quantity=1.0)
    )

    length = {item["id"]: float(item["length_s"]) for item in stream.items}
    plays = [(first, "Content Completed", 1.0), (second, "Content Completed", 1.0)]
    plays.append((other, "Content Skipped", DROPPED_AT))
    at = now - 300.0 - sum(60.0 + share * length[video] for video, _, share in plays)
    stream_events: list[Fields] = []
    for video, ending, share in plays:
        stream_events.append(_event("channel", len(stream_events), "Content Viewed", at, video))
        at += share * length[video]
        stream_events.append(_event("channel", len(stream_events), ending, at, video, progress=share))
        at += 60.0
    return Scenario(USER, ANONYMOUS, tuple(shop_events), tuple(stream_events), pairs, b, (first, second), other)


def _event(site: str, number: int, event: str, at: float, item: str, **told: Any) -> Fields:
    blank = dict.fromkeys(("quantity", "price", "currency", "order", "progress"))
    return {
        "id": f"scenario-{site}-{number + 1:02d}",
        "event": event,
        "time": datetime.fromtimestamp(round(at, 3), UTC),
        "user_id": USER,
        "anonymous_id": ANONYMOUS,
        "item": item,
        **blank,
        **told,
    }


def _pairs(shop: World) -> tuple[str, str, str]:
    """Three models of one brand, each by its most viewed colour, from the brand whose three are viewed most."""
    seen = Counter(shop.events["item"].to_pylist())
    shoes = [x for x in shop.items if x["category"] == CATEGORY and x["stock"] > 0]
    colors = Counter(x["group"] for x in shoes)
    models: dict[str, Fields] = {}
    for shoe in sorted(shoes, key=lambda x: (-seen[x["id"]], x["id"])):
        if BAND[0] <= shoe["price"] <= BAND[1] and colors[shoe["group"]] >= 2:
            models.setdefault(shoe["group"], shoe)
    brands: dict[str, list[str]] = defaultdict(list)
    for shoe in models.values():
        brands[shoe["brand"]].append(shoe["id"])
    choices = [ids[:3] for ids in brands.values() if len(ids) >= 3] or [[shoe["id"] for shoe in models.values()][:3]]
    best = max(choices, key=lambda ids: (sum(seen[x] for x in ids), ids))
    if len(best) < 3:
        raise NotFound("trio of running shoes", f"{BAND[0]:.0f} to {BAND[1]:.0f}, in stock, in several colours")
    # The most viewed of the three comes second: it is the one that goes into the cart.
    return best[1], best[0], best[2]


def _videos(stream: World, now: float) -> tuple[str, str, str]:
    """Two videos of one kind of which there are many more, and a popular one that has nothing in common with them."""
    seen = Counter(stream.events["item"].to_pylist())
    ripe = datetime.fromtimestamp(now - 86_400.0, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    open_to_all = [
        x for x in stream.items if x["available_from"] < ripe and x["available_until"] is None and not x["regions"]
    ]
    kinds: dict[tuple[str, ...], list[Fields]] = defaultdict(list)
    for video in open_to_all:
        kinds[video["creator"], video["format"], video["topics"][0], video["language"]].append(video)

    best: tuple[int, int, str, str] | None = None
    third: str | None = None
    for kind in kinds.values():
        for a, b in combinations(kind, 2):
            if _ratio(a, b) > 1.15 or not MINUTES[0] * 60.0 <= float(a["length_s"]) <= MINUTES[1] * 60.0:
                continue
            more = min(sum(_ratio(a, x) <= 1.5 for x in kind) - 2, ENOUGH)
            rank = (more, seen[a["id"]] + seen[b["id"]], a["id"], b["id"])
            if best is not None and rank <= best:
                continue
            unlike = _most_seen((x for x in open_to_all if _unlike(a, b, x)), seen)
            if unlike is not None:
                best, third = rank, unlike
    if best is None or third is None:
        raise NotFound("pair of videos", "one trainer, format and topic, and one unlike them")
    return best[2], best[3], third


def _most_seen(videos: Iterable[Fields], seen: Counter[str]) -> str | None:
    ranked = sorted(videos, key=lambda x: (-seen[x["id"]], x["id"]))
    return str(ranked[0]["id"]) if ranked else None


def _unlike(a: Fields, b: Fields, x: Fields) -> bool:
    return (
        x["language"] == a["language"]
        and x["creator"] != a["creator"]
        and x["format"] != a["format"]
        and not set(x["topics"]) & {*a["topics"], *b["topics"]}
        and min(_ratio(a, x), _ratio(b, x)) >= 1.8
    )


def _ratio(a: Fields, b: Fields) -> float:
    """How many times the shorter the longer is."""
    short, long = sorted((float(a["length_s"]), float(b["length_s"])))
    return long / short
