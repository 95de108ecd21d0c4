"""What an academy's formulas say of modules that are told in full."""

from __future__ import annotations

import math

import pytest

from penchant.packs.learning.objectives import OBJECTIVES
from penchant.ranking.formula import parse

BY_NAME = {objective.name: objective for objective in OBJECTIVES}


def worth(objective: str, **told: float) -> float:
    """The value of one module by an objective; what is not told is 0, and constants are as they ship."""
    one = BY_NAME[objective]
    names = {"p_complete", "p_progress", "p_action", "gain", "next_in_series"}
    constants = dict(one.constants)
    formula = parse(one.formula, names | constants.keys())
    return float(formula({**dict.fromkeys(names, 0.0), **constants, **told}))


def test_a_completed_module_is_worth_what_its_work_can_teach_less_what_is_usual() -> None:
    ten_minutes = 1.0 - math.exp(-1.0) - 0.3

    assert worth("progress", p_complete=0.5, length_s=600.0) == pytest.approx(0.5 * ten_minutes)
    assert worth("progress", p_complete=0.5, length_s=600.0, next_in_series=1.0) == pytest.approx(
        0.5 * (ten_minutes + 0.1)
    )
    assert worth("progress", p_progress=0.4, gain=0.2, length_s=600.0) == pytest.approx(0.08)


def test_one_whose_length_nobody_tells_counts_as_of_eight_minutes() -> None:
    assert worth("progress", p_complete=0.5) == worth("progress", p_complete=0.5, length_s=480.0)


def test_what_is_short_stands_below_what_nobody_would_complete_however_easy_it_is() -> None:
    easy = worth("progress", p_complete=0.9, length_s=120.0)

    assert easy < worth("progress", p_complete=0.0, length_s=600.0)
    assert easy == pytest.approx(0.1 * (1.0 - math.exp(-0.2) - 0.3))


@pytest.mark.parametrize("objective", ["progress", "informed_action"])
@pytest.mark.parametrize("length_s", [60.0, 120.0, 180.0, 240.0, 900.0])
def test_of_two_that_are_alike_the_likelier_completed_and_the_next_step_stand_first(
    objective: str, length_s: float
) -> None:
    rises = [worth(objective, p_complete=chance, length_s=length_s) for chance in (0.0, 0.2, 0.6, 0.95)]

    assert rises == sorted(rises)
    assert worth(objective, p_complete=0.5, length_s=length_s, next_in_series=1.0) > worth(
        objective, p_complete=0.5, length_s=length_s
    )


def test_an_action_nobody_was_prepared_for_counts_nothing() -> None:
    assert worth("informed_action", p_action=0.9, length_s=600.0) == 0.0
    assert worth("informed_action", p_action=0.3, p_complete=0.5, length_s=600.0) == pytest.approx(
        0.15 + 0.2 * 0.5 * (1.0 - math.exp(-1.0) - 0.3)
    )
