from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.errors import FormulaWrong
from penchant.ranking import parse
from penchant.ranking.formula import LONGEST

NAMES = ("margin", "p_purchase", "p_return", "price", "return_cost")


def test_a_formula_names_what_it_needs_in_the_order_of_first_mention() -> None:
    formula = parse("p_purchase * (margin * (1 - p_return) - p_return * return_cost)", NAMES)

    assert formula.names == ("p_purchase", "margin", "p_return", "return_cost")
    worth = formula(
        {
            "p_purchase": np.array([0.5, 0.1], np.float32),
            "margin": np.array([10.0, 20.0]),
            "p_return": np.array([0.5, 0.0]),
            "return_cost": 2.0,
        }
    )
    np.testing.assert_allclose(worth, [0.5 * (10 * 0.5 - 0.5 * 2), 2.0])
    assert worth.dtype == np.float64


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ("min(price, 3, margin)", 2.0),
        ("max(price, 3)", 5.0),
        ("clip(price, 0, 4)", 4.0),
        ("log1p(0) + exp(0) + sqrt(price - 1)", 3.0),
        ("where(price > 4, margin, 9)", 2.0),
        ("where(price < margin, margin, 9)", 9.0),
        ("(1 < margin < 3) * 7", 7.0),
        ("(price == 5) + (price != 5) + (price >= 5) + (price <= 4.5)", 2.0),
        ("-price + +margin", -3.0),
        ("1e1 * .5", 5.0),
        ("\n  price\n  * margin\n", 10.0),
    ],
)
def test_what_can_be_computed(text: str, worth: float) -> None:
    assert parse(text, NAMES)({"price": 5.0, "margin": 2.0}) == worth


@pytest.mark.parametrize("text", ["price / 0", "sqrt(0 - price)", "exp(1000)", "0 * where(margin > 1, 2, 3)"])
def test_where_there_is_no_finite_number_there_is_nan(text: str) -> None:
    assert math.isnan(parse(text, NAMES)({"price": 5.0, "margin": math.nan}))


def test_a_branch_that_is_not_taken_may_be_unknown() -> None:
    formula = parse("where(price > 1, price, margin)", NAMES)

    assert formula({"price": np.array([2.0, 0.0]), "margin": math.nan}).tolist()[0] == 2.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("p_purchse * 2", 'at character 1: no name "p_purchse"; did you mean "p_purchase"?'),
        ("1 + nothing", 'at character 5: no name "nothing" (have: margin, p_purchase, p_return, price, return_cost)'),
        ("min(1)", "at character 1: min takes 2 to 8 numbers, not 1"),
        ("clip(1, 2)", "at character 1: clip takes 3 numbers, not 2"),
        ("mix(1, 2)", 'at character 1: no function "mix"; did you mean "min"?'),
        ("sqrt", "at character 1: sqrt is a function; write what it is of in brackets"),
        ("price +", "at character 7: something is missing or too much here"),
        ("(price", "at character 1: '(' was never closed"),
        ("price ** 2", "at character 1: ** is not known here; write a * a, sqrt(a) or exp(a)"),
        ("price.real", "at character 1: a name has no parts; write it without the dot"),
        ("price[0]", "at character 1: a name has no parts; write it without the brackets"),
        ("1 if price else 2", 'at character 1: "if" is not known here; write where(condition, a, b)'),
        ("True", "at character 1: only numbers and names can stand here"),
        ("1e999", "at character 1: this is not a number that can be computed with"),
        ("9" * 400, "at character 1: this is not a number that can be computed with"),
        ("'text'", 'at character 1: "\'" has no meaning here'),
        ("exp(x=1)", "at character 1: what exp is of is written in order, with commas"),
        ("lambda: 1", "at character 1: only arithmetic can stand here"),
        (" ", "a formula must not be empty"),
        ("1+" * LONGEST + "1", "a formula has at most 2,000 characters, not 4,001"),
        ("-" * 300 + "1", "at character 102: its brackets lie too deep in each other"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, said: str) -> None:
    with pytest.raises(FormulaWrong) as caught:
        parse(text, NAMES)

    assert str(caught.value) == said


def test_every_mistake_is_told_at_once_on_whatever_line() -> None:
    with pytest.raises(FormulaWrong) as caught:
        parse("margn *\n (pric + 1)", NAMES)

    assert [(one.at, one.hint) for one in caught.value.mistakes] == [(1, "margin"), (11, "price")]


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "(lambda: price)()",
        "[price for price in (1,)]",
        "().__class__",
        "{1: 2}",
        "f'{price}'",
        "price := 3",
        "print(price)",
        "margin and price",
        "(price)(1)",
        "min(*price)",
        "...",
        "1j",
        "b''",
    ],
)
def test_nothing_but_arithmetic_is_read(text: str) -> None:
    with pytest.raises(FormulaWrong):
        parse(text, NAMES)


@given(st.text(alphabet="pricemagn ()+-*/<>=.,0123456789!&|^~%@:[]'\"\n\\_#;", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        formula = parse(text, NAMES)
    except FormulaWrong as error:
        assert error.mistakes
        assert all(0 <= one.at <= max(len(text), 1) for one in error.mistakes)
    else:
        assert set(formula.names) <= set(NAMES)


NUMBERS = st.floats(-100, 100).map(lambda number: round(number, 3))
TEXTS = st.recursive(
    st.one_of(st.sampled_from(["price", "margin"]), NUMBERS.map(lambda number: f"({number!r})")),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("{} {} {}".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("(-{})".format, inner),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner),
    ),
    max_leaves=12,
)


@given(TEXTS, NUMBERS, NUMBERS)
def test_arithmetic_is_that_of_python(text: str, price: float, margin: float) -> None:
    formula = parse(text, NAMES)
    try:
        expected = float(eval(text, {"price": price, "margin": margin, "min": min, "max": max}))
    except ZeroDivisionError:
        return

    found = float(formula({"price": price, "margin": margin}))

    assert found == expected or (math.isnan(found) and not math.isfinite(expected))


@given(TEXTS, NUMBERS, NUMBERS)
def test_a_batch_is_its_items(text: str, price: float, margin: float) -> None:
    formula = parse(text, NAMES)
    many = formula({"price": np.array([price, 1.0, -2.5]), "margin": np.array([margin, 0.0, 3.0])})

    assert (
        np.broadcast_to(many, 3)[:1].tobytes() == np.atleast_1d(formula({"price": price, "margin": margin})).tobytes()
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "p_purchase * (margin * (1 - p_return) - p_return * return_cost)",
            "p_purchase times (margin times (1 minus p_return) minus p_return times return_cost)",
        ),
        ("price - (margin - 1)", "price minus (margin minus 1)"),
        ("price / (margin * 2) / 3", "price divided by (margin times 2) divided by 3"),
        ("where(price > 3, 1, -margin)", "1 where price is above 3, else minus margin"),
        ("clip(price, 0, 4) * min(margin, 2)", "(price kept between 0 and 4) times (the least of margin and 2)"),
    ],
)
def test_a_formula_can_be_said_in_words(text: str, said: str) -> None:
    assert parse(text, NAMES).describe() == said
