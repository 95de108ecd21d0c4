from __future__ import annotations

from penchant.errors import ConfigError, ConfigProblem, choices, nearest


def test_a_problem_reads_as_a_sentence_with_its_place() -> None:
    problem = ConfigProblem(
        "unknown_name",
        "placements.home.objective",
        "objective",
        '"profitt"',
        line=42,
        hint="profit",
        have=("conversion", "revenue", "profit"),
    )

    assert str(problem) == (
        'penchant.toml:42 placements.home.objective: no objective "profitt"; did you mean "profit"?'
        " (have: conversion, revenue, profit)"
    )
    assert problem.place == "penchant.toml:42 placements.home.objective"


def test_what_is_not_known_of_a_problem_is_left_out_of_its_text() -> None:
    assert str(ConfigProblem("missing", "", "no such file", file="x.toml")) == "x.toml: no such file"
    assert str(ConfigProblem("wrong_type", "a", "must be text", "1")) == "penchant.toml a: must be text, got 1"


def test_a_long_list_of_right_names_is_cut_and_says_so() -> None:
    names = tuple(f"n{i:02}" for i in range(15))

    assert str(ConfigProblem("unknown_key", "a", "no such key", have=names)).endswith("n10, n11 and 3 more)")
    assert choices(["b", "a"]) == "a, b"


def test_a_config_error_is_its_problems_line_by_line() -> None:
    problems = [ConfigProblem("missing", "a", "missing"), ConfigProblem("missing", "b", "missing")]

    assert str(ConfigError(problems)) == "penchant.toml a: missing\npenchant.toml b: missing"


def test_the_nearest_name_forgives_case_separators_and_cut_ends() -> None:
    have = ["conversion", "new-only", "user_id", "Profit"]

    assert nearest("profitt", have) == "Profit"
    assert nearest("NEW_ONLY", have) == "new-only"
    assert nearest("user-id", have) == "user_id"
    assert nearest("conv", have) == "conversion"


def test_no_name_is_near_when_none_is_or_when_a_cut_end_fits_several() -> None:
    assert nearest("xyz", ["conversion"]) is None
    assert nearest("po", ["popular-of-the-week", "popular-by-creator"]) is None
    assert nearest("c", ["conversion"]) is None
    assert nearest("anything", []) is None
