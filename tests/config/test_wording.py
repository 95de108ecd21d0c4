from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta, inspect

from penchant.config.settings import Column, Import, Name
from penchant.config.wording import described, either, shown


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (int, "a whole number"),
        (Annotated[int, Meta(ge=0, le=9)], "a whole number from 0 to 9"),
        (Annotated[float, Meta(gt=0)] | None, "a number more than 0"),
        (Annotated[float, Meta(ge=1, lt=3)], "a number of at least 1 and less than 3"),
        (Annotated[int, Meta(le=3)], "a whole number of at most 3"),
        (bool, "true or false"),
        (Literal["a", "b", "c"], '"a", "b" or "c"'),
        (Annotated[str, Meta(min_length=1)], "text that is not empty"),
        (Annotated[str, Meta(min_length=2, max_length=3)], "text of 2 to 3 characters"),
        (Annotated[str, Meta(max_length=1)], "text of at most 1 character"),
        (Annotated[str, Meta(pattern="^a")], "text that matches ^a"),
        (Annotated[list[int], Meta(min_length=2)], "a list of at least 2 entries"),
        (tuple[int, int], "a list of 2"),
        (tuple[Import, ...], "a list of tables, each headed in double brackets"),
        (Annotated[dict[str, int], Meta(min_length=1)], "a table of at least 1 entry"),
        (date, "a date"),
        (Any, "a value"),
        (Column, "text that is not empty, { value = … } or { sql = … }"),
        (Name, "a name of lower-case letters, digits, - and _ that starts with a letter (at most 63)"),
    ],
)
def test_a_type_is_told_in_words(kind: Any, words: str) -> None:
    assert described(inspect.type_info(kind)) == words


def test_without_bounds_only_the_sort_is_told() -> None:
    bounded = msgspec.inspect.type_info(Annotated[int, Meta(ge=0, le=9)] | Annotated[str, Meta(min_length=1)])

    assert described(bounded, bounds=False) == "a whole number or text"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('say "hi"\n', r'"say \"hi\"\n"'),
        (True, "true"),
        (3.5, "3.5"),
        (date(2026, 11, 1), "2026-11-01"),
        ([], "an empty list"),
        ([1], "a list"),
        ({}, "an empty table"),
        ({"a": 1}, "a table"),
        ("x" * 100, '"' + "x" * 59 + '…"'),
    ],
)
def test_a_value_is_shown_as_toml_writes_it(value: object, text: str) -> None:
    assert shown(value) == text


def test_the_password_of_an_address_is_never_shown() -> None:
    assert shown("postgresql://anna:s3cret@host/db") == '"postgresql://anna:***@host/db"'


def test_alternatives_are_joined_once_each() -> None:
    assert either(["a"]) == "a"
    assert either(["a", "b", "a"]) == "a or b"
    assert either(["a", "b", "c"]) == "a, b or c"
