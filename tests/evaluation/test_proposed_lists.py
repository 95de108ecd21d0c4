from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from penchant.clock import DAY
from penchant.errors import FitFailed
from penchant.evaluation import judge, lists
from penchant.evaluation.lists import padded, propose
from penchant.models import PersonalTop, Run
from penchant.slate import Candidates
from penchant.testing import tiny_dataset

DATA = tiny_dataset()
CUT = 70 * DAY


def targets(new_only):
    return judge(DATA, CUT, 100 * DAY, new_only=new_only, max_people=100, seed=1)


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
    model, queries = PersonalTop().fit(train, Run()), train.queries(wanted.people)
    whole = propose(model, queries, wanted, 7)

    monkeypatch.setattr(lists, "BLOCK", 4)
    blocks = propose(model, queries, wanted, 7)

    assert len(wanted) > 4
    assert whole.ptr.tolist() == blocks.ptr.tolist()
    assert whole.items.tolist() == blocks.items.tolist()
    assert whole.scores.tolist() == blocks.scores.tolist()


def test_a_model_that_proposes_what_nobody_had_yet_is_caught():
    wanted = targets(new_only=False)
    unknown = int(np.flatnonzero(~wanted.space)[0])

    with pytest.raises(FitFailed, match="told not to"):
        propose(Stubborn(unknown), DATA.before(CUT).queries(wanted.people), wanted, 5, "stubborn")


def test_a_model_that_proposes_seen_items_is_caught_in_new_only():
    wanted = targets(new_only=True)
    seen = int(wanted.seen[0])

    with pytest.raises(FitFailed, match="told not to"):
        propose(Stubborn(seen), DATA.before(CUT).queries(wanted.people), wanted, 5, "stubborn")


def test_short_rows_are_padded_and_long_ones_cut():
    found = Candidates.from_rows(
        [
            (np.array([4, 2, 9], np.int32), np.ones(3, np.float32)),
            (np.array([], np.int32), np.array([], np.float32)),
            (np.array([5], np.int32), np.ones(1, np.float32)),
        ]
    )

    assert padded(found, 2).tolist() == [[4, 2], [-1, -1], [5, -1]]
