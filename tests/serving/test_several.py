"""Several placements in one call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from penchant.clock import FixedClock
from penchant.errors import InvalidRequest, NotAllowed, NotFound, StorageError
from penchant.events import Event
from penchant.serving import (
    RecommendationRequest,
    Recommender,
    SlateLog,
    Slates,
    SlatesRequest,
    explain_several,
    recommend_several,
)
from penchant.slate import Slate
from penchant.storage import SQLiteStore

Make = Callable[..., Event]
Open = Callable[..., Recommender]


def call(*placements: Any, **fields: Any) -> SlatesRequest:
    """A call as it comes over the wire."""
    told = {"placements": placements, "domain": "shop", "user_id": "ann", **fields}
    return msgspec.convert(told, SlatesRequest)


def ids(slate: Slate) -> list[str]:
    return [item.id for item in slate.items]


def every(slates: Slates) -> list[str]:
    return [name for slate in slates.slates for name in ids(slate)]


def test_answers_stand_in_the_order_they_were_asked_for(recommender: Recommender) -> None:
    made = recommend_several(recommender, call("home", {"placement": "bestsellers", "n": 1}, "popular"))

    assert [slate.placement for slate in made.slates] == ["home", "bestsellers", "popular"]
    assert len({slate.slate_id for slate in made.slates}) == 3


def test_no_item_stands_in_two_of_them_and_the_first_has_it(recommender: Recommender) -> None:
    best = ids(recommender.recommend(RecommendationRequest(placement="bestsellers", domain="shop", n=4)))

    made = recommend_several(
        recommender, call({"placement": "bestsellers", "n": 2}, {"placement": "bestsellers", "n": 2}, "home")
    )

    assert [ids(slate) for slate in made.slates[:2]] == [best[:2], best[2:]]
    assert len(every(made)) == len(set(every(made))) == 6


def test_a_placement_may_stand_aside(recommender: Recommender) -> None:
    best = ids(recommender.recommend(RecommendationRequest(placement="bestsellers", domain="shop", n=2)))
    aside = {"placement": "bestsellers", "n": 2, "dedupe": False}

    made = recommend_several(recommender, call(aside, {"placement": "bestsellers", "n": 2}, aside))

    assert [ids(slate) for slate in made.slates] == [best, best, best]


def test_one_placement_alone_is_answered_as_by_itself(recommender: Recommender) -> None:
    alone = recommender.recommend(RecommendationRequest(placement="home", domain="shop", user_id="ann"))

    assert recommend_several(recommender, call("home")).slates == (alone,)


def test_what_holds_for_one_is_added_to_what_holds_for_all(recommender: Recommender) -> None:
    shoes, brio = ({"field": name, "eq": value} for name, value in (("category", "Shoes"), ("brand", "Brio")))
    asked = call(
        {"placement": "home", "filter": brio, "exclude": ["boot"]},
        {"placement": "home", "dedupe": False},
        {"placement": "also-like", "items": ["thin"], "n": 1},
        filter=shoes,
        exclude=["racer"],
        items=["runner"],
    )

    first, second, third = recommend_several(recommender, asked).slates

    assert ids(first) == ["sandal"]
    assert set(ids(second)) == {"boot", "sandal"}
    assert set(ids(third)) <= {"runner", "boot"} and len(third.items) == 1


def test_each_is_logged_as_a_slate_of_its_own(recommender: Recommender, log: SlateLog, store: SQLiteStore) -> None:
    made = recommend_several(recommender, call("home", "bestsellers"))
    log.flush()

    assert all(store.slate(slate.slate_id) is not None for slate in made.slates)
    assert {row.slate_id for row in store.slates_of(["user:ann"])} == {slate.slate_id for slate in made.slates}


def test_placements_of_several_domains_may_stand_together(recommender: Recommender) -> None:
    made = recommend_several(recommender, call("home", {"placement": "feed", "domain": "channel"}))

    assert [slate.domain for slate in made.slates] == ["shop", "channel"]
    assert set(ids(made.slates[1])) <= {"hips", "back", "sprint"} and made.slates[1].items


def test_fields_are_told_for_all(recommender: Recommender) -> None:
    made = recommend_several(recommender, call({"placement": "home", "n": 2}, "bestsellers", fields=["brand"]))

    assert all(item.fields.keys() == {"brand"} for slate in made.slates for item in slate.items)  # type: ignore[union-attr]


def test_each_may_go_on_where_its_last_page_ended(recommender: Recommender, clock: FixedClock) -> None:
    first = recommend_several(recommender, call({"placement": "home", "n": 2})).slates[0]
    clock.advance(1)

    more = recommend_several(recommender, call({"placement": "home", "n": 2, "after": first.slate_id})).slates[0]

    assert not set(ids(first)) & set(ids(more))
    assert [item.position for item in more.items] == [3, 4]


class Counting:
    """A store that counts how often a request reads a person; what is counted beside requests does not matter."""

    def __init__(self, store: SQLiteStore) -> None:
        self._store = store
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        read = name in ("consents", "actors", "past", "traits")
        if read and threading.current_thread() is threading.main_thread():
            self.calls.append(name)
        return getattr(self._store, name)


def test_a_person_is_read_once_for_all(
    recommender: Recommender, filled: SQLiteStore, event: Make, clock: FixedClock, open_domains: Open
) -> None:
    filled.append([event("Product Viewed", "boot", at=clock.now() - 60)])
    over = Counting(filled)
    several = open_domains("shop", over=over)

    made = recommend_several(several, call("home", "bestsellers", "popular", "buy-again"))

    assert len(made.slates) == 4
    assert {"consents", "actors", "past"} <= set(over.calls)
    assert len(over.calls) == len(set(over.calls))


# when something is wrong


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (call("home", {"placement": "popular", "filter": {"field": "prise", "eq": 1}}), "placements[1].filter.field"),
        (call("home", filter={"field": "prise", "eq": 1}), "filter.field"),
        (call("home", {"placement": "popular", "boost": [{"by": 1, "items": ["a"]}]}), "placements[1].boost[0].by"),
        (call("home", boost=[{"by": 2}]), "boost[0].filter"),
        (call("home", "also-like"), "items"),
        (call("home", fields=["prise"]), "fields[0]"),
        (
            call(
                {"placement": "home", "boost": [{"by": 2, "items": ["a"]}] * 6}, boost=[{"by": 2, "items": ["a"]}] * 5
            ),
            "placements[0].boost",
        ),
    ],
)
def test_what_the_client_got_wrong_is_said_and_nothing_is_shown(
    recommender: Recommender, log: SlateLog, store: SQLiteStore, asked: SlatesRequest, field: str
) -> None:
    with pytest.raises(InvalidRequest) as told:
        recommend_several(recommender, asked)
    log.flush()

    assert told.value.field == field
    assert store.count()["slates"] == 0


def test_a_placement_nobody_has_is_not_found(recommender: Recommender) -> None:
    with pytest.raises(NotFound, match='did you mean "home"'):
        recommend_several(recommender, call("popular", "hoem"))


def test_a_browser_is_told_no_private_field_in_any(recommender: Recommender) -> None:
    with pytest.raises(NotAllowed):
        recommend_several(recommender, call("home", fields=["margin"]), public=True)


def test_a_placement_that_breaks_leaves_the_others_as_they_are(
    recommender: Recommender, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = recommend_several(recommender, call("home", "popular"))
    fill = recommender.fill

    def broken(visit: Any, wanted: Any) -> Any:
        if wanted.placement.name == "bestsellers":
            raise RuntimeError("no")
        return fill(visit, wanted)

    monkeypatch.setattr(recommender, "fill", broken)
    made = recommend_several(recommender, call("home", "bestsellers", "popular"))

    assert (made.slates[0], made.slates[2]) == whole.slates
    failed = made.slates[1]
    assert (failed.items, failed.slate_id, failed.degraded) == ((), "", ("failed: RuntimeError",))
    assert "bestsellers" in caplog.text
    with pytest.raises(RuntimeError):
        recommend_several(recommender, call("bestsellers"))


def test_a_domain_that_cannot_be_read_leaves_the_others_as_they_are(
    recommender: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = recommender.visit

    def broken(setup: Any, asked: Any) -> Any:
        if setup.name == "channel":
            raise StorageError("store", "down")
        return visit(setup, asked)

    monkeypatch.setattr(recommender, "visit", broken)
    feed = {"placement": "feed", "domain": "channel"}
    home, failed = recommend_several(recommender, call("home", feed)).slates

    assert home.items and home.degraded == ()
    assert failed.items == () and failed.degraded[0].startswith("failed: ")
    with pytest.raises(StorageError):
        recommend_several(recommender, call(feed))


def test_explanations_are_of_the_same_slates(recommender: Recommender, log: SlateLog, store: SQLiteStore) -> None:
    asked = call({"placement": "home", "n": 2}, "bestsellers", fields=["brand"])
    told = explain_several(recommender, asked)
    log.flush()
    assert store.count()["slates"] == 0

    made = recommend_several(recommender, asked)

    assert [ids(slate) for slate in told] == [ids(slate) for slate in made.slates]
    assert [len(slate.explanation.items) for slate in told] == [len(slate.items) for slate in told]
