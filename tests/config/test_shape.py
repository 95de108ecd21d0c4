from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, inspect

from penchant.config.lines import Lines
from penchant.config.settings import Domain, Evaluation, Import, Server, Settings, Storage, Training
from penchant.config.shape import check_shape, fits, struct_type
from penchant.errors import ConfigProblem


class Odd(msgspec.Struct, frozen=True):
    pair: tuple[int, float] = (1, 2.0)
    table: dict[Annotated[str, Meta(pattern="^[a-z]+$")], Annotated[int, Meta(ge=1)]] = {}
    some: Annotated[tuple[int, ...], Meta(max_length=2)] = ()
    day: date | None = None
    moment: datetime | None = None
    number: int | Literal["all"] = "all"
    free: Any = None


def told(data: dict[str, Any], kind: type[msgspec.Struct]) -> list[tuple[str, str, str]]:
    return [(p.code, p.path, p.message) for p in check_shape(data, kind, Lines()).problems]


def test_right_data_passes_and_is_kept_as_it_was() -> None:
    data = {"host": "localhost", "port": 0, "open": True}

    shaped = check_shape(data, Server, Lines())

    assert shaped.problems == ()
    assert msgspec.convert(shaped.data, Server) == Server(host="localhost", port=0, open=True)


def test_every_mistake_is_told_at_once_and_what_was_right_is_kept() -> None:
    data = {"host": 1, "prot": 80, "open": "yes", "port": 9, "origins": "*"}

    shaped = check_shape(data, Server, Lines())

    assert [(p.code, p.path, p.message) for p in shaped.problems] == [
        ("wrong_type", "host", "must be text, got 1"),
        ("unknown_key", "prot", "no such key (have: host, open, origins, port, workers)"),
        ("wrong_type", "open", 'must be true or false, got "yes"'),
        ("wrong_type", "origins", 'must be a list, got "*"'),
    ]
    assert shaped.data == {"port": 9}


def test_a_missing_key_is_told_with_what_belongs_there() -> None:
    assert told({}, Storage) == []
    [(code, path, message)] = told({}, Domain)
    assert (code, path) == ("missing", "pack")
    assert message.startswith("missing, must be a name of lower-case letters")


def test_a_misspelt_key_is_not_missing_as_well() -> None:
    assert [(code, path) for code, path, _ in told({"pak": "product"}, Domain)] == [("unknown_key", "pak")]


def test_a_partial_check_asks_for_nothing() -> None:
    assert check_shape({"region": "DE"}, Domain, Lines(), partial=True).problems == ()


@pytest.mark.parametrize("value", [True, 1.0, "1", [1], {"a": 1}, date(2026, 1, 1)])
def test_a_whole_number_is_nothing_else(value: object) -> None:
    assert [code for code, _, _ in told({"port": value}, Server)] == ["wrong_type"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0, 0, 10**400])
def test_a_length_in_days_is_finite_and_more_than_0(value: float) -> None:
    assert [code for code, _, _ in told({"test_days": value}, Evaluation)] == ["out_of_range"]


def test_a_whole_number_serves_where_a_number_is_wanted() -> None:
    assert told({"test_days": 14}, Evaluation) == []


def test_one_of_a_few_words_is_told_with_the_nearest() -> None:
    assert told({"repeats": "new_only"}, Evaluation) == [
        ("out_of_range", "repeats", 'must be "allowed" or "new-only", got "new_only"; did you mean "new-only"?')
    ]
    assert told({"repeats": 1}, Evaluation) == [("wrong_type", "repeats", 'must be "allowed" or "new-only", got 1')]


def test_a_moment_may_be_written_as_a_toml_date() -> None:
    shaped = check_shape(
        {"test_from": date(2011, 11, 1), "test_until": datetime(2011, 12, 1, 8, tzinfo=UTC)}, Evaluation, Lines()
    )

    assert shaped.problems == ()
    assert shaped.data == {"test_from": "2011-11-01", "test_until": "2011-12-01T08:00:00+00:00"}


def test_a_date_is_no_plain_text() -> None:
    assert told({"lake": date(2011, 11, 1)}, Storage) == [("wrong_type", "lake", "must be text, got 2011-11-01")]


def import_of(**columns: object) -> dict[str, Any]:
    return {"name": "a", "domain": "shop", "path": "x", "columns": columns}


def test_a_column_is_a_name_a_constant_or_an_expression() -> None:
    shaped = check_shape(import_of(item="sku", price={"value": 1}, time={"sql": "now()"}), Import, Lines())

    assert shaped.problems == ()
    columns = msgspec.convert(shaped.data, Import).columns
    assert columns["item"] == "sku"
    assert getattr(columns["price"], "value", None) == 1
    assert getattr(columns["time"], "sql", None) == "now()"


@pytest.mark.parametrize(
    ("column", "path", "message"),
    [
        (3, "columns.item", "must be text, { value = … } or { sql = … }, got 3"),
        ("", "columns.item", 'must be text that is not empty, got ""'),
        ({}, "columns.item", "must be text, { value = … } or { sql = … }, got an empty table"),
        ({"sq": "x"}, "columns.item.sq", 'no such key; did you mean "sql"? (have: sql)'),
        ({"sql": 3}, "columns.item.sql", "must be text, got 3"),
        ({"value": "x", "extra": 1}, "columns.item.extra", "no such key (have: value)"),
    ],
)
def test_a_wrong_column_is_told_by_what_it_was_most_likely_meant_to_be(column: Any, path: str, message: str) -> None:
    assert [told_[1:] for told_ in told(import_of(item=column), Import)] == [(path, message)]


def test_a_wrong_key_of_an_open_table_is_told_and_its_value_still_checked() -> None:
    assert told({"table": {"A": 0}}, Odd) == [
        ("out_of_range", "table.A", 'the key must be text that matches ^[a-z]+$, got "A"'),
        ("out_of_range", "table.A", "must be a whole number of at least 1, got 0"),
    ]


def test_lists_are_checked_entry_by_entry_and_for_their_length() -> None:
    assert told({"some": [1, "2"]}, Odd) == [("wrong_type", "some[1]", 'must be a whole number, got "2"')]
    assert told({"some": [1, 2, 3]}, Odd) == [
        ("out_of_range", "some", "must be a list of at most 2 entries, got a list")
    ]
    assert told({"pair": [1]}, Odd) == [("out_of_range", "pair", "must be a list of 2, got a list")]
    assert told({"pair": [1, "x"]}, Odd) == [("wrong_type", "pair[1]", 'must be a number, got "x"')]


def test_alternatives_take_the_one_that_fits() -> None:
    assert (
        told(
            {"number": 3, "day": date(2026, 1, 1), "moment": datetime(2026, 1, 1, tzinfo=UTC), "free": {"a": [1]}}, Odd
        )
        == []
    )
    assert told({"number": "most"}, Odd) == [("out_of_range", "number", 'must be "all", got "most"')]
    assert told({"number": 1.5}, Odd) == [("wrong_type", "number", 'must be a whole number or "all", got 1.5')]


def test_a_wrong_table_leaves_an_empty_one_so_that_its_name_stands() -> None:
    shaped = check_shape({"domains": {"shop": 3}, "imports": [4, {"name": "b"}]}, Settings, Lines())

    assert shaped.data["domains"] == {"shop": {}}
    assert shaped.data["imports"] == [{}, {"name": "b"}]


def test_a_value_fits_its_type_or_not() -> None:
    kind = inspect.type_info(Annotated[int, Meta(ge=1)] | None)

    assert fits(1, kind)
    assert not fits(0, kind)
    assert not fits("1", kind)


def test_only_struct_classes_have_a_shape() -> None:
    with pytest.raises(TypeError, match="is no"):
        struct_type(dict)  # type: ignore[arg-type]


LEAVES = st.integers() | st.floats() | st.text(max_size=3) | st.booleans() | st.none() | st.just("new-only")
PLAIN = st.recursive(LEAVES, lambda v: st.lists(v, max_size=2) | st.dictionaries(st.text(max_size=2), v, max_size=2))


@pytest.mark.parametrize("kind", [Server, Storage, Training, Evaluation])
@given(data=st.data())
def test_the_check_agrees_with_msgspec_and_what_it_keeps_converts(
    kind: type[msgspec.Struct], data: st.DataObject
) -> None:
    names = [f.encode_name for f in struct_type(kind).fields]
    table = data.draw(st.dictionaries(st.sampled_from(names) | st.text(max_size=2), PLAIN.filter(_of_toml), max_size=4))

    shaped = check_shape(table, kind, Lines())

    msgspec.convert(shaped.data, kind)
    try:
        msgspec.convert(table, kind)
    except msgspec.ValidationError:
        assert shaped.problems
    else:
        assert [p for p in shaped.problems if not _not_finite(p)] == []


def _of_toml(value: object) -> bool:
    """TOML has no null, not even inside."""
    if isinstance(value, dict):
        return all(map(_of_toml, value.values()))
    return all(map(_of_toml, value)) if isinstance(value, list) else value is not None


def _not_finite(problem: ConfigProblem) -> bool:
    """Where the check is stricter on purpose."""
    return problem.got in ("nan", "inf", "-inf")
