from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from penchant.clock import DAY
from penchant.errors import FitFailed
from penchant.evaluation import judge, lists
from penchant.evaluation.lists import padded, propose, propose_similar
from penchant.models import ItemKNN, PersonalTop, Run
from penchant.slate import Candidates
from penchant.testing import tiny_dataset

DATA = tiny_dataset()
CUT = 70 * DAY


def targets(new_only):
    return judge(DATA, DATA.before(CUT), CUT, 100 * DAY, "new" if new_only else "next", max_people=100, seed=1)


def baskets():
    return judge(DATA, DATA.before(CUT), CUT, 100 * DAY, "together", max_people=100, seed=1)


@dataclass(frozen=True)
class Stubborn:
    """Proposes one item to everyone, whatever it is told."""

    item: int

    def retrieve(self, queries, k, allowed=None):
        n = len(queries)
        return Candidates(np.arange(n + 1), np.full(n, self.item, np.int32), np.ones(n, np.float32))


@pytest.mark.parametrize("new_only", [False, True])
def test_blocks_make_the_same_lists_as_one_batch(monkeypatch, new_only):
    wanted = targets(new_only)
    train = DATA.before(CUT)
    model = PersonalTop().fit(train, Run())
    whole = propose(model, wanted, 7)

    monkeypatch.setattr(lists, "BLOCK", 4)
    blocks = propose(model, wanted, 7)

    assert len(wanted) > 4
    assert whole.ptr.tolist() == blocks.ptr.tolist()
    assert whole.items.tolist() == blocks.items.tolist()
    assert whole.scores.tolist() == blocks.scores.tolist()


def test_a_model_that_proposes_what_nobody_had_yet_is_caught():
    wanted = targets(new_only=False)
    unknown = int(np.flatnonzero(~wanted.space)[0])

    with pytest.raises(FitFailed, match="told not to"):
        propose(Stubborn(unknown), wanted, 5, "stubborn")


def test_a_model_that_proposes_seen_items_is_caught_in_new_only():
    wanted = targets(new_only=True)
    seen = int(wanted.seen[0])

    with pytest.raises(FitFailed, match="told not to"):
        propose(Stubborn(seen), wanted, 5, "stubborn")


def test_a_model_that_does_not_answer_everybody_is_caught():
    @dataclass(frozen=True)
    class Silent:
        def retrieve(self, queries, k, allowed=None):
            return Candidates(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))

    with pytest.raises(FitFailed, match="answered 0 of"):
        propose(Silent(), targets(new_only=False), 5, "silent")


def test_rows_with_one_seed_get_the_list_of_that_seed(monkeypatch):
    wanted = baskets()
    model = ItemKNN().fit(DATA.before(CUT), Run())
    monkeypatch.setattr(lists, "BLOCK", 3)
    found = propose_similar(model, wanted, 5)

    assert len(found) == len(wanted) > 3
    for row, seed in enumerate(wanted.queries.seeds):
        alone = model.similar(np.array([seed], np.int32), 5, wanted.space)
        assert found.row(row)[0].tolist() == alone.row(0)[0].tolist()


@dataclass(frozen=True)
class Echo:
    """Says that an item goes with itself, or one that does not exist yet."""

    item: int | None = None

    def similar(self, items, k, allowed=None):
        n = len(items)
        said = items if self.item is None else np.full(n, self.item, np.int32)
        return Candidates(np.arange(n + 1), said, np.ones(n, np.float32))


def test_a_model_that_proposes_the_seed_itself_is_caught():
    with pytest.raises(FitFailed, match="the very item"):
        propose_similar(Echo(), baskets(), 5, "echo")


def test_a_model_that_finds_items_alike_that_nobody_had_yet_is_caught():
    wanted = baskets()
    with pytest.raises(FitFailed, match="told not to"):
        propose_similar(Echo(int(np.flatnonzero(~wanted.space)[0])), wanted, 5, "echo")


def test_short_rows_are_padded_and_long_ones_cut():
    found = Candidates.from_rows(
        [
            (np.array([4, 2, 9], np.int32), np.ones(3, np.float32)),
            (np.array([], np.int32), np.array([], np.float32)),
            (np.array([5], np.int32), np.ones(1, np.float32)),
        ]
    )

    assert padded(found, 2).tolist() == [[4, 2], [-1, -1], [5, -1]]
