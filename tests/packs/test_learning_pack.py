from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from penchant.catalog import ItemTable, read_item
from penchant.dataset import Queries, Reader
from penchant.errors import ItemRejected
from penchant.events import VOCABULARY, Event, Role
from penchant.features import Batch, matrix
from penchant.pack import Facts, Judged
from penchant.packs.learning import PACK, Module
from penchant.slate import Candidates
from penchant.testing import joined

RULES = {constraint.name: constraint.allow for constraint in PACK.constraints}
METRICS = {metric.name: metric.compute for metric in PACK.metrics}
FEATURES = {feature.name: feature.compute for feature in PACK.features}
EXPIRY = datetime(2026, 11, 21, tzinfo=UTC)

ITEMS = [
    Module(id="basics", series="saving", position=1),
    Module(id="funds", series="saving", position=2, prerequisites=("basics",)),
    Module(id="taxes", series="saving", position=3, prerequisites=("basics", "funds"), jurisdictions=("DE",)),
    Module(id="old", expires=EXPIRY),
    Module(id="lost", prerequisites=("nowhere",)),
]
TABLE = ItemTable([item.id for item in ITEMS], ITEMS)
EVERYTHING = set(TABLE.ids)


def learner(*completed: str, now: float = EXPIRY.timestamp(), role: Role = Role.GOAL) -> Queries:
    codes = [TABLE.row(name) for name in completed]
    return Queries.single(now, codes, [0.0] * len(codes), [1.0] * len(codes), [int(role)] * len(codes))


def passes(rule: str, queries: Queries, region: str | None = None) -> set[str]:
    return {TABLE.ids[row] for row in np.flatnonzero(RULES[rule](TABLE, Facts(queries, region)))}


def test_a_step_opens_when_all_steps_before_it_are_completed() -> None:
    assert passes("prerequisites", learner()) == {"basics", "old"}
    assert passes("prerequisites", learner("basics")) == {"basics", "funds", "old"}
    assert passes("prerequisites", learner("basics", "funds")) == EVERYTHING - {"lost"}


def test_a_step_that_was_only_begun_opens_nothing() -> None:
    assert passes("prerequisites", learner("basics", role=Role.WEAK)) == {"basics", "old"}


def test_what_is_out_of_date_is_kept_out_from_its_last_moment_on() -> None:
    assert passes("in-date", learner(now=EXPIRY.timestamp() - 1)) == EVERYTHING
    assert passes("in-date", learner()) == EVERYTHING - {"old"}


GROWN = {"field": "age", "range": [18, None]}
STUDENT = {"field": "student", "eq": True}


@pytest.mark.parametrize(
    ("rule", "person", "fits"),
    [
        (None, {}, True),
        (GROWN, {"age": 18}, True),
        (GROWN, {"age": 17}, False),
        (GROWN, {}, False),
        ({"not": GROWN}, {"age": 17}, True),
        ({"not": GROWN}, {}, False),  # what is not known speaks for nothing
        ({"not": {"all": [GROWN, STUDENT]}}, {"age": 20}, False),
        ({"not": {"all": [GROWN, STUDENT]}}, {"age": 17}, True),
        ({"any": [GROWN, STUDENT]}, {"student": True}, True),
        ({"any": [GROWN, STUDENT]}, {"student": False}, False),
        ({"all": [GROWN, STUDENT]}, {"age": 20, "student": True}, True),
        ({"all": [GROWN, STUDENT]}, {"age": 20}, False),
        ({"field": "loan", "exists": False}, {}, True),
        ({"not": {"field": "loan", "exists": True}}, {"loan": "yes"}, False),
        ({"all": [{"field": "region", "in": ["DE", "AT"]}]}, {"region": "AT"}, True),
        ({"field": "region", "eq": "DE"}, {"region": None}, False),
    ],
)
def test_a_module_is_for_those_it_is_known_to_fit(rule: Any, person: dict[str, Any], fits: bool) -> None:
    items = [Module(id="a", eligibility=rule), Module(id="b"), Module(id="c", eligibility=rule)]
    table = ItemTable([item.id for item in items], items)
    facts = Facts(Queries.single(0.0), None, {}, person)

    assert RULES["eligible"](table, facts).tolist() == [fits, True, fits]


def test_an_eligibility_that_no_longer_can_be_read_fits_nobody() -> None:
    table = ItemTable(["a", "b"], [Module(id="a", eligibility={"old": 1}), None])

    assert RULES["eligible"](table, Facts(Queries.single(0.0), None, {}, {"old": 1})).tolist() == [False, True]


def test_a_module_that_cannot_be_right_is_refused() -> None:
    for wrong, words in (
        ({"eligibility": {"field": "age", "above": 3}}, "eligibility: needs exactly one test"),
        ({"eligibility": {"any": [STUDENT, {"field": "age", "range": [1]}]}}, "eligibility.any[1].range: must be"),
        ({"prerequisites": ["b", "a"]}, "prerequisites: must not name the module itself"),
    ):
        with pytest.raises(ItemRejected, match=re.escape(words)):
            read_item(Module, {"id": "a", **wrong})


def test_what_does_not_hold_here_is_kept_out() -> None:
    assert passes("jurisdiction", learner(), "DE") == EVERYTHING
    assert passes("jurisdiction", learner(), "FR") == EVERYTHING - {"taxes"}
    assert passes("jurisdiction", learner()) == EVERYTHING - {"taxes"}


def test_what_was_completed_is_not_offered_again() -> None:
    assert passes("not-completed", learner("funds")) == EVERYTHING - {"funds"}


def test_the_next_step_of_a_series_is_the_one_after_the_furthest() -> None:
    everything = Candidates(np.array([0, 5]), np.arange(5, dtype=np.int32), np.ones(5, np.float32))

    assert FEATURES["next_in_series"](Batch(learner("basics"), everything, TABLE)).tolist() == [0, 1, 0, 0, 0]
    assert FEATURES["next_in_series"](Batch(learner("funds"), everything, TABLE)).tolist() == [0, 0, 1, 0, 0]
    assert FEATURES["next_in_series"](Batch(learner(), everything, TABLE)).tolist() == [0, 0, 0, 0, 0]


def judged(queries: Queries, lists: list[list[int]], targets: list[list[int]]) -> Judged:
    return Judged(
        np.array(lists, np.int32),
        queries,
        np.cumsum([0, *(len(row) for row in targets)]),
        np.array([code for row in targets for code in row], np.int32),
        np.full(sum(len(row) for row in targets), np.nan, np.float32),
        TABLE,
    )


def test_violations_are_steps_that_could_not_be_taken() -> None:
    queries = joined([learner(), learner("basics"), learner("basics", "funds"), learner()])
    lists = [[0, 1, 2, 4], [0, 1, 2, -1], [1, 2, -1, -1], [-1, -1, -1, -1]]
    found = METRICS["violations@10"](judged(queries, lists, [[], [], [], []]))

    np.testing.assert_allclose(found, [3 / 4, 1 / 3, 0.0, np.nan])


def test_where_the_catalog_tells_no_prerequisite_nothing_is_said_of_violations() -> None:
    plain = [Module(id="basics"), Module(id="funds")]
    table = ItemTable([item.id for item in plain], plain)
    one = judged(learner(), [[0, 1]], [[]])

    assert np.isnan(METRICS["violations@10"](replace(one, table=table))).all()


def test_a_prerequisite_nobody_knows_is_never_met() -> None:
    everything = learner(*TABLE.ids)

    assert METRICS["violations@10"](judged(everything, [[4]], [[]])).tolist() == [1.0]


def test_a_next_step_is_found_among_the_first_three_or_not() -> None:
    queries = joined([learner()] * 4)
    lists = [[0, 1, 2, 3], [1, 2, 3, 0], [-1, -1, -1, -1], [0, 1, 2, 3]]
    found = METRICS["next-step@3"](judged(queries, lists, [[0, 4], [0], [0], []]))

    assert found[:3].tolist() == [1.0, 0.0, 0.0]
    assert np.isnan(found[3])


def test_progression_is_the_next_step_of_a_begun_series_among_the_first_three() -> None:
    # After the basics, funds is the next step of the series and taxes is not; old is of no series.
    queries = joined([learner("basics"), learner("basics"), learner("basics"), learner()])
    lists = [[3, 4, 1, 0], [3, 4, 0, 1], [1, 2, 3, 4], [0, 1, 2, 3]]
    found = METRICS["progression@3"](judged(queries, lists, [[1, 3], [1], [2, 3], [0]]))

    assert found[:2].tolist() == [1.0, 0.0]
    # Who skipped a step, or had begun no series, took no next step.
    assert np.isnan(found[2:]).all()


def test_what_was_sold_is_neither_a_label_nor_a_feature() -> None:
    """Selling is never what a learner is led by: no such event is read, by any door, whatever it names."""
    sales = [term.name for term in VOCABULARY if term.name.startswith(("Order", "Product", "Checkout", "Cart"))]
    read = {signal.event for signal in PACK.signals}
    learned = {event for head in PACK.heads for event in head.outcome.events}
    module = {name for feature in PACK.features for name in feature.reads}

    assert len(sales) > 15
    assert not read & set(sales)
    assert learned <= read
    assert not module & {"price", "sale_price", "cost", "margin", "priority", "brand"}


def test_a_learner_who_buys_is_led_as_one_who_does_not() -> None:
    codes = {item: n for n, item in enumerate(TABLE.ids)}
    begun = [Event("x", "t", "1", 0, "Module Completed", "ann", None, 1_000, 1_000, "basics")]
    bought = [
        Event("x", "t", str(n), 0, term.name, "ann", None, 2_000, 2_000, "funds")
        for n, term in enumerate(VOCABULARY)
        if term.name.startswith(("Order", "Product", "Checkout", "Cart"))
    ]
    everything = Candidates(np.array([0, 5]), np.arange(5, dtype=np.int32), np.ones(5, np.float32))
    one, other = (
        matrix(PACK.features, Batch(reader.queries(events, codes, 10.0), everything, TABLE))
        for reader, events in ((Reader(PACK.signals), begun), (Reader(PACK.signals), begun + bought))
    )

    assert not one.failed
    np.testing.assert_array_equal(one.values, other.values)


def test_a_check_that_went_wrong_speaks_against_it() -> None:
    reader = Reader(PACK.signals)

    def read(progress: float | None) -> list[Role]:
        event = Event("x", "t", "1", 0, "Quiz Answered", "ann", None, 1, 1, "basics", progress=progress)
        return [signal.role for signal in reader.signals(event)]

    assert (read(0.5), read(1.0), read(None)) == ([Role.STRONG], [Role.STRONG], [Role.STRONG])
    assert read(0.25) == [Role.NEGATIVE]
