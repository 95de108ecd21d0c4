"""What is kept from one request to the next must never be seen in an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from penchant.clock import FixedClock, iso
from penchant.events import Event
from penchant.packs.product import Product
from penchant.serving import RecommendationRequest, Recommender
from penchant.slate import Slate
from penchant.storage import SQLiteStore

Make = Callable[..., Event]

PEOPLE = ("ann", "ben", None)
REQUESTS: tuple[dict[str, Any], ...] = (
    {"placement": "home"},
    {"placement": "home", "region": "DE"},
    {"placement": "home", "context": {"location": "berlin"}},
    {"placement": "home", "personalized": False},
    {"placement": "also-like", "items": ["runner"]},
    {"placement": "bought-together", "items": ["boot", "sandal"]},
    {"placement": "cart", "items": ["thin"], "n": 3},
    {"placement": "category-page", "filter": {"field": "category", "eq": "Shoes"}},
)


def answers(recommender: Recommender) -> list[Slate]:
    """Everybody's answers to everything."""
    return [
        recommender.recommend(RecommendationRequest(domain="shop", user_id=user, **fields))
        for user in PEOPLE
        for fields in REQUESTS
    ]


def test_answers_are_those_of_a_process_that_was_just_started(
    recommender: Recommender,
    store: SQLiteStore,
    open_domains: Callable[..., Recommender],
    event: Make,
    put: Callable[..., None],
    goods: dict[str, Product],
    clock: FixedClock,
) -> None:
    def compare() -> list[Slate]:
        found = answers(recommender)
        assert found == answers(recommender) == answers(open_domains("shop"))
        return found

    def shown(slates: list[Slate]) -> set[str]:
        return {item.id for slate in slates for item in slate.items}

    first = compare()
    store.append([event("Product Viewed", "boot", at=clock.now() - 60)])
    second = compare()
    put(Product(id="racer", category="Shoes", brand="Alto", price=110.0, stock=0))
    put(Product(id="thick", category="Socks", brand="Brio", price=12.0, expires=iso(clock.now() + 1_800.0)))
    third = compare()
    clock.advance(1_800.0)
    fourth = compare()
    put(goods["racer"])
    fifth = compare()

    assert first != second
    told = [("racer" in shown(slates), "thick" in shown(slates)) for slates in (first, third, fourth, fifth)]
    assert told == [(True, True), (False, True), (False, False), (True, False)]
