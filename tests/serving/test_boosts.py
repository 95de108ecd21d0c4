"""Boosts of one request."""

from __future__ import annotations

import pytest

from penchant.catalog import Schema
from penchant.errors import InvalidRequest
from penchant.packs.product import Product
from penchant.serving import Boost, RecommendationRequest, Recommender, SlateLog, read_logged
from penchant.serving.boosts import boosts
from penchant.slate import Slate
from penchant.storage import SQLiteStore

BRIO = {"field": "brand", "eq": "Brio"}
SCHEMA = Schema.of(Product)


def home(*boost: Boost, **fields: object) -> RecommendationRequest:
    return RecommendationRequest(
        placement="home",
        domain="shop",
        user_id="ann",
        n=6,
        boost=boost,
        **fields,  # type: ignore[arg-type]
    )


def ids(slate: Slate) -> list[str]:
    return [item.id for item in slate.items]


def test_what_is_boosted_moves_up_and_what_is_not_wanted_down(recommender: Recommender) -> None:
    up = ids(recommender.recommend(home(Boost(by=1_000, filter=BRIO))))
    down = ids(recommender.recommend(home(Boost(by=0, filter=BRIO))))

    assert up[:3] != down[:3]
    assert set(up) == set(down) == set(ids(recommender.recommend(home())))
    assert {"boot", "sandal", "thick"} == set(up[:3]) == set(down[-3:])


def test_items_may_be_named(recommender: Recommender) -> None:
    last = ids(recommender.recommend(home()))[-1]

    assert ids(recommender.recommend(home(Boost(by=1_000, items=[last, last]))))[0] == last


def test_a_boost_passes_no_constraint(recommender: Recommender, goods: dict[str, Product]) -> None:
    shown = ids(recommender.recommend(home(Boost(by=1_000, items=["cap", "boot"]), exclude=["boot"])))

    assert "cap" not in shown and "boot" not in shown


def test_a_boost_of_one_answer_is_not_in_the_next(recommender: Recommender) -> None:
    before = ids(recommender.recommend(home()))
    assert ids(recommender.recommend(home(Boost(by=1_000, items=[before[-1]])))) != before

    assert ids(recommender.recommend(home())) == before


def test_the_explanation_and_the_log_say_what_a_boost_did(
    recommender: Recommender, log: SlateLog, store: SQLiteStore
) -> None:
    told = recommender.explain(home(Boost(by=3, filter=BRIO)))

    (acted,) = told.explanation.rules
    assert (acted.id, acted.action) == ("request:1", "boost")
    assert set(acted.items) == {"boot", "sandal", "thick"}
    assert recommender.explain(home()).explanation.rules == ()

    slate = recommender.recommend(home(Boost(by=3, filter=BRIO)))
    log.flush()
    body = store.slate(slate.slate_id)
    assert body is not None
    rules = read_logged(body).rules
    assert rules is not None and [one.id for one in rules.rules] == ["request:1"]


@pytest.mark.parametrize(
    ("boost", "field", "words"),
    [
        (Boost(by=1, filter=BRIO), "boost[0].by", "above 1"),
        (Boost(by=2), "boost[0].filter", "items are needed"),
        (Boost(by=2, filter=BRIO, items=["a"]), "boost[0].items", "cannot stand beside"),
        (Boost(by=2, filter={"field": "brnd", "eq": "x"}), "boost[0].filter.field", 'did you mean "brand"?'),
    ],
)
def test_a_boost_that_cannot_be_obeyed_is_refused(boost: Boost, field: str, words: str) -> None:
    with pytest.raises(InvalidRequest) as told:
        boosts([boost], SCHEMA)

    assert told.value.field == field
    assert words in told.value.message
