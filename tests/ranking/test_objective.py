from __future__ import annotations

from penchant.ranking import Objective, Term


def test_a_formula_is_its_terms_in_order() -> None:
    objective = Objective("conversion", 1, "Bought.", (Term("relevance", 1.0), Term("price_band", 0.3)))

    assert objective.sum == "1.00 relevance + 0.30 price_band"


def test_a_term_that_takes_away_is_written_with_a_minus() -> None:
    objective = Objective("kept", 1, "Kept.", (Term("relevance", 1.0), Term("aversion", -0.5), Term("fresh", 0.125)))

    assert objective.sum == "1.00 relevance - 0.50 aversion + 0.12 fresh"


def test_a_formula_may_begin_with_what_it_takes_away() -> None:
    assert Objective("odd", 1, "Odd.", (Term("aversion", -0.5),)).sum == "-0.50 aversion"
