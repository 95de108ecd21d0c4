"""What a request waits before anybody begins with it counts against its time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from penchant.clock import FixedClock
from penchant.events import Event
from penchant.serving import RecommendationRequest, Recommender, SlatesRequest, recommend_several
from penchant.slate import Slate

HOME = RecommendationRequest(placement="home", domain="shop", user_id="ann")
Make = Callable[..., Event]


def late(slate: Slate) -> list[str]:
    return [note for note in slate.degraded if note.startswith("late:")]


def test_one_that_was_begun_at_once_has_all_of_its_time(recommender: Recommender, clock: FixedClock) -> None:
    assert recommender.recommend(HOME, arrived=clock.elapsed()) == recommender.recommend(HOME)
    assert not late(recommender.recommend(HOME, arrived=clock.elapsed() - 0.05))


def test_one_that_waited_longer_than_its_budget_is_answered_by_the_fallback_chain(
    recommender: Recommender, clock: FixedClock
) -> None:
    usual = recommender.recommend(HOME)

    hurried = recommender.recommend(HOME, arrived=clock.elapsed() - 0.2)

    assert "late:waiting" in late(hurried)
    assert len(hurried.items) == len(usual.items)
    assert {source for item in hurried.items for source in item.source} <= set(recommender.find(HOME)[1].fallback)
    assert recommender.waited(None) == 0.0


def test_constraints_hold_all_the_same(recommender: Recommender, clock: FixedClock) -> None:
    abroad: dict[str, Any] = {"region": "AT"}
    request = msgspec.structs.replace(HOME, n=7, **abroad)

    hurried = recommender.recommend(request, arrived=clock.elapsed() - 1.0)

    assert "cap" not in [item.id for item in hurried.items]
    assert hurried.items


def test_every_placement_of_a_call_has_that_much_less(recommender: Recommender, clock: FixedClock) -> None:
    few = [{"placement": "home", "n": 2}, "bestsellers"]
    call = msgspec.convert({"placements": few, "domain": "shop", "user_id": "ann"}, SlatesRequest)

    made = recommend_several(recommender, call, arrived=clock.elapsed() - 0.2)

    assert late(made.slates[0])
    assert all(slate.items for slate in made.slates)


def test_a_crowd_is_not_the_fault_of_the_release(recommender: Recommender, clock: FixedClock) -> None:
    before = recommender.tallies["shop"].counts

    for waited in (0.2, 0.5, 2.0):
        recommender.recommend(HOME, arrived=clock.elapsed() - waited)

    assert recommender.tallies["shop"].counts == before


def test_one_that_waited_and_was_made_in_time_all_the_same_counts(recommender: Recommender, clock: FixedClock) -> None:
    before = recommender.tallies["shop"].counts

    slate = recommender.recommend(HOME, arrived=clock.elapsed() - 0.05)

    assert not late(slate)
    assert recommender.tallies["shop"].counts.answers == before.answers + 1
