from __future__ import annotations

from typing import Any

import numpy as np

from penchant.features import Batch, Feature
from penchant.models import Run
from penchant.ranking import Head, Heads, Objective, Outcome, Rows, Term, fit_head
from penchant.ranking.reading import reading
from penchant.slate import Reason

NAMES = ("wish", "flat", "told_flat")


def feature(name: str, reason: Reason | None = None) -> Feature:
    def compute(batch: Batch) -> Any:
        return np.zeros(len(batch.candidates.items), np.float32)

    return Feature(name, "share", (), "About.", compute, reason)


FEATURES = {
    "wish": feature("wish"),
    "flat": feature("flat"),
    "told_flat": feature("told_flat", Reason("told", "because")),
    "own": feature("own"),
    "more": feature("more"),
}
AIM = Objective("aim", 1, "About.", (Term("own", 1.0),), "p_goal * own", "p_goal")


def heads() -> Heads:
    """One head whose trees ask for `wish` alone: the other two say the same of everything."""
    wish = np.random.default_rng(1).standard_normal(2_000).astype(np.float32)
    values = np.stack([wish, np.ones_like(wish), np.ones_like(wish)], axis=1)
    label = (wish > 0.5).astype(np.float32)
    rows = Rows(NAMES, values, label, np.ones_like(label), np.arange(2_000, dtype=np.int32), np.arange(2_000) * 1.0)
    head = Head("p_goal", Outcome("It happened.", "chance", "reached"), settings={"trees": 5, "depth": 2})
    return Heads({"p_goal": fit_head(head, rows, Rows.none(NAMES), Run())}, [("p_goal",)])


def test_what_no_tree_asks_for_is_made_only_if_it_may_be_told_as_a_reason() -> None:
    made = reading(AIM, ["own"], ("p_goal",), FEATURES, heads(), ("more", "nobody knows it"))

    assert [one.name for one in made.features] == ["wish", "own", "told_flat", "more"]
    assert made.straight and made.unknown == ()


def test_heads_that_are_asked_one_by_one_get_all_they_read() -> None:
    apart = dict(heads())

    made = reading(AIM, ["own"], ("p_goal",), {"wish": FEATURES["wish"], "own": FEATURES["own"]}, apart)

    assert [one.name for one in made.features] == ["wish", "own"]
    assert made.group is None and not made.straight
    assert made.unknown == ("flat", "told_flat")


def test_a_reading_is_worked_out_once_for_the_same_features() -> None:
    own = heads()
    first = reading(AIM, ["own"], ("p_goal",), FEATURES, own)

    assert reading(AIM, ["own"], ("p_goal",), dict(FEATURES), own) is first
    assert reading(AIM, ["own"], ("p_goal",), {**FEATURES, "wish": feature("wish")}, own) is not first
    assert reading(AIM, [], ("p_goal",), FEATURES, own) is not first
