"""What holds for the objectives, heads and features of every pack."""

from __future__ import annotations

import numpy as np

from penchant.catalog import ItemTable
from penchant.clock import DAY
from penchant.dataset import Queries
from penchant.events import Role
from penchant.features import Batch, Statistics
from penchant.ranking import parse
from penchant.testing.pack_ground import NOW, PackGround, everything, repeated

RELEVANCE = "relevance"
"""The term of an objective that is no feature."""


class RankingChecks(PackGround):
    """The part of the contract of a `Pack` that is about what ranks."""

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
        for statistics in (Statistics.empty(n), Statistics.of(items, np.full(len(items), NOW - 2 * DAY), roles, n)):
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
                (Queries.single(NOW), empty),
            ):
                found = feature.compute(Batch(queries, everything(len(queries), 0), catalog))
                assert found.shape == (0,), feature.name
