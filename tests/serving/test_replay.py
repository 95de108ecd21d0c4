"""Slates as the log has them, and why an item was not on one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from penchant.clock import FixedClock
from penchant.errors import InvalidRequest, NotFound
from penchant.events import Consent, Event
from penchant.packs.product import Product
from penchant.serving import (
    Block,
    Boost,
    RecommendationRequest,
    Recommender,
    Replay,
    Replayed,
    SlateLog,
    SlatesRequest,
    recommend_several,
)
from penchant.slate import Slate
from penchant.storage import Manifest, Releases, SlateRow, SQLiteStore

Make = Callable[..., Event]
Open = Callable[..., Recommender]
Ask = Callable[..., Replayed]


def home(**fields: Any) -> RecommendationRequest:
    return RecommendationRequest(**{"placement": "home", "domain": "shop", "user_id": "ann", "n": 2, **fields})


def ids(slate: Slate) -> list[str]:
    return [item.id for item in slate.items]


@pytest.fixture
def beside() -> list[str]:
    """Domains of which another release was loaded."""
    return []


@pytest.fixture
def replay(
    recommender: Recommender,
    log: SlateLog,
    releases: Releases,
    filled: SQLiteStore,
    clock: FixedClock,
    beside: list[str],
) -> Replay:
    def made(domain: str, others: Releases) -> Recommender:
        beside.append(domain)
        setup = recommender.view(domain).setup
        consent = {"analytics": True, "personalization": True, "email": False, "ads": False}
        return Recommender({domain: setup}, filled, others, clock, log, consent)

    return Replay(recommender, log, releases, made)


@pytest.fixture
def ask(replay: Replay) -> Ask:
    """Why items are not on a slate."""

    def asked(slate: Slate, *items: str) -> Replayed:
        found = replay.get(slate.slate_id, why_not=items).why_not
        assert isinstance(found, Replayed)
        return found

    return asked


# what is kept


def test_a_slate_is_shown_whole(recommender: Recommender, replay: Replay) -> None:
    slate = recommender.recommend(home(items=("runner",), context={"device": "phone", "page": "start"}))

    found = replay.get(slate.slate_id)

    assert (found.slate_id, found.placement, found.domain, found.release) == (
        slate.slate_id,
        "home",
        "shop",
        slate.release,
    )
    assert (found.at, found.user_id, found.anonymous_id) == ("2026-11-21T12:00:00Z", "ann", msgspec.UNSET)
    assert (found.objective, found.by, found.why_not) == ("conversion@2", "sum", msgspec.UNSET)
    assert [(item.id, item.position, item.value, item.propensity) for item in found.items] == [
        (item.id, item.position, item.value, item.propensity) for item in slate.items
    ]
    assert [item.reasons for item in found.items] == [item.reasons for item in slate.items]
    assert found.asked is not None
    assert (found.asked.items, found.asked.n, found.asked.context["page"]) == (("runner",), 2, "start")


def test_whose_it_was_is_for_keys_that_see_people(recommender: Recommender, replay: Replay) -> None:
    slate = recommender.recommend(home(user_id=None, anonymous_id="f3"))

    assert replay.get(slate.slate_id).anonymous_id == "f3"
    found = replay.get(slate.slate_id, people=False)
    assert (found.user_id, found.anonymous_id) == (msgspec.UNSET, msgspec.UNSET)


def test_reasons_are_told_in_another_language(recommender: Recommender, replay: Replay) -> None:
    slate = recommender.recommend(home(user_id=None, language="de"))
    texts = {reason.text for item in slate.items for reason in item.reasons}
    assert texts and all(not text.startswith("many") for text in texts)

    found = replay.get(slate.slate_id, language="de")

    assert [item.reasons for item in found.items] == [item.reasons for item in slate.items]


def test_what_the_log_does_not_have_is_not_found(recommender: Recommender, replay: Replay, log: SlateLog) -> None:
    slate = recommender.recommend(home())
    log.add(SlateRow("odd", "shop", None, 1, b"[]"))

    for name, domain in (("no-such-slate", None), ("odd", None), (slate.slate_id, "channel")):
        with pytest.raises(NotFound, match="no slate"):
            replay.get(name, domain=domain)
    assert replay.get(slate.slate_id, domain="shop").slate_id == slate.slate_id


# asked again


def test_nothing_of_it_is_logged_or_counted(
    recommender: Recommender, ask: Ask, filled: SQLiteStore, log: SlateLog
) -> None:
    slate = recommender.recommend(home())
    log.flush()
    before = (filled.count(), recommender.tallies["shop"].counts)

    found = ask(slate, "boot")

    log.flush()
    assert (filled.count(), recommender.tallies["shop"].counts) == before
    assert (found.shown, found.same, found.release) == (2, 2, slate.release)
    assert found.notes == ("asked again of the catalog, the rules, the placement and the consent as they are now",)


def test_what_the_request_kept_out_is_said(recommender: Recommender, ask: Ask, clock: FixedClock) -> None:
    first = recommender.recommend(home(n=1))
    [shown] = ids(first)
    clock.advance(1)
    others = [name for name in ("boot", "sandal", "thin") if name != shown]
    slate = recommender.recommend(
        home(after=first.slate_id, exclude=others[:1], filter={"field": "brand", "eq": "Alto"})
    )

    found = ask(slate, shown, others[0], "thick", ids(slate)[0])

    assert [one.stage for one in found.items] == [
        "earlier_page",
        "request_filter" if others[0] == "boot" else "excluded",
        "request_filter",
        "shown",
    ]
    assert "excluded" in [found.items[1].stage, *(gate.stage for gate in found.items[1].also)]
    assert found.items[3].position == 2


def test_what_another_block_of_the_call_showed_is_said(recommender: Recommender, ask: Ask, replay: Replay) -> None:
    blocks = [Block(placement="bestsellers", n=2), Block(placement="popular", n=2)]
    call = SlatesRequest(placements=blocks, domain="shop", user_id="ann")
    first, second = recommend_several(recommender, call).slates

    found = ask(second, ids(first)[0])

    asked = replay.get(second.slate_id).asked
    assert asked is not None and asked.beside == tuple(ids(first))
    assert [one.stage for one in found.items] == ["other_block"]
    assert found.same == found.shown


def test_a_boost_counts_as_it_did(recommender: Recommender, ask: Ask) -> None:
    plain = recommender.recommend(home(user_id=None))
    last = ids(plain)[-1]
    slate = recommender.recommend(home(user_id=None, boost=[Boost(by=0, items=[last])]))

    found = ask(slate, last)

    assert (found.items[0].stage, found.items[0].by) == ("rule", "request:1")
    assert found.same == 2


def test_the_history_goes_up_to_the_moment(
    recommender: Recommender, ask: Ask, filled: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    slate = recommender.recommend(home(n=1))
    clock.advance(60)
    filled.append([event("Order Completed", "boot", at=clock.now() - 10)])
    assert "boot" not in ids(recommender.recommend(home(n=6)))

    found = ask(slate, "boot")

    assert found.items[0].stage != "constraint"
    assert found.same == 1


def test_what_the_catalog_says_now_counts_and_the_answer_says_so(
    recommender: Recommender, ask: Ask, put: Callable[..., None], goods: dict[str, Product]
) -> None:
    slate = recommender.recommend(home())
    gone = next(name for name in goods if name not in ids(slate))
    put(msgspec.structs.replace(goods[gone], stock=0))

    found = ask(slate, gone)

    assert (found.items[0].stage, found.items[0].by) == ("constraint", "in-stock")
    assert "as they are now" in found.notes[0]


def test_what_would_be_shown_now_is_told_apart_from_what_was(
    recommender: Recommender, ask: Ask, put: Callable[..., None], goods: dict[str, Product]
) -> None:
    best = ids(recommender.recommend(home(user_id=None, n=1)))[0]
    put(msgspec.structs.replace(goods[best], stock=0))
    slate = recommender.recommend(home(user_id=None, n=1))
    put(goods[best])

    found = ask(slate, best)

    assert (found.items[0].stage, found.same) == ("shown_now", 0)
    assert "holds no longer" in found.items[0].why


def test_the_release_that_served_is_asked(
    recommender: Recommender, ask: Ask, release: Callable[[], Manifest], beside: list[str]
) -> None:
    slate = recommender.recommend(home())
    now = release().id
    assert recommender.view("shop").release == now != slate.release

    found = ask(slate, "boot")

    assert (found.release, beside, len(found.notes)) == (slate.release, ["shop"], 1)


def test_a_release_that_is_gone_is_said(recommender: Recommender, ask: Ask, log: SlateLog, replay: Replay) -> None:
    slate = recommender.recommend(home())
    row = log.row(slate.slate_id)
    assert row is not None and slate.release is not None
    body = row.body.replace(slate.release.encode(), b"shop-2020-01-01.1")
    log.add(row._replace(slate_id="older", body=body))

    found = replay.get("older", why_not=["boot"]).why_not

    assert isinstance(found, Replayed)
    assert found.release == slate.release
    assert found.notes[1] == f"the release shop-2020-01-01.1 is gone; asked of {slate.release}"


def test_a_slate_of_before_any_release_is_asked_without_one(
    filled: SQLiteStore, open_domains: Open, ask: Ask, replay: Replay
) -> None:
    slate = open_domains("shop").recommend(home(user_id=None))
    changed = msgspec.structs.replace(slate, release=None)
    row = replay._log.row(slate.slate_id)
    assert row is not None and slate.release is not None
    body = row.body.replace(b'"' + slate.release.encode() + b'"', b"null")
    replay._log.add(row._replace(slate_id="first", body=body))

    found = ask(msgspec.structs.replace(changed, slate_id="first"), "boot")

    assert found.release is None
    assert "no release: trained on nothing yet" in found.notes


def test_a_place_that_was_left_to_chance_is_said(recommender: Recommender, ask: Ask, log: SlateLog) -> None:
    slate = recommender.recommend(home())
    row = log.row(slate.slate_id)
    assert row is not None
    line = msgspec.json.decode(row.body)
    lost, line["items"][1]["id"] = line["items"][1]["id"], "cap"
    line["items"][1]["source"] = ["als", "explored"]
    log.add(row._replace(slate_id="lucky", body=msgspec.json.encode(line)))

    found = ask(msgspec.structs.replace(slate, slate_id="lucky"), lost, "cap")

    assert [one.stage for one in found.items] == ["chance", "shown"]
    assert (found.items[0].why, found.items[0].position) == ("its place, 2, was left to chance", None)
    assert found.same == 1


def test_of_somebody_who_does_not_allow_it_nothing_more_is_kept(
    recommender: Recommender, ask: Ask, replay: Replay, filled: SQLiteStore, clock: FixedClock
) -> None:
    filled.append([], consents=[Consent("user:ann", "analytics", False, 0, "test")])
    told = {"filter": {"field": "brand", "eq": "Alto"}, "exclude": ["boot"], "context": {"page": "start"}}
    slate = recommender.recommend(home(**told))

    found = replay.get(slate.slate_id)

    assert (found.user_id, found.anonymous_id) == (msgspec.UNSET, msgspec.UNSET)
    assert found.asked is not None and found.asked.unkept
    assert (found.asked.filter, found.asked.exclude, found.asked.context) == (None, (), {})
    assert "is not kept" in ask(slate, "boot").notes[1]


def test_of_many_excluded_items_the_first_are_kept(recommender: Recommender, ask: Ask, replay: Replay) -> None:
    slate = recommender.recommend(home(exclude=[f"none-{n}" for n in range(300)]))

    asked = replay.get(slate.slate_id).asked

    assert asked is not None and (len(asked.exclude), asked.excluded) == (200, 300)
    assert ask(slate, "boot").notes[1] == "of 300 excluded items the first 200 are kept"


def test_a_line_of_before_can_be_shown_and_not_asked_again(
    recommender: Recommender, replay: Replay, log: SlateLog
) -> None:
    slate = recommender.recommend(home())
    row = log.row(slate.slate_id)
    assert row is not None
    line = msgspec.json.decode(row.body)
    del line["asked"], line["ranked"]
    log.add(row._replace(slate_id="older", body=msgspec.json.encode(line)))

    assert replay.get("older").objective is None
    with pytest.raises(InvalidRequest, match="older version"):
        replay.get("older", why_not=["boot"])


# with explain


def test_an_explanation_says_it_of_the_same_answer(recommender: Recommender) -> None:
    told = recommender.explain(home(exclude=["boot"]), ["boot", "nothing", "thick"])

    stages = {one.id: one.stage for one in told.explanation.why_not}
    assert (stages["boot"], stages["nothing"]) == ("excluded", "unknown")
    assert len(stages) == 3
    assert recommender.explain(home()).explanation.why_not == ()
