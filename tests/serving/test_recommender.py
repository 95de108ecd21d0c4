from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from penchant.catalog import KeptItem
from penchant.clock import DAY, FixedClock
from penchant.errors import InvalidRequest, NotFound, StorageError
from penchant.events import Consent, Event, Link, Purpose
from penchant.packs.product import Product
from penchant.serving import RecommendationRequest, Recommender, SlateLog, read_logged
from penchant.serving.person import HISTORY, NOT_ALLOWED, NOT_KNOWN
from penchant.slate import Slate
from penchant.storage import Manifest, Past, SQLiteStore, Versions

Make = Callable[..., Event]
Put = Callable[..., None]
Open = Callable[..., Recommender]


def home(user: str | None = "ann", **fields: Any) -> RecommendationRequest:
    return RecommendationRequest(placement="home", user_id=user, **fields)


def link(a: str, b: str) -> Link:
    return Link(a, b, 0, "test", "event")


def said(purpose: Purpose, granted: bool, *, actor: str = "user:ann", at: int = 0) -> Consent:
    return Consent(actor, purpose, granted, at, "test")


def ids(slate: Slate) -> list[str]:
    return [item.id for item in slate.items]


# Read your writes


def test_an_event_is_in_the_next_answer(
    recommender: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    before = recommender.recommend(home())
    store.append([event("Product Viewed", "boot", at=clock.now() - 60)])
    after = recommender.recommend(home())

    reasons = {item.id: [reason.code for reason in item.reasons] for item in after.items}
    assert before.degraded == after.degraded == ()
    assert "category" not in [r.code for item in before.items for r in item.reasons]
    assert "category" in reasons["sandal"]


def test_what_was_bought_is_gone_from_the_next_answer(
    recommender: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    assert "runner" in ids(recommender.recommend(home()))

    store.append([event("Order Completed", "runner", at=clock.now(), order="o1")])
    assert "runner" not in ids(recommender.recommend(home()))

    store.append([event("Order Refunded", "runner", at=clock.now(), order="o1")])
    assert "runner" in ids(recommender.recommend(home()))


def test_what_was_bought_long_ago_is_not_forgotten_behind_a_long_history(
    recommender: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    store.append([event("Order Completed", "runner", at=clock.now() - 90 * DAY, order="o1")])
    store.append([event("Product Viewed", "racer", at=clock.now() - n - 1) for n in range(HISTORY + 20)])

    shown = ids(recommender.recommend(home()))

    assert "runner" not in shown and "racer" in shown


def test_what_will_happen_is_not_known_yet(
    recommender: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    store.append([event("Order Completed", "runner", at=clock.now() + 1)])

    assert "runner" in ids(recommender.recommend(home()))
    clock.advance(1)
    assert "runner" not in ids(recommender.recommend(home()))


def test_what_was_done_before_signing_in_counts_after_it(
    recommender: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    store.append([event("Order Completed", "runner", at=clock.now(), user=None, anonymous="a1")])
    assert "runner" in ids(recommender.recommend(home()))

    store.append([], links=[link("anon:a1", "user:ann")])
    assert "runner" not in ids(recommender.recommend(home()))
    assert "runner" not in ids(recommender.recommend(RecommendationRequest(placement="home", anonymous_id="a1")))


def test_a_merge_that_is_undone_is_undone_in_the_next_answer(
    recommender: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    store.append(
        [event("Order Completed", "runner", at=clock.now(), user=None, anonymous="a1")],
        links=[link("anon:a1", "user:ann")],
    )
    assert "runner" not in ids(recommender.recommend(home()))

    assert store.unlink("anon:a1", "user:ann", 1)
    assert "runner" in ids(recommender.recommend(home()))
    assert "runner" not in ids(recommender.recommend(RecommendationRequest(placement="home", anonymous_id="a1")))


def test_a_return_of_the_whole_order_is_in_the_next_answer(
    recommender: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    now = clock.now()
    store.append([event("Order Completed", item, at=now, order="o1") for item in ("runner", "thin")])
    assert not {"runner", "thin"} & set(ids(recommender.recommend(home())))

    store.append([event("Order Cancelled", None, at=now, order="o1")])
    assert {"runner", "thin"} <= set(ids(recommender.recommend(home())))


def test_what_was_corrected_out_of_an_order_may_be_shown_again(
    recommender: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    now = clock.now()
    store.append([event("Order Completed", item, at=now - 9, order="o1") for item in ("runner", "thin")])
    store.append([event("Order Updated", item, at=now, order="o1") for item in ("thin", "boot")])

    shown = set(ids(recommender.recommend(home())))
    assert "runner" in shown and not shown & {"thin", "boot"}


def test_heartbeats_do_not_crowd_out_what_else_was_done(
    recommender: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    feed = RecommendationRequest(placement="feed", user_id="ann")
    start = clock.now() - 10 * HISTORY
    store.append([event("Content Skipped", "sprint", at=start - 60, domain="channel")])
    store.append(
        [
            event("Video Content Playing", "hips", at=start + n, domain="channel", playhead=0.5 * n, length=600.0)
            for n in range(3 * HISTORY)
        ]
    )

    assert ids(recommender.recommend(feed)) == ["back"]


def test_what_was_watched_to_nearly_the_end_is_not_shown_again_and_what_was_jumped_through_is(
    recommender: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    feed = RecommendationRequest(placement="feed", user_id="ann")

    def plays(item: str, *places: tuple[float, float], end: str = "Video Content Playing") -> None:
        names = ["Video Content Started", *["Video Content Playing"] * (len(places) - 2), end]
        store.append(
            [
                event(
                    name, item, at=clock.now() - 900 + at, domain="channel", playhead=place, length=600.0, session=item
                )
                for name, (at, place) in zip(names, places, strict=True)
            ]
        )

    plays("hips", (0, 0), (300, 300), (560, 560))
    plays("back", (0, 0), (20, 20), (21, 600), end="Video Content Completed")

    assert set(ids(recommender.recommend(feed))) == {"back", "sprint"}


# What people allow


def test_without_consent_the_answer_is_everybodys_but_rules_hold(
    recommender: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    now = clock.now()
    store.append([event("Product Viewed", "boot", at=now - 60), event("Order Completed", "sandal", at=now)])
    store.append([], consents=[said("personalization", False)])
    mine = recommender.recommend(home())

    assert mine.items == recommender.recommend(home(None, exclude=("sandal",))).items
    assert mine.degraded == (NOT_ALLOWED,)
    assert recommender.recommend(home(personalized=False)).degraded == ()


def test_consent_said_under_one_id_holds_for_the_whole_person_at_once(
    recommender: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    store.append([event("Product Viewed", "boot", at=clock.now() - 60)], links=[link("anon:a1", "user:ann")])
    assert recommender.recommend(home()).degraded == ()

    store.append([], consents=[said("personalization", False, actor="anon:a1", at=1)])
    assert recommender.recommend(home()).degraded == (NOT_ALLOWED,)

    store.append([], consents=[said("personalization", True, at=2)])
    assert recommender.recommend(home()).degraded == ()


def test_where_silence_is_a_no_only_who_said_yes_is_answered_personally(
    filled: SQLiteStore, release: Callable[[], Manifest], open_domains: Open, store: SQLiteStore
) -> None:
    release()
    asking = open_domains("shop", consent={"analytics": True, "personalization": False})
    assert asking.recommend(home()).degraded == (NOT_ALLOWED,)
    assert asking.recommend(home(None)).degraded == ()

    store.append([], consents=[said("personalization", True)])
    assert asking.recommend(home()).degraded == ()


def test_who_forbids_analytics_leaves_no_trace_in_the_slates(
    recommender: Recommender, store: SQLiteStore, log: SlateLog
) -> None:
    known = recommender.recommend(home())
    store.append([], consents=[said("analytics", False)])
    unknown = recommender.recommend(home())
    log.flush()

    assert [row.slate_id for row in store.slates_of(["user:ann"])] == [known.slate_id]
    assert store.slate(unknown.slate_id) is not None
    # Nor does its id tell whose it is to somebody who guesses.
    assert unknown.slate_id == recommender.recommend(home(None, exclude=("ghost",))).slate_id


def test_a_stock_of_nothing_is_obeyed_at_once(recommender: Recommender, goods: dict[str, Product], put: Put) -> None:
    assert "runner" in ids(recommender.recommend(home()))

    put(msgspec.structs.replace(goods["runner"], stock=0))
    assert "runner" not in ids(recommender.recommend(home()))

    put(goods["runner"])
    assert "runner" in ids(recommender.recommend(home()))


def test_an_item_that_was_switched_off_is_gone_at_once(
    recommender: Recommender, goods: dict[str, Product], put: Put
) -> None:
    put(msgspec.structs.replace(goods["runner"], active=False))

    assert "runner" not in ids(recommender.recommend(home()))


def test_an_item_that_came_after_the_release_is_shown(recommender: Recommender, put: Put) -> None:
    assert len(ids(recommender.recommend(home()))) == 6
    put(Product(id="novelty", stock=1))

    assert ids(recommender.recommend(home()))[-1] == "novelty"


# One domain does not know the other


def test_the_history_of_one_domain_leaves_the_others_answer_as_it_is(
    recommender: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    feed = RecommendationRequest(placement="feed", user_id="ann")
    before = msgspec.json.encode(recommender.recommend(feed))
    store.append([event("Product Viewed", "boot", at=clock.now()), event("Order Completed", "cap", at=clock.now())])
    assert msgspec.json.encode(recommender.recommend(feed)) == before

    start = msgspec.json.encode(recommender.recommend(home()))
    store.append([event("Content Completed", "hips", at=clock.now(), domain="channel")])
    assert msgspec.json.encode(recommender.recommend(home())) == start
    assert "hips" not in ids(recommender.recommend(feed))


# Names


def test_a_placement_that_is_not_there_names_the_nearest(recommender: Recommender) -> None:
    with pytest.raises(NotFound, match='no placement "hme"; did you mean "home"') as caught:
        recommender.recommend(RecommendationRequest(placement="hme"))

    assert caught.value.kind == "placement"
    assert {"home", "feed"} <= set(caught.value.have)


def test_a_placement_of_another_domain_is_not_there(recommender: Recommender) -> None:
    with pytest.raises(NotFound) as caught:
        recommender.recommend(home(domain="channel"))

    assert "feed" in caught.value.have and "home" not in caught.value.have


def test_a_domain_that_is_not_there_names_the_nearest(recommender: Recommender) -> None:
    with pytest.raises(NotFound, match='no domain "shp"; did you mean "shop"'):
        recommender.recommend(home(domain="shp"))


def test_a_placement_of_several_domains_needs_the_domain(recommender: Recommender) -> None:
    with pytest.raises(InvalidRequest) as caught:
        recommender.recommend(RecommendationRequest(placement="popular"))

    assert (caught.value.field, caught.value.wanted) == ("domain", "must say which: shop, channel")
    assert recommender.recommend(RecommendationRequest(placement="popular", domain="channel")).domain == "channel"


def test_with_one_domain_nothing_needs_it(filled: SQLiteStore, open_domains: Open) -> None:
    assert open_domains("shop").recommend(RecommendationRequest(placement="popular")).domain == "shop"


@pytest.mark.parametrize(("placement", "field"), [("also-like", "items"), ("buy-again", "user_id")])
def test_what_a_placement_needs_must_be_there(recommender: Recommender, placement: str, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        recommender.recommend(RecommendationRequest(placement=placement))

    assert caught.value.field == field


# Requests


@pytest.mark.parametrize("user", [None, "nobody-we-know"])
def test_a_person_nobody_knows_is_answered(recommender: Recommender, user: str | None) -> None:
    slate = recommender.recommend(home(user))

    assert slate.degraded == ()
    # The cap may not be sold where nobody said to be; what most people buy comes first.
    assert ids(slate)[0] == "runner"
    assert set(ids(slate)) == {"runner", "racer", "boot", "sandal", "thin", "thick"}


def test_an_item_nobody_knows_is_named(recommender: Recommender) -> None:
    slate = recommender.recommend(RecommendationRequest(placement="also-like", items=("ghost", "runner")))

    assert slate.degraded == ("unknown item: ghost",)
    # What is bought with it, and what is like it.
    assert set(ids(slate)[:2]) == {"thin", "racer"}
    assert "runner" not in ids(slate)


def test_only_items_nobody_knows_still_make_a_slate(recommender: Recommender) -> None:
    slate = recommender.recommend(RecommendationRequest(placement="also-like", items=("ghost",)))

    assert slate.degraded == ("unknown item: ghost",)
    assert len(slate.items) == 6


def test_a_filter_and_exclusions_hold(recommender: Recommender) -> None:
    wanted = {"field": "category", "eq": "Shoes"}
    slate = recommender.recommend(home(filter=wanted, exclude=("boot", "ghost")))

    assert set(ids(slate)) == {"runner", "racer", "sandal"}


def test_a_wrong_filter_is_refused_with_its_place(recommender: Recommender) -> None:
    with pytest.raises(InvalidRequest) as caught:
        recommender.recommend(home(filter={"all": [{"field": "brnd", "eq": "Alto"}]}))

    assert caught.value.field == "filter.all[0].field"


def test_a_region_opens_what_is_sold_there(recommender: Recommender) -> None:
    assert "cap" not in ids(recommender.recommend(home(region="FR")))
    assert "cap" in ids(recommender.recommend(home(region="DE")))


def test_a_request_that_names_no_region_has_the_domains(filled: SQLiteStore, open_domains: Open) -> None:
    german = open_domains("shop", region="DE")

    assert "cap" in ids(german.recommend(home()))
    assert "cap" not in ids(german.recommend(home(region="FR")))


@pytest.mark.parametrize(("n", "length"), [(None, 6), (2, 2), (200, 6)])
def test_a_slate_is_as_long_as_wanted_or_as_there_is(recommender: Recommender, n: int | None, length: int) -> None:
    assert len(recommender.recommend(home(n=n)).items) == length


def test_without_personalization_everybody_has_the_same_answer_but_rules_hold(
    recommender: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    now = clock.now()
    store.append([event("Product Viewed", "boot", at=now - 60), event("Order Completed", "sandal", at=now)])
    mine = recommender.recommend(home(personalized=False))
    nobodys = recommender.recommend(home(None, exclude=("sandal",)))

    assert mine.items == nobodys.items


# What does not work


class Failing(SQLiteStore):
    """A store of which single calls fail."""

    broken: frozenset[str] = frozenset()

    def _check(self, call: str) -> None:
        if call in self.broken:
            raise StorageError(self.url, f"{call} failed")

    def past(self, domain: str, actors: Sequence[str], *, until: int, limit: int) -> list[Past]:
        self._check("past")
        return super().past(domain, actors, until=until, limit=limit)

    def actors(self, actor: str) -> list[str]:
        self._check("actors")
        return super().actors(actor)

    def consents(self, actors: Sequence[str]) -> dict[str, list[Consent]]:
        self._check("consents")
        return super().consents(actors)

    def versions(self, domain: str) -> Versions:
        self._check("versions")
        return super().versions(domain)

    def items(self, domain: str, after: int = 0, *, batch: int = 10_000) -> Iterator[list[KeptItem]]:
        self._check("items")
        return super().items(domain, after, batch=batch)


@pytest.fixture
def failing(filled: SQLiteStore) -> Any:
    made = Failing(filled.path)
    yield made
    made.close()


@pytest.mark.parametrize("call", ["past", "actors"])
def test_a_store_that_fails_on_history_is_named_and_answered_without(
    release: Callable[[], Manifest], open_domains: Open, failing: Failing, call: str
) -> None:
    release()
    recommender = open_domains(over=failing)
    failing.broken = frozenset({call})
    slate = recommender.recommend(home())

    assert slate.degraded == (f"history: the store cannot be used now ({call} failed)",)
    assert len(slate.items) == 6
    assert recommender.recommend(home(None)).degraded == ()


def test_while_consent_cannot_be_read_nobody_is_answered_personally(
    release: Callable[[], Manifest], open_domains: Open, failing: Failing
) -> None:
    release()
    recommender = open_domains(over=failing)
    failing.broken = frozenset({"consents"})

    assert recommender.recommend(home()).degraded == (NOT_KNOWN,)
    assert recommender.recommend(home(None)).degraded == ()


@pytest.mark.parametrize("call", ["versions", "items"])
def test_a_store_that_fails_on_the_catalog_serves_what_was_seen_last(
    open_domains: Open, failing: Failing, put: Put, call: str
) -> None:
    recommender = open_domains("shop", over=failing)
    before = recommender.recommend(home())
    failing.broken = frozenset({call})
    put(Product(id="novelty", stock=1))
    stale = recommender.recommend(home())

    assert stale.items == before.items
    assert f"catalog may be stale: the store cannot be used now ({call} failed)" in stale.degraded
    failing.broken = frozenset()
    healed = recommender.recommend(home())
    assert "novelty" in ids(healed)
    assert not any("stale" in note for note in healed.degraded)


def test_a_store_that_fails_from_the_start_is_an_error(open_domains: Open, failing: Failing) -> None:
    failing.broken = frozenset({"versions"})
    with pytest.raises(StorageError):
        open_domains("shop", over=failing).recommend(home())


# Slates


def test_a_slate_is_logged_and_found_by_its_id(recommender: Recommender, store: SQLiteStore, log: SlateLog) -> None:
    slate = recommender.recommend(home())
    log.flush()
    body = store.slate(slate.slate_id)

    assert body is not None
    line = read_logged(body)
    assert (line.slate_id, line.placement, line.release) == (slate.slate_id, slate.placement, slate.release)
    assert [(item.id, item.position, item.value, item.propensity) for item in line.items] == [
        (item.id, item.position, item.value, item.propensity) for item in slate.items
    ]
    assert store.count()["slates"] == 1


def test_the_same_request_at_the_same_time_is_the_same_to_the_last_byte(
    recommender: Recommender, open_domains: Open, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    store.append([event("Product Viewed", name, at=clock.now() - 60) for name in ("boot", "runner", "thin")])
    request = home(region="DE", filter={"field": "price", "range": [10, None]})
    again = open_domains()

    bodies = {msgspec.json.encode(made.recommend(request)) for made in (recommender, recommender, again)}
    assert len(bodies) == 1


def test_slates_of_different_moments_and_people_have_different_ids(recommender: Recommender, clock: FixedClock) -> None:
    slates = [recommender.recommend(home()), recommender.recommend(home("bob")), recommender.recommend(home(None))]
    clock.advance(DAY / 1000)
    slates.append(recommender.recommend(home()))

    assert len({slate.slate_id for slate in slates}) == 4
    assert len({tuple(ids(slate)) for slate in slates}) == 1


def test_a_slate_says_where_it_comes_from(recommender: Recommender) -> None:
    slate = recommender.recommend(home())

    assert (slate.placement, slate.domain, slate.release) == ("home", "shop", "shop-2026-11-21.1")
    assert [item.position for item in slate.items] == [1, 2, 3, 4, 5, 6]
    assert all(item.source for item in slate.items)


def test_several_threads_may_ask_while_the_catalog_changes(
    recommender: Recommender, goods: dict[str, Product], put: Put
) -> None:
    def ask(number: int) -> list[str]:
        if number % 5 == 0:
            put(msgspec.structs.replace(goods["boot"], stock=number % 2))
        return ids(recommender.recommend(home(f"p{number}")))

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(ask, range(40)))

    assert all(set(answer) >= {"runner", "racer", "sandal", "thin", "thick"} for answer in answers)
    put(msgspec.structs.replace(goods["boot"], stock=0))
    assert "boot" not in ids(recommender.recommend(home()))


def test_warming_loads_every_domain(recommender: Recommender) -> None:
    views = recommender.warm()

    assert {name: view.release for name, view in views.items()} == {"shop": "shop-2026-11-21.1", "channel": None}
    assert views["channel"].notes == ("no release: trained on nothing yet",)
