"""One placement for many people at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from demo_workspace import Demo
from penchant.clock import FixedClock
from penchant.dataset import Queries
from penchant.engine import Engine
from penchant.errors import InvalidRequest, NotFound
from penchant.events import Consent, Event
from penchant.models import Extends, Retriever, Similar
from penchant.serving import RecommendationRequest, Recommender, SlateLog
from penchant.serving.batch import for_actor, recommend_all
from penchant.serving.person import NOT_ALLOWED
from penchant.serving.prefetched import Prefetched, joined
from penchant.slate import Candidates, Slate, top_k
from penchant.storage import SQLiteStore

Make = Callable[..., Event]

HOME = RecommendationRequest(placement="home", domain="shop")


def told(slate: Slate) -> list[tuple[str, tuple[str, ...], list[str]]]:
    return [(item.id, item.source, [reason.code for reason in item.reasons]) for item in slate.items]


def same(one: Slate, other: Slate) -> None:
    """Equal in all but the id; numbers may differ in their last bits."""
    assert told(one) == told(other)
    assert (one.placement, one.domain, one.release, one.degraded) == (
        other.placement,
        other.domain,
        other.release,
        other.degraded,
    )
    np.testing.assert_allclose([x.value for x in one.items], [x.value for x in other.items], rtol=1e-4, atol=1e-5)


@pytest.fixture(scope="module")
def served(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with demo.open(tmp_path_factory.mktemp("batch") / "workspace") as engine:
        yield engine


@pytest.mark.parametrize(
    ("placement", "domain"),
    [("home", "shop"), ("buy-again", "shop"), ("category-page", "shop"), ("feed", "channel"), ("next-step", "academy")],
)
def test_a_list_is_what_a_request_would_be_answered_with(
    demo: Demo, served: Engine, placement: str, domain: str
) -> None:
    """Of real models, for people with long histories, short ones and none, in batches that do not divide."""
    request = RecommendationRequest(placement=placement, domain=domain, n=8)
    people = [*known(demo, domain)[:12], "anon:never-seen"]

    made = list(recommend_all(served.recommender, request, people, together=8))

    assert [one.actor for one in made] == people
    for one in made:
        same(one.slate, served.recommender.recommend(for_actor(request, one.actor)))
    assert len({tuple(item.id for item in one.slate.items) for one in made}) > 3


def known(demo: Demo, domain: str) -> list[str]:
    told = demo.worlds[domain].events["user_id"].to_pylist()
    return sorted({f"user:{name}" for name in told if name})


def test_constraints_filters_and_rules_hold_for_each(
    recommender: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    store.append(
        [
            event("Order Completed", "runner", at=clock.now() - 9, user="ann", order="o1"),
            event("Product Viewed", "boot", at=clock.now() - 9, user="ben"),
        ]
    )
    shoes = {"field": "category", "eq": "Shoes"}

    made = {one.actor: told(one.slate) for one in recommend_all(recommender, filtered(shoes), ["user:ann", "user:ben"])}

    assert {row[0] for row in made["user:ann"]} == {"racer", "boot", "sandal"}
    assert {row[0] for row in made["user:ben"]} == {"runner", "racer", "boot", "sandal"}


def filtered(filter_: dict[str, object]) -> RecommendationRequest:
    return msgspec.structs.replace(HOME, filter=filter_)


def test_who_does_not_allow_it_gets_nothing_personal(
    recommender: Recommender, store: SQLiteStore, event: Make, clock: FixedClock
) -> None:
    store.append([event("Product Viewed", "boot", at=clock.now() - 60, user=name) for name in ("ann", "ben")])
    store.append([], consents=[Consent("user:ann", "personalization", False, 0, "test")])

    ann, ben, nobody = recommend_all(recommender, HOME, ["user:ann", "user:ben", "anon:x"])

    assert ann.slate.degraded == (NOT_ALLOWED,)
    assert told(ann.slate) == told(nobody.slate) != told(ben.slate)


def test_nobody_was_shown_it_so_nothing_is_logged_unless_asked_for(
    recommender: Recommender, log: SlateLog, store: SQLiteStore
) -> None:
    assert [one.slate.slate_id for one in recommend_all(recommender, HOME, ["user:ann"])] == [""]
    log.flush()
    assert store.count()["slates"] == 0

    (kept,) = recommend_all(recommender, HOME, ["user:ann"], log=True)
    log.flush()
    assert store.slate(kept.slate.slate_id) is not None


def test_fields_are_told(recommender: Recommender) -> None:
    request = msgspec.structs.replace(HOME, fields=["brand"], n=2)

    (one,) = recommend_all(recommender, request, ["user:ann"])

    assert all(item.fields.keys() == {"brand"} for item in one.slate.items)  # type: ignore[union-attr]


def test_what_is_wrong_is_said_before_anything_is_made(recommender: Recommender) -> None:
    with pytest.raises(NotFound):
        next(recommend_all(recommender, msgspec.structs.replace(HOME, placement="hoem"), ["user:ann"]))
    with pytest.raises(InvalidRequest):
        next(recommend_all(recommender, filtered({"field": "prise", "eq": 1}), ["user:ann"]))


# models asked once


class Made:
    """Scores ten items, the same for everybody but for the person's own place; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def retrieve(self, queries: Queries, k: int, allowed: NDArray[np.bool_] | None = None) -> Candidates:
        self.asked.append(len(queries))
        rows = []
        for i in range(len(queries)):
            scores = np.arange(10, 0, -1).astype(np.float32) + float(queries.now[i])
            rows.append(top_k(np.where(allowed, scores, -np.inf), k))
        return Candidates.from_rows(rows)


def test_the_rest_of_a_row_is_what_the_model_says_or_it_is_asked_again(recommender: Recommender) -> None:
    model, all_ = Made(), np.ones(10, bool)
    live = recommender.view("shop").parts
    parts = replace(live, models={"als": model}, n_known=10, blends={})  # type: ignore[dict-item]
    placement = next(one for one in live.pack.placements if one.name == "home")
    queries = [Queries.single(float(now)) for now in (0, 100)]
    few = np.zeros(10, bool)
    few[[3, 7]] = True

    stands_in: Any = Prefetched(placement, parts, queries, all_).parts(1).models["als"]
    found = stands_in.retrieve(queries[1], 2, few)

    assert (found.items.tolist(), found.scores.tolist()) == ([3, 7], [107.0, 103.0])
    assert stands_in.retrieve(queries[1], 1, all_).items.tolist() == [0]
    assert model.asked == [2]
    row = model.retrieve(joined(queries), 3, all_).row(1)
    short = type(stands_in)(model, row, {}, 3)  # asked for three, of which none may be shown
    assert short.retrieve(queries[1], 2, few).items.tolist() == [3, 7]
    assert model.asked == [2, 2, 1]


def test_a_stand_in_can_what_the_model_can_and_no_more(recommender: Recommender) -> None:
    parts = recommender.view("shop").parts
    placement = next(one for one in parts.pack.placements if one.name == "home")
    made = Prefetched(placement, parts, [Queries.single(1.0)], parts.table.active).parts(0).models

    changed = [name for name in made if made[name] is not parts.models[name]]
    assert changed
    for name in changed:
        for ability in (Retriever, Similar, Extends):
            assert isinstance(made[name], ability) == isinstance(parts.models[name], ability), (name, ability)
