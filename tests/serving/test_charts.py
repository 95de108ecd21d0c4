"""Charts that follow what people do between trainings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from penchant.clock import DAY, FixedClock
from penchant.dataset import Dataset
from penchant.errors import StorageError
from penchant.evaluation import Outcomes
from penchant.events import Consent, Event
from penchant.features import Statistics
from penchant.models import Fitted, PersonalTop, Popular, Run
from penchant.models.popularity import FittedPopular
from penchant.packs import product
from penchant.serving import RecommendationRequest, Recommender, warm_up
from penchant.serving.charts import EVERY_S, LiveCharts
from penchant.serving.statistics import Counted
from penchant.storage import Releases, SQLiteStore
from penchant.testing import Row, dataset
from penchant.training import Counted as Ended
from penchant.training import FittedModels, LearnedHeads, publish

Make = Callable[..., Event]
NOW = 20_778 * DAY
ALLOWED = {"analytics": True, "personalization": True}
CODES = {"boot": 0, "runner": 1, "thin": 2}
POPULAR = RecommendationRequest(placement="popular", domain="shop")
RECIPES = {"popular": Popular(), "popular-week": Popular(half_life_days=7.0), "habit": PersonalTop()}


def row(item: str) -> int:
    return CODES.get(item, -1)


@pytest.fixture(scope="module")
def models() -> Mapping[str, Fitted]:
    """Of three orders of boots, two of runners and one of thin socks."""
    things = ["boot"] * 3 + ["runner"] * 2 + ["thin"]
    rows = [Row(f"p{n % 2}", item, NOW / DAY - 1) for n, item in enumerate(things)]
    known = dataset([Row("p9", name, NOW / DAY - 90) for name in CODES] + rows, now_day=NOW / DAY)
    assert list(known.items.ids) == list(CODES)
    return {name: recipe.fit(known, Run()) for name, recipe in RECIPES.items()}


@pytest.fixture
def charts(store: SQLiteStore) -> LiveCharts:
    return LiveCharts("shop", RECIPES, product.PACK.signals, store, ALLOWED)


def begun(seq: int | None, release: str = "r1") -> Counted:
    return Counted(release, Statistics.empty(), seq, None, int(NOW * 1000))


def order(models: Mapping[str, Fitted], name: str = "popular") -> list[str]:
    model = models[name]
    assert isinstance(model, FittedPopular)
    return [list(CODES)[code] for code in model.order]


def after(charts: LiveCharts, models: Mapping[str, Fitted], from_: Counted, now: float) -> Mapping[str, Fitted]:
    """The models once what was begun beside the requests is done."""
    charts.at(models, from_, row, now)
    charts.wait(20)
    return charts.at(models, from_, row, now)


def bought(event: Make, item: str, number: int, at: float = NOW + 30) -> list[Event]:
    return [event("Order Completed", item, at=at, order=f"{item}-{n}", user=f"u{n}") for n in range(number)]


def test_what_sells_after_the_training_leads_the_chart(
    charts: LiveCharts, store: SQLiteStore, event: Make, models: Mapping[str, Fitted]
) -> None:
    start = begun(store.last_seq())
    assert after(charts, models, start, NOW) is models
    store.append(bought(event, "thin", 200))
    assert charts.at(models, start, row, NOW + EVERY_S - 1) is models

    found = after(charts, models, start, NOW + EVERY_S)

    assert order(models) == order(models, "popular-week") == ["boot", "runner", "thin"]
    assert order(found) == order(found, "popular-week") == ["thin", "boot", "runner"]
    assert found["habit"] is models["habit"]
    assert charts.at(models, start, row, NOW + EVERY_S + 1) is found
    assert charts.note == ""


def test_what_sold_before_the_start_is_counted_at_once(
    charts: LiveCharts, store: SQLiteStore, event: Make, models: Mapping[str, Fitted]
) -> None:
    start = begun(store.last_seq())
    store.append(bought(event, "thin", 200))

    assert order(after(charts, models, start, NOW + 31)) == ["thin", "boot", "runner"]


def test_a_request_that_began_with_another_release_leaves_the_charts_alone(
    charts: LiveCharts, store: SQLiteStore, event: Make, models: Mapping[str, Fitted]
) -> None:
    start = begun(store.last_seq())
    store.append(bought(event, "thin", 200))
    charts.only = "r1"
    found = after(charts, models, start, NOW + 31)

    assert charts.at(models, begun(store.last_seq(), "r0"), row, NOW + 32) is models
    assert charts.at(models, start, row, NOW + 33) is found


def test_it_goes_on_where_it_stopped(
    charts: LiveCharts, store: SQLiteStore, event: Make, models: Mapping[str, Fitted]
) -> None:
    start = begun(store.last_seq())
    after(charts, models, start, NOW)
    store.append(bought(event, "thin", 3))
    after(charts, models, start, NOW + EVERY_S)
    store.append(bought(event, "runner", 9))
    found = after(charts, models, start, NOW + 2 * EVERY_S)["popular"]

    assert isinstance(found, FittedPopular)
    assert found.scores.tolist() == [4.0, 12.0, 5.0]


def test_another_release_begins_anew(
    charts: LiveCharts, store: SQLiteStore, event: Make, models: Mapping[str, Fitted]
) -> None:
    start = begun(store.last_seq())
    after(charts, models, start, NOW)
    store.append(bought(event, "thin", 9))
    after(charts, models, start, NOW + EVERY_S)

    later = begun(store.last_seq(), "r2")
    assert charts.at(models, later, row, NOW + 2 * EVERY_S) is models
    assert after(charts, models, later, NOW + 3 * EVERY_S) is models


def test_people_who_do_not_allow_it_are_not_counted(
    charts: LiveCharts, store: SQLiteStore, event: Make, models: Mapping[str, Fitted]
) -> None:
    start = begun(store.last_seq())
    after(charts, models, start, NOW)
    refused = [Consent(f"user:u{n}", "analytics", False, int(NOW * 1000), "web") for n in range(9)]
    store.append([*bought(event, "thin", 9), *bought(event, "unknown", 2)], consents=refused)

    assert order(after(charts, models, start, NOW + EVERY_S)) == ["boot", "runner", "thin"]


def test_a_release_that_does_not_say_where_it_ends_stays_as_it_is(
    charts: LiveCharts, store: SQLiteStore, event: Make, models: Mapping[str, Fitted]
) -> None:
    store.append(bought(event, "thin", 9))
    after(charts, models, begun(None), NOW)

    assert after(charts, models, begun(None), NOW + EVERY_S) is models


def test_a_log_that_cannot_be_read_leaves_the_charts_of_before(
    tmp_path: Path, models: Mapping[str, Fitted], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SQLiteStore(tmp_path / "b.db")
    charts = LiveCharts("shop", RECIPES, product.PACK.signals, store, ALLOWED)

    def broken(after: int, batch: int) -> None:
        raise StorageError("sqlite", "gone")

    monkeypatch.setattr(store, "scan", broken)
    after(charts, models, begun(0), NOW)

    assert after(charts, models, begun(0), NOW + EVERY_S) is models
    assert charts.note == "charts: not brought up to date: StorageError"
    store.close()


def test_what_is_too_much_to_keep_is_counted_in_for_good(
    charts: LiveCharts, store: SQLiteStore, event: Make, models: Mapping[str, Fitted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penchant.serving.charts.MOST", 4)
    start = begun(store.last_seq())
    after(charts, models, start, NOW)
    for minute in range(3):
        store.append(
            [event("Order Completed", "thin", at=NOW + minute * 60 + n, order=f"{minute}-{n}") for n in range(5)]
        )
        found = after(charts, models, start, NOW + (minute + 1) * EVERY_S)["popular"]

    assert isinstance(found, FittedPopular)
    assert found.scores.tolist() == [4.0, 3.0, 17.0]
    assert np.array_equal(found.order, [2, 0, 1])


def test_history_that_is_told_late_leaves_what_the_release_counted(
    charts: LiveCharts, store: SQLiteStore, event: Make, models: Mapping[str, Fitted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penchant.serving.charts.MOST", 4)
    start = begun(store.last_seq())
    after(charts, models, start, NOW)
    store.append([event("Order Completed", "thin", at=NOW - 400 * DAY + n, order=f"old-{n}") for n in range(20)])
    found = after(charts, models, start, NOW + EVERY_S)["popular-week"]

    assert isinstance(found, FittedPopular)
    # Three and two orders of the day before the training, and next to nothing of what is 400 days old.
    assert found.scores[:2].tolist() == pytest.approx([3 * 2 ** (-1 / 7), 2 * 2 ** (-1 / 7)], rel=1e-3)
    assert found.scores[2] == pytest.approx(2 ** (-1 / 7), rel=1e-3)


@pytest.fixture
def counted(
    filled: SQLiteStore, releases: Releases, orders: Dataset, fitted: FittedModels, clock: FixedClock
) -> Callable[[], None]:
    """Publishes a release that has counted all that happened, and knows so."""
    known = Statistics.of_interactions(orders.interactions, len(orders.items))

    def make() -> None:
        publish(
            releases,
            orders,
            product.PACK,
            fitted,
            None,
            catalog=filled.versions("shop").catalog,
            now=clock.now(),
            config="",
            version="0",
            keep=5,
            learned=LearnedHeads({}, {}, {}, known, (), False, Outcomes(learned=None)),
            counted=Ended(filled.last_seq(), int(clock.now() * 1000)),
        )

    return make


def sells(filled: SQLiteStore, event: Make, clock: FixedClock) -> None:
    """Two hundred people buy sandals."""
    filled.append([event("Order Completed", "sandal", at=clock.now(), order=f"s{n}", user=f"s{n}") for n in range(200)])


@pytest.mark.parametrize("placement", ["popular", "bestsellers"])
def test_answers_follow_within_two_minutes(
    filled: SQLiteStore,
    counted: Callable[[], None],
    open_domains: Callable[..., Recommender],
    clock: FixedClock,
    event: Make,
    placement: str,
) -> None:
    counted()
    recommender = open_domains("shop")

    def leads() -> str:
        recommender.recommend(RecommendationRequest(placement=placement, domain="shop"))
        recommender.close()  # waits for what was begun
        return recommender.recommend(RecommendationRequest(placement=placement, domain="shop")).items[0].id

    assert leads() == "runner"
    sells(filled, event, clock)
    assert leads() == "runner"
    clock.advance(2 * EVERY_S)
    assert leads() == "sandal"


def test_a_server_that_is_ready_knows_what_sold_since_the_training(
    filled: SQLiteStore,
    counted: Callable[[], None],
    open_domains: Callable[..., Recommender],
    clock: FixedClock,
    event: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted()
    sells(filled, event, clock)
    recommender = open_domains("shop")
    warm_up(recommender, "shop", filled, clock)

    monkeypatch.setattr(filled, "scan", None)  # nothing is read any more
    slate = recommender.recommend(POPULAR)
    recommender.close()
    assert (slate.items[0].id, slate.degraded) == ("sandal", ())


def test_a_release_that_takes_over_brings_its_charts_along(
    filled: SQLiteStore,
    counted: Callable[[], None],
    open_domains: Callable[..., Recommender],
    clock: FixedClock,
    event: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted()
    serves = open_domains("shop")
    warm_up(serves, "shop", filled, clock)
    assert serves.recommend(POPULAR).items[0].id == "runner"
    sells(filled, event, clock)
    comes = open_domains("shop")
    warm_up(comes, "shop", filled, clock)
    monkeypatch.setattr(filled, "scan", None)
    serves.adopt("shop", comes.serving("shop"))
    slate = serves.recommend(POPULAR)
    serves.close()

    assert (slate.items[0].id, slate.degraded) == ("sandal", ())
