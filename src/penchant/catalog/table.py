"""The catalog as columns: what filters, constraints, features and similarity read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.catalog.columns import Categories, Column, Maps, Mask, Numbers, Rows, Tags, Texts, column_of
from penchant.catalog.gathered import Gathered, all_default
from penchant.catalog.item import Item
from penchant.catalog.names import Names
from penchant.catalog.schema import FREE, ColumnKind, Schema, split_key


class _Key(NamedTuple):
    """A column: where its values are, and what it makes of them. A field nobody declared is read as it is asked for."""

    path: str
    kind: ColumnKind


class ItemTable:
    """Items in the order of an item space, as columns. A table never changes; what is told anew makes another one.

    A field is one of the item type or worked out by it, a free one that the domain declares, or a key of a map, as in
    `stock_at.berlin`; `attributes.NAME` is always the free one. A row whose item is not in the catalog (it was
    deleted, or only events know it) is not `present`; its columns hold the missing value: NaN, -1, no tags, empty text.

    A table made of items makes a column when it is first asked for, and knows free fields that nobody declared; one
    made by `stream` keeps no item. Arrays it gives out are not to be written to.
    """

    ids: Names
    schema: Schema
    present: Mask
    kept: dict[object, Any]
    """What readers worked out of this table and want to find again; it goes with the table."""

    def __init__(self, ids: Sequence[str], items: Iterable[Item | None], schema: Schema | None = None) -> None:
        """Take items aligned with ids; None where the catalog lacks one. Without a schema it is that of their type."""
        self.ids = Names(ids)
        held = tuple(items)
        if len(self.ids) != len(held):
            raise ValueError("ids and items differ in length")
        first = next((item for item in held if item is not None), None)
        self.schema = schema or Schema.of(Item if first is None else type(first))
        self.present = np.fromiter((item is not None for item in held), bool, len(held))
        self._items: tuple[Item | None, ...] | None = held
        self._columns: dict[_Key, Column | None] = {}
        self._full: dict[_Key, Column] = {}
        self._texts = True
        self.kept: dict[object, Any] = {}
        self._asked: dict[tuple[str, ColumnKind], Column] = {}

    @classmethod
    def stream(cls, schema: Schema, batches: Iterable[Sequence[Item]], *, texts: bool = False) -> ItemTable:
        """Columns of all fields, made batch by batch; no item is kept.

        Args:
            schema: Which columns there are.
            batches: Items of the schema's type, none twice.
            texts: Whether the words of texts are kept; otherwise only which items have any.
        """
        gathered = {
            _Key(path, kind): Gathered(kind, schema.defaults[path], words=texts)
            for path, kind in schema.columns.items()
            if path != "id"
        }
        fields = schema.kind.__struct_fields__
        ids: list[str] = []
        for batch in batches:
            if not batch:
                continue
            told = dict(zip(fields, zip(*map(msgspec.structs.astuple, batch), strict=True), strict=True))
            ids += told["id"]
            for (path, _), column in gathered.items():
                column.add(told[path] if path in told else _values(path, batch))
        columns = {key: column.column() for key, column in gathered.items()}
        return cls._of(Names(ids), schema, np.ones(len(ids), bool), columns, None, texts)

    @classmethod
    def _of(
        cls,
        ids: Names,
        schema: Schema,
        present: Mask,
        columns: dict[_Key, Column | None],
        items: tuple[Item | None, ...] | None,
        texts: bool,
    ) -> ItemTable:
        table = cls.__new__(cls)
        table.ids, table.schema, table.present = ids, schema, present
        table._items, table._columns = items, columns
        table._full, table._texts, table.kept, table._asked = {}, texts, {}, {}
        return table

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.ids)

    def row(self, item: str) -> int:
        """The row of an id; -1 when the table has none."""
        return self.ids.find(item)

    @cached_property
    def active(self) -> Mask:
        """Which rows are present and not switched off, shape (n,)."""
        if self._stored(_Key("active", "flag")) is None:
            return self.present
        active: Mask = self.present & (self.number("active") != 0)
        return active

    # columns

    def number(self, field: str) -> NDArray[np.float64]:
        """A number, true/false (1/0) or time (Unix seconds) field, shape (n,); NaN where missing."""
        column = self._column(field, "number")
        if isinstance(column, Maps) and (key := split_key(self.schema, field)):
            return column.number(key[1])
        return column.values if isinstance(column, Numbers) else _all(len(self), np.float64(np.nan))

    def category(self, field: str) -> Categories:
        """A text field as codes; names are sorted, and those that came later stand behind them."""
        column = self._column(field, "category")
        if isinstance(column, Texts):
            return column.as_categories
        return column if isinstance(column, Categories) else Categories(_all(len(self), np.int32(-1)), Names())

    def tags(self, field: str) -> Tags:
        """A list-of-text field as ragged codes; a plain text field counts as one tag."""
        column = self._column(field, "tags")
        if isinstance(column, Texts):
            column = column.as_categories
        if isinstance(column, Categories):
            return column.as_tags
        return column if isinstance(column, Tags) else Tags(_all(len(self) + 1, np.int64(0)), _NO_CODES, Names())

    def text(self, field: str) -> tuple[str, ...]:
        """A text field, empty where missing.

        Raises:
            ValueError: The table was made without the words of texts.
        """
        column = self._column(field, "text")
        if isinstance(column, Texts):
            return column.words
        if isinstance(column, Categories):
            names = (*column.names, "")
            return tuple(names[code] for code in column.codes.tolist())
        return ("",) * len(self)

    def has(self, field: str) -> Mask:
        """Which rows have a value of a field, shape (n,); a map has one under any key."""
        column = self._column(field, "number")
        if isinstance(column, Maps) and (key := split_key(self.schema, field)):
            return ~np.isnan(column.number(key[1]))
        if self._path(field) in self.schema.columns:
            return column.has
        return column.has | self.tags(field).has

    # told anew

    def aligned(self, ids: Sequence[str]) -> ItemTable:
        """The rows of these ids, in their order; those that the table lacks are not present."""
        rows = np.fromiter(map(self.row, ids), np.int64, len(ids))
        present = np.zeros(len(ids), bool)
        present[rows >= 0] = self.present[rows[rows >= 0]]
        columns = {key: column if column is None else column.taken(rows) for key, column in self._columns.items()}
        items = None if self._items is None else tuple(self._items[row] if row >= 0 else None for row in rows.tolist())
        return self._of(Names(ids), self.schema, present, columns, items, self._texts)

    def changed(self, items: Mapping[str, Item | None]) -> ItemTable:
        """The table with items told anew; names keep their codes.

        Args:
            items: Items by id. None takes one out: its row stays, and is not present. Ids without a row get one at
                the end, in the order of the mapping.
        """
        new = [name for name, item in items.items() if item is not None and self.row(name) < 0]
        ids = self.ids.grown(new)
        told = {row: item for name, item in items.items() if (row := ids.find(name)) >= 0}
        rows, values = np.array([*told], np.int64), list(told.values())
        present = np.append(self.present, np.zeros(len(new), bool))
        present[rows] = [item is not None for item in values]
        held = None
        if self._items is not None:
            held = _put(self._items, told, len(ids))
            if not self.present.any():  # it may have taken its schema from no item at all
                return ItemTable(ids, held, None if self.schema.kind is Item else self.schema)
        columns = {key: self._retold(key, column, rows, values, len(ids)) for key, column in self._columns.items()}
        table = self._of(ids, self.schema, present, columns, held, self._texts)
        if np.array_equal(present, self.present):
            table._full = self._still_full(columns)
        return table

    def with_live(self, items: Sequence[Item]) -> ItemTable:
        """The table with the live fields of some items told anew, and what is worked out from them.

        Args:
            items: Items of which only the live fields are looked at; those without a row that is present are left out.
        """
        told = {row: item for item in items if (row := self.row(item.id)) >= 0 and self.present[row]}
        rows, values = np.array([*told], np.int64), list(told.values())
        columns = dict(self._columns)
        for path in self.schema.changing:
            key = _Key(path, self.schema.columns[path])
            if key in columns:
                columns[key] = self._retold(key, columns[key], rows, values, len(self))
        held = self._items
        if held is not None:
            held = _put(held, {row: _relive(held[row], item) for row, item in told.items()}, len(self))
        return self._with(columns, held)

    def with_numbers(self, numbers: Mapping[str, NDArray[np.float64]]) -> ItemTable:
        """The table with other numbers in some fields, as of another moment.

        Args:
            numbers: A whole column by field, shape (n,), NaN where missing.

        Raises:
            ValueError: A column is not as long as the table, or its field holds no numbers.
        """
        columns = dict(self._columns)
        for field, values in numbers.items():
            key = self._key(field, "number")
            if values.shape != (len(self),) or key.kind not in ("number", "flag", "time"):
                raise ValueError(f"{field}: {values.shape} numbers for {len(self)} rows of {key.kind}")
            columns[key] = Numbers(values.astype(np.float64), key.kind == "time")
        return self._with(columns, self._items)

    def _with(self, columns: dict[_Key, Column | None], items: tuple[Item | None, ...] | None) -> ItemTable:
        """Other columns of the same rows."""
        table = self._of(self.ids, self.schema, self.present, columns, items, self._texts)
        table._full = self._still_full(columns)
        return table

    def _still_full(self, columns: Mapping[_Key, Column | None]) -> dict[_Key, Column]:
        return {key: full for key, full in self._full.items() if columns.get(key) is None}

    def _retold(
        self, key: _Key, column: Column | None, rows: Rows, items: Sequence[Item | None], length: int
    ) -> Column | None:
        """A column with the values that some rows have now; None as long as all items have the default."""
        values = _values(key.path, items)
        if column is None:
            told = [value for value, item in zip(values, items, strict=True) if item is not None]
            if not told or all_default(key.kind, self.schema.defaults.get(key.path), told):
                return None
            column = self._filled(key)
        return column.told(rows, values, length)

    # where columns come from

    def _path(self, field: str) -> str:
        """The path of a field: a name that is none of the item type's is a free one."""
        if field in self.schema.columns:
            return field
        key = split_key(self.schema, field)
        return key[0] if key else FREE + field.removeprefix(FREE)

    def _key(self, field: str, asked: ColumnKind) -> _Key:
        path = self._path(field)
        return _Key(path, self.schema.columns.get(path, asked))

    def _stored(self, key: _Key) -> Column | None:
        if key not in self._columns and self._items is not None:
            self._columns[key] = column_of(key.kind, _values(key.path, self._items))
        return self._columns.get(key)

    def _column(self, field: str, asked: ColumnKind) -> Column:
        """The column of a field; of one that nobody declared, what it makes as the kind that was asked for."""
        found = self._asked.get((field, asked))
        if found is not None:
            return found
        key = self._key(field, asked)
        column = self._full.get(key) or self._stored(key)
        if column is None:
            column = self._full[key] = self._filled(key)
        self._asked[field, asked] = column
        return column

    def _filled(self, key: _Key) -> Column:
        """The column of a field of which every item has the default; where that is no value it takes no memory."""
        n, default = len(self), self.schema.defaults.get(key.path)
        if key.path == "id":
            return Categories.of([name if there else None for name, there in zip(self.ids, self.present, strict=True)])
        if default not in (None, ()):
            return column_of(key.kind, [default], words=self._texts).taken(np.where(self.present, 0, -1))
        if key.kind in ("number", "flag", "time"):
            return Numbers(_all(n, np.float64(np.nan)), key.kind == "time")
        if key.kind in ("category", "json"):
            return Categories(_all(n, np.int32(-1)), Names(), json=key.kind == "json")
        if key.kind == "text":
            return Texts(("",) * n if self._texts else None, np.zeros(n, bool))
        ptr = _all(n + 1, np.int64(0))
        return Tags(ptr, _NO_CODES, Names()) if key.kind == "tags" else Maps(ptr, _NO_CODES, np.zeros(0), Names())


_NO_CODES = np.zeros(0, np.int32)


def _all(length: int, value: np.generic) -> Any:
    """An array of one value that takes no memory."""
    return np.broadcast_to(value, length)


def _values(path: str, items: Sequence[Item | None]) -> list[Any]:
    """What each item has under a path; None where there is no item."""
    if path.startswith(FREE):
        name = path.removeprefix(FREE)
        return [None if item is None else item.attributes.get(name) for item in items]
    try:
        return list(map(attrgetter(path), items))
    except AttributeError:  # no item, or one of another type
        return [getattr(item, path, None) for item in items]


def _put(items: tuple[Item | None, ...], told: Mapping[int, Item | None], length: int) -> tuple[Item | None, ...]:
    held = [*items, *[None] * (length - len(items))]
    for row, item in told.items():
        held[row] = item
    return tuple(held)


def _relive(item: Item | None, live: Item) -> Item:
    """An item with the live fields of another."""
    assert item is not None
    return msgspec.structs.replace(item, **{name: getattr(live, name) for name in item.live})
