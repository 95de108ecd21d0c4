from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.config import PackNames, Workspace, read_environment
from penchant.config.environment import apply_overrides, expand
from penchant.config.lines import Lines
from penchant.errors import ConfigProblem

FILE = """\
[server]
port = 9000
[domains.shop]
pack = "product"
[domains.the-blog]
pack = "content"
[placements.home]
domain = "shop"
[[imports]]
name = "old-orders"
domain = "shop"
path = "x.csv"
columns = { event = "e", time = "t", user_id = "u" }
"""

Loads = Callable[..., Workspace]
Problems = Callable[..., list[ConfigProblem]]


@pytest.mark.parametrize(
    ("name", "text", "path", "value"),
    [
        ("PENCHANT_SERVER__PORT", "8080", ("server", "port"), 8080),
        ("PENCHANT_SERVER__OPEN", "true", ("server", "open"), True),
        ("PENCHANT_STORAGE__URL", "sqlite:///other.db", ("storage", "url"), "sqlite:///other.db"),
        ("PENCHANT_STORAGE__LAKE", '"quoted lake"', ("storage", "lake"), "quoted lake"),
        ("PENCHANT_storage__lake", "lower", ("storage", "lake"), "lower"),
        ("PENCHANT_DOMAINS__SHOP__OBJECTIVE", "profit", ("domains", "shop", "objective"), "profit"),
        ("PENCHANT_DOMAINS__SHOP__REGION", "12", ("domains", "shop", "region"), "12"),
        ("PENCHANT_SERVER__ORIGINS", '["a", "b"]', ("server", "origins"), ["a", "b"]),
        ("PENCHANT_DOMAINS__THE_BLOG__REGION", "DE", ("domains", "the-blog", "region"), "DE"),
        (
            "PENCHANT_DOMAINS__SHOP__EVALUATION__TEST_FROM",
            "2011-11-01",
            ("domains", "shop", "evaluation", "test_from"),
            "2011-11-01",
        ),
        (
            "PENCHANT_DOMAINS__SHOP__MODELS__ITEM_KNN__FACTORS",
            "32",
            ("domains", "shop", "models", "item-knn", "factors"),
            32,
        ),
        ("PENCHANT_PLACEMENTS__HOME__CAPS__BRAND", "3", ("placements", "home", "caps", "brand"), 3),
        ("PENCHANT_PLACEMENTS__HOME__CAPS", "{ kind = 2 }", ("placements", "home", "caps"), {"kind": 2}),
        ("PENCHANT_IMPORTS__OLD_ORDERS__PATH", "y.csv", ("imports", 0, "path"), "y.csv"),
        ("PENCHANT_IMPORTS__OLD_ORDERS__COLUMNS__ITEM", "sku", ("imports", 0, "columns", "item"), "sku"),
        (
            "PENCHANT_IMPORTS__OLD_ORDERS__COLUMNS__PRICE",
            '{ sql = "a / b" }',
            ("imports", 0, "columns", "price"),
            {"sql": "a / b", "column": "sql"},
        ),
    ],
)
def test_a_variable_sets_one_key(
    loads: Loads, name: str, text: str, path: tuple[str | int, ...], value: object
) -> None:
    node: Any = loads(FILE, {name: text}).raw
    for part in path:
        node = node[part]

    assert node == value


def test_settings_have_what_the_environment_says(loads: Loads) -> None:
    workspace = loads(FILE, {"PENCHANT_SERVER__PORT": "8080", "PENCHANT_TRAINING__SEED": "11", "HOME": "/home/ann"})

    assert workspace.settings.server.port == 8080
    assert workspace.settings.training.seed == 11


def test_a_wrong_value_is_blamed_on_the_variable(problems: Problems) -> None:
    found = problems(
        FILE,
        {
            "PENCHANT_SERVER__PORT": "eighty",
            "PENCHANT_DOMAINS__SHOP__OBJECTIVE": "attention",
            "PENCHANT_SERVER__ORIGINS": '["a", 3]',
            "PENCHANT_LIMITS__BODY_MB": "1\nx = 2",
        },
    )

    assert sorted(map(str, found)) == [
        'environment PENCHANT_DOMAINS__SHOP__OBJECTIVE: no objective "attention" (have: conversion, revenue, profit)',
        r'environment PENCHANT_LIMITS__BODY_MB: must be a whole number, got "1\nx = 2"',
        "environment PENCHANT_SERVER__ORIGINS[1]: must be text, got 3",
        'environment PENCHANT_SERVER__PORT: must be a whole number, got "eighty"',
    ]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("PENCHANT_SERVR__PORT", "PENCHANT_SERVER__PORT"),
        ("PENCHANT_SERVER__PROT", "PENCHANT_SERVER__PORT"),
        ("PENCHANT_SERVER_PORT", "PENCHANT_SERVER__PORT"),
        ("PENCHANT_SERVER__PORT__X", "PENCHANT_SERVER__PORT"),
        ("PENCHANT_DOMAINS__SHP__OBJECTIVE", "PENCHANT_DOMAINS__SHOP__OBJECTIVE"),
        ("PENCHANT_DOMAINS__SHOP__MODELS__ALS__FACTOR", "PENCHANT_DOMAINS__SHOP__MODELS__ALS__FACTORS"),
        ("PENCHANT_PLACEMENTS__HOME__CAPS__BRND", "PENCHANT_PLACEMENTS__HOME__CAPS__BRAND"),
        ("PENCHANT_IMPORTS__ORDERS__PATH", "PENCHANT_IMPORTS__OLD_ORDERS__PATH"),
        ("PENCHANT_DOMAINS__SHOP__MODELS__ALZ__FACTORS", "PENCHANT_DOMAINS__SHOP__MODELS__ALS__FACTORS"),
        ("PENCHANT_WHATEVER", None),
        ("PENCHANT_", None),
        ("PENCHANT_SERVER____PORT", "PENCHANT_SERVER__PORT"),
    ],
)
def test_a_variable_that_sets_nothing_is_told_with_the_nearest(problems: Problems, name: str, hint: str | None) -> None:
    [problem] = problems(FILE, {name: "1"})

    assert (problem.code, problem.file, problem.path, problem.hint) == ("unknown_key", "environment", name, hint)


def test_the_names_that_would_set_something_are_told(problems: Problems) -> None:
    [problem] = problems(FILE, {"PENCHANT_SERVER__X": "1"})

    assert problem.have == (
        "PENCHANT_SERVER__HOST",
        "PENCHANT_SERVER__OPEN",
        "PENCHANT_SERVER__ORIGINS",
        "PENCHANT_SERVER__PORT",
        "PENCHANT_SERVER__WORKERS",
    )


def test_an_override_adds_no_domain_or_placement(problems: Problems) -> None:
    assert [p.code for p in problems(FILE, {"PENCHANT_DOMAINS__NEW__PACK": "product"})] == ["unknown_key"]
    assert [p.code for p in problems(FILE, {"PENCHANT_PLACEMENTS__NEW__DOMAIN": "shop"})] == ["unknown_key"]


@pytest.mark.parametrize(
    "name",
    [
        "PENCHANT_DATA",
        "PENCHANT_TEST_POSTGRES",
        "PENCHANT_SERVICE_HOST",
        "PENCHANT_SERVICE_PORT_HTTP",
        "PENCHANT_PORT",
        "PENCHANT_PORT_8000_TCP_ADDR",
        "OTHER_PENCHANT_X",
    ],
)
def test_variables_that_are_no_settings_are_passed_over(loads: Loads, name: str) -> None:
    assert loads(FILE, {name: "tcp://10.0.0.1:8000"}).raw == loads(FILE).raw


def test_a_variable_that_an_import_asks_for_is_no_setting(loads: Loads) -> None:
    workspace = loads(FILE.replace("x.csv", "${PENCHANT_ORDERS}/x.csv"), {"PENCHANT_ORDERS": "/mnt"})

    assert workspace.settings.imports[0].path == "/mnt/x.csv"


def test_an_import_path_with_a_variable_that_is_not_set_is_told(problems: Problems) -> None:
    [problem] = problems(FILE.replace("x.csv", "${ODERS}/x.csv"), {"ORDERS": "/mnt"})

    assert problem.code == "unset_env"
    assert str(problem) == (
        'penchant.toml:12 imports[0].path: the environment variable ODERS is not set, got "${ODERS}/x.csv";'
        ' did you mean "ORDERS"?'
    )


def test_variables_are_put_in_once_and_not_again_in_what_they_say() -> None:
    assert expand("${A}/${B}/${A}/$C", {"A": "${B}", "C": "c"}) == ("${B}/${B}/${B}/$C", ("B",))


def test_an_override_cannot_mend_a_section_that_is_no_table(problems: Problems) -> None:
    text = "server = 3\n" + FILE.replace("[server]\nport = 9000\n", "")

    assert [str(p) for p in problems(text, {"PENCHANT_SERVER__PORT": "1"})] == [
        "penchant.toml:1 server: must be a table, got 3"
    ]


def test_the_document_itself_is_left_as_it_was(packs: Mapping[str, PackNames]) -> None:
    tree = tomllib.loads(FILE)

    over = apply_overrides(tree, {"PENCHANT_SERVER__PORT": "1"}, Lines(), packs)

    assert tree == tomllib.loads(FILE)
    assert over.tree["server"] == {"port": 1}


def test_the_environment_is_read_as_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENCHANT_TEST_NOW", "yes")

    assert read_environment()["PENCHANT_TEST_NOW"] == "yes"


ODD = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda v: st.lists(v, max_size=2) | st.dictionaries(st.sampled_from(["shop", "pack", "name", "home", "port"]), v),
    max_leaves=6,
)
NAMES = st.lists(st.sampled_from(["DOMAINS", "SHOP", "MODELS", "ALS", "IMPORTS", "SERVER", "PORT", "HOME", "CAPS", ""]))


@given(
    tree=st.dictionaries(st.sampled_from(["domains", "placements", "imports", "server"]), ODD),
    environment=st.dictionaries(NAMES.map(lambda parts: "PENCHANT_" + "__".join(parts)), st.text(max_size=4)),
)
def test_no_document_however_wrong_breaks_the_overlay(tree: dict[str, Any], environment: dict[str, str]) -> None:
    over = apply_overrides(tree, environment, Lines(), {})

    assert all(p.file == "environment" for p in over.problems)
