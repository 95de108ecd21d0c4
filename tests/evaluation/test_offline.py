from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import msgspec
import numpy as np
import pytest

from penchant.catalog import Item
from penchant.clock import DAY, FixedClock
from penchant.config.settings import Evaluation
from penchant.errors import ExtraNotInstalled, FitFailed, InvalidRequest
from penchant.evaluation import BEYOND, Windows, evaluate
from penchant.models import ItemKNN, PersonalTop, Popular, Run, Share, State
from penchant.pack import Metric, Pack, Placement
from penchant.slate import Candidates
from penchant.testing import Row, dataset, tiny_dataset

WINDOW = Windows((70 * DAY, 80 * DAY, 100 * DAY))
ALLOWED = Evaluation(repeats="allowed")
NEW_ONLY = Evaluation(repeats="new-only")


def pack(*metrics, baselines=("popular", "personal"), learns=()):
    return Pack(
        name="test",
        about="",
        item=Item,
        signals=(),
        goal="",
        attributes=(),
        models={},
        baselines=baselines,
        features=(),
        objectives=(),
        constraints=(),
        placements=tuple(Placement(name=task, about="", sources=(), learns=task) for task in learns),
        metrics=metrics,
    )


@dataclass(frozen=True)
class FittedFake:
    """Proposes fixed items, best first, as far as they are allowed."""

    order: tuple[int, ...] = ()

    def retrieve(self, queries, k, allowed=None):
        rows = []
        for i in range(len(queries)):
            mask = allowed if allowed.ndim == 1 else allowed[i]
            items = [item for item in self.order if mask[item]][:k]
            rows.append((np.array(items, np.int32), np.linspace(1, 0, len(items), dtype=np.float32)))
        return Candidates.from_rows(rows)

    def state(self):
        return State({})

    @classmethod
    def restore(cls, state):
        return cls()


@dataclass(frozen=True)
class Fake:
    """A recipe whose model proposes the same items to everyone; it notes what it was fitted on."""

    kind: ClassVar[str] = "fake"
    fitted: ClassVar[type] = FittedFake

    order: tuple[int, ...] = ()
    seen: list = field(default_factory=list)

    def fit(self, data, run):
        self.seen.append(data)
        return FittedFake(self.order)


@dataclass(frozen=True)
class Failing:
    kind: ClassVar[str] = "failing"
    fitted: ClassVar[type] = FittedFake

    error: Exception

    def fit(self, data, run):
        raise self.error


@dataclass(frozen=True)
class OnlySimilar:
    """A model without lists for people."""

    def state(self):
        return State({})

    @classmethod
    def restore(cls, state):
        return cls()


@dataclass(frozen=True)
class SimilarRecipe:
    kind: ClassVar[str] = "similar"
    fitted: ClassVar[type] = OnlySimilar

    def fit(self, data, run):
        raise AssertionError("is not even fitted")


BASELINES = {"popular": Popular(), "personal": PersonalTop()}


def report(data, recipes=None, *, window=WINDOW, settings=ALLOWED, in_pack=None, **more):
    more.setdefault("clock", FixedClock(0.0))
    return evaluate(
        data, window, in_pack or pack(), BASELINES | (recipes or {}), settings=settings, run=Run(seed=1), **more
    )


def test_numbers_are_those_of_a_case_done_by_hand():
    # Before 80: hat twice, tie and cap once. Ann had the hat; what followed is the tie for her and the cap for bob.
    rows = [
        Row("ann", "hat", 60),
        Row("bob", "hat", 61),
        Row("eve", "tie", 62),
        Row("eve", "cap", 63),
        Row("eve", "cap", 75),
        Row("ann", "tie", 85),
        Row("bob", "hat", 86),
    ]
    found = report(dataset(rows), settings=ALLOWED)

    popular = found.row("popular")
    # By count before 80: cap 2, hat 2, tie 1, equal counts by code (cap, hat, tie).
    assert popular.metrics["ndcg@10"].mean == pytest.approx((1 / np.log2(4) + 1 / np.log2(3)) / 2)
    assert popular.metrics["mrr@20"].mean == pytest.approx((1 / 3 + 1 / 2) / 2)
    assert popular.metrics["recall@20"].mean == 1.0
    assert popular.metrics["coverage@10"].mean == 1.0
    assert popular.on_repeats["mrr@20"].mean == pytest.approx(1 / 2)
    assert popular.on_new["mrr@20"].mean == pytest.approx(1 / 3)
    # Before 70 the hat leads alone, so that eve's cap of day 75 stands in the second place.
    assert popular.valid == pytest.approx(1 / np.log2(3))
    assert found.counts == msgspec.convert(
        {
            "train_rows": 5,
            "train_goals": 5,
            "people_warm": 2,
            "people_judged": 2,
            "people_cold": 0,
            "items": 3,
            "targets": 2,
            "unknown_target_share": 0.0,
            "repeats_share": 0.5,
            "valid_people_judged": 1,
            "requests": 2,
        },
        type(found.counts),
    )


def test_models_never_see_what_comes_after_the_cut():
    spy = Fake((0,))
    report(tiny_dataset(), {"spy": spy})

    assert [data.now for data in spy.seen] == [70 * DAY, 80 * DAY]
    for data in spy.seen:
        assert data.interactions.time.max() < data.now
        late = data.interactions.reversed_at
        assert (late[np.isfinite(late)] < data.now).all()


def test_what_happens_after_the_test_window_changes_nothing():
    data = tiny_dataset()
    window = Windows((70 * DAY, 80 * DAY, 90 * DAY))
    stood = np.isinf(data.interactions.reversed_at)
    short = data.interactions.where((data.interactions.time < 90 * DAY) & stood)
    long = data.interactions.where(stood)

    assert report(_with(data, short), window=window) == report(_with(data, long), window=window)


def _with(data, rows):
    return type(data)(data.domain, data.people, data.items, rows, data.table, data.now)


def test_the_best_model_of_validation_wins_when_it_beats_the_baselines():
    # Everyone takes "gem" from day 70 on; before, hardly anyone did, so that counts are slow to tell.
    rows = [Row(f"p{i}", item, 60 + i / 10) for i in range(12) for item in ("hat", "hat", "hat", "tie")]
    rows += [Row("p0", "gem", 59)]
    rows += [Row(f"p{i}", "gem", day) for i in range(12) for day in (75, 85)]
    data = dataset(rows)
    gem = Fake((data.items.code("gem"), data.items.code("hat")))
    found = report(data, {"gem": gem}, in_pack=pack(baselines=("popular",)))

    assert found.winner == "gem"
    assert found.blend.shares == (Share(model="gem", weight=1.0),)
    assert found.row("blend") is None
    assert found.against_baseline.mean == pytest.approx(1.0 - 1 / np.log2(3))
    assert found.rows[0].name == "gem"


def test_a_model_that_only_led_on_validation_is_not_the_winner():
    rows = [Row(f"p{i}", item, 60 + i / 10) for i in range(12) for item in ("hat", "hat", "tie")]
    rows += [Row(f"p{i}", "tie", 75) for i in range(12)] + [Row(f"p{i}", "hat", 85) for i in range(12)]
    data = dataset(rows)
    tie = Fake((data.items.code("tie"), data.items.code("hat")))
    found = report(data, {"tie": tie}, in_pack=pack(baselines=("popular",)))

    assert found.row("tie").valid == 1.0
    assert found.winner == "popular"
    assert found.winner_reason.startswith("no model beats the baseline popular")
    assert found.against_baseline.mean < 0


def test_models_that_complete_each_other_give_a_blend_row():
    rows = [Row("zoe", item, 50) for item in ("a1", "b2")]
    rows += [Row(f"p{i:02d}", item, day) for i in range(40) for item in ("a3", "b3") for day in (50, 51, 52)]
    for day in (75, 85):
        rows += [Row(f"p{i:02d}", item, day) for i in range(40) for item in ("a1", "b2")]
    data = dataset(rows)
    code = data.items.code
    recipes = {"a": Fake((code("a1"), code("a3"))), "b": Fake((code("b2"), code("b3")))}
    found = report(data, recipes)

    blend = found.row("blend")
    assert {"a", "b"} <= {share.model for share in found.blend.shares}
    assert sum(share.weight for share in found.blend.shares) == pytest.approx(1.0, abs=1e-3)
    assert blend.metrics["ndcg@10"].mean == 1.0
    assert (blend.kind, blend.baseline, found.winner) == ("blend", False, "blend")


def test_a_model_that_cannot_be_fitted_has_a_row_that_says_why():
    found = report(
        tiny_dataset(),
        {
            "broken": Failing(FitFailed("broken", "needs prices")),
            "deep": Failing(ExtraNotInstalled("neural", "the transformer")),
            "near": SimilarRecipe(),
        },
    )

    assert found.row("broken").failed == "needs prices"
    assert "penchant[neural]" in found.row("deep").failed
    assert found.row("near").failed == "proposes for items, not for people"
    assert [row.failed is None for row in found.rows] == sorted(
        [row.failed is None for row in found.rows], reverse=True
    )
    assert found.row("broken").metrics == {}


def test_without_baselines_nobody_wins():
    found = report(tiny_dataset(), {"fake": Fake((1, 2))}, in_pack=pack(baselines=()))

    assert found.winner is None
    assert "no baseline" in found.winner_reason


def test_the_packs_own_metrics_stand_after_the_ranking_metrics():
    def firsts(judged):
        assert judged.lists.shape == (len(judged.queries), 20)
        return np.where(judged.lists[:, 0] >= 0, judged.queries.now / DAY, np.nan)

    def silent(judged):
        return np.full(len(judged.lists), np.nan)

    metrics = (Metric("day", "Day of the request.", "higher", firsts), Metric("none", "Nothing.", "lower", silent))
    found = report(tiny_dataset(), in_pack=pack(*metrics))

    names = list(found.row("popular").metrics)
    assert names[:5] == ["ndcg@10", "recall@20", "hr@10", "mrr@20", "coverage@10"]
    assert set(names[5:-1]) <= set(BEYOND)
    assert names[-1] == "day"
    assert found.row("popular").metrics["day"].mean == 80.0


def test_new_only_judges_new_items_only():
    found = report(tiny_dataset(), settings=NEW_ONLY)

    assert found.repeats == "new-only"
    assert all(row.on_repeats == {} and row.on_new == {} for row in found.rows)
    assert 0 < found.counts.repeats_share < 1


def test_the_same_seed_gives_the_same_report():
    settings = Evaluation(repeats="allowed", max_people=10)

    assert report(tiny_dataset(), settings=settings) == report(tiny_dataset(), settings=settings)
    assert report(tiny_dataset(), settings=settings).counts.people_judged == 10


def test_progress_goes_from_nothing_to_all():
    told = []
    report(tiny_dataset(), progress=lambda what, share: told.append((what, share)))

    shares = [share for _, share in told]
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert shares == sorted(shares)
    assert {"validation: popular", "test: personal"} <= {what for what, _ in told}


def test_windows_are_told_as_text():
    found = report(tiny_dataset())

    assert (found.valid_from, found.test_from) == ("1970-03-12T00:00:00Z", "1970-03-22T00:00:00Z")
    assert (found.domain, found.pack, found.test_until) == ("test", "test", "1970-04-11T00:00:00Z")


@pytest.mark.parametrize(
    ("window", "field"),
    [
        (Windows((70 * DAY, 80 * DAY, 80.001 * DAY)), "test_from"),
        (Windows((1 * DAY, 20 * DAY, 100 * DAY)), "valid_from"),
    ],
)
def test_a_window_in_which_nobody_can_be_judged_is_refused_before_any_fit(window, field):
    spy = Fake()
    with pytest.raises(InvalidRequest) as caught:
        report(tiny_dataset(), {"spy": spy}, window=window)

    assert caught.value.field == f"evaluation.{field}"
    assert spy.seen == []


def test_nothing_is_changed_in_the_data():
    data = tiny_dataset()
    before = data.interactions.time.copy()
    report(data)

    assert data.interactions.time.tolist() == before.tolist()


# several windows, several tasks

THREE = Windows((50 * DAY, 60 * DAY, 70 * DAY, 80 * DAY, 100 * DAY))


def test_each_cut_is_fitted_once():
    spy = Fake((0,))
    report(tiny_dataset(), {"spy": spy}, window=THREE)

    assert [data.now / DAY for data in spy.seen] == [50, 60, 70, 80]


def test_every_window_is_told_and_the_last_one_is_the_reported():
    found = report(tiny_dataset(), {"als": ItemKNN()}, window=THREE)

    assert [(turn.test_from[:10], turn.test_until[:10]) for turn in found.windows] == [
        ("1970-03-02", "1970-03-12"),
        ("1970-03-12", "1970-03-22"),
        ("1970-03-22", "1970-04-11"),
    ]
    assert found.windows[-1].people_judged == found.counts.people_judged
    for row in found.rows:
        assert found.windows[-1].means[row.name] == pytest.approx(row.metrics["ndcg@10"].mean)
    assert all({"popular", "personal", "als"} <= set(turn.means) for turn in found.windows)


def test_a_window_among_several_says_what_it_says_alone():
    data = tiny_dataset()
    several = report(data, window=THREE)
    alone = report(_with(data, data.interactions), window=THREE.last)

    assert several.rows == alone.rows
    assert several.blend == alone.blend
    assert several.windows[-1] == alone.windows[0]


def test_early_windows_in_which_nobody_can_be_judged_are_left_out():
    found = report(tiny_dataset(), window=Windows((1 * DAY, 2 * DAY, 50 * DAY, 70 * DAY, 80 * DAY, 100 * DAY)))

    assert [turn.test_from[:10] for turn in found.windows] == ["1970-03-12", "1970-03-22"]


def test_goals_taken_back_later_are_not_known_to_a_validation_window():
    rows = [Row("zoe", item, 5) for item in ("hat", "tie")]
    rows += [Row(f"p{i}", "hat", 60) for i in range(6)]
    rows += [Row(f"p{i}", "tie", 75, reversed_day=85) for i in range(6)]
    rows += [Row(f"p{i}", "hat", 86) for i in range(6)]
    data = dataset(rows)
    tie = Fake((data.items.code("tie"),))
    found = report(data, {"tie": tie}, in_pack=pack(baselines=("popular",)))

    assert found.row("tie").valid == 1.0


def test_cold_people_and_cold_items_are_judged_apart():
    rows = [Row("zoe", item, 50) for item in ("hat", "tie", "sock")]
    rows += [Row(f"p{i}", "hat", 60) for i in range(6)]
    rows += [Row("zoe", "hat", 75), Row("zoe", "hat", 85), Row("zoe", "sock", 85), Row("new", "hat", 85)]
    found = report(dataset(rows)).row("popular")

    # By count the hat leads; the sock stands before the tie.
    assert found.on_cold_people["ndcg@10"].mean == 1.0
    assert found.on_cold_items["ndcg@10"].mean == pytest.approx(1 / np.log2(3))
    assert found.metrics["ndcg@10"].mean == 1.0


def test_the_winner_stands_against_every_other_row():
    rows = [Row(f"p{i}", item, 60 + i / 10) for i in range(12) for item in ("hat", "hat", "hat", "tie")]
    rows += [Row("p0", "gem", 59)]
    rows += [Row(f"p{i}", "gem", day) for i in range(12) for day in (75, 85)]
    data = dataset(rows)
    gem = Fake((data.items.code("gem"), data.items.code("hat")))
    found = report(data, {"gem": gem, "broken": Failing(FitFailed("broken", "no"))})

    assert found.winner == "gem"
    assert set(found.against) == {"popular", "personal"}
    gaps = [
        found.row("gem").metrics["ndcg@10"].mean - found.row(name).metrics["ndcg@10"].mean for name in found.against
    ]
    assert [gap.mean for gap in found.against.values()] == pytest.approx(gaps)
    assert gaps == sorted(gaps)


def test_every_task_that_a_placement_learns_is_judged_from_the_same_fits():
    spy = Fake((0, 1, 2))
    tasks = ("new", "again", "together", "following")
    found = report(tiny_dataset(), {"spy": spy, "knn": ItemKNN()}, in_pack=pack(learns=("next", *tasks)))

    assert len(spy.seen) == 2
    assert found.task == "next"
    assert [one.task for one in found.also] == list(tasks)
    for one in found.also:
        assert one.counts.people_judged <= one.counts.requests
        assert (one.valid_from, one.test_until) == (found.valid_from, found.test_until)
        assert one.windows == one.also == ()
    assert set(found.placements) == {"next", *tasks}


def test_tasks_about_items_have_a_row_for_each_way_to_read():
    found = report(tiny_dataset(), {"knn": ItemKNN(), "near": SimilarRecipe()}, in_pack=pack(learns=("together",)))
    together = found.also[0]
    rows = {row.name: row for row in together.rows}

    assert {"knn", "knn (history)", "popular (history)", "personal (history)"} <= set(rows)
    assert "popular" not in rows
    assert rows["popular (history)"].baseline
    assert not rows["knn (history)"].baseline
    assert rows["knn"].kind == rows["knn (history)"].kind == "item-knn"
    assert found.row("near").failed == "proposes for items, not for people"


def test_a_task_that_the_data_says_nothing_of_has_no_report():
    rows = [Row("ann", item, day) for item, day in (("hat", 60), ("tie", 61), ("hat", 75), ("tie", 85))]
    found = report(dataset(rows), in_pack=pack(learns=("together", "following")))

    assert found.also == ()
    assert found.placements["together"].winner is None


def test_without_a_budget_recipes_are_taken_as_they_are():
    found = report(tiny_dataset())

    assert (found.tried, found.settings) == ((), {})


def test_a_budget_searches_on_the_first_validation_window_alone():
    told = []
    found = report(
        tiny_dataset(),
        {"knn": ItemKNN()},
        window=THREE,
        budget_s=5.0,
        clock=Ticking(),
        progress=lambda what, share: told.append(share),
    )

    assert {one.name for one in found.tried} == {"popular", "personal", "knn"}
    assert told == sorted(told)
    assert told[-1] == 1.0


@dataclass
class Ticking:
    """A clock that goes on by a tenth of a second each time somebody looks at it."""

    at: float = 0.0

    def now(self):
        return self.at

    def elapsed(self):
        self.at += 0.1
        return self.at
