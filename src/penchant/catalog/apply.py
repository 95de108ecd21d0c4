"""Changes are made of what is kept: what is to be written, and what became of each. Nothing here reads or writes."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec

from penchant.catalog.change import Change, ChangeVerdict
from penchant.catalog.fields import Fields
from penchant.catalog.item import Item, read_item, read_values
from penchant.catalog.kept import CatalogWrite, ItemFact, KeptItem
from penchant.catalog.parts import Parts, join, parts_of
from penchant.catalog.schema import Schema
from penchant.errors import ItemRejected, nearest

_MOST = 1e15
_encode = msgspec.json.Encoder(order="deterministic").encode


def apply_changes(
    schema: Schema, changes: Sequence[Change], kept: Mapping[str, KeptItem], at: int
) -> tuple[CatalogWrite, list[ChangeVerdict]]:
    """Make changes in their order; several may be about one item.

    Args:
        schema: The domain's items.
        changes: What is to become of them.
        kept: Those of the items that the catalog has, by id.
        at: The moment that is remembered with tracked fields, milliseconds.

    Returns:
        What is to be written at once, and a verdict for each change, in order.
    """
    draft = Draft(schema, kept, at)
    verdicts = draft.apply(changes)
    return draft.write(), verdicts


class Draft:
    """Changes that were made and not yet written: what `apply_changes` is for one request, for several in turn."""

    def __init__(self, schema: Schema, kept: Mapping[str, KeptItem], at: int) -> None:
        """Begin with what is kept; see `apply_changes`."""
        self._schema, self._kept, self._at = schema, kept, at
        self._traits = _traits_of(schema.kind)
        self._entries: dict[str, _Entry] = {}

    def apply(self, changes: Sequence[Change], *, atomic: bool = False) -> list[ChangeVerdict]:
        """Make changes in their order; a verdict for each.

        Args:
            changes: What is to become of items.
            atomic: One that is rejected keeps all others of this call out.
        """
        before = {name: copy.copy(self._entry(name)) for name in {c.id for c in changes}} if atomic else {}
        verdicts = [self._apply(change) for change in changes]
        if atomic and any(verdict.status == "rejected" for verdict in verdicts):
            self._entries.update(before)
            verdicts = [
                verdict
                if verdict.status == "rejected"
                else ChangeVerdict(id=verdict.id, status="rejected", reason=KEPT_OUT)
                for verdict in verdicts
            ]
        return verdicts

    def write(self) -> CatalogWrite:
        """What is to be written of all that was made."""
        bodies: list[tuple[str, bytes]] = []
        lives: list[tuple[str, bytes]] = []
        gone: list[str] = []
        facts: list[ItemFact] = []
        for name, entry in self._entries.items():
            if entry.live is entry.first:
                continue
            if entry.live is None:
                gone.append(name)
            else:
                if entry.body != entry.kept_body:
                    assert entry.body is not None
                    bodies.append((name, entry.body))
                if entry.state != entry.kept_state:
                    assert entry.state is not None
                    lives.append((name, entry.state))
            self._remember(name, entry, facts)
        return CatalogWrite(bodies, lives, gone, facts)

    def _entry(self, name: str) -> _Entry:
        entry = self._entries.get(name)
        if entry is None:
            entry = self._entries[name] = self._load(self._kept.get(name))
        return entry

    def _load(self, kept: KeptItem | None) -> _Entry:
        if kept is None or kept.body is None or kept.live is None:
            return _Entry()
        # Where nothing of the live state was ever written, the body may still have some of it.
        whole = len(kept.live) <= len(_encode(kept.id)) + len('{"id":}')
        live = self._traits.parts.read(join(kept.body, kept.live) if whole else kept.live)
        return _Entry(live, live, live if whole else None, kept.body, kept.live, kept.body, kept.live)

    def _apply(self, change: Change) -> ChangeVerdict:
        entry = self._entry(change.id)
        try:
            if change.op == "patch":
                return self._patch(entry, change)
            if change.op == "put":
                return self._put(entry, change)
        except ItemRejected as error:
            return ChangeVerdict(id=change.id, status="rejected", field=error.field, reason=error.reason)
        if entry.live is None:
            return ChangeVerdict(id=change.id, status="missing")
        entry.live = entry.full = entry.body = entry.state = None
        return ChangeVerdict(id=change.id, status="deleted")

    def _patch(self, entry: _Entry, change: Change) -> ChangeVerdict:
        if entry.live is None:
            return ChangeVerdict(id=change.id, status="missing")
        traits = self._traits
        if entry.full is None and change.fields.keys() <= traits.live and traits.lives(change.add):
            # Most changes there are; what the item is need not be read for them.
            live = self._added(self._merged(entry.live, change), change)
            if live == entry.live:
                return ChangeVerdict(id=change.id, status="unchanged")
            live.check()
            entry.live, entry.state = live, traits.parts.live(live)
            return ChangeVerdict(id=change.id, status="changed")
        before = self._full(entry)
        after = self._added(self._merged(before, change), change)
        if self._same(before, after):
            return ChangeVerdict(id=change.id, status="unchanged")
        after.check()
        self._take(entry, after)
        return ChangeVerdict(id=change.id, status="changed")

    def _put(self, entry: _Entry, change: Change) -> ChangeVerdict:
        after = read_item(self._schema.kind, {**_fields(change), "id": change.id}, self._schema.free)
        if entry.live is None:
            self._take(entry, self._checked(after, change))
            return ChangeVerdict(id=change.id, status="created")
        counted = {name: getattr(entry.live, name) for name in after.counted if name not in change.fields}
        after = self._checked(msgspec.structs.replace(after, **counted) if counted else after, change)
        body, state = self._written(after)
        # Equal bytes are of equal items; others may be too, as one moment can be written in many ways.
        if (body == entry.body and state == entry.state) or self._same(self._full(entry), after):
            return ChangeVerdict(id=change.id, status="unchanged")
        entry.live, entry.full, entry.body, entry.state = after, after, body, state
        return ChangeVerdict(id=change.id, status="changed")

    def _checked(self, item: Item, change: Change) -> Item:
        if not change.add:
            return item
        item = self._added(item, change)
        item.check()
        return item

    def _full(self, entry: _Entry) -> Item:
        if entry.full is None:
            assert entry.body is not None
            assert entry.state is not None
            entry.full = self._traits.parts.read(join(entry.body, entry.state))
        return entry.full

    def _take(self, entry: _Entry, item: Item) -> None:
        entry.body, entry.state = self._written(item)
        entry.live = entry.full = item

    def _written(self, item: Item) -> tuple[bytes, bytes]:
        try:
            return self._traits.parts.body(item), self._traits.parts.live(item)
        except (ValueError, TypeError):  # half a pair of UTF-16, as some exports have
            raise ItemRejected(item.id, "holds text that is no UTF-8") from None

    def _merged(self, item: Item, change: Change) -> Item:
        """The item with what a patch says of it: null takes a field back, a map is merged key by key."""
        told = _fields(change)
        if not told:
            return item
        maps = self._traits.fields.maps
        gone: dict[str, set[str]] = {}
        if not maps.isdisjoint(told):
            said = {name: value for name, value in told.items() if name in maps and isinstance(value, dict)}
            gone = {name: {key for key, held in value.items() if held is None} for name, value in said.items()}
            left = {
                name: {key: held for key, held in value.items() if held is not None} for name, value in said.items()
            }
            told = {**told, **left}
        values = read_values(self._schema.kind, change.id, told, self._schema.free)
        for name, keys in gone.items():
            merged = {**getattr(item, name), **values[name]}
            values[name] = {key: held for key, held in merged.items() if key not in keys}
        return msgspec.structs.replace(item, **values)

    def _added(self, item: Item, change: Change) -> Item:
        """The item with numbers added to some of its fields."""
        amount: Any  # whoever makes a change in Python may have put in anything
        for path, amount in change.add.items():
            name, dot, key = path.partition(".")
            before = self._number(item, name, key if dot else None, path)
            if isinstance(amount, bool) or not isinstance(amount, int | float) or not -_MOST < amount < _MOST:
                raise ItemRejected(item.id, f"must be a number to add, got {amount!r}", path)
            after = before + amount
            if isinstance(before, int) and isinstance(after, float) and after.is_integer():
                after = int(after)
            told = {name: {key: after} if dot else after}
            try:
                value = read_values(self._schema.kind, item.id, told, self._schema.free)[name]
            except ItemRejected as error:
                raise ItemRejected(item.id, f"adding {amount:g} to {before:g}: {error.reason}", path) from None
            item = msgspec.structs.replace(item, **{name: {**getattr(item, name), **value} if dot else value})
        return item

    def _number(self, item: Item, name: str, key: str | None, path: str) -> int | float:
        """The number that stands in a field, or under a key of a map, to be added to."""
        fields = self._traits.fields
        if name not in fields.names:
            near = nearest(name, fields.names)
            hint = f'; did you mean "{near}"?' if near else ""
            raise ItemRejected(item.id, f"is no field of this kind of item{hint}", path)
        if key is None:
            if name in fields.maps:
                raise ItemRejected(item.id, f'say to which key, as in "{name}.KEY"', path)
            if name not in fields.wholes and name not in fields.numbers:
                raise ItemRejected(item.id, "is not a number, so nothing can be added to it", path)
            value = getattr(item, name)
            uncounted = value is None
        elif name not in fields.maps:
            raise ItemRejected(item.id, f'"{name}" has no keys', path)
        else:
            held = getattr(item, name)
            value = held.get(key)
            uncounted = not held or (name not in fields.counts and value is None)
            if value is None and not uncounted:
                value = 0  # where other places are counted, one that is not named has none
        if uncounted:
            raise ItemRejected(item.id, "is not counted, so nothing can be added to it; say first how many it is", path)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ItemRejected(item.id, "is not a number, so nothing can be added to it", path)
        return value

    def _same(self, before: Item, after: Item) -> bool:
        # What may hold anything is compared as JSON: 1 and true are equal to Python.
        return before == after and all(
            not (held := getattr(before, name)) or _encode(held) == _encode(getattr(after, name))
            for name in self._traits.fields.loose
        )

    def _remember(self, name: str, entry: _Entry, facts: list[ItemFact]) -> None:
        tracked, values = self._traits.tracked, self._traits.values
        if entry.live is None:
            assert entry.first is not None
            for field, value in zip(tracked, values(entry.first), strict=True):
                if field == "active":
                    facts.append(ItemFact(name, field, self._at, 0.0))
                elif value is not None:
                    facts.append(ItemFact(name, field, self._at, None))
            return
        now = values(entry.live)
        before = self._traits.nothing if entry.first is None else values(entry.first)
        if now != before:
            for field, was, value in zip(tracked, before, now, strict=True):
                if was != value:
                    facts.append(ItemFact(name, field, self._at, _float(value)))


class _Entry(msgspec.Struct, eq=False, gc=False):
    """An item on its way: as it was, and as it is by now. None where the catalog does not have it.

    Attributes:
        first: At least the live fields, as they were.
        live: At least the live fields, as they are.
        full: All of it as it is, once that was asked for.
        body: JSON of what it is.
        state: JSON of its live fields.
        kept_body: `body` as it was.
        kept_state: `state` as it was.
    """

    first: Item | None = None
    live: Item | None = None
    full: Item | None = None
    body: bytes | None = None
    state: bytes | None = None
    kept_body: bytes | None = None
    kept_state: bytes | None = None


@dataclass(frozen=True)
class _Traits:
    """What making changes asks of an item type, worked out once."""

    parts: Parts
    fields: Fields
    live: frozenset[str]
    tracked: tuple[str, ...]
    nothing: tuple[None, ...]
    values: Any

    def lives(self, add: Mapping[str, float]) -> bool:
        """Whether numbers are added to live fields alone."""
        return all(path in self.live or path.partition(".")[0] in self.live for path in add)


@lru_cache(maxsize=256)
def _traits_of(kind: type[Item]) -> _Traits:
    tracked = kind.tracked
    get: Any = attrgetter(*tracked)
    values = get if len(tracked) > 1 else lambda item: (get(item),)
    return _Traits(parts_of(kind), Fields.of(kind), frozenset(kind.live), tracked, (None,) * len(tracked), values)


KEPT_OUT = "kept out, as another change of the same request was rejected"


def _fields(change: Change) -> Mapping[str, Any]:
    """What a change says, without the id, which it may name once more."""
    if "id" not in change.fields:
        return change.fields
    if change.fields["id"] != change.id:
        raise ItemRejected(change.id, "is not the id of the item that is changed", "id")
    return {field: value for field, value in change.fields.items() if field != "id"}


def _float(value: Any) -> float | None:
    if value is None:
        return None
    return value.timestamp() if isinstance(value, datetime) else float(value)
