"""A column mapping becomes one SQL statement over a file: fields typed, wrong rows marked, left-out rows marked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb

from penchant.config.settings import Column, Exclusion, Import, Sql, Value
from penchant.errors import ImportFailed, choices, nearest
from penchant.ingest.casting import Kind, cast, literal, quoted
from penchant.ingest.staged import LINE

SHOWN = 200
"""Longest text of a value kept with a refused row, in characters."""


@dataclass(frozen=True)
class Field:
    """A field an import can fill.

    Attributes:
        name: As in `columns`.
        kind: What it holds.
        required: Each row must have it.
        check: SQL condition that refuses the row, over `{0}`, the field's typed column, with its reason.
    """

    name: str
    kind: Kind
    required: bool = False
    check: tuple[str, str] | None = None


@dataclass(frozen=True)
class Statement:
    """What to run.

    Attributes:
        sql: Gives `line` (where the file has lines), `excluded` (place of the rule that left the row out), `why`
            (`reason:field` of a refused row), `raw` (its values, as JSON) and the mapped fields, as `t_NAME`.
        fields: The mapped fields, in order.
    """

    sql: str
    fields: tuple[str, ...]


class Mapper:
    """Checks one import's mapping against a file and writes its SQL."""

    def __init__(self, con: duckdb.DuckDBPyConnection, spec: Import, path: str, source: str) -> None:
        """Look at `source`, a view, through `con`; `path` names the file in errors.

        Raises:
            ImportFailed: The import's query cannot be run.
        """
        self._con, self._spec, self._path = con, spec, path
        if spec.query is not None:
            source = f"({spec.query.strip().rstrip(';')}\n)"
        self._source = source
        described = self._describe(f"SELECT * FROM {source}", "query")
        self._types = {name: sql_type for name, sql_type in described if name != LINE}
        self._has_line = spec.query is None and len(described) > len(self._types)

    def statement(
        self, fields: Sequence[Field], rules: Sequence[tuple[str, str]] = (), hashed: Mapping[str, str] | None = None
    ) -> Statement:
        """The SQL for these fields.

        Args:
            fields: What the import can fill.
            rules: Further conditions that refuse a row, over typed columns, each with its `reason:field`.
            hashed: Columns to add, by name, over typed columns.

        Raises:
            ImportFailed: An unknown or a missing field, a missing column, or SQL that DuckDB does not take; all the
                missing ones at once.
        """
        self._check_names(fields)
        mapped = [field for field in fields if field.name in self._spec.columns]
        raws = {field.name: self._expression(field.name, self._spec.columns[field.name]) for field in mapped}
        excluded = [self._exclusion(at, rule) for at, rule in enumerate(self._spec.exclude)]
        # The steps are nested, as named ones (WITH) may be held whole in memory.
        raw_list = ", ".join(f"{sql} AS {_raw(name)}" for name, sql in raws.items())
        skip = f"CASE {' '.join(excluded)} END" if excluded else "CAST(NULL AS INTEGER)"
        line = quoted(LINE) if self._has_line else "CAST(NULL AS BIGINT)"
        base = f"SELECT {line} AS line, {skip} AS excluded, {raw_list} FROM {self._source}"
        types = dict(self._describe(base, "columns"))

        typed, checks = [], []
        for field in mapped:
            column, result = f"r_{field.name}", quoted(f"t_{field.name}")
            made = cast(field.kind, types[column], quoted(column), result, self._spec.separator)
            if made is None:
                raise ImportFailed(
                    self._path, f"columns.{field.name} needs {_WANTED[field.kind]}, its column is {types[column]}"
                )
            typed.append(f"{made.typed} AS {result}")
            checks += [(condition, f"{reason}:{field.name}") for condition, reason in made.checks]
            if field.required:
                checks.append((f"{result} IS NULL", f"missing:{field.name}"))
            if field.check is not None:
                checks.append((field.check[0].format(result), f"{field.check[1]}:{field.name}"))
        checks += rules
        cases = " ".join(f"WHEN {condition} THEN '{reason}'" for condition, reason in checks)
        why = f"CASE WHEN excluded IS NOT NULL THEN NULL {cases} END"
        kept = ", ".join(f"{quoted(f.name)} := left(CAST({_raw(f.name)} AS VARCHAR), {SHOWN + 1})" for f in mapped)
        kept = f"CAST(to_json(struct_pack({kept})) AS VARCHAR)"
        extra = "".join(f", {sql} AS {quoted(name)}" for name, sql in (hashed or {}).items())
        results = ", ".join(quoted(f"t_{field.name}") for field in mapped)
        sql = (
            f"SELECT line, excluded, why, CASE WHEN why IS NOT NULL THEN {kept} END AS raw, {results}{extra} "
            f"FROM (SELECT *, {why} AS why FROM (SELECT *, {', '.join(typed)} FROM ({base})))"
        )
        self._describe(sql, "columns")
        return Statement(sql, tuple(field.name for field in mapped))

    def _check_names(self, fields: Sequence[Field]) -> None:
        known = [field.name for field in fields]
        problems = []
        for name in self._spec.columns:
            if name not in known:
                near = nearest(name, known)
                hint = f'; did you mean "{near}"?' if near else ""
                problems.append(f"columns.{name}: there is no such field{hint} (fields: {choices(known, 30)})")
        problems += [
            f"columns.{field.name} is missing"
            for field in fields
            if field.required and field.name not in self._spec.columns
        ]
        lacking = [
            self._lacking(name, column)
            for name, column in self._spec.columns.items()
            if isinstance(column, str) and self._column(column) is None
        ]
        if lacking:
            problems.append(f"there is no column {', '.join(lacking)} (the columns are: {choices(self._types, 40)})")
        if problems:
            raise ImportFailed(self._path, "; ".join(problems))

    def _lacking(self, field: str, column: str) -> str:
        near = nearest(column, self._types)
        return f'"{column}" for {field}' + (f' (did you mean "{near}"?)' if near else "")

    def _column(self, name: str) -> str | None:
        if name in self._types:
            return name
        return next((have for have in self._types if have.casefold() == name.casefold()), None)

    def _expression(self, field: str, column: Column) -> str:
        if isinstance(column, Value):
            return literal(column.value)
        if isinstance(column, Sql):
            self._describe(f"SELECT ({column.sql}\n) AS v FROM {self._source}", f"columns.{field}.sql")
            return f"({column.sql}\n)"
        found = self._column(column)
        return quoted(found if found is not None else column)

    def _exclusion(self, at: int, rule: Exclusion) -> str:
        self._describe(f"SELECT ({rule.sql}\n)::BOOLEAN AS v FROM {self._source}", f'exclude "{rule.reason}"')
        return f"WHEN ({rule.sql}\n) THEN {at}"

    def _describe(self, sql: str, what: Literal["query", "columns"] | str) -> list[tuple[str, str]]:
        try:
            return [(row[0], row[1]) for row in self._con.execute(f"DESCRIBE {sql}").fetchall()]
        except duckdb.Error as error:
            raise ImportFailed(self._path, f"{what}: {sentence(error)}") from None


def sentence(error: Exception) -> str:
    """What DuckDB says, without the drawing of the statement and the list of functions below it, and with advice."""
    said = " ".join(re.split(r"\n\s*(?:LINE \d|Candidate functions)", str(error))[0].split())
    if "Conversion Error" in said or ("Binder Error" in said and "VARCHAR" in said):
        said += " (num(x) reads text as a number, or as NULL where it is none)"
    return said


_WANTED: dict[Kind, str] = {
    "text": "text", "id": "text or a number", "number": "a number", "whole": "a whole number",
    "flag": "true or false", "time": "a time", "list": "a list, or text with separators", "json": "any value",
}  # fmt: skip


def _raw(field: str) -> str:
    return quoted(f"r_{field}")
