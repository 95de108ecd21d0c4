"""Checks every pack must pass, as a class to inherit from.

A new pack's test is four lines:

    from penchant.testing import PackChecks

    class TestMine(PackChecks):
        pack = PACK

Give it `items` too, a few of your own with every field filled, and features are tried on them.
"""

from __future__ import annotations

from itertools import combinations

import msgspec
import numpy as np

from penchant.catalog import ItemTable, read_item
from penchant.errors import FitFailed
from penchant.events import Role, canonical
from penchant.models import Run
from penchant.pack import Facts, Judged
from penchant.testing.data import Row, dataset
from penchant.testing.pack_ground import repeated
from penchant.testing.pack_placements import PlacementChecks
from penchant.testing.pack_ranking import RELEVANCE, RankingChecks

TAKEN = ("blend", "catalog", "chosen", "curated", "editorial", "items", "rule", "segment")
"""Names that reports, slates and releases use for what is no model of a pack."""

_POSITIVE = (Role.GOAL, Role.STRONG, Role.WEAK)
_TAKES_AWAY = (Role.NEGATIVE, Role.REVERSAL)


class PackChecks(RankingChecks, PlacementChecks):
    """What holds for every pack.

    Attributes:
        pack: The pack to check.
        items: Items of its own, beside those with nothing but an id that every pack is tried on.
    """

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

    # Models

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
