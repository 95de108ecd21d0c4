"""A domain that is made ready: what the first request would pay for is there, and nobody sees how."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from penchant.clock import FixedClock
from penchant.dataset import Dataset
from penchant.errors import StorageError
from penchant.features import HOUR, Statistics
from penchant.packs import product
from penchant.serving import RecommendationRequest, Recommender, SlateLog, warm_up
from penchant.serving.made import Made
from penchant.serving.statistics import Counted
from penchant.storage import Manifest, Part, Releases, SQLiteStore

HOME = RecommendationRequest(placement="home", domain="shop", user_id="p1", n=3)


class Notes(list[str]):
    """Placements that were asked beforehand, and what answered them."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: list[Counted | None] = []


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Notes:
    rehearse, notes = Recommender.rehearse, Notes()

    def noted(self: Recommender, request: RecommendationRequest, counted: Counted | None = None) -> Made:
        notes.append(request.placement)
        notes.counted.append(counted)
        return rehearse(self, request, counted)

    monkeypatch.setattr(Recommender, "rehearse", noted)
    return notes


@pytest.fixture
def shop(
    filled: SQLiteStore,
    release: Callable[[], Manifest],
    releases: Releases,
    orders: Dataset,
    open_domains: Callable[..., Recommender],
) -> Recommender:
    """The shop on a release that has counted."""
    release()
    plain, _ = releases.load("shop")
    assert plain is not None
    counts = Statistics.of_interactions(orders.interactions, len(orders.items))
    parts = {**plain.parts, "statistics": Part("statistics", counts.arrays(), {"seq": 0, "slates": None})}
    releases.publish("shop", "product", parts, now=0.0, config="", version="0", evidence={})
    return open_domains("shop")


def test_every_placement_is_asked_and_no_trace_is_left(
    shop: Recommender, filled: SQLiteStore, clock: FixedClock, log: SlateLog, asked: Notes
) -> None:
    warm_up(shop, "shop", filled, clock)
    log.flush()

    assert set(asked) == {placement.name for placement in product.PACK.placements}
    assert list(filled.slates("shop", until=2**60)) == []
    assert shop.tallies["shop"].counts.answers == 0


def test_the_log_is_read_on_before_anybody_asks(
    shop: Recommender, filled: SQLiteStore, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm_up(shop, "shop", filled, clock)

    monkeypatch.setattr(filled, "scan", None)  # reading on would break, and be noted
    slate = shop.recommend(HOME)
    shop.close()
    assert slate.items
    assert shop.recommend(HOME).degraded == slate.degraded == ()


def test_counts_of_a_new_hour_are_asked_before_they_serve(
    shop: Recommender, filled: SQLiteStore, clock: FixedClock, asked: Notes
) -> None:
    warm_up(shop, "shop", filled, clock)
    asked.clear()
    asked.counted.clear()
    clock.advance(HOUR)
    shop.recommend(HOME)
    shop.close()

    assert set(asked) == {placement.name for placement in product.PACK.placements}
    serves = shop.serving("shop").statistics.at(shop.view("shop").counted, lambda _: -1, clock.now())
    assert {id(one and one.statistics) for one in asked.counted} == {id(serves.statistics)}


def test_a_placement_that_breaks_keeps_nobody_from_serving(
    shop: Recommender, filled: SQLiteStore, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> Made:
        raise ZeroDivisionError

    monkeypatch.setattr(Recommender, "rehearse", breaks)

    assert warm_up(shop, "shop", filled, clock) >= 0.0
    assert shop.recommend(HOME).items


def test_a_log_that_cannot_be_read_is_named_and_serving_begins(
    shop: Recommender,
    filled: SQLiteStore,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def gone(*_: object) -> None:
        raise StorageError("sqlite", "gone")

    monkeypatch.setattr(Recommender, "catch_up", gone)

    warm_up(shop, "shop", filled, clock)

    assert "shop was not made ready" in caplog.text
    assert shop.recommend(HOME).items
