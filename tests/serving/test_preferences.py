"""What people say they like: kept with them, obeyed by the next request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from penchant.clock import FixedClock
from penchant.errors import InvalidRequest, NotFound
from penchant.events import Consent, Event, Link, Trait
from penchant.packs import content, product
from penchant.packs.product import Product
from penchant.serving import DomainSetup, Preferences, RecommendationRequest, Recommender
from penchant.slate import Slate
from penchant.storage import SQLiteStore

Open = Callable[..., Recommender]
Make = Callable[..., Event]
Put = Callable[..., None]

ANN, DEVICE = "user:ann", "anon:d1"


def home(**fields: Any) -> RecommendationRequest:
    return RecommendationRequest(placement="home", domain="shop", **{"user_id": "ann", **fields})


def ids(slate: Slate) -> list[str]:
    return [item.id for item in slate.items]


@pytest.fixture
def recommender(filled: SQLiteStore, open_domains: Open) -> Iterator[Recommender]:
    """Shop and channel, with no release and no event."""
    made = open_domains()
    yield made
    made.close()


@pytest.fixture
def preferences(store: SQLiteStore, recommender: Recommender, clock: FixedClock) -> Preferences:
    count = iter(range(1_000))
    domains = {
        name: DomainSetup(name, pack, {}, pack.objectives[0].name, None)
        for name, pack in (("shop", product.PACK), ("channel", content.PACK))
    }
    return Preferences(store, domains, recommender.view, clock, lambda: str(next(count)))


def test_what_was_said_is_kept_by_domain_and_told_again(preferences: Preferences) -> None:
    told = preferences.choose("shop", ANN, {"category": ["Socks"], "price": [[None, 20], 50]}, ["cap"])

    assert told == preferences.chosen("shop", ANN)
    assert told.likes == {"category": ("Socks",), "price": ((None, 20.0), 50.0)}
    assert told.items == ("cap",)
    assert preferences.chosen("channel", ANN).likes == {}
    assert preferences.chosen("shop", "user:bob").likes == {}


def test_the_next_request_obeys(preferences: Preferences, recommender: Recommender) -> None:
    before = recommender.recommend(home(n=3))
    preferences.choose("shop", ANN, {"category": ["Socks"]})
    after = recommender.recommend(home(n=3))

    assert {"thin", "thick"} - set(ids(before)[:2])
    assert set(ids(after)[:2]) == {"thin", "thick"}
    assert [reason.code for reason in after.items[0].reasons] == ["chosen_by_you"]
    assert after.items[0].source == ("chosen",)


def test_a_new_word_on_a_field_replaces_the_old_and_leaves_the_others(
    preferences: Preferences, clock: FixedClock
) -> None:
    preferences.choose("shop", ANN, {"category": ["Socks"], "brand": ["Alto"]}, ["cap"])
    clock.advance(1.0)
    told = preferences.choose("shop", ANN, {"category": ["Hats"]})

    assert told.likes == {"brand": ("Alto",), "category": ("Hats",)}
    assert told.items == ("cap",)
    clock.advance(1.0)
    assert preferences.choose("shop", ANN, {"brand": []}, []).likes == {"category": ("Hats",)}


def test_what_was_taken_back_is_not_obeyed_any_more(
    preferences: Preferences, recommender: Recommender, clock: FixedClock
) -> None:
    plain = ids(recommender.recommend(home()))
    preferences.choose("shop", ANN, {"category": ["Socks"]}, ["cap"])
    clock.advance(1.0)
    left = preferences.forget("shop", ANN)

    assert (left.likes, left.items) == ({}, ())
    assert ids(recommender.recommend(home())) == plain


def test_whoever_does_not_allow_it_is_answered_without(
    preferences: Preferences, recommender: Recommender, store: SQLiteStore, clock: FixedClock
) -> None:
    plain = ids(recommender.recommend(home(user_id="nobody")))
    preferences.choose("shop", ANN, {"category": ["Socks"]})
    assert ids(recommender.recommend(home())) != plain
    assert ids(recommender.recommend(home(personalized=False))) == plain

    store.append([], consents=[Consent(ANN, "personalization", False, int(clock.now() * 1000), "test")])
    assert ids(recommender.recommend(home())) == plain


def test_it_goes_with_the_person_when_ids_are_joined(preferences: Preferences, store: SQLiteStore) -> None:
    preferences.choose("shop", DEVICE, {"category": ["Socks"]})
    preferences.choose("shop", ANN, {"brand": ["Alto"]})
    store.append([], links=[Link(ANN, DEVICE, 0, "test", "event")])
    both = {"brand": ("Alto",), "category": ("Socks",)}

    assert preferences.chosen("shop", ANN).likes == both
    assert preferences.chosen("shop", DEVICE).likes == both
    assert preferences.chosen("shop", DEVICE, alone=True).likes == {"category": ("Socks",)}


def test_taking_back_under_one_id_leaves_what_others_said(
    preferences: Preferences, store: SQLiteStore, clock: FixedClock
) -> None:
    preferences.choose("shop", DEVICE, {"category": ["Socks"]})
    preferences.choose("shop", ANN, {"brand": ["Alto"]})
    store.append([], links=[Link(ANN, DEVICE, 0, "test", "event")])
    clock.advance(1.0)
    preferences.forget("shop", DEVICE, alone=True)

    assert preferences.chosen("shop", ANN).likes == {"brand": ("Alto",)}


def test_it_is_erased_with_the_person_and_nothing_is_kept_after(preferences: Preferences, store: SQLiteStore) -> None:
    preferences.choose("shop", ANN, {"category": ["Socks"]})
    store.erase([ANN], 1, "r1", b"{}")

    assert preferences.chosen("shop", ANN).likes == {}
    with pytest.raises(InvalidRequest, match="was erased"):
        preferences.choose("shop", ANN, {"category": ["Socks"]})


def test_what_was_said_is_an_event_too_so_that_the_log_tells_all(preferences: Preferences, store: SQLiteStore) -> None:
    preferences.choose("shop", ANN, {"category": ["Socks"]})

    [(_, event)] = store.events_of([ANN])
    assert (event.name, event.domain, event.properties) == (
        "Person Identified",
        "shop",
        {"traits": {"preferences.shop.category": ["Socks"]}},
    )


def test_traits_of_a_tracker_say_the_same(
    preferences: Preferences, recommender: Recommender, store: SQLiteStore
) -> None:
    word = Trait(ANN, "preferences.shop.category", msgspec.json.encode(["Socks", "never heard of"]), 1, "site")
    store.append([], traits=[word])

    assert set(ids(recommender.recommend(home(n=3)))[:2]) == {"thin", "thick"}


@pytest.mark.parametrize(
    ("likes", "items", "field", "words"),
    [
        ({"categori": ["Shoes"]}, None, "likes.categori", 'did you mean "category"?'),
        ({"title": ["Runner"]}, None, "likes.title", "no field to like"),
        ({"group": ["g"]}, None, "likes.group", "no field to like"),
        ({"category": ["Shoess"]}, None, "likes.category[0]", 'did you mean "Shoes"?'),
        ({"category": ["Shoes", 3]}, None, "likes.category[1]", "must be text"),
        ({"price": ["cheap"]}, None, "likes.price[0]", "must be a number"),
        ({"price": [[30, 20]]}, None, "likes.price[0]", "lower end first"),
        ({"brand": ["Alto"] * 101}, None, "likes.brand", "at most 100"),
        ({}, ["cap", "capp"], "items[1]", 'did you mean "cap"?'),
        ({}, ["cap"] * 101, "items", "at most 100"),
        ({}, None, "likes", "must name a field"),
    ],
)
def test_what_nothing_has_is_refused_with_what_there_is(
    preferences: Preferences, likes: dict[str, list[object]], items: list[str] | None, field: str, words: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        preferences.choose("shop", ANN, likes, items)

    assert refused.value.field == field
    assert words in refused.value.message
    assert preferences.chosen("shop", ANN).likes == {}


def test_an_unknown_domain_is_not_found(preferences: Preferences) -> None:
    for ask in (
        lambda: preferences.questions("shopp"),
        lambda: preferences.chosen("shopp", ANN),
        lambda: preferences.forget("shopp", ANN),
        lambda: preferences.choose("shopp", ANN, {}),
    ):
        with pytest.raises(NotFound, match='did you mean "shop"'):
            ask()


def test_explain_says_what_was_said_and_how_much_it_counts(
    preferences: Preferences, recommender: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    preferences.choose("shop", ANN, {"category": ["Socks"]})
    first = recommender.explain(home()).explanation
    seen = ("runner", "racer", "boot", "sandal", "cap")
    store.append([event("Product Viewed", item, at=clock.now() - 60) for item in seen])
    later = recommender.explain(home()).explanation

    assert (first.likes, first.likes_count) == ({"category": ["Socks"]}, 1.0)
    assert (later.likes, later.likes_count) == ({"category": ["Socks"]}, 0.5)
    assert recommender.explain(home(user_id="nobody")).explanation.likes_count is None


def test_questions_follow_the_catalog_and_are_kept_while_it_stays(preferences: Preferences, put: Put) -> None:
    first = preferences.questions("shop")

    assert preferences.questions("shop") is first
    assert {"brand"} <= {question.field for question in first}
    put(*(Product(id=f"n{n}", category="Bags", brand="Ciro") for n in range(6)))
    again = preferences.questions("shop")
    assert "Ciro" in [option.value for one in again if one.field == "brand" for option in one.options]


def test_the_order_of_the_first_day_is_worked_out_once(recommender: Recommender, put: Put) -> None:
    recommender.recommend(home())
    before = recommender.view("shop").parts
    put(Product(id="runner", category="Shoes", brand="Alto", price=90.0, stock=1))
    recommender.recommend(home())
    after = recommender.view("shop").parts

    assert after is not before
    assert after.standings is before.standings
    place = next(one for one in product.PACK.placements if one.name == "home")
    assert after.standing(place) is before.standing(place)


def test_the_answers_of_the_questions_may_be_chosen_as_they_are(preferences: Preferences) -> None:
    likes = {one.field: [option.value for option in one.options] for one in preferences.questions("shop")}
    plain = msgspec.json.decode(msgspec.json.encode(likes))

    assert preferences.choose("shop", ANN, plain).likes.keys() == likes.keys()
