from __future__ import annotations

from collections.abc import Callable

import pytest

Problems = Callable[..., list[object]]
Only = Callable[..., str]

SHOP = '[domains.shop]\npack = "product"\n'


def test_constants_of_a_shipped_objective_may_be_set(loads: Callable[..., object]) -> None:
    loads(SHOP + "[domains.shop.objectives.profit]\nreturn_cost = 6.5\nloss = 0.05\n")


def test_a_formula_of_ones_own_may_serve_wherever_a_shipped_one_may(loads: Callable[..., object]) -> None:
    loads(
        '[domains.shop]\npack = "product"\nobjective = "own"\nattributes = { grip = "number" }\n'
        '[domains.shop.objectives.own]\nformula = "p_goal price grip rate"\nabout = "Mine."\ngoal = "p_goal"\n'
        'loss = 0.1\nversion = 2\nrate = 3\n[placements.home]\ndomain = "shop"\nobjective = "own"\n'
    )


def test_an_unknown_constant_names_those_there_are(one_problem: Only) -> None:
    assert one_problem(SHOP + "[domains.shop.objectives.profit]\nreturn_costs = 6.5\n") == (
        "penchant.toml:4 domains.shop.objectives.profit.return_costs: no such constant; "
        'did you mean "return_cost"? (have: return_cost, loss)'
    )


def test_a_shipped_formula_is_not_written_over(one_problem: Only) -> None:
    assert one_problem(SHOP + '[domains.shop.objectives.profit]\nformula = "price"\n') == (
        "penchant.toml:4 domains.shop.objectives.profit.formula: the pack has an objective of this name; "
        'give one with a formula of its own another name, got "price"'
    )


@pytest.mark.parametrize(("given", "got"), [('"much"', '"much"'), ("true", "true"), ("inf", "inf"), ("nan", "nan")])
def test_a_constant_is_a_number(one_problem: Only, given: str, got: str) -> None:
    assert one_problem(SHOP + f"[domains.shop.objectives.profit]\nreturn_cost = {given}\n") == (
        "penchant.toml:4 domains.shop.objectives.profit.return_cost: "
        f"must be a number, as every constant of a formula, got {got}"
    )


def test_an_objective_of_ones_own_needs_a_formula(one_problem: Only) -> None:
    said = one_problem(SHOP + "[domains.shop.objectives.profits]\nreturn_cost = 1\n")

    assert said.startswith("penchant.toml:3 domains.shop.objectives.profits.formula: missing, must be the formula")
    assert 'did you mean "profit"?' in said


def test_every_mistake_of_a_formula_and_beside_it_is_told_at_once(problems: Problems) -> None:
    found = problems(
        SHOP + '[domains.shop.objectives.own]\nformula = "p_gaol + prise"\ngoal = "p_god"\nloss = 2\nabuot = "Mine."\n'
        '[domains.shop.objectives.profit]\nreturn = 1\n[placements.home]\ndomain = "shop"\nobjective = "owned"\n'
    )

    assert [str(one).removeprefix("penchant.toml:") for one in found] == [
        '4 domains.shop.objectives.own.formula: at character 1: no name "p_gaol"; did you mean "p_goal"?',
        '4 domains.shop.objectives.own.formula: at character 8: no name "+"',
        '4 domains.shop.objectives.own.formula: at character 10: no name "prise"; did you mean "price"?',
        '5 domains.shop.objectives.own.goal: no head "p_god"; did you mean "p_goal"? (have: p_goal, p_back)',
        "6 domains.shop.objectives.own.loss: must be a number from 0 to 1, got 2",
        "7 domains.shop.objectives.own.abuot: must be a number, as every constant of a formula, "
        'got "Mine."; did you mean "about"?',
        '9 domains.shop.objectives.profit.return: no such constant; did you mean "return_cost"? '
        "(have: return_cost, loss)",
        '12 placements.home.objective: no objective "owned"; did you mean "own"? '
        "(have: conversion, revenue, profit, own)",
    ]


def test_a_variable_sets_a_constant(loads: Callable[..., object]) -> None:
    workspace = loads(SHOP, {"PENCHANT_DOMAINS__SHOP__OBJECTIVES__PROFIT__RETURN_COST": "6.5"})

    assert workspace.settings.domains["shop"].objectives == {"profit": {"return_cost": 6.5}}  # type: ignore[attr-defined]
