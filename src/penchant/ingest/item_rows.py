"""Rows of a statement become changes of items of a pack's kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from penchant.catalog import Change, Item
from penchant.ingest.casting import Kind
from penchant.ingest.mapping import Field


def item_fields(kind: type[Item]) -> tuple[Field, ...]:
    """What an import of items of this kind can fill, from the kind's own types."""
    described = msgspec.inspect.type_info(kind)
    assert isinstance(described, msgspec.inspect.StructType)
    return tuple(
        Field(field.name, "id" if field.name == "id" else _kind(field.type), required=field.name == "id")
        for field in described.fields
    )


def _kind(described: msgspec.inspect.Type) -> Kind:
    if isinstance(described, msgspec.inspect.UnionType):
        others = [t for t in described.types if not isinstance(t, msgspec.inspect.NoneType)]
        return _kind(others[0]) if len(others) == 1 else "json"
    if isinstance(described, msgspec.inspect.VarTupleType | msgspec.inspect.ListType | msgspec.inspect.SetType):
        return "list" if isinstance(described.item_type, msgspec.inspect.StrType) else "json"
    for shape, kind in _KINDS:
        if isinstance(described, shape):
            return kind
    return "json"


_KINDS: tuple[tuple[type[msgspec.inspect.Type], Kind], ...] = (
    (msgspec.inspect.StrType, "text"),
    (msgspec.inspect.LiteralType, "text"),
    (msgspec.inspect.EnumType, "text"),
    (msgspec.inspect.BoolType, "flag"),
    (msgspec.inspect.IntType, "whole"),
    (msgspec.inspect.FloatType, "number"),
    (msgspec.inspect.DateTimeType, "time"),
)


class ItemRows:
    """Makes changes of batches: each row says an item anew."""

    def __init__(self, fields: Sequence[Field], mapped: Sequence[str]) -> None:
        """Of these fields those that are mapped."""
        self._fields = [field for field in fields if field.name in mapped]

    def read(self, batch: pa.RecordBatch) -> list[tuple[int, Change]]:
        """Place and change of the rows that are neither left out nor refused, in the batch's order."""
        places = pc.indices_nonzero(pc.and_(pc.is_null(batch["excluded"]), pc.is_null(batch["why"])))
        if len(places) < batch.num_rows:
            batch = batch.take(places)
        names = [field.name for field in self._fields]
        columns = [_column(batch[f"t_{field.name}"], field.kind) for field in self._fields]
        changes = []
        for place, values in zip(places.to_pylist(), zip(*columns, strict=True), strict=True):
            told = dict(zip(names, values, strict=True))
            if None in values:
                told = {name: value for name, value in told.items() if value is not None}
            changes.append((place, Change(id=told.pop("id"), fields=told)))
        return changes


def _column(column: pa.Array, kind: Kind) -> Iterable[Any]:
    values = column.to_pylist()
    read = _READ.get(kind)
    return values if read is None else [None if value is None else read(value) for value in values]


def _json(text: str) -> object:
    if not text.strip():
        return None
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text  # the item type says what it wanted instead


_READ: dict[Kind, Callable[[Any], Any]] = {
    "time": lambda ms: datetime.fromtimestamp(ms / 1000, UTC),
    "json": _json,
}
