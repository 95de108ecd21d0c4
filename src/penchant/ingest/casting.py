"""SQL that turns a column of any type into the type a field needs, and says where that fails.

Casting is done here and not by the file readers, so that a wrong value refuses its row and not the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "id", "number", "whole", "flag", "time", "list", "json"]
"""What a field holds; `whole` is a number without a fraction, `json` anything else."""

MAX_TEXT = 65_536
"""Longest text of a field, in bytes."""
_INTEGERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
)
_LOWEST, _MILLI, _HIGHEST = 1e8, 1e11, 253_402_300_800_000


@dataclass(frozen=True)
class Cast:
    """How one column becomes one field.

    Attributes:
        typed: SQL of the value; NULL where there is none or it cannot be read.
        checks: SQL conditions that refuse the row, each with its reason; `raw` and `typed` are their columns.
    """

    typed: str
    checks: tuple[tuple[str, str], ...] = ()


def cast(kind: Kind, sql_type: str, raw: str, typed: str, separator: str = "|") -> Cast | None:
    """SQL for one field.

    Args:
        kind: What the field holds.
        sql_type: DuckDB's type of the column.
        raw: Name of the column, quoted.
        typed: Name of the column the result will have, quoted; for the checks.
        separator: Parts of a list in a text column.

    Returns:
        None when a column of this type can never fill such a field.
    """
    family = _family(sql_type)
    if family == "null":
        return Cast(f"CAST(NULL AS {_RESULT[kind]})")
    unread = (f"{typed} IS NULL AND {_told(family, raw)}", f"bad_{_BAD[kind]}")
    large = ((f"strlen({raw}) > {MAX_TEXT}", "too_large"),) if family == "text" else ()
    if kind in ("text", "id"):
        if family not in ("text", "whole", "number", "flag", "time", "uuid"):
            return None
        wrong = f"(strlen({typed}) > 200 AND length({typed}) > 200) OR contains({typed}, chr(0))"
        return Cast(_text(family, raw), (*large, *(((wrong, "bad_id"),) if kind == "id" else ())))
    if kind in ("number", "whole"):
        if family not in ("text", "whole", "number"):
            return None
        value = f"TRY_CAST({raw} AS DOUBLE)"
        part = f" AND {value} = trunc({value})" if kind == "whole" else ""
        number = f"CASE WHEN isfinite({value}){part} THEN {value} END"
        result = f"TRY_CAST({number} AS BIGINT)" if kind == "whole" else number
        return Cast(result, (*large, unread))
    if kind == "flag":
        if family not in ("text", "whole", "flag"):
            return None
        inner = f"lower(trim({raw}))" if family == "text" else raw
        return Cast(f"TRY_CAST({inner} AS BOOLEAN)", (*large, unread))
    if kind == "time":
        if family not in ("text", "whole", "number", "time"):
            return None
        return Cast(_time(family, raw), (*large, unread))
    if kind == "list":
        if family not in ("text", "list"):
            return None
        return Cast(_list(family, raw, separator), large)
    return Cast(raw if family == "text" else f"CAST(to_json({raw}) AS VARCHAR)", large)


def quoted(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | int | float | bool) -> str:
    """A constant as SQL."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value).upper() if isinstance(value, bool) else repr(value)


_BAD: dict[Kind, str] = {
    "text": "value", "id": "id", "number": "number", "whole": "number", "flag": "flag", "time": "time",
    "list": "value", "json": "json",
}  # fmt: skip
_RESULT: dict[Kind, str] = {
    "text": "VARCHAR", "id": "VARCHAR", "number": "DOUBLE", "whole": "BIGINT", "flag": "BOOLEAN", "time": "BIGINT",
    "list": "VARCHAR[]", "json": "VARCHAR",
}  # fmt: skip


def _family(sql_type: str) -> str:
    if sql_type == '"NULL"':
        return "null"
    if sql_type.endswith("]"):
        return "list"
    if sql_type in ("VARCHAR", "JSON") or sql_type.startswith("ENUM"):
        return "text"
    if sql_type in _INTEGERS:
        return "whole"
    if sql_type in ("FLOAT", "DOUBLE") or sql_type.startswith("DECIMAL"):
        return "number"
    if sql_type == "DATE" or sql_type.startswith("TIMESTAMP"):
        return "time"
    return {"BOOLEAN": "flag", "UUID": "uuid"}.get(sql_type, "other")


def _told(family: str, raw: str) -> str:
    return f"trim({raw}) <> ''" if family == "text" else f"{raw} IS NOT NULL"


def _text(family: str, raw: str) -> str:
    if family == "number":
        # Libraries that lack missing integers keep ids as 17850.0.
        whole = f"isfinite({raw}) AND {raw} = trunc({raw}) AND abs({raw}) < 1e18"
        return f"CASE WHEN {whole} THEN CAST(CAST({raw} AS BIGINT) AS VARCHAR) ELSE CAST({raw} AS VARCHAR) END"
    return f"nullif(trim(CAST({raw} AS VARCHAR)), '')"


def _time(family: str, raw: str) -> str:
    """Milliseconds since the epoch; a number counts as seconds, or from 1e11 on as milliseconds."""
    value = f"trim({raw})" if family == "text" else raw
    moment = f"TRY_CAST({value} AS TIMESTAMPTZ)"
    # A cast that fails is slow, so a number is looked for only where there is no time.
    left = f"CASE WHEN {moment} IS NULL THEN {raw} END" if family == "text" else raw
    number = f"TRY_CAST({left} AS DOUBLE)"
    # Below 1e8 (March 1973) a number is rather a date without separators, or a mistake.
    from_number = (
        f"CASE WHEN {number} BETWEEN {_LOWEST} AND {_HIGHEST} "
        f"THEN CAST(round({number} * CASE WHEN {number} < {_MILLI} THEN 1000 ELSE 1 END) AS BIGINT) END"
    )
    if family in ("whole", "number"):
        return from_number
    from_moment = f"CASE WHEN isfinite({moment}) AND epoch_ms({moment}) < {_HIGHEST} THEN epoch_ms({moment}) END"
    return f"coalesce({from_moment}, {from_number})" if family == "text" else from_moment


def _list(family: str, raw: str, separator: str) -> str:
    parts = f"string_split({raw}, {literal(separator)})"
    if family == "list":
        return f"list_filter(CAST({raw} AS VARCHAR[]), lambda x: x IS NOT NULL)"
    split = f"list_filter(list_transform({parts}, lambda x: trim(x)), lambda x: x <> '')"
    json = f"from_json({raw}, '[\"VARCHAR\"]')"
    return f"CASE WHEN starts_with(ltrim({raw}), '[') AND json_valid({raw}) THEN {json} ELSE {split} END"
