"""A stage that raises, and stages there is no time for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.catalog import ItemTable
from penchant.pack import Placement, Source
from penchant.placements import Answer, Rule, pipeline
from penchant.placements.fallback import Fallback

Fill = Callable[..., Answer]
Shelf = Callable[..., ItemTable]

STAGES = ("value", "select", "pin", "seated", "chance", "told", "faded", "about", "Retrieval", "Batch", "Trace", "Work")
"""What the pipeline calls by name, and nothing stands in for."""
HOME = Placement(
    name="home",
    about="For tests.",
    sources=(Source(model="a"),),
    constraints=("in-stock", "not-bought"),
    fallback=("b",),
)


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL + 1, "penchant.placements")


def ids(made: Answer) -> list[str]:
    return [item.id for item in made.items]


def breaking(name: str) -> Any:
    no = ZeroDivisionError("no")
    return mock.patch.object(pipeline, name, side_effect=no, **{"of.side_effect": no})


@pytest.mark.parametrize("stage", STAGES)
def test_whatever_stage_raises_the_fallback_chain_answers(
    fill: Fill, make_shelf: Shelf, listing: Any, stage: str
) -> None:
    table = make_shelf({}, {"stock": 0}, {}, {}, None)
    models = {"a": listing({0: 1.0}), "b": listing({1: 9.0, 2: 2.0})}
    with breaking(stage):
        made = fill(HOME, models, table, history=[3], size=4)

    assert made.broken and made.degraded == ("failed: ZeroDivisionError",)
    assert ids(made) == ["i2", "i0"]
    assert [item.source for item in made.items] == [("b",), ("catalog",)]
    assert [item.position for item in made.items] == [1, 2]
    assert made.trace.relevance == (None, None) and made.record is None


def test_where_the_fallback_chain_breaks_too_the_catalog_answers(fill: Fill, make_shelf: Shelf, listing: Any) -> None:
    table = make_shelf({}, {"stock": 0}, {})
    with breaking("select"), mock.patch.object(Fallback, "proposals", side_effect=ZeroDivisionError):
        made = fill(HOME, {"a": listing({0: 1.0})}, table)

    assert ids(made) == ["i0", "i2"]


def test_what_a_rule_excludes_stays_out_and_what_is_asked_about_too(
    fill: Fill, make_shelf: Shelf, listing: Any
) -> None:
    rule = Rule(action="exclude", items=("i0",))
    with breaking("select"):
        made = fill(HOME, {"a": listing({0: 1.0})}, make_shelf({}, {}, {}), rules=[rule], seeds=[1])

    assert ids(made) == ["i2"]


def test_a_placement_that_is_not_filled_up_has_no_answer_then(fill: Fill, make_shelf: Shelf, listing: Any) -> None:
    bare = Placement(name="home", about="For tests.", sources=(Source(model="a"),), fills=False)
    with breaking("select"):
        made = fill(bare, {"a": listing({0: 1.0})}, make_shelf({}, {}))

    assert made.items == () and made.degraded == ("failed: ZeroDivisionError",)


@settings(max_examples=60)
@given(
    stage=st.sampled_from(STAGES),
    stock=st.lists(st.integers(0, 1), min_size=1, max_size=8),
    bought=st.sets(st.integers(0, 7)),
    size=st.integers(1, 8),
)
def test_no_constraint_is_passed_whatever_breaks(
    fill: Fill, make_shelf: Shelf, listing: Any, stage: str, stock: list[int], bought: set[int], size: int
) -> None:
    table = make_shelf(*({"stock": each} for each in stock))
    history = sorted(code for code in bought if code < len(stock))
    lies = listing(dict.fromkeys(range(len(stock)), 1.0), obeys=False)
    with breaking(stage):
        made = fill(HOME, {"a": lies, "b": lies}, table, history=history, size=size)

    open_ = [f"i{n}" for n, each in enumerate(stock) if each and n not in bought]
    assert set(ids(made)) <= set(open_) and len(made.items) == min(size, len(open_))


class Spent:
    """A clock on which the budget is used up after so many looks."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    def now(self) -> float:
        return 0.0

    def elapsed(self) -> float:
        self.left -= 1
        return 0.0 if self.left >= 0 else 60.0


def test_what_ranks_is_left_out_when_it_is_late_and_relevance_orders(
    fill: Fill, make_shelf: Shelf, listing: Any
) -> None:
    place = Placement(name="home", about="For tests.", sources=(Source(model="a"),), objective="bonus")
    table = make_shelf({}, {"bonus": 5.0})
    models = {"a": listing({0: 2.0, 1: 1.0})}
    in_time = fill(place, models, table, size=2)
    late = fill(place, models, table, size=2, clock=Spent(2))

    assert ids(in_time) == ["i1", "i0"] and in_time.degraded == ()
    assert ids(late) == ["i0", "i1"] and late.degraded == ("late:heads",)
    assert [item.value for item in late.items] == [1.0, 0.5] and not late.broken


def test_what_rules_did_is_not_worked_out_when_it_is_late(fill: Fill, make_shelf: Shelf, listing: Any) -> None:
    rule, table = Rule(action="pin", items=("i1",)), make_shelf({}, {})
    models = {"a": listing({0: 2.0, 1: 1.0})}
    place = Placement(name="home", about="For tests.", sources=(Source(model="a"),))
    in_time = fill(place, models, table, size=2, rules=[rule])
    late = fill(place, models, table, size=2, rules=[rule], clock=Spent(3))

    assert ids(in_time) == ids(late) == ["i1", "i0"]
    assert in_time.record is not None and late.record is None
    assert late.degraded == ("late:rules",)
