from __future__ import annotations

import copy
import inspect
from datetime import datetime
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

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
    in_words,
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


@pytest.mark.parametrize("error", [error for error, _ in RAISED], ids=lambda error: type(error).__name__)
def test_an_error_that_is_handed_on_by_its_parts_is_as_it_was_raised(error: PenchantError) -> None:
    told = copy.copy(error)  # by the same parts as a pool's other process hands it on

    assert told is not error and type(told) is type(error)
    assert (str(told), vars(told)) == (str(error), vars(error))


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


class Told(msgspec.Struct, forbid_unknown_fields=True):
    """One field of each kind that a request has."""

    stock: Annotated[int, Meta(ge=0, le=1_000)] = 0
    name: Annotated[str, Meta(max_length=3)] = ""
    ids: Annotated[list[str], Meta(min_length=1)] = msgspec.field(default_factory=lambda: ["a"])
    ends: datetime | None = None
    op: Literal["put", "patch"] = "put"
    filter: dict[str, int] | None = None


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"stock": "1"}, "must be a whole number, got text"),
        ({"stock": -1}, "must be at least 0"),
        ({"stock": 1_001}, "must be at most 1,000"),
        ({"name": "abcd"}, "must have at most 3 characters"),
        ({"ids": []}, "must have at least 1 entry"),
        ({"ends": "soon"}, "must be a date and a time, as in 2026-12-01T08:00:00Z"),
        ({"op": "dance"}, "must be one of put, patch, got 'dance'"),
        ({"filter": []}, "must be an object or null, got a list"),
        ({"stok": 1}, 'knows no field "stok"'),
        ([], "must be an object, got a list"),
    ],
)
def test_what_the_decoder_says_is_told_in_words(told: object, words: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(told, Told)

    assert in_words(str(caught.value), ("put", "patch")) == words


def test_a_field_that_lacks_and_a_word_that_nobody_lists_are_told_too() -> None:
    assert (
        in_words("Expected `bool | int | str`, got `array`")
        == "must be true or false, a whole number or text, got a list"
    )
    assert in_words("Object missing required field `id` - at `$.changes[0]`") == 'needs the field "id"'
    assert in_words("Invalid enum value 'dance'") == "cannot be 'dance'"
    assert in_words("something else - at `$.x`") == "something else"
