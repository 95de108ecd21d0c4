"""Checks every pack must pass, as a class to inherit from.

A new pack's test is four lines:

    from penchant.testing import PackChecks

    class TestMine(PackChecks):
        pack = PACK

Give it `items` too, a few of your own with every field filled, and features are tried on them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import combinations
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.catalog import Item, ItemTable, read_item
from penchant.clock import DAY, FixedClock
from penchant.dataset import Queries
from penchant.errors import FitFailed
from penchant.events import Role, canonical
from penchant.features import Batch, Statistics
from penchant.models import Run
from penchant.pack import ABOUT_ITEMS, BLEND, Facts, Judged, Pack, Placement
from penchant.placements import Ask, Parts, answer, problems
from penchant.ranking import parse
from penchant.slate import Candidates, Codes
from penchant.testing.data import Row, dataset, joined

RELEVANCE = "relevance"
"""The term of an objective that is no feature."""
TAKEN = ("blend", "catalog", "chosen", "curated", "editorial", "items", "rule", "segment")
"""Names that reports, slates and releases use for what is no model of a pack."""

_NOW = 100 * DAY
_POSITIVE = (Role.GOAL, Role.STRONG, Role.WEAK)
_TAKES_AWAY = (Role.NEGATIVE, Role.REVERSAL)


class PackChecks:
    """What holds for every pack.

    Attributes:
        pack: The pack to check.
        items: Items of its own, beside those with nothing but an id that every pack is tried on.
    """

    pack: ClassVar[Pack]
    items: ClassVar[tuple[Item, ...]] = ()

    @classmethod
    def catalog(cls) -> tuple[Item, ...]:
        """Three items with every field missing, then `items`."""
        return (*(cls.pack.item(id=f"bare-{n}") for n in range(3)), *cls.items)

    @classmethod
    def table(cls) -> ItemTable:
        """`catalog` as columns, and a row that the catalog does not have."""
        catalog = cls.catalog()
        return ItemTable([*(item.id for item in catalog), "gone"], [*catalog, None])

    @classmethod
    def queries(cls) -> Queries:
        """Nobody; somebody who did one thing of every role to every item; somebody with unknown items alone."""
        n = len(cls.table())
        items = np.tile(np.arange(n, dtype=np.int32), len(Role))
        roles = np.repeat(np.array([int(role) for role in Role], np.int8), n)
        weights = np.select([roles < Role.NEGATIVE, roles == Role.IMPRESSION], [1.0, 0.0], -1.0)
        times = (_NOW - 60.0 * np.arange(len(items), 0, -1)).astype(np.float64)
        return joined(
            (
                Queries.single(_NOW),
                Queries.single(_NOW, items, times, weights.astype(np.float32), roles, seeds=[0]),
                Queries.single(_NOW, [-1, n, n + 9], [0.0, 1.0, 2.0], [1.0, 1.0, 1.0], [0, 1, 2], seeds=[-1, n]),
            )
        )

    # Names

    def test_names_are_unique(self) -> None:
        """Placements, reports and traces find things by name."""
        pack = self.pack
        for kind, names in {
            "attribute": [attribute.field for attribute in pack.attributes],
            "baseline": pack.baselines,
            "constraint": [constraint.name for constraint in pack.constraints],
            "feature": [feature.name for feature in pack.features],
            "head": [head.name for head in pack.heads],
            "metric": [metric.name for metric in pack.metrics],
            "objective": [objective.name for objective in pack.objectives],
            "placement": [placement.name for placement in pack.placements],
        }.items():
            assert all(names), f"a {kind} without a name"
            assert not repeated(names), f"{kind} named twice"

    def test_models_take_no_name_that_means_something_else(self) -> None:
        """A slate's `catalog`, a report's `blend`, a release's `items`; nor may a feature be called `relevance`."""
        assert not set(TAKEN) & set(self.pack.models)
        assert RELEVANCE not in {feature.name for feature in self.pack.features}

    def test_baselines_are_models(self) -> None:
        """A winner must beat them, so there must be one."""
        assert self.pack.baselines
        assert set(self.pack.baselines) <= set(self.pack.models)

    def test_everything_says_what_it_is(self) -> None:
        """One sentence each, for those who choose."""
        pack = self.pack
        said = {
            **{constraint.name: constraint.about for constraint in pack.constraints},
            **{feature.name: feature.about for feature in pack.features},
            **{head.name: head.outcome.about for head in pack.heads},
            **{metric.name: metric.about for metric in pack.metrics},
            **{objective.name: objective.about for objective in pack.objectives},
            **{placement.name: placement.about for placement in pack.placements},
        }
        assert pack.name and pack.about and pack.goal
        assert not [name for name, about in said.items() if not about.endswith(".")]

    # Signals

    def test_one_signal_is_a_goal(self) -> None:
        """A domain without an outcome has nothing to learn."""
        assert self.pack.roles(Role.GOAL)

    def test_every_weight_fits_its_role(self) -> None:
        """Above 0 speaks for an item, below 0 against it, an impression says nothing; nothing outweighs the goal."""
        goal = max(signal.weight for signal in self.pack.signals if signal.role is Role.GOAL)
        for signal in self.pack.signals:
            if signal.role in _POSITIVE:
                assert 0 < signal.weight <= goal, signal.event
            elif signal.role in _TAKES_AWAY:
                assert signal.weight < 0, signal.event
            else:
                assert signal.weight == 0, signal.event

    def test_signals_are_called_as_the_log_calls_them(self) -> None:
        """The log keeps the vocabulary's name, so a signal under an alias would never be read."""
        assert not [s.event for s in self.pack.signals if canonical(s.event) not in (None, s.event)]

    def test_one_event_is_read_one_way(self) -> None:
        """Several signals may name one event when their progress ranges do not meet."""
        for one, other in combinations(self.pack.signals, 2):
            apart = one.max_progress <= other.min_progress or other.max_progress <= one.min_progress
            assert one.event != other.event or apart, one.event
        assert all(0 <= s.min_progress < s.max_progress and s.matures_days >= 0 for s in self.pack.signals)

    # Items

    def test_items_come_back_from_json(self) -> None:
        """The store keeps them as JSON; an item needs nothing but an id."""
        for item in self.catalog():
            body = msgspec.json.encode(item)
            assert msgspec.json.decode(body, type=self.pack.item) == item
            assert read_item(self.pack.item, msgspec.json.decode(body)) == item

    def test_what_is_read_of_an_item_is_a_field_of_it(self) -> None:
        """By similarity and by features."""
        fields = self.pack.item.__struct_fields__
        assert not [a.field for a in self.pack.attributes if a.field not in fields]
        read = {*fields, *self.pack.item.derived}
        assert not [name for f in self.pack.features for name in f.reads if name not in read]

    # Objectives and features

    def test_reasons_tell_of_nothing_private(self) -> None:
        """A reason of a feature that reads a private field would tell everybody of it."""
        told = {feature.name for feature in self.pack.features if feature.reason is not None}

        assert told <= {feature.name for feature in self.pack.telling}

    def test_objectives_name_features(self) -> None:
        """Or `relevance`; each once."""
        known = {RELEVANCE, *(feature.name for feature in self.pack.features)}
        assert self.pack.objectives
        for objective in self.pack.objectives:
            terms = [term.feature for term in objective.terms]
            assert terms and not repeated(terms), objective.name
            assert set(terms) <= known, objective.name

    def test_formulas_can_be_worked_out(self) -> None:
        """Of heads, features, number fields and the objective's own constants, which may stand in for the last two."""
        heads = {head.name for head in self.pack.heads}
        features = {RELEVANCE, *(feature.name for feature in self.pack.features)}
        numbers = {name for name, kind in self.table().schema.columns.items() if kind in ("number", "flag")}
        assert not heads & features
        for objective in self.pack.objectives:
            constants = {name for name, _ in objective.constants}
            assert not constants & heads, objective.name
            assert not objective.goal or objective.goal in heads, objective.name
            assert 0 <= objective.loss < 1 and objective.version > 0, objective.name
            if objective.formula:
                names = parse(objective.formula, {*heads, *features, *numbers, *constants}).names
                assert heads & set(names) and constants <= set(names), objective.name

    def test_heads_are_sound(self) -> None:
        """What they read are features, what they hang on is a chance, and what they count is read by the pack.

        A chain reads nothing itself, and is made of two learned chances or more, each given the one before.
        """
        pack, heads = self.pack, {head.name: head for head in self.pack.heads}
        features = {RELEVANCE, *(feature.name for feature in pack.features)}
        for name, head in heads.items():
            outcome, bound = head.outcome, {*head.rising, *head.falling}
            assert {*head.features, *head.without, *bound} <= features, name
            assert not set(head.rising) & set(head.falling), name
            assert not bound & set(head.without), name
            assert not head.features or bound <= set(head.features), name
            assert outcome.days > 0, name
            assert not outcome.given or heads[outcome.given].outcome.kind != "amount", name
            assert (outcome.reads == "reached") == bool(outcome.roles), name
            said = {s.event for s in pack.signals if s.role in outcome.roles}
            assert set(outcome.events) <= said, name
            if head.of:
                assert len(head.of) > 1 and not repeated(head.of), name
                assert not (head.features or head.without or bound or head.settings or outcome.given), name
                assert set(head.of) <= set(heads) and not any(heads[part].of for part in head.of), name
                assert all(heads[part].outcome.kind != "amount" for part in head.of), name
                steps = zip(head.of, head.of[1:], strict=False)
                assert all(heads[then].outcome.given == first for first, then in steps), name
            given = outcome.given
            while given:
                assert given != name, f"{name} hangs on itself"
                given = heads[given].outcome.given

    def test_formulas_print(self) -> None:
        """Every term with its weight, in order."""
        for objective in self.pack.objectives:
            words = objective.sum.split()
            assert words[1::3] == [term.feature for term in objective.terms]
            assert [abs(float(word)) for word in words[::3]] == [round(abs(t.weight), 2) for t in objective.terms]

    def test_features_give_a_value_for_each_candidate(self) -> None:
        """Of missing fields, unknown items and items that are gone too; NaN is a value."""
        table, queries = self.table(), self.queries()
        candidates = everything(len(queries), len(table))
        for feature in self.pack.features:
            found = feature.compute(Batch(queries, candidates, table))
            assert found.dtype == np.float32, feature.name
            assert found.shape == candidates.items.shape, feature.name
            assert not np.isinf(found).any(), feature.name

    def test_features_keep_their_range(self) -> None:
        """Each has a unit, and values between its lowest and its highest, whatever everybody did."""
        table, queries = self.table(), self.queries()
        n = len(table)
        items, roles = np.tile(np.arange(n, dtype=np.int32), len(Role)), np.repeat([int(role) for role in Role], n)
        for statistics in (Statistics.empty(n), Statistics.of(items, np.full(len(items), _NOW - 2 * DAY), roles, n)):
            batch = Batch(queries, everything(len(queries), n), table, statistics)
            for feature in self.pack.features:
                found = feature.compute(batch)
                told = found[~np.isnan(found)]
                assert feature.unit and feature.low < feature.high, feature.name
                assert ((told >= np.float32(feature.low)) & (told <= np.float32(feature.high))).all(), feature.name

    def test_features_answer_a_batch_like_single_requests(self) -> None:
        """Serving and training see the same features."""
        table, queries = self.table(), self.queries()
        one = everything(1, len(table))
        for feature in self.pack.features:
            rows = [feature.compute(Batch(queries.take(i, i + 1), one, table)) for i in range(len(queries))]
            whole = feature.compute(Batch(queries, everything(len(queries), len(table)), table))
            np.testing.assert_array_equal(np.concatenate(rows), whole, err_msg=feature.name)

    def test_features_work_on_nothing(self) -> None:
        """No request, no candidate, no catalog."""
        table, empty = self.table(), ItemTable([], [])
        for feature in self.pack.features:
            for queries, catalog in (
                (self.queries().take(0, 0), table),
                (self.queries(), table),
                (Queries.single(_NOW), empty),
            ):
                found = feature.compute(Batch(queries, everything(len(queries), 0), catalog))
                assert found.shape == (0,), feature.name

    # Constraints and metrics

    def test_constraints_judge_every_row(self) -> None:
        """With a region and without, for nobody and for somebody, on a full catalog and on an empty one."""
        queries = self.queries()
        for table in (self.table(), ItemTable([], [])):
            for i in range(len(queries)):
                for region in (None, "DE"):
                    facts = Facts(queries.take(i, i + 1), region)
                    for constraint in self.pack.constraints:
                        allowed = constraint.allow(table, facts)
                        assert allowed.dtype == np.bool_, constraint.name
                        assert allowed.shape == (len(table),), constraint.name

    def test_metrics_judge_every_list(self) -> None:
        """Full lists, empty ones, lists nothing followed; NaN says that there is nothing to say."""
        table, queries = self.table(), self.queries()
        n = len(table)
        lists = np.full((len(queries), 12), -1, np.int32)
        lists[0, :n] = np.arange(min(n, 12))
        targets, ptr = np.array([0, n - 1], np.int32), np.array([0, 2, 2, 2])
        values = np.array([np.nan, 2.0], np.float32)
        for metric in self.pack.metrics:
            found = metric.compute(Judged(lists, queries, ptr, targets, values, table))
            assert found.dtype == np.float64, metric.name
            assert found.shape == (len(lists),), metric.name
            assert not np.isinf(found).any(), metric.name

    # Models and placements

    def test_models_fit_or_say_what_is_missing(self) -> None:
        """On a catalog whose fields are all missing, and a few goals."""
        rows = [Row(f"p{n}", f"bare-{i}", 10 + n + i / 100) for n in range(3) for i in range(3)]
        data = dataset(rows, self.catalog())
        for name, recipe in self.pack.models.items():
            try:
                fitted = recipe.fit(data, Run())
            except FitFailed as failure:
                assert failure.reason, name
            else:
                assert isinstance(fitted, recipe.fitted), name

    def test_placements_check_out(self) -> None:
        """Every name in them is real, and every model can what it is asked for."""
        found = {placement.name: problems(placement, self.pack) for placement in self.pack.placements}
        assert self.pack.placements
        assert not {name: wrong for name, wrong in found.items() if wrong}

    def test_placements_have_sound_numbers(self) -> None:
        """Sizes, caps, weights and budgets that can be met."""
        for placement in self.pack.placements:
            assert placement.sources and placement.size > 0 and placement.budget_ms > 0, placement.name
            assert all(cap > 0 for cap in placement.caps.values()), placement.name
            assert all(s.weight > 0 and s.k > 0 for s in placement.sources), placement.name
            assert sum(s.slots for s in placement.sources) < placement.size, placement.name

    def test_placements_that_learn_ask_for_what_they_learn(self) -> None:
        """The blend is a source wherever it is learned for something, and nowhere else."""
        for placement in self.pack.placements:
            blended = any(source.model == BLEND for source in placement.sources)
            assert blended == (placement.learns is not None), placement.name

    def test_placements_learn_what_their_requests_tell(self) -> None:
        """For a task about items the blend reads the items of a request, for any other the person alone."""
        for placement in self.pack.placements:
            if placement.learns is None:
                continue
            reads = {source.reads for source in placement.sources if source.model == BLEND}
            if placement.learns in ABOUT_ITEMS:
                # Without a need for one, the items the person chose last stand for it: `both`.
                assert reads == ({"seeds"} if "item" in placement.needs else {"both"}), placement.name
            else:
                assert reads == {"person"}, placement.name
                assert "item" not in placement.needs, placement.name

    def test_placements_learn_what_they_may_show(self) -> None:
        """What is learned for new items keeps out what was had; where repeats count, some of it may be shown."""
        for placement in self.pack.placements:
            before, after = self._open(placement, had=False), self._open(placement, had=True)
            if placement.learns in ("next", "again"):
                assert (before & after).any(), placement.name
            elif placement.learns == "new" and before.any():
                assert (before & ~after).any(), placement.name

    def test_placements_answer_before_anything_is_trained(self) -> None:
        """From the catalog alone, within the constraints."""
        table = self.table()
        facts = Facts(self.queries().take(1, 2))
        for placement in self.pack.placements:
            bare = msgspec.structs.replace(placement, constraints=(), caps={})
            for asked in (placement, bare):
                ask = Ask(facts, len(table), self.pack.objectives[0], np.ones(len(table), bool))
                made = answer(asked, Parts(self.pack, {}, table, 0), ask, FixedClock(0.0))
                assert len({item.id for item in made.items}) == len(made.items), placement.name
            # Every item that is there, save the one the request is about.
            assert len(made.items) == len(self.catalog()) - 1, placement.name

    @classmethod
    def _open(cls, placement: Placement, *, had: bool) -> NDArray[np.bool_]:
        """Items that a placement's constraints leave to somebody who has everything, or nothing."""
        table = cls.table()
        n = len(table) if had else 0
        queries = Queries.single(_NOW, range(n), [_NOW - DAY] * n, [1.0] * n, [int(Role.GOAL)] * n)
        open_ = table.active.copy()
        for constraint in cls.pack.constraints:
            if constraint.name in placement.constraints:
                open_ &= constraint.allow(table, Facts(queries))
        return open_


def repeated(names: Iterable[str]) -> list[str]:
    """Names that stand more than once."""
    return [name for name, times in Counter(names).items() if times > 1]


def everything(rows: int, n_items: int) -> Candidates:
    """Every item of a space as a candidate, in each of some rows, all equally relevant."""
    items: Codes = np.tile(np.arange(n_items, dtype=np.int32), rows)
    return Candidates(np.arange(rows + 1, dtype=np.int64) * n_items, items, np.ones(len(items), np.float32))
