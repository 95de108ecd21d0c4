"""What holds for the placements of every pack."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY, FixedClock
from penchant.dataset import Queries
from penchant.events import Role
from penchant.pack import ABOUT_ITEMS, BLEND, Facts, Placement
from penchant.placements import Ask, Parts, answer, problems
from penchant.testing.pack_ground import NOW, PackGround


class PlacementChecks(PackGround):
    """The part of the contract of a `Pack` that is about its placements."""

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
            if placement.learns == "next":
                assert (before & after).any(), placement.name
            elif placement.learns == "again":
                assert after.any(), placement.name
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
            assert len(made.items) == (len(self.catalog()) - 1 if placement.fills else 0), placement.name

    @classmethod
    def _open(cls, placement: Placement, *, had: bool) -> NDArray[np.bool_]:
        """Items that a placement's constraints leave to somebody who has everything, or nothing."""
        table = cls.table()
        n = len(table) if had else 0
        queries = Queries.single(NOW, range(n), [NOW - DAY] * n, [1.0] * n, [int(Role.GOAL)] * n)
        open_ = table.active.copy()
        for constraint in cls.pack.constraints:
            if constraint.name in placement.constraints:
                open_ &= constraint.allow(table, Facts(queries))
        return open_
