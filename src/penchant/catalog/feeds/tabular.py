"""Any table or JSON lines, by a mapping of columns to fields."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, BinaryIO, NamedTuple

import msgspec

from penchant.catalog.feeds.attributes import LONGEST_NAME, MOST, MOST_VALUES
from penchant.catalog.feeds.cells import Cells, Told
from penchant.catalog.feeds.columns import column_of, no_column
from penchant.catalog.feeds.entry import Dialect, Entry, ItemKind, Options, Refused
from penchant.catalog.feeds.firsts import Firsts
from penchant.catalog.feeds.moments import in_order
from penchant.catalog.feeds.money import read_money
from penchant.catalog.feeds.offer import read_offer
from penchant.catalog.feeds.prose import one_line
from penchant.catalog.feeds.table import LONGEST_ROW, read_lines, read_table
from penchant.catalog.feeds.tabular_fields import BY_NAME, FIELDS, Wanted
from penchant.catalog.feeds.unpacked import PEEK, encoding_of, looks_like, unpacked
from penchant.catalog.feeds.wrong import Wrong, shown
from penchant.errors import FeedFailed, choices, nearest

NAME = "tabular"
_WINDOWS = (("sale_from", "sale_until"), ("available_from", "available_until"))
_MOST_NAMES = 1_000
"""Names of JSON lines that are remembered, for the message on one that is missing."""


class _Row(NamedTuple):
    line: int
    told: dict[str, Any]
    problem: str


def read_tabular(file: BinaryIO, options: Options) -> Iterator[Entry | Refused]:
    """Read a CSV or TSV file with a header, or a JSON object a line, as `options.columns` maps it.

    Raises:
        FeedFailed: The mapping names a field or column that is not there, or the file is neither, or breaks off.
    """
    told = Told(options, NAME)
    wanted = _wanted(options)
    bytes_ = unpacked(file, NAME)
    head = bytes_.peek(PEEK)
    encoding = encoding_of(head, options.encoding)
    if looks_like(head, encoding) == "json":
        if head.decode(encoding, "replace").lstrip("\ufeff \t\r\n").startswith("["):
            raise FeedFailed(NAME, "read", "the file is one JSON array; it must have an object a line")
        rows = _json_rows(bytes_, encoding, options.columns)
    else:
        rows = _table_rows(bytes_, options)
    firsts = Firsts()
    for line, row, problem in rows:
        caster = _Caster(row, options, told, wanted)
        id = ""
        try:
            if problem:
                raise Wrong("", problem)
            id = caster.cells("id").id("id")
            fields = caster.fields()
        except Wrong as wrong:
            yield Refused(line, id or _text(row.get("id", ""))[:200], wrong.word, wrong.reason)
            continue
        first = firsts.take(id, line)
        if first is None:
            yield Entry(line, id, options.kind, fields)
        else:
            yield Refused(line, id, options.columns["id"], f"the id stands already in line {first}")


def _wanted(options: Options) -> dict[str, Wanted]:
    """Each mapped field and how it is read."""
    known = FIELDS.get(options.kind)
    if known is None:
        # A pack of somebody else's, which the type does not know.
        raise FeedFailed(NAME, "read", f"no mapping can fill items of the pack {shown(options.kind)}")
    if "id" not in options.columns:
        raise FeedFailed(NAME, "read", 'the mapping names no column for "id"')
    wanted = {}
    for field in options.columns:
        name, _, part = field.partition(".")
        shape = known.get(name)
        if shape is None or (part and shape.shape not in BY_NAME):
            near = nearest(name, known)
            hint = f"; did you mean {shown(near)}?" if near and near != name else f" (have: {choices(known)})"
            raise FeedFailed(NAME, "read", f"no field {shown(field)} of a {options.kind} item{hint}")
        wanted[field] = Wanted("count" if shape.shape == "counts" else "json") if part else shape
    return wanted


def _table_rows(file: io.BufferedReader, options: Options) -> Iterator[_Row]:
    table = read_table(file, NAME, options.encoding)
    places: dict[str, int] = {}
    for field in options.columns:
        place = column_of(field, options.columns, table.columns, NAME)
        assert place is not None  # the mapping names it
        places[field] = place
    for line, cells, problem in table.rows:
        yield _Row(line, {field: cells[at] for field, at in places.items() if at < len(cells)}, problem)


def _json_rows(file: io.BufferedReader, encoding: str, columns: Mapping[str, str]) -> Iterator[_Row]:
    decoder = msgspec.json.Decoder(dict[str, Any])
    missing, names, objects = set(columns), set[str](), 0
    for number, text, long, ended in read_lines(file, encoding, NAME):
        if long and not ended:
            raise FeedFailed(NAME, "read", f"the file breaks off in line {number}")
        if long:
            yield _Row(number, {}, f"the line is longer than {LONGEST_ROW:,} characters")
            continue
        if not text.strip("\ufeff \t"):
            continue
        try:
            row = decoder.decode(text.strip("\ufeff"))
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            if not ended:
                raise FeedFailed(NAME, "read", f"the file breaks off in line {number}") from None
            yield _Row(number, {}, "the line is not a JSON object")
            continue
        objects += 1
        if missing and len(names) < _MOST_NAMES:
            names.update(row)
        told = {}
        for field, path in columns.items():
            found, value = _at(row, path)
            if found:
                missing.discard(field)
                told[field] = value
        yield _Row(number, told, "")
    for field in columns if objects else ():
        if field in missing:
            raise no_column(field, columns[field], sorted(names), NAME)


def _at(row: Any, path: str) -> tuple[bool, Any]:
    """What a name leads to: a key as it stands, else a path such as `price.amount`."""
    if path in row:
        return True, row[path]
    for step in path.split("."):
        if not isinstance(row, dict) or step not in row:
            return False, None
        row = row[step]
    return True, row


class _Caster:
    """One row, cast field by field."""

    def __init__(self, row: Mapping[str, Any], options: Options, told: Told, wanted: Mapping[str, Wanted]) -> None:
        self._row, self._options, self._told, self._wanted = row, options, told, wanted

    def cells(self, field: str) -> Cells:
        """One field's text, under the name of its column."""
        value = self._row.get(field)
        if isinstance(value, dict | list):
            raise Wrong(self._options.columns[field], "a single value was wanted")
        return self._of(field, value)

    def _of(self, field: str, value: Any) -> Cells:
        text = _text(value)
        return Cells({field: (text,)} if text.strip() else {}, self._told, self._options.columns)

    def fields(self) -> dict[str, Any]:
        """All fields but the id.

        Raises:
            Wrong: One cannot be read.
        """
        fields: dict[str, Any] = {}
        money = {}
        for field, wanted in self._wanted.items():
            if field == "id" or self._row.get(field) in (None, "", [], {}):
                continue
            if wanted.shape == "money":
                money[field] = self.cells(field)
                continue
            value = self._cast(field, wanted)
            if value is None or value == []:
                continue
            name, _, part = field.partition(".")
            if part:
                fields.setdefault(name, {})[part] = value
            elif wanted.shape in BY_NAME:
                fields.setdefault(name, {}).update(value)
            else:
                fields[field] = value
        if money:
            fields |= self._offer(money, fields)
        for start, end in _WINDOWS:
            if not in_order(fields.get(start), fields.get(end)):
                raise Wrong(
                    self._options.columns[end], f"it ends at {fields[end]}, before it begins at {fields[start]}"
                )
        return fields

    def _cast(self, field: str, wanted: Wanted) -> Any:
        column = self._options.columns[field]
        value = self._row[field]
        if wanted.shape == "list":
            return _list(value, self._options.separator, column)
        if wanted.shape in ("counts", "free", "json"):
            return self._object(field, wanted, value)
        cells = self.cells(field)
        if wanted.shape == "number" or wanted.shape == "count":
            return _ranged(cells, field, wanted)
        if wanted.shape in ("time", "end"):
            return cells.moment(field, end=wanted.shape == "end")
        if wanted.shape == "currency":
            code = (cells.raw(field) or "").upper()
            if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
                raise Wrong(column, f"{shown(code)} is not three letters")
            return code or None
        if wanted.shape == "word":
            word = (cells.line(field) or "").casefold()
            if word and word not in wanted.words:
                raise Wrong(column, f"{shown(word)} is none of {', '.join(wanted.words)}")
            return word or None
        return getattr(cells, wanted.shape)(field)

    def _object(self, field: str, wanted: Wanted, value: Any) -> Any:
        column = self._options.columns[field]
        if "." in field:
            return _free(value, column)
        if isinstance(value, str):
            if not value.strip():
                return None
            try:
                value = msgspec.json.decode(value)
            except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
                value = None
        if not isinstance(value, dict):
            raise Wrong(column, "it must be a JSON object")
        if wanted.shape == "json":
            return value
        named = ((one_line(name)[:LONGEST_NAME], part) for name, part in list(value.items())[:MOST])
        if wanted.shape == "free":
            return {name: _free(part, column) for name, part in named if name and part not in (None, "")}
        return {name: self._of(field, part).count(field) or 0 for name, part in named if name}

    def _offer(self, money: Mapping[str, Cells], fields: dict[str, Any]) -> dict[str, Any]:
        code = fields.get("currency")
        amounts = []
        for field in ("price", "sale_price", "cost"):
            amount = money[field].money(field) if field in money else None
            if amount is not None and code:
                text = money[field].raw(field) or ""
                amount = read_money(text, code)
                if amount.currency != code:
                    raise Wrong(self._options.columns[field], f"{shown(text)} is not in {code}")
            amounts.append(amount)
        columns = self._options.columns
        words = (columns.get("price", ""), columns.get("sale_price", ""), columns.get("cost", ""))
        dates = (fields.pop("sale_from", None), fields.pop("sale_until", None))
        return read_offer(amounts[0], amounts[1], amounts[2], dates=dates, words=words)


def _ranged(cells: Cells, field: str, wanted: Wanted) -> float | int | None:
    number = cells.count(field) if wanted.shape == "count" else cells.number(field)
    if number is not None and not (wanted.low <= number <= wanted.high and not (wanted.above and number == wanted.low)):
        least = f"above {wanted.low:g}" if wanted.above else f"{wanted.low:g} or more"
        most = f" and {wanted.high:g} or less" if wanted.high != float("inf") else ""
        raise Wrong(cells.word(field), f"{number:g} must be {least}{most}")
    return number


def _list(value: Any, separator: str, column: str) -> list[str]:
    """A list, a JSON list in text, or text whose parts stand between separators."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        with suppress(msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            value = msgspec.json.decode(value)
    parts = value if isinstance(value, list) else _text(value).split(separator)
    if any(isinstance(part, dict | list) for part in parts):
        raise Wrong(column, "a list of texts was wanted")
    return list(dict.fromkeys(text for part in parts if (text := one_line(_text(part)))))


def _free(value: Any, column: str) -> Any:
    """A free value: text, number, flag, or a list of texts."""
    if isinstance(value, str):
        return one_line(value) or None
    if isinstance(value, list):
        return _list(value, "", column)[:MOST_VALUES]
    if isinstance(value, dict):
        raise Wrong(column, "a single value was wanted")
    return value


def _text(value: Any) -> str:
    """A plain value as a table would write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)


_EVERY_KIND: Sequence[ItemKind] = ("product", "content", "learning")

DIALECT = Dialect(
    NAME, "Any CSV, TSV or JSON lines, by a mapping of columns to fields.", tuple(_EVERY_KIND), read_tabular
)
