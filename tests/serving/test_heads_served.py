"""Releases with heads: how they are read, what they serve, what the log keeps, and what is explained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from penchant.clock import FixedClock
from penchant.dataset import Dataset
from penchant.events import Consent, Event, Role
from penchant.features import Statistics
from penchant.models import Run
from penchant.packs import product
from penchant.ranking import FittedHead, Head, Rows, fit_head
from penchant.serving import DomainSetup, RecommendationRequest, Recommender, SlateLog, logged, read_logged
from penchant.serving.loaded import Loaded, load
from penchant.slate import Reason, Slate, SlateItem
from penchant.storage import Manifest, Part, Releases, SQLiteStore

Make = Callable[..., Event]
HEADS = {head.name: head for head in product.PACK.heads}


def learned(head: Head, seed: int) -> FittedHead:
    """A head that likes relevance and the candidate's price band."""
    names = ("relevance", "price_band")
    rng = np.random.default_rng(seed)
    values = rng.random((600, 2)).astype(np.float32)
    label = (rng.random(600) < 0.1 + 0.8 * values[:, 0]).astype(np.float32)
    group = np.arange(600, dtype=np.int32)
    rows = Rows(names, values, label, np.ones(600, np.float32), group, group.astype(np.float64))
    return fit_head(
        replace(head, features=(), rising=(), falling=(), settings={"trees": 5, "depth": 2}), rows, rows, Run()
    )


@pytest.fixture(scope="session")
def fitted_heads() -> Mapping[str, FittedHead]:
    return {name: learned(head, n) for n, (name, head) in enumerate(HEADS.items())}


@pytest.fixture
def parts(
    filled: SQLiteStore,
    release: Callable[[], Manifest],
    releases: Releases,
    fitted_heads: Mapping[str, FittedHead],
    orders: Dataset,
) -> dict[str, Part]:
    """Parts of a release with heads, statistics and floors."""
    release()
    plain, _ = releases.load("shop")
    assert plain is not None
    made = dict(plain.parts)
    for name, head in fitted_heads.items():
        state = head.state()
        made[f"head:{name}"] = Part("head", state.arrays, state.settings)
    statistics = Statistics.of([0, 0, 1], [orders.now - 9_000] * 3, [int(Role.IMPRESSION)] * 3, len(orders.items))
    made["statistics"] = Part("statistics", statistics.arrays(), {"seq": 7, "slates": 9})
    made["objectives"] = Part("objectives", {}, {"floors": {"conversion": 0.4}, "placements": ["home", "cart"]})
    return made


@pytest.fixture
def publish(releases: Releases) -> Callable[[Mapping[str, Part]], Manifest]:
    def made(parts: Mapping[str, Part]) -> Manifest:
        return releases.publish("shop", "product", parts, now=0.0, config="", version="0", evidence={})

    return made


@pytest.fixture
def loads(releases: Releases, publish: Callable[..., Manifest]) -> Callable[[Mapping[str, Part]], Loaded]:
    def made(parts: Mapping[str, Part]) -> Loaded:
        publish(parts)
        return load("shop", product.PACK, releases)

    return made


def home(**fields: Any) -> RecommendationRequest:
    return RecommendationRequest(**{"placement": "home", "domain": "shop", "user_id": "ann", **fields})


# Reading


def test_a_release_brings_heads_statistics_and_floors(
    loads: Callable[..., Loaded], parts: dict[str, Part], fitted_heads: Mapping[str, FittedHead]
) -> None:
    found = loads(parts)
    values = np.random.default_rng(1).random((9, 2)).astype(np.float32)

    assert set(found.heads) == set(HEADS)
    for name, head in fitted_heads.items():
        seen = values[:, : len(head.features)]
        assert found.heads[name].predict(seen).tolist() == head.predict(seen).tolist()
    assert (found.seq, found.slates, found.floors, found.places) == (7, 9, {"conversion": 0.4}, ("home", "cart"))
    shown = found.statistics.at(np.array([0, 1], np.int32), np.full(2, 4e9)).of(Role.IMPRESSION, np.inf)
    assert shown.tolist() == [2.0, 1.0]
    assert found.notes == ()


@pytest.mark.parametrize(
    ("part", "content", "note"),
    [
        ("head:p_click", Part("head", {}, {}), "head p_click of the release cannot be read: KeyError"),
        ("head:p_gone", Part("head", {}, {}), "head p_gone of the release is none that this pack has"),
        ("statistics", Part("statistics", {}, {"seq": 3}), "the statistics of the release cannot be read: KeyError"),
        ("statistics", Part("statistics", {}, {"seq": "x"}), "the statistics of the release cannot be read: Valid"),
        ("objectives", Part("objectives", {}, {"floors": 3}), "the objectives of the release cannot be read: Valid"),
    ],
)
def test_a_part_that_cannot_be_read_is_noted_and_the_rest_serves(
    loads: Callable[..., Loaded], parts: dict[str, Part], part: str, content: Part, note: str
) -> None:
    found = loads({**parts, part: content})

    assert len(found.notes) == 1 and found.notes[0].startswith(note)
    assert {"p_purchase", "p_return"} <= set(found.heads)
    assert "als" in found.models
    assert (found.seq is None) == (part == "statistics")


@pytest.mark.parametrize(("chains", "lacking", "serves"), [
    (["p_purchase"], "", True), ([], "", False), (["p_purchase"], "head:p_buy", False),
])  # fmt: skip
def test_a_chain_serves_when_its_parts_do_and_the_release_says_so(
    loads: Callable[..., Loaded], parts: dict[str, Part], chains: list[str], lacking: str, serves: bool
) -> None:
    steered = Part("objectives", {}, {**parts["objectives"].settings, "chains": chains})
    kept = {name: part for name, part in parts.items() if name not in ("head:p_purchase", lacking)}
    found = loads({**kept, "objectives": steered})

    assert ("p_purchase" in found.heads, found.notes) == (serves, ())
    if serves:
        head, values = found.heads["p_purchase"], np.random.default_rng(1).random((9, 2)).astype(np.float32)
        wanted = found.heads["p_click"].predict(values) * found.heads["p_buy"].predict(values[:, 1:])
        assert head.predict(values).tolist() == wanted.tolist()


def test_a_head_that_reads_what_the_pack_does_not_have_is_left_out(
    loads: Callable[..., Loaded], parts: dict[str, Part]
) -> None:
    head = parts["head:p_click"]
    old = Part("head", head.arrays, {**head.settings, "features": ["relevance", "weather"]})
    found = loads({**parts, "head:p_click": old})

    assert set(found.heads) == {"p_buy", "p_purchase", "p_return"}
    assert found.notes == ("head p_click of the release reads what this pack does not have: weather",)


# Serving


@pytest.fixture
def served(
    publish: Callable[..., Manifest], parts: dict[str, Part], open_domains: Callable[..., Recommender]
) -> Recommender:
    publish(parts)
    return open_domains("shop")


def line_of(store: SQLiteStore, log: SlateLog, slate: Slate) -> Any:
    log.flush()
    body = store.slate(slate.slate_id)
    assert body is not None
    return read_logged(body), body


def test_a_release_with_heads_serves_by_the_formula_and_the_log_says_what_they_said(
    served: Recommender, store: SQLiteStore, log: SlateLog, event: Make, clock: FixedClock
) -> None:
    store.append([event("Product Viewed", name, at=clock.now() - 60) for name in ("boot", "runner")])
    slate = served.recommend(home(items=["thin", "ghost"], context={"device": "Mobile"}, region="DE", n=4))
    line, body = line_of(store, log, slate)

    asked = line.asked
    assert (asked.items, asked.device, asked.region, asked.n, asked.personalized) == (
        ("thin", "ghost"), "phone", "DE", 4, True,
    )  # fmt: skip
    assert (line.ranked.objective, line.ranked.by) == ("conversion@2", "formula")
    assert list(line.ranked.heads) == ["p_purchase"]
    for item, shown, said in zip(line.items, slate.items, line.ranked.heads["p_purchase"], strict=True):
        assert (item.id, item.position, item.value, item.propensity) == (shown.id, shown.position, shown.value, 1.0)
        assert item.reasons == tuple(reason.code for reason in shown.reasons)
        assert said is None or said == pytest.approx(shown.value, rel=1e-3)
    assert any(item.relevance is not None for item in line.items)
    assert b"price range" not in body


def test_a_line_of_ten_items_is_modest(
    served: Recommender, store: SQLiteStore, log: SlateLog, put: Callable[..., None], event: Make, clock: FixedClock
) -> None:
    shoes = [
        product.Product(id=f"shoe-number-{n:03}", category="Shoes", brand="Alto", price=90.0 + n, stock=5)
        for n in range(20)
    ]
    put(*shoes)
    store.append([event("Product Viewed", "runner", at=clock.now() - 60)])
    slate = served.recommend(home(context={"device": "phone"}, region="DE", items=["boot", "thin", "cap"]))
    _, body = line_of(store, log, slate)

    assert len(slate.items) == 10
    assert sum(len(item.reasons) for item in slate.items) >= 10
    assert len(body) < 2_500


def test_a_line_of_before_is_still_read() -> None:
    item = SlateItem(id="boot", position=1, value=1.5, source=("als", "blend:als"), reasons=(Reason("new", "is new"),))
    slate = Slate(slate_id="s1", placement="home", domain="shop", release="shop-1", items=(item,), degraded=("late:x",))
    line = read_logged(msgspec.json.encode(slate))

    assert (line.slate_id, line.degraded, line.asked, line.ranked, line.rules) == ("s1", ("late:x",), None, None, None)
    assert line.items[0].reasons == (Reason("new", "is new"),)
    assert (line.items[0].propensity, line.items[0].relevance) == (1.0, None)


def test_a_slate_that_something_else_chose_can_be_logged_too() -> None:
    item = SlateItem(id="boot", position=1, value=0.0, source=("chance",), propensity=0.125)
    line = read_logged(logged(Slate(slate_id="s1", placement="home", domain="shop", release=None, items=(item,))))

    assert (line.items[0].propensity, line.items[0].relevance, line.asked) == (0.125, None, None)


def test_requests_are_answered_as_of_what_the_log_tells(
    served: Recommender, store: SQLiteStore, log: SlateLog, event: Make, clock: FixedClock
) -> None:
    clock.advance(0.0004)
    store.append([event("Product Viewed", "boot", at=clock.now())])
    served.recommend(home())
    log.flush()

    [row] = store.slates_of(["user:ann"])
    assert row.at == int(clock.now() * 1000)


def test_personalized_is_told_where_the_history_was_not_read(
    served: Recommender, store: SQLiteStore, log: SlateLog
) -> None:
    line, _ = line_of(store, log, served.recommend(home(personalized=False)))
    assert line.asked.personalized is False


# Chance


@pytest.fixture
def exploring(
    publish: Callable[..., Manifest],
    parts: dict[str, Part],
    store: SQLiteStore,
    releases: Releases,
    clock: FixedClock,
    log: SlateLog,
) -> Recommender:
    publish(parts)
    pack = product.PACK
    setup = DomainSetup("shop", pack, {p.name: p for p in pack.placements}, "conversion", None, explore=0.2)
    rules = {"analytics": True, "personalization": True, "email": False, "ads": False}
    return Recommender({"shop": setup}, store, releases, clock, log, rules)


def explored(slate: Slate) -> list[SlateItem]:
    return [item for item in slate.items if "explored" in item.source]


def test_chance_repeats_at_the_same_moment_and_is_logged(
    exploring: Recommender, store: SQLiteStore, log: SlateLog, event: Make, clock: FixedClock
) -> None:
    store.append([event("Product Viewed", "boot", at=clock.now() - 60)])
    slates = []
    for _ in range(30):
        clock.advance(1.0)
        slate = exploring.recommend(home(n=3))
        assert exploring.recommend(home(n=3)) == slate
        slates.append(slate)
    touched = [slate for slate in slates if explored(slate)]

    assert 8 <= len(touched) <= 28  # three fifths of them are
    line, _ = line_of(store, log, touched[0])
    [item] = explored(touched[0])
    assert [one.propensity for one in line.items if one.id == item.id] == [item.propensity]
    assert item.propensity < 0.3


def test_nothing_is_tried_on_who_does_not_allow_to_learn_from_it(
    exploring: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    seen = [event("Product Viewed", "boot", at=clock.now() - 60, user=user) for user in ("ann", "bob", "eve")]
    no = [Consent("user:bob", "personalization", False, 1, "test"), Consent("user:eve", "analytics", False, 1, "test")]
    store.append(seen, consents=no)
    found = []
    for _ in range(20):
        clock.advance(1.0)
        for who in ({"user_id": "bob"}, {"user_id": "eve"}, {"personalized": False}):
            found += explored(exploring.recommend(home(n=3, **who)))

    assert found == []


# Explaining


def test_an_explanation_puts_numbers_into_the_formula(
    served: Recommender, event: Make, store: SQLiteStore, clock: FixedClock
) -> None:
    store.append([event("Product Viewed", "boot", at=clock.now() - 60)])
    slate = served.explain(home(n=4))
    told = slate.explanation

    assert (told.objective, told.formula, told.by, told.why) == ("conversion@2", "p_purchase", "formula", "")
    assert (told.goal, told.floor, told.heads) == ("p_purchase", 0.4, ("p_purchase",))
    assert told.candidates >= 4
    assert [item.id for item in told.items] == [item.id for item in slate.items]
    for item, shown in zip(told.items, slate.items, strict=True):
        if item.heads:
            assert item.numbers == f"{item.heads['p_purchase']:.4g}"
        assert (item.value, item.propensity, item.position) == (shown.value, shown.propensity, shown.position)


def test_an_explanation_is_the_answer_and_is_not_logged(served: Recommender, store: SQLiteStore, log: SlateLog) -> None:
    slate = served.explain(home())
    log.flush()
    assert store.count()["slates"] == 0

    assert served.recommend(home()).items == slate.items


def test_an_explanation_says_why_the_sum_serves(
    publish: Callable[..., Manifest], parts: dict[str, Part], open_domains: Callable[..., Recommender]
) -> None:
    publish({name: part for name, part in parts.items() if name != "head:p_purchase"})
    told = open_domains("shop").explain(home()).explanation

    assert (told.by, told.why, told.floor) == ("sum", "not learned yet: p_purchase", None)
    assert told.sum.startswith("1.00 relevance + 0.40 price_band")
    assert all(set(item.terms) <= {*told.sum.replace("-", "+").split()} | {"relevance"} for item in told.items)


def test_a_formula_of_money_is_explained_with_its_constants(
    publish: Callable[..., Manifest], parts: dict[str, Part], store: SQLiteStore, releases: Releases, clock: FixedClock,
    log: SlateLog, put: Callable[..., None], goods: dict[str, Any],
) -> None:  # fmt: skip
    publish(parts)
    pack = product.PACK
    setup = DomainSetup("shop", pack, {p.name: p for p in pack.placements}, "profit", None)
    made = Recommender({"shop": setup}, store, releases, clock, log, {"analytics": True, "personalization": True})
    told = made.explain(home(placement="bestsellers")).explanation

    assert told.floor == 1.0  # none was chosen for profit
    assert told.items[0].numbers.count("0.15") == 1
    assert not any(name in told.items[0].numbers for name in ("p_purchase", "p_return", "return_share"))
