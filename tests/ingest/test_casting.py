from __future__ import annotations

from typing import Any

import duckdb
import pytest

from penchant.ingest.casting import Kind, cast, literal, quoted

WRONG = "wrong"


def read(kind: Kind, value: str) -> Any:
    """What SQL value becomes, or the reason it is refused."""
    con = duckdb.connect()
    con.execute("SET TimeZone = 'Europe/London'")
    con.execute(f"CREATE TABLE t AS SELECT {value} AS raw")
    sql_type = con.execute("DESCRIBE t").fetchall()[0][1]
    made = cast(kind, sql_type, "raw", "typed")
    if made is None:
        return WRONG
    typed = f"(SELECT raw, {made.typed} AS typed FROM t)"
    for condition, reason in made.checks:
        if con.execute(f"SELECT {condition} FROM {typed}").fetchall()[0][0]:
            return reason
    return con.execute(f"SELECT typed FROM {typed}").fetchall()[0][0]


@pytest.mark.parametrize(
    ("kind", "value", "result"),
    [
        ("text", "' a '", "a"),
        ("text", "'  '", None),
        ("text", "NULL", None),
        ("text", "repeat('x', 70000)", "too_large"),
        ("text", "5", "5"),
        ("text", "[1]", WRONG),
        ("id", "17850.0::DOUBLE", "17850"),
        ("id", "17850.5::DOUBLE", "17850.5"),
        ("id", "12.00::DECIMAL(6,2)", "12"),
        ("id", "9007199254740993::BIGINT", "9007199254740993"),
        ("id", "repeat('é', 200)", "é" * 200),
        ("id", "repeat('é', 201)", "bad_id"),
        ("number", "' 1.50 '", 1.5),
        ("number", "''", None),
        ("number", "'1,5'", "bad_number"),
        ("number", "'inf'", "bad_number"),
        ("number", "'nan'::DOUBLE", "bad_number"),
        ("number", "2.5::DECIMAL(4,2)", 2.5),
        ("number", "true", WRONG),
        ("whole", "'3.0'", 3),
        ("whole", "'3.5'", "bad_number"),
        ("whole", "1e30::DOUBLE", "bad_number"),
        ("flag", "'YES'", True),
        ("flag", "0", False),
        ("flag", "'maybe'", "bad_flag"),
        ("flag", "1.5::DOUBLE", WRONG),
        ("time", "'2011-07-01 10:00'", 1_309_510_800_000),
        ("time", "TIMESTAMP '2011-07-01 10:00'", 1_309_510_800_000),
        ("time", "DATE '2011-12-01'", 1_322_697_600_000),
        ("time", "'2011-07-01T10:00:00Z'", 1_309_514_400_000),
        ("time", "1650812741", 1_650_812_741_000),
        ("time", "1650812741436", 1_650_812_741_436),
        ("time", "'1650812741.5'", 1_650_812_741_500),
        ("time", "20111001", "bad_time"),
        ("time", "'01/10/2011'", "bad_time"),
        ("time", "'infinity'::TIMESTAMP", "bad_time"),
        ("time", "'99999-01-01'", "bad_time"),
        ("time", "[1]", WRONG),
        ("list", "'a| b ||c'", ["a", "b", "c"]),
        ("list", '\'["a","b|c",2]\'', ["a", "b|c", "2"]),
        ("list", "'[a'", ["[a"]),
        ("list", "[1, NULL, 2]", ["1", "2"]),
        ("list", "1", WRONG),
        ("json", "{'a': [1]}", '{"a":[1]}'),
        ("json", "'x'", "x"),
    ],
)
def test_a_value_is_cast_or_refused_with_a_reason(kind: Kind, value: str, result: Any) -> None:
    assert read(kind, value) == result


def test_names_and_constants_are_quoted() -> None:
    assert quoted('a"b') == '"a""b"'
    assert [literal(value) for value in ("o'k", 1, 2.5, True)] == ["'o''k'", "1", "2.5", "TRUE"]
