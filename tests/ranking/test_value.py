from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from penchant.catalog import Item, ItemTable, Schema
from penchant.dataset import Queries
from penchant.features import Batch, Feature
from penchant.ranking import Objective, Term, asked, by_formula, number_fields, value
from penchant.slate import Candidates


class Thing(Item, frozen=True, kw_only=True):
    """An item with a margin."""

    margin: float | None = None
    new: bool = False
    brand: str = ""


ITEMS = [Thing(id="a", margin=10.0), Thing(id="b", margin=2.0, new=True), Thing(id="c"), Thing(id="d", margin=4.0)]
TABLE = ItemTable([item.id for item in ITEMS], ITEMS)
SCORES = np.array([1.0, 0.5, 0.25, 0.0], np.float32)


@dataclass(frozen=True)
class Told:
    """A head that says what it is told to, by item."""

    features: tuple[str, ...]
    by_code: tuple[float, ...]

    def predict(self, values: np.ndarray) -> np.ndarray:
        return np.array(self.by_code, np.float32)[values[:, 0].astype(int)]


CODE = Feature("code", "code", (), "Its code.", lambda batch: batch.candidates.items.astype(np.float32))
FRESH = Feature("fresh", "share", (), "Fresh.", lambda batch: np.full(len(batch.candidates.items), 0.5, np.float32))
FEATURES = {"code": CODE, "fresh": FRESH}
HEADS: Any = {
    "p_buy": Told(("code",), (0.1, 0.4, 0.2, 0.0)),
    "p_back": Told(("code", "fresh"), (0.5, 0.0, 0.0, 0.0)),
}


def batch(*rows: list[int]) -> Batch:
    rows = rows or ([0, 1, 2, 3],)
    ptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    items = np.array([code for row in rows for code in row], np.int32)
    n = len(rows)
    queries = Queries(
        np.zeros(n + 1, np.int64),
        np.zeros(0, np.int32),
        np.zeros(0),
        np.zeros(0, np.float32),
        np.zeros(0, np.int8),
        np.zeros(n),
        np.zeros(n + 1, np.int64),
        np.zeros(0, np.int32),
    )
    return Batch(queries, Candidates(ptr, items, SCORES[items]), TABLE)


PROFIT = Objective(
    "profit",
    1,
    "Money.",
    (Term("relevance", 1.0),),
    "p_buy * (margin * (1 - p_back) - p_back * cost)",
    "p_buy",
    constants=(("cost", 2.0),),
)


def test_the_formula_is_worked_out_over_heads_fields_and_constants() -> None:
    found = value(replace(PROFIT, goal=""), FEATURES, batch([0, 1, 3]), HEADS)

    assert found.by == "formula"
    np.testing.assert_allclose(found.value, [0.1 * (10 * 0.5 - 0.5 * 2), 0.4 * 2, 0.0], rtol=1e-6)
    np.testing.assert_allclose(found.heads["p_buy"], [0.1, 0.4, 0.0])
    assert found.failed == {}
    assert found.value.dtype == np.float32


def test_an_item_that_does_not_tell_its_margin_is_worth_to_its_goal_what_the_others_are() -> None:
    found = value(PROFIT, FEATURES, batch(), HEADS)

    # The others: 0.4 + 0.8 + 0 for 0.1 + 0.4 + 0 chances.
    assert found.guessed.tolist() == [False, False, True, False]
    assert found.value[2] == pytest.approx(0.2 * 1.2 / 0.5)


def test_a_constant_of_a_fields_name_stands_in_where_the_field_says_nothing() -> None:
    found = value(replace(PROFIT, constants=(("cost", 2.0), ("margin", 5.0))), FEATURES, batch(), HEADS)

    assert not found.guessed.any()
    np.testing.assert_allclose(found.value, [0.4, 0.8, 1.0, 0.0], rtol=1e-6)


def test_where_no_item_tells_the_goal_orders() -> None:
    assert value(PROFIT, FEATURES, batch([2]), HEADS).value.tolist() == pytest.approx([0.2])


def test_the_floor_is_that_of_the_goal() -> None:
    found = value(PROFIT, FEATURES, batch(), HEADS, floor=0.5)

    assert found.below.tolist() == [True, False, False, True]
    assert np.argsort(-found.value).tolist() == [1, 2, 0, 3]


def test_features_relevance_and_flags_can_be_named() -> None:
    objective = Objective("o", 1, "", (), "fresh * relevance + new + (p_buy * 0)", "")

    assert value(objective, FEATURES, batch(), HEADS).value.tolist() == [0.5, 1.25, 0.125, 0.0]


def test_terms_tell_what_the_value_owes_to_each_name() -> None:
    found = value(replace(PROFIT, formula="p_buy * margin", constants=()), FEATURES, batch([0, 1, 3]), HEADS)

    # 0.1 * 10 against the mean chance of 0.5 / 3, and against the mean margin of 16 / 3.
    assert found.terms["p_buy"][0] == pytest.approx(0.1 * 10 - 0.5 / 3 * 10)
    assert found.terms["margin"][0] == pytest.approx(0.1 * 10 - 0.1 * 16 / 3)


@pytest.mark.parametrize("floor", [0.0, 0.5, 1.0])
def test_a_batch_is_its_requests(floor: float) -> None:
    rows = [[0, 1, 2, 3], [2], [], [3, 2, 0]]
    whole = value(PROFIT, FEATURES, batch(*rows), HEADS, floor)
    single = [value(PROFIT, FEATURES, batch(row), HEADS, floor) for row in rows]

    assert whole.value.tobytes() == b"".join(one.value.tobytes() for one in single)
    for name, share in whole.terms.items():
        assert share.tobytes() == b"".join(one.terms[name].tobytes() for one in single)


def test_while_a_head_is_missing_the_sum_serves() -> None:
    found = value(PROFIT, FEATURES, batch(), {"p_buy": HEADS["p_buy"]})

    assert (found.by, found.failed, dict(found.heads)) == ("sum", {}, {})
    assert found.value.tolist() == SCORES.tolist()
    assert not by_formula(PROFIT, FEATURES, ["margin"], ["p_back"])
    assert by_formula(PROFIT, FEATURES, ["margin"], HEADS)
    assert not by_formula(replace(PROFIT, formula=""), FEATURES, ["margin"], HEADS)


def test_a_head_that_fails_is_named_and_the_sum_serves() -> None:
    broken: Any = {**HEADS, "p_buy": Told(("code",), ())}

    found = value(PROFIT, FEATURES, batch(), broken)

    assert found.by == "sum"
    assert found.failed["p_buy"].startswith("IndexError")
    assert found.value.tolist() == SCORES.tolist()


def test_a_feature_that_fails_or_is_gone_is_named_and_says_nothing() -> None:
    def fails(batch: Batch) -> np.ndarray:
        raise KeyError("price")

    heads: Any = {"p_buy": Told(("code", "gone", "bad"), (0.1, 0.4, 0.2, 0.0)), "p_back": HEADS["p_back"]}
    features = {**FEATURES, "bad": Feature("bad", "share", (), "Bad.", fails)}

    found = value(PROFIT, features, batch(), heads)

    assert found.by == "formula"
    assert found.failed == {"bad": "KeyError: 'price'", "gone": "this version has no such feature"}


def test_an_objective_asks_the_heads_it_names_and_its_goals() -> None:
    assert asked(PROFIT, HEADS) == ("p_buy", "p_back")
    assert asked(replace(PROFIT, formula="margin"), HEADS) == ("p_buy",)
    assert asked(replace(PROFIT, formula=""), HEADS) == ()


def test_number_fields_are_numbers_flags_and_free_ones() -> None:
    fields = number_fields(Schema.of(Thing, {"grip": "number", "tone": "text", "margin": "number", "eco": "flag"}))

    assert {name: fields[name] for name in ("margin", "new", "grip", "eco")} == {
        "margin": "margin",
        "new": "new",
        "grip": "attributes.grip",
        "eco": "attributes.eco",
    }
    assert not {"brand", "tone", "id"} & set(fields)


def test_the_first_candidates_can_be_taken_alone() -> None:
    found = value(PROFIT, FEATURES, batch(), HEADS, 0.5).first(2)

    lengths = {len(found.value), len(found.below), len(found.guessed), *map(len, found.terms.values())}
    assert {*lengths, *map(len, found.heads.values())} == {2}


def test_features_that_were_worked_out_are_kept_with_others_that_are_read_afterwards() -> None:
    more = Feature("half", "share", (), "A half of its code.", lambda batch: CODE.compute(batch) / 2)
    objective = Objective("one", 1, "About.", (), formula="p_one * code", goal="p_one")
    heads: Any = {"p_one": Told(("code",), (0.1, 0.2, 0.3, 0.4))}

    made = value(objective, {"code": CODE, "half": more}, batch([0, 1, 2, 3]), heads, also=("half", "gone"))

    assert made.matrix is not None and made.matrix.names == ("code", "half") and made.failed == {}
    assert made.matrix.column("half").tolist() == [0.0, 0.5, 1.0, 1.5]
    first = made.first(2).matrix
    assert first is not None and first.values.tolist() == [[0.0, 0.0], [1.0, 0.5]]
    assert value(objective, {"code": CODE}, batch([0]), {}).matrix is None
