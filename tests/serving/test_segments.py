"""What is popular by region and device, counted from the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from penchant.clock import FixedClock
from penchant.events import Consent, Event
from penchant.packs import product
from penchant.serving import RecommendationRequest, Recommender, SlateLog
from penchant.serving.segments import LiveSegments
from penchant.storage import SQLiteStore

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
