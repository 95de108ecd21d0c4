from __future__ import annotations

import inspect

import pytest

from penchant import errors
from penchant.errors import (
    ArtifactError,
    ConfigError,
    ConfigProblem,
    EventRejected,
    ExtraNotInstalled,
    FitFailed,
    ImportFailed,
    InvalidRequest,
    ItemRejected,
    NotFound,
    PenchantError,
    StorageError,
    choices,
    nearest,
)

ALL = {name: kind for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, PenchantError)}


def test_the_tree_at_the_top_is_the_tree() -> None:
    drawn: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        bare = line.lstrip(" │├└─")
        if bare.split(" ")[0] in ALL:
            drawn.append((len(line) - len(bare), bare.split(" ")[0]))
    above: dict[int, str] = {}
    for depth, name in drawn:
        parents = [d for d in above if d < depth]
        if parents:
            assert ALL[name].__bases__[0] is ALL[above[max(parents)]], name
        above = {d: n for d, n in above.items() if d < depth} | {depth: name}

    assert [name for _, name in drawn] == list(ALL)


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in ALL.values()]

    assert len(set(codes)) == len(codes)


RAISED = [
    (ImportFailed("a.csv", "no column x"), "a.csv: no column x"),
    (EventRejected("bad_number", "price", "must be 0 or more", -3), "price: must be 0 or more, got -3"),
    (EventRejected("no_person", "userId", "needs one"), "userId: needs one"),
    (ItemRejected("a", "no field"), "item 'a': no field"),
    (InvalidRequest("n", "must be 1 or more", 0), "n: must be 1 or more, got 0"),
    (FitFailed("als", "no goals"), "als: no goals"),
    (ArtifactError("x.npy", "was altered"), "x.npy: was altered"),
    (StorageError("sqlite:///a", "is full"), "sqlite:///a: is full"),
    (NotFound("domain", "shop"), 'no domain "shop"'),
    (
        ExtraNotInstalled("neural", "the transformer"),
        "the transformer needs an optional part: pip install 'penchant[neural]'",
    ),
]


@pytest.mark.parametrize(("error", "text"), RAISED)
def test_text_is_made_from_the_fields(error: PenchantError, text: str) -> None:
    assert error.message == str(error) == text


def test_fields_stay_on_the_error() -> None:
    error = EventRejected("bad_number", "price", "must be 0 or more", -3)

    assert (error.reason, error.field, error.wanted, error.got) == ("bad_number", "price", "must be 0 or more", -3)


def test_a_missing_part_is_an_import_error_too() -> None:
    with pytest.raises(ImportError):
        raise ExtraNotInstalled("spark", "the cluster")


def test_a_long_value_is_cut_in_the_message() -> None:
    text = str(InvalidRequest("filter", "must be an object", "x" * 10_000))

    assert len(text) < 130
    assert text.endswith("…")


def test_not_found_names_what_there_is_and_what_was_meant() -> None:
    error = NotFound("placement", "hme", ["home", "cart"])

    assert str(error) == 'no placement "hme"; did you mean "home"? (have: cart, home)'
    assert (error.kind, error.name, error.have) == ("placement", "hme", ("home", "cart"))


def test_a_configuration_error_has_every_problem() -> None:
    problems = [
        ConfigProblem("missing", "domains", "needs one"),
        ConfigProblem(
            "unknown_name", "d.objective", "objective", '"profitt"', line=42, hint="profit", have=("profit",)
        ),
    ]
    error = ConfigError(problems)

    assert error.problems == tuple(problems)
    assert str(error).splitlines() == [
        "penchant.toml domains: needs one",
        'penchant.toml:42 d.objective: no objective "profitt"; did you mean "profit"? (have: profit)',
    ]


@pytest.mark.parametrize(
    ("name", "have", "near"),
    [
        ("hme", ["home", "cart"], "home"),
        ("HOME", ["home", "cart"], "home"),
        ("also_like", ["also-like"], "also-like"),
        ("popular", ["popular-week"], "popular-week"),
        ("po", ["popular", "popular-week"], None),
        ("x", ["xylophone"], None),
        ("anything", [], None),
        ("zebra", ["home", "cart"], None),
    ],
)
def test_the_nearest_name_is_the_one_that_was_meant(name: str, have: list[str], near: str | None) -> None:
    assert nearest(name, have) == near


def test_a_long_list_of_choices_is_cut_and_says_so() -> None:
    assert choices(["b", "a"]) == "a, b"
    assert choices([f"n{i:02d}" for i in range(15)], limit=3) == "n00, n01, n02 and 12 more"
