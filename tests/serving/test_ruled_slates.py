"""Rules as requests meet them: what the next request obeys, for whom, and what the log keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from penchant.clock import FixedClock
from penchant.errors import InvalidRequest, StorageError
from penchant.events import Consent, Event, Trait
from penchant.pack import Placement
from penchant.packs import content, product
from penchant.packs.product import Product
from penchant.placements import Rule
from penchant.serving import Curation, DomainSetup, RecommendationRequest, Recommender, SlateLog, read_logged
from penchant.slate import Slate
from penchant.storage import Manifest, Releases, SQLiteStore

Open = Callable[..., Recommender]
Make = Callable[..., Event]
Put = Callable[..., None]
ALTO = {"field": "brand", "eq": "Alto"}


def home(user: str | None = "ann", **fields: Any) -> RecommendationRequest:
    return RecommendationRequest(**{"placement": "home", "domain": "shop", "user_id": user, **fields})


def ids(slate: Slate) -> list[str]:
    return [item.id for item in slate.items]


def is_(name: str, value: Any, actor: str = "user:ann") -> Trait:
    return Trait(actor, name, msgspec.json.encode(value), 0, "test")


@pytest.fixture
def curation(store: SQLiteStore, clock: FixedClock) -> Curation:
    return Curation(store, domains(), clock)


def domains() -> Mapping[str, DomainSetup]:
    return {
        name: DomainSetup(name, pack, {p.name: p for p in pack.placements}, pack.objectives[0].name, None)
        for name, pack in (("shop", product.PACK), ("channel", content.PACK))
    }


@pytest.fixture
def rule(curation: Curation) -> Callable[..., str]:
    """Keeps a rule of the shop: `rule("pin", "boot")`; its id."""

    def keep(action: Any, *items: str, id: str | None = None, domain: str = "shop", **fields: Any) -> str:
        return curation.put(domain, Rule(action=action, items=items, **fields), id=id, by="test").id

    return keep


@pytest.fixture
def record(store: SQLiteStore, log: SlateLog) -> Callable[[Slate], dict[str, Any]]:
    """What the log keeps of a slate."""

    def read(slate: Slate) -> dict[str, Any]:
        log.flush()
        body = store.slate(slate.slate_id)
        assert body is not None
        found: dict[str, Any] = msgspec.json.decode(body)
        return found

    return read


# The next request obeys


def test_a_rule_is_obeyed_by_the_next_request_until_it_is_taken_out(
    recommender: Recommender, curation: Curation, rule: Callable[..., str]
) -> None:
    before = ids(recommender.recommend(home()))
    name = rule("pin", "thick")
    assert ids(recommender.recommend(home()))[0] == "thick" != before[0]

    curation.put("shop", Rule(action="exclude", items=("thick",)), id=name, by="test")
    assert "thick" not in ids(recommender.recommend(home()))

    curation.remove("shop", name, by="test")
    assert ids(recommender.recommend(home())) == before


def test_a_second_server_on_the_store_obeys_too(
    recommender: Recommender, store: SQLiteStore, releases: Releases, clock: FixedClock, rule: Callable[..., str]
) -> None:
    other_store = SQLiteStore(Path(store.path))
    other_log = SlateLog(other_store)
    allowed = {"analytics": True, "personalization": True}
    other = Recommender(domains(), other_store, releases, clock, other_log, allowed)
    try:
        assert "boot" in ids(other.recommend(home()))
        rule("exclude", "boot")
        assert "boot" not in ids(other.recommend(home()))
    finally:
        other_log.close()
        other_store.close()


def test_a_rule_runs_by_the_clock(recommender: Recommender, clock: FixedClock, rule: Callable[..., str]) -> None:
    now = clock.now()
    rule(
        "exclude",
        "boot",
        starts=datetime.fromtimestamp(now + 60, UTC),
        ends=datetime.fromtimestamp(now + 120, UTC),
    )

    shown = []
    for _ in range(3):
        shown.append("boot" in ids(recommender.recommend(home())))
        clock.advance(60)

    assert shown == [True, False, True]


def test_a_rule_holds_in_its_placements_and_its_domain_alone(
    recommender: Recommender, rule: Callable[..., str]
) -> None:
    rule("exclude", "boot", placements=("home",))

    assert "boot" not in ids(recommender.recommend(home()))
    assert "boot" in ids(recommender.recommend(home(placement="bestsellers")))
    assert set(ids(recommender.recommend(home(placement="feed", domain="channel")))) == {"hips", "back", "sprint"}


def test_no_rule_shows_what_is_out_of_stock(
    recommender: Recommender, goods: dict[str, Product], put: Put, rule: Callable[..., str]
) -> None:
    rule("pin", "boot")
    assert ids(recommender.recommend(home()))[0] == "boot"

    put(msgspec.structs.replace(goods["boot"], stock=0))
    assert "boot" not in ids(recommender.recommend(home()))


def test_a_rule_about_a_field_that_is_gone_is_named_and_the_request_answered(
    recommender: Recommender, store: SQLiteStore
) -> None:
    body = b'{"action":"exclude","filter":{"field":"attributes.season","eq":"winter"}}'
    store.put_rule("shop", "winter", body, at=0, by="test")
    slate = recommender.recommend(home())

    assert len(slate.items) == 6
    assert len(slate.degraded) == 1
    assert slate.degraded[0].startswith("rule winter is left out: filter.field: ")


# For whom


@pytest.fixture
def vip(rule: Callable[..., str]) -> str:
    return rule("pin", "thick", audience={"field": "tier", "eq": "gold"})


def test_an_audience_is_asked_of_traits_under_any_id(recommender: Recommender, store: SQLiteStore, vip: str) -> None:
    assert ids(recommender.recommend(home()))[0] != "thick"

    store.append([], traits=[is_("tier", "gold")])
    assert ids(recommender.recommend(home()))[0] == "thick"
    assert ids(recommender.recommend(home("bob")))[0] != "thick"
    assert ids(recommender.recommend(home(None)))[0] != "thick"


def test_an_audience_is_asked_of_region_and_context(recommender: Recommender, rule: Callable[..., str]) -> None:
    audience = {"all": [{"field": "region", "eq": "DE"}, {"field": "context.device", "eq": "phone"}]}
    rule("pin", "thick", audience=audience)
    phone = {"region": "DE", "context": {"device": "phone"}}

    assert ids(recommender.recommend(home(None, **phone)))[0] == "thick"
    assert ids(recommender.recommend(home(None, region="DE")))[0] != "thick"
    # Nothing of this is about the person.
    assert ids(recommender.recommend(home(personalized=False, **phone)))[0] == "thick"


def test_what_a_request_says_of_the_moment_is_no_trait(
    recommender: Recommender, store: SQLiteStore, vip: str, rule: Callable[..., str]
) -> None:
    rule("exclude", "boot", audience={"field": "context.kiosk", "eq": True})
    store.append([], traits=[is_("context.kiosk", True)])

    assert ids(recommender.recommend(home(context={"tier": "gold"})))[0] != "thick"
    assert "boot" in ids(recommender.recommend(home()))


@pytest.mark.parametrize("how", ["asked", "consent"])
def test_without_personalization_no_rule_for_an_audience_holds(
    recommender: Recommender, store: SQLiteStore, vip: str, how: str, rule: Callable[..., str]
) -> None:
    rule("exclude", "boot", audience={"not": {"field": "tier", "eq": "silver"}})
    store.append([], traits=[is_("tier", "gold")])
    if how == "consent":
        store.append([], consents=[Consent("user:ann", "personalization", False, 0, "test")])
    slate = recommender.recommend(home(personalized=how != "asked"))

    assert ids(slate)[0] != "thick"
    assert "boot" in ids(slate)


class Watched(SQLiteStore):
    """Counts how often traits are read, and fails on it when told to."""

    asked = 0
    broken = False

    def traits(self, actors: Sequence[str]) -> list[Trait]:
        self.asked += 1
        if self.broken:
            raise StorageError(self.url, "traits failed")
        return super().traits(actors)


@pytest.fixture
def watched(filled: SQLiteStore) -> Iterator[Watched]:
    made = Watched(filled.path)
    yield made
    made.close()


def test_traits_are_read_only_where_something_asks_for_them(
    watched: Watched, release: Callable[[], Manifest], open_domains: Open, rule: Callable[..., str]
) -> None:
    release()
    recommender = open_domains(over=watched)
    rule("exclude", "boot")
    recommender.recommend(home(placement="popular"))
    assert watched.asked == 0

    rule("pin", "thick", audience={"field": "tier", "eq": "gold"}, placements=("popular",))
    recommender.recommend(home(placement="bestsellers"))
    recommender.recommend(home(None, placement="popular"))
    recommender.recommend(home(placement="popular", personalized=False))
    assert watched.asked == 0
    recommender.recommend(home(placement="popular"))
    assert watched.asked == 1
    recommender.recommend(home("bob", placement="bestsellers", filter={"field": "brand", "eq": {"person": "brand"}}))
    assert watched.asked == 2


def test_traits_that_cannot_be_read_are_named_and_the_answer_made_without(
    watched: Watched, release: Callable[[], Manifest], open_domains: Open, vip: str
) -> None:
    release()
    recommender = open_domains(over=watched)
    watched.append([], traits=[is_("tier", "gold")])
    watched.broken = True
    slate = recommender.recommend(home())

    assert slate.degraded == ("traits: the store cannot be used now (traits failed)",)
    assert len(slate.items) == 6 and ids(slate)[0] != "thick"


# Filters


def test_a_request_may_filter_by_its_item_and_its_person(recommender: Recommender, store: SQLiteStore) -> None:
    store.append([], traits=[is_("likes", ["Brio"])])
    like_it = {"field": "brand", "eq": {"seed": "brand"}}
    mine = {"field": "brand", "in": {"person": "likes"}}

    assert set(ids(recommender.recommend(home(items=("runner",), filter=like_it)))) == {"racer", "thin"}
    assert set(ids(recommender.recommend(home(filter=mine)))) == {"boot", "sandal", "thick"}
    assert ids(recommender.recommend(home(filter=mine, personalized=False))) == []
    assert ids(recommender.recommend(home("bob", filter=mine))) == []


def test_a_placement_may_be_filtered_by_configuration(filled: SQLiteStore, open_domains: Open) -> None:
    shipped = next(p for p in product.PACK.placements if p.name == "home")
    cheap = msgspec.structs.replace(shipped, name="cheap", filter={"field": "price", "range": [None, 50]})
    recommender = open_domains("shop", placements={"cheap": cheap})

    assert set(ids(recommender.recommend(home(placement="cheap")))) == {"sandal", "thin", "thick"}
    assert set(ids(recommender.recommend(home(placement="cheap", filter=ALTO)))) == {"thin"}


def test_the_filter_of_a_placement_may_ask_for_the_person_in_every_case(
    filled: SQLiteStore, open_domains: Open, store: SQLiteStore
) -> None:
    shipped = next(p for p in product.PACK.placements if p.name == "home")
    mine = {"field": "brand", "eq": {"person": "brand"}}
    recommender = open_domains("shop", placements={"mine": msgspec.structs.replace(shipped, name="mine", filter=mine)})
    store.append([], traits=[is_("brand", "Brio")])

    for personalized in (True, False):
        slate = recommender.recommend(home(placement="mine", personalized=personalized))
        assert set(ids(slate)) == {"boot", "sandal", "thick"}


def test_a_wrong_filter_of_a_placement_is_found_before_the_first_request(open_domains: Open) -> None:
    wrong = Placement(name="odd", about="Odd.", sources=(), filter={"field": "brnd", "eq": "Alto"})

    with pytest.raises(InvalidRequest) as caught:
        open_domains("shop", placements={"odd": wrong})
    assert caught.value.field == "placements.odd.filter.field"


# Placements that ship


def test_a_look_is_completed_without_any_release_or_event(
    filled: SQLiteStore, open_domains: Open, rule: Callable[..., str], goods: dict[str, Product], put: Put
) -> None:
    rule("set", "boot", "thick", "sandal")
    put(
        msgspec.structs.replace(goods["racer"], sets=("track",)),
        msgspec.structs.replace(goods["thin"], sets=("track",)),
    )
    recommender = open_domains("shop")

    ruled = recommender.recommend(home(None, placement="complete-the-look", items=("boot",)))
    told = recommender.recommend(home(None, placement="complete-the-look", items=("racer",)))

    assert [(item.id, item.source) for item in ruled.items[:2]] == [("thick", ("curated",)), ("sandal", ("curated",))]
    assert ruled.items[0].reasons[0].code == "the_look"
    assert (told.items[0].id, told.items[0].source) == ("thin", ("curated",))


def test_new_arrivals_and_what_is_on_sale_are_told_by_dates(
    filled: SQLiteStore, open_domains: Open, clock: FixedClock, put: Put
) -> None:
    def at(days: float) -> datetime:
        return datetime.fromtimestamp(clock.now() + days * 86_400, UTC)

    put(
        Product(id="new", released=at(-10)),
        Product(id="old", released=at(-90)),
        Product(id="to-come", released=at(5)),
        Product(id="sale", price=9.0, sale_price=5.0),
        Product(id="sale-now", price=9.0, sale_price=5.0, sale_from=at(-1), sale_until=at(1)),
        Product(id="sale-over", price=9.0, sale_price=5.0, sale_until=at(-1)),
        Product(id="sale-to-come", price=9.0, sale_price=5.0, sale_from=at(1)),
    )
    recommender = open_domains("shop")

    assert ids(recommender.recommend(home(placement="new-arrivals"))) == ["new"]
    assert set(ids(recommender.recommend(home(placement="on-sale")))) == {"sale", "sale-now"}


def test_the_editors_order_is_kept_and_what_was_finished_is_left_out(
    filled: SQLiteStore, open_domains: Open, rule: Callable[..., str], store: SQLiteStore, event: Make
) -> None:
    rule("list", "sprint", "hips", domain="channel")
    picks = home(placement="editors-picks", domain="channel")
    recommender = open_domains()

    assert ids(recommender.recommend(picks)) == ["sprint", "hips", "back"]
    store.append([event("Content Completed", "sprint", at=1.0, domain="channel")])
    assert ids(recommender.recommend(picks)) == ["hips", "back"]


# The log


def test_the_log_keeps_what_rules_did_and_the_slate_without_them_and_the_answer_does_not(
    recommender: Recommender, rule: Callable[..., str], record: Callable[[Slate], dict[str, Any]]
) -> None:
    plain = recommender.recommend(home())
    pin = rule("pin", "thick", name="socks first", note="a secret plan")
    out = rule("exclude", "boot")
    slate = recommender.recommend(home())
    kept = record(slate)

    assert kept["rules"] == {
        "objective": kept["ranked"]["objective"],
        "rules": [
            {"id": pin, "revision": 1, "action": "pin", "items": ["thick"]},
            {"id": out, "revision": 1, "action": "exclude", "items": ["boot"]},
        ],
        "without": [{"id": item.id, "value": item.value} for item in plain.items],
    }
    line = read_logged(msgspec.json.encode(kept))
    assert line.rules is not None and line.rules.objective == kept["rules"]["objective"]
    assert [item.id for item in line.items] == [item.id for item in slate.items]
    answer = msgspec.json.encode(slate).decode()
    assert "without" not in answer and "secret" not in answer and "socks first" not in answer


def test_a_slate_that_no_rule_touched_is_logged_without_rules(
    recommender: Recommender, rule: Callable[..., str], record: Callable[[Slate], dict[str, Any]]
) -> None:
    rule("exclude", "ghost")
    slate = recommender.recommend(home())

    assert "rules" not in record(slate)
