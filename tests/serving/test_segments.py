"""What is popular by region and device, counted from the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from penchant.clock import FixedClock
from penchant.events import Consent, Event, Link, Trait
from penchant.packs import product
from penchant.serving import DomainSetup, RecommendationRequest, Recommender, SlateLog
from penchant.serving.segments import LiveSegments
from penchant.storage import Releases, SQLiteStore

Open = Callable[..., Recommender]
Make = Callable[..., Event]

ALLOWED = {"analytics": True, "personalization": True, "email": False, "ads": False}


@pytest.fixture
def recommender(filled: SQLiteStore, open_domains: Open) -> Iterator[Recommender]:
    made = open_domains("shop")
    yield made
    made.close()


def counted(store: SQLiteStore, clock: FixedClock) -> dict[str, dict[int, float]]:
    """Counts by segment, of items by their place in the names below."""
    live = LiveSegments("shop", product.PACK.signals, store, ALLOWED)
    names = ["runner", "racer", "boot"]
    live.at(names, lambda item: names.index(item) if item in names else -1, clock.now())
    live.wait(10.0)
    made = live.at(names, lambda item: names.index(item) if item in names else -1, clock.now())
    assert live.note == ""
    return {
        name: {int(item): count for item, count in zip(made.items, counts, strict=True) if count}
        for name, counts in made.by.items()
    }


def asked(recommender: Recommender, log: SlateLog, **fields: Any) -> str:
    """A slate that is in the log."""
    slate = recommender.recommend(RecommendationRequest(placement="bestsellers", domain="shop", **fields))
    log.flush()
    return slate.slate_id


def test_what_answers_to_a_slate_counts_where_and_on_what_it_was_asked_for(
    recommender: Recommender, log: SlateLog, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    german = asked(recommender, log, region="DE", context={"device": "Android"})
    french = asked(recommender, log, region="FR")
    clock.advance(60.0)
    now = clock.now()
    store.append(
        [
            event("Order Completed", "runner", at=now - 9, slate=german),
            event("Order Completed", "boot", at=now - 9, slate=french),
            event("Order Completed", "boot", at=now - 9),
            event("Order Completed", "unknown", at=now - 9, slate=german),
            event("Order Refunded", "runner", at=now - 9, slate=german),
        ]
    )
    found = counted(store, clock)

    assert found["region:DE"] == {0: 1.0} == found["device:phone"]
    assert found["region:FR"] == {2: 1.0}
    assert found["hours:12-18"] == {0: 1.0, 2: 2.0}


def test_nothing_is_learned_from_whoever_does_not_allow_it(
    recommender: Recommender, log: SlateLog, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    slate = asked(recommender, log, region="DE")
    store.append([], consents=[Consent("user:ann", "personalization", False, 1, "test")])
    store.append([event("Order Completed", "runner", at=clock.now(), slate=slate)])

    assert counted(store, clock) == {}


def test_the_log_is_read_on_once_an_hour(
    recommender: Recommender, log: SlateLog, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    slate = asked(recommender, log, region="DE")
    live = LiveSegments("shop", product.PACK.signals, store, ALLOWED)
    names = ["runner"]

    def known() -> dict[str, list[float]]:
        live.at(names, names.index, clock.now())
        live.wait(10.0)
        made = live.at(names, names.index, clock.now())
        return {name: counts.tolist() for name, counts in made.by.items() if name.startswith("region")}

    assert known() == {}
    store.append([event("Order Completed", "runner", at=clock.now(), slate=slate)])
    assert known() == {}
    clock.advance(3_600.0)
    assert known() == {"region:DE": [1.0]}
    clock.advance(3_600.0)
    assert known() == {"region:DE": [1.0]}


def said(actor: str, value: bytes, at: int = 1, name: str = "age_band") -> Trait:
    return Trait(actor, name, value, at, "test")


@pytest.fixture
def declaring(filled: SQLiteStore, releases: Releases, clock: FixedClock, log: SlateLog) -> Iterator[Recommender]:
    setup = replace(DomainSetup.shipped("shop", product.PACK), segments=("age_band", "language"))
    made = Recommender({"shop": setup}, filled, releases, clock, log, ALLOWED)
    yield made
    made.close()


def test_what_people_declared_makes_segments(store: SQLiteStore, event: Make, clock: FixedClock) -> None:
    store.append(
        [
            event("Order Completed", "runner", user="u1", order="1"),
            event("Order Completed", "boot", user="u2", order="2"),
        ],
        traits=[said("user:u1", b'"18-25"'), said("user:u2", b'"60+"'), said("user:u2", b'"de"', name="language")],
    )
    # Of ann it is known under another id, and what was said last counts.
    store.append(
        [event("Order Completed", "boot", user="ann", order="3")],
        links=[Link("user:ann", "anon:a1", 1, "test", "event")],
        traits=[
            said("anon:a1", b'"18-25"'),
            said("user:ann", b'"60+"', at=2),
            said("user:ann", b'["x"]', name="language"),
        ],
    )
    live = LiveSegments("shop", product.PACK.signals, store, ALLOWED, ("age_band", "language"))
    names = ["runner", "boot"]
    live.at(names, names.index, clock.now())
    live.wait(10.0)
    made = live.at(names, names.index, clock.now()).by

    assert {name: counts.tolist() for name, counts in made.items() if name.startswith("trait:")} == {
        "trait:age_band:18-25": [1.0, 0.0],
        "trait:age_band:60+": [0.0, 2.0],
        "trait:language:de": [0.0, 1.0],
    }


def test_somebody_new_is_shown_what_people_who_declared_the_same_choose(
    declaring: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    young, old = said("user:young", b'"18-25"'), said("user:old", b'"60+"')
    store.append([], traits=[young, old])
    for n in range(300):
        band, item = (("18-25", "runner"), ("60+", "sandal"))[n % 2]
        bought = event("Order Completed", item, at=clock.now() - 60, user=f"u{n}", order=f"o{n}")
        store.append([bought], traits=[said(f"user:u{n}", f'"{band}"'.encode())])

    def first(user: str, **fields: Any) -> tuple[str, tuple[str, ...]]:
        request = RecommendationRequest(placement="home", domain="shop", user_id=user, **fields)
        declaring.recommend(request)
        declaring._segments["shop"].wait(20)
        item = declaring.recommend(request).items[0]
        return item.id, item.source

    assert first("young") == ("runner", ("segment",))
    assert first("old") == ("sandal", ("segment",))
    # Who does not want to be known, or said nothing, is of no segment.
    assert "segment" not in first("young", personalized=False)[1]
    assert "segment" not in first("stranger")[1]
