"""What happens after a cut must reach no list and no choice; and what peeks must be caught."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from penchant.catalog import History, Item, ItemTable
from penchant.clock import DAY
from penchant.config.settings import Evaluation
from penchant.engine.assembly import installed_packs
from penchant.evaluation import Windows, evaluate, judge, known_at
from penchant.evaluation.contest import choose
from penchant.evaluation.trial import stage
from penchant.events import Role
from penchant.models import Popular, Run, State
from penchant.pack import Task
from penchant.slate import Candidates, top_k
from penchant.testing import Row, dataset
from penchant.testing.leakage import forgotten, peeks, shuffled

CUT, UNTIL = 80.0 * DAY, 100.0 * DAY
RUN = Run(seed=1, threads=1)
PACKS = installed_packs()
MODELS = [(pack, model) for pack in ("product", "content", "learning") for model in PACKS[pack].models]


def catalog(pack):
    """Twenty items with what a pack's models read."""
    items = []
    for i in range(20):
        name, group = f"i{i:02d}", "abcd"[i % 4]
        published = datetime.fromtimestamp((10 + i) * DAY, UTC)
        fields: dict[str, Any] = {
            "product": {"category": f"shop > {group}", "brand": "xyz"[i % 3], "price": 5.0 + i},
            "content": {"topics": (group, "all"), "creator": "xyz"[i % 3], "published": published, "length_s": 60.0},
            "learning": {
                "topic": group,
                "series": group,
                "position": i // 4 + 1,
                "prerequisites": (f"i{i - 4:02d}",) if i >= 4 else (),
            },
        }
        items.append(PACKS[pack].item(id=name, title=f"{group} number {i % 5}", **fields[pack]))
    return items


def world(pack="product", seed=1):
    """Forty people who come back, with all that an evaluation can trip over after the cut."""
    rng = np.random.default_rng(seed)
    rows = []
    for p in range(40):
        person, lean = f"p{p:02d}", p % 4
        for visit in range(int(rng.integers(4, 9))):
            day = float(rng.uniform(20, 99))
            for step in range(int(rng.integers(2, 6))):
                i = 4 * int(rng.integers(5)) + (lean if rng.random() < 0.8 else int(rng.integers(4)))
                at, item = day + step / 1_440, f"i{i:02d}"
                rows.append(Row(person, item, at, Role.WEAK, 0.2))
                if rng.random() < 0.5:
                    back = at + 3 if rng.random() < 0.1 else None
                    rows.append(Row(person, item, at + 1e-4, basket=f"{person}-{visit}", price=4.0, reversed_day=back))
                elif rng.random() < 0.3:
                    rows.append(Row(person, item, at + 1e-4, Role.NEGATIVE))
    return dataset(rows, catalog(pack), now_day=110.0)


def eased(recipe):
    """The recipe with its minimums at 1, so that a small world is enough."""
    fields = msgspec.to_builtins(recipe)
    ones = {name: 1 for name in fields if name.startswith("least_")}
    return msgspec.convert({**fields, **ones}, type(recipe))


# what must not matter does not


@pytest.mark.parametrize("change", [forgotten, shuffled])
def test_nothing_of_what_a_model_is_fitted_on_comes_from_after_the_cut(change):
    data = world()
    here, there = known_at(data, CUT), known_at(change(data, CUT), CUT)

    assert not np.array_equal(data.interactions.reversed_at, change(data, CUT).interactions.reversed_at)
    for name in here.interactions.__dataclass_fields__:
        assert getattr(here.interactions, name).tobytes() == getattr(there.interactions, name).tobytes(), name
    assert here.now == there.now == CUT
    assert here.history is None


@pytest.mark.parametrize(("pack", "model"), MODELS)
def test_no_list_of_any_model_depends_on_the_future(pack, model):
    recipe = eased(PACKS[pack].models[model])

    assert peeks(lambda data: recipe, world(pack), CUT, UNTIL) == ()


@pytest.mark.parametrize("pack", ["product", "content", "learning"])
def test_nearly_every_model_has_lists_to_compare(pack):
    recipes = {name: eased(recipe) for name, recipe in PACKS[pack].models.items()}
    trials, _ = at_the_cut(world(pack), recipes)
    silent = {name: trial.failed for name, trial in trials.items() if not trial.lists}

    assert len(silent) <= 2, silent


def at_the_cut(data, recipes):
    """What comes of recipes at the start of the validation window, and who is judged in it."""
    train, known = known_at(data, 60 * DAY), data.before(CUT)
    tasks: tuple[Task, ...] = ("next", "new", "together", "following")
    exams = {task: judge(known, train, 60 * DAY, CUT, task, max_people=1000, seed=1) for task in tasks}
    return stage(train, exams, recipes, RUN, Ticking(), lambda name: lambda share: None), exams


@dataclass
class Ticking:
    """A clock that goes on by a second each time somebody looks at it, so that budgets repeat exactly."""

    at: float = 0.0

    def now(self):
        return self.at

    def elapsed(self):
        self.at += 1.0
        return self.at


@pytest.mark.parametrize("change", [forgotten, shuffled])
def test_who_is_judged_on_validation_and_by_what_does_not_depend_on_what_came_after_it(change):
    data = world()
    _, here = at_the_cut(data, {})
    _, there = at_the_cut(change(data, CUT), {})

    for task in here:
        assert len(here[task]) > 5
        assert parts(here[task]) == parts(there[task])


def parts(targets):
    """Everything that targets hold, arrays as bytes."""
    fields = {name: getattr(targets, name) for name in targets.__dataclass_fields__}
    fields |= {f"queries.{name}": value for name, value in vars(fields.pop("queries")).items()}
    return {name: value.tobytes() if isinstance(value, np.ndarray) else value for name, value in fields.items()}


@pytest.mark.slow
@pytest.mark.parametrize("pack", ["product", "content", "learning"])
@pytest.mark.parametrize("change", [forgotten, shuffled])
def test_no_choice_of_validation_depends_on_what_came_after_it(pack, change):
    recipes = {name: eased(recipe) for name, recipe in PACKS[pack].models.items()}
    data = world(pack)
    chosen = []
    for there in (data, change(data, CUT)):
        trials, exams = at_the_cut(there, recipes)
        chosen.append([choose(trials, exams[task], 1) for task in exams if len(exams[task])])

    assert chosen[0] == chosen[1]
    assert len(chosen[0]) == 4


def test_a_whole_evaluation_and_its_search_choose_the_same_whatever_the_test_window_holds():
    pack, data = PACKS["product"], world()
    names = ("popular", "popular-week", "personal-top", "item-knn")
    recipes = {name: eased(pack.models[name]) for name in names}
    windows = Windows((40 * DAY, 60 * DAY, CUT, UNTIL))
    settings = Evaluation(repeats="allowed")
    here, there = (
        evaluate(which, windows, pack, recipes, settings=settings, run=RUN, clock=Ticking(), budget_s=150.0)
        for which in (data, shuffled(data, CUT))
    )

    def choices(report):
        tasks = {one.task: one for one in (report, *report.also)}
        return (
            [(t.name, t.settings, t.value) for t in report.tried],
            report.settings,
            {name: one.blend for name, one in tasks.items()},
            {name: {row.name: row.valid for row in one.rows} for name, one in tasks.items()},
            report.windows[0],
        )

    assert len(here.tried) > len(names)
    assert choices(here) == choices(there)
    assert here.row("popular").metrics != there.row("popular").metrics  # another future is judged otherwise


# what peeks is caught, or has nothing to see


@dataclass(frozen=True)
class Favourites:
    """Proposes what scores highest, the same to everyone."""

    scores: Any

    def retrieve(self, queries, k, allowed=None):
        rows = []
        for i in range(len(queries)):
            mask = allowed if allowed.ndim == 1 else allowed[i]
            rows.append(top_k(np.where(mask, self.scores, -np.inf), k))
        return Candidates.from_rows(rows)

    def state(self):
        return State({"scores": self.scores})

    @classmethod
    def restore(cls, state):
        return cls(state.arrays["scores"])


@dataclass(frozen=True)
class Peeking:
    """A recipe that looks for the future: counts of what is `wanted`, and popularity where it finds nothing."""

    kind: ClassVar[str] = "peeking"
    fitted: ClassVar[type] = Favourites

    look: Any = field(repr=False)

    def fit(self, data, run):
        usual = np.bincount(data.interactions.item, minlength=len(data.items)) / 1e6
        return Favourites(usual + self.look(data))


def later(data, cut=CUT):
    rows = data.interactions
    return np.bincount(rows.item[rows.time >= cut], minlength=len(data.items)).astype(float)


def honest(data):
    return np.zeros(len(data.items))


def through_rows(data):
    """Whatever the data set itself might still hold of the future."""
    rows = data.interactions
    taken_back = np.isfinite(rows.reversed_at) & (rows.reversed_at >= data.now)
    seen = np.bincount(rows.item[(rows.time >= data.now) | taken_back], minlength=len(data.items)).astype(float)
    if data.history is not None:
        seen += np.nan_to_num(data.history.at("stock", data.now + 50 * DAY))
    return seen


def test_a_model_that_is_handed_the_future_is_caught():
    found = peeks(lambda there: Peeking(lambda data: later(there)), world(), CUT, UNTIL)

    assert {"forgotten: next", "shuffled: next", "forgotten: new", "shuffled: following"} <= set(found)


def test_a_model_that_looks_only_at_the_past_is_not_accused():
    assert peeks(lambda there: Peeking(honest), world(), CUT, UNTIL) == ()


def test_a_model_that_searches_the_data_set_for_the_future_finds_nothing():
    data = with_stock(world())
    report = judged(data, {"peeking": Peeking(through_rows), "honest": Peeking(honest)})

    assert peeks(lambda there: Peeking(through_rows), data, CUT, UNTIL) == ()
    assert report.row("peeking").metrics == report.row("honest").metrics


def test_a_model_that_reads_the_future_from_its_requests_finds_nothing():
    @dataclass(frozen=True)
    class Reading(Favourites):
        def retrieve(self, queries, k, allowed=None):
            ahead = queries.times > np.repeat(queries.now, np.diff(queries.ptr))
            seen = np.bincount(queries.items[ahead], minlength=len(self.scores)) * 1e6
            return Favourites(self.scores + seen).retrieve(queries, k, allowed)

    @dataclass(frozen=True)
    class Recipe(Peeking):
        fitted: ClassVar[type] = Reading

        def fit(self, data, run):
            return Reading(super().fit(data, run).scores)

    report = judged(world(), {"reading": Recipe(honest), "honest": Peeking(honest)})
    for one in (report, *report.also):
        rows = {row.name.partition(" ")[0]: row.metrics for row in one.rows}
        assert rows["reading"] == rows["honest"], one.task
    assert {one.task for one in report.also} >= {"new", "together", "following"}


def counted(data):
    """The catalog with a field that counts all that was ever sold, as shops like to keep it."""
    sold = np.bincount(data.interactions.item, minlength=len(data.items))
    items = [Item(id=name, attributes={"sold": int(n)}) for name, n in zip(data.items.ids, sold, strict=True)]
    return replace(data, table=ItemTable(data.items.ids, items))


def test_a_model_that_reads_a_counter_of_the_catalog_is_caught():
    def look(data):
        return data.table.number("attributes.sold") - np.bincount(data.interactions.item, minlength=len(data.items))

    found = peeks(lambda there: Peeking(look), counted(world()), CUT, UNTIL, world=counted)

    assert "shuffled: next" in found


def with_stock(data):
    """Records of a field that follows the future: it falls with everything sold."""
    rows = data.interactions
    at = np.concatenate([np.zeros(len(data.items)), rows.time])
    item = np.concatenate([np.arange(len(data.items)), rows.item])
    values = [-float((rows.item[rows.time <= t] == i).sum()) for i, t in zip(item, at, strict=True)]
    batch = pa.record_batch(
        {
            "id": pa.array([data.items.ids[i] for i in item]),
            "field": pa.array(["stock"] * len(item)),
            "at": pa.array((at * 1000).astype(np.int64)),
            "value": pa.array(values, pa.float64()),
        }
    )
    return replace(data, history=History.read([batch], data.items.ids))


def test_a_counter_that_the_catalog_keeps_records_of_is_what_it_was():
    def look(data):
        return -data.table.number("stock")

    assert peeks(lambda there: Peeking(look), with_stock(world()), CUT, UNTIL, world=with_stock) == ()


def test_a_model_that_bets_on_items_nobody_had_yet_is_not_scored():
    @dataclass(frozen=True)
    class Bets(Favourites):
        def retrieve(self, queries, k, allowed=None):
            return super().retrieve(queries, k, np.ones(len(self.scores), bool))

    @dataclass(frozen=True)
    class Recipe(Peeking):
        fitted: ClassVar[type] = Bets

        def fit(self, data, run):
            return Bets((np.bincount(data.interactions.item, minlength=len(data.items)) == 0).astype(float))

    data = world()
    rows = data.interactions
    hidden = rows.where((rows.time >= CUT) | (rows.item != 3))
    report = judged(replace(data, interactions=hidden), {"bets": Recipe(honest)})

    assert "told not to" in report.row("bets").failed


def judged(data, recipes):
    return evaluate(
        data,
        Windows((60 * DAY, CUT, UNTIL)),
        replace(PACKS["product"], metrics=()),
        {"popular": Popular(), **recipes},
        settings=Evaluation(repeats="allowed"),
        run=RUN,
        clock=Ticking(),
    )
