"""What every item has, whatever its pack; reading and checking one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar, Literal, TypeVar

import msgspec

from penchant.catalog import refusal
from penchant.catalog.fields import Fields
from penchant.catalog.path import normal
from penchant.clock import iso, parse_time
from penchant.errors import ItemRejected, nearest

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SCRIPT = re.compile(r"\s*(javascript|vbscript|data)\s*:", re.IGNORECASE)
_DEEPEST = 20
_LARGEST = 2**63
_FEW = 5


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An item of the catalog. Each pack declares its own kind with its own fields; all but `id` may be left out.

    Attributes:
        id: The item's id, as events name it.
        title: Shown name.
        description: What it is, in words.
        url: Where it lives.
        image: Picture address.
        active: False takes it out of every answer.
        attributes: Free fields beside the typed ones.
    """

    live: ClassVar[tuple[str, ...]] = ("active",)
    """Fields that change often. They are kept beside the rest, so that changing one of them writes little."""
    counted: ClassVar[tuple[str, ...]] = ()
    """Live fields that another system counts: a put that does not name them leaves them as they are."""
    derived: ClassVar[tuple[str, ...]] = ()
    """Properties worked out from live fields, which can be filtered by as fields can."""
    tracked: ClassVar[tuple[str, ...]] = ("active",)
    """Live and derived fields, numbers all, whose every change is kept with its time."""
    texts: ClassVar[tuple[str, ...]] = ("title", "description", "url", "image")
    """Words for people: of these a filter knows only whether they are there."""
    paths: ClassVar[tuple[str, ...]] = ()
    """Category paths, in which spaces around `>` do not count."""
    capitals: ClassVar[tuple[str, ...]] = ()
    """Codes that are written in capital letters."""
    windows: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Start and end of what has an end, both live or neither; the start is empty where it has none."""
    offered: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Those of `windows` outside of which the item itself cannot be had."""
    private: ClassVar[tuple[str, ...]] = ()
    """Fields and derived properties that a browser's key is told nothing of, as what an item costs."""

    id: str
    title: str = ""
    description: str = ""
    url: str | None = None
    image: str | None = None
    active: bool = True
    attributes: dict[str, Any] = {}

    def __post_init__(self) -> None:
        if not 0 < len(self.id) <= 200:
            raise ValueError("id must have 1 to 200 characters")

    def check(self) -> None:
        """Check what no type says: that fields agree with one another. Packs add what they know.

        An item of its live fields alone is checked too, so live fields agree with live ones and others with others.

        Raises:
            ItemRejected: They do not.
        """
        if _CONTROL.search(self.id):
            raise ItemRejected(self.id, "must have no control characters", "id")
        if self.id != self.id.strip():
            raise ItemRejected(self.id, "must not begin or end with a space", "id")
        if self.url is not None and _SCRIPT.match(self.url):
            raise ItemRejected(self.id, "must be an address, not a script or data", "url")
        for start, end in self.windows:
            ends = getattr(self, end)
            begins = getattr(self, start) if start and ends is not None else None
            if begins is not None and ends <= begins:
                after = f"{start} ({iso(begins.timestamp())})"
                raise ItemRejected(self.id, f"must be after {after}, got {iso(ends.timestamp())}", end)


ItemT = TypeVar("ItemT", bound=Item)
S = TypeVar("S", bound=msgspec.Struct)


def read_item(kind: type[ItemT], fields: Mapping[str, Any], free: Mapping[str, str] | None = None) -> ItemT:
    """Check plain fields against an item kind.

    Spellings are evened out: moments without a zone are UTC, a day alone is its first moment (its last where something
    ends), `Shoes>Running` is `Shoes > Running`. Null is as good as not said.

    Args:
        kind: The pack's item type.
        fields: Plain values, as from JSON.
        free: Declared free fields and what each holds: `text`, `tags`, `number`, `flag` or `time`.

    Raises:
        ItemRejected: Unknown field, wrong type, a value out of range, or fields that contradict each other, with the
            field's name.
    """
    item = _read(kind, kind, str(fields.get("id", "")), fields, free)
    item.check()
    return item


def read_values(
    kind: type[Item], name: str, fields: Mapping[str, Any], free: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What `read_item` does for some fields of an item, by field: whether they agree is not checked.

    Args:
        kind: The pack's item type.
        name: The item's id, for messages.
        fields: Plain values, without `id`; null stands for what an item has that does not say the field.
        free: As in `read_item`.

    Raises:
        ItemRejected: As there.
    """
    _only_known(Fields.of(kind), name, fields)  # also of those that are null
    if len(fields) <= _FEW:
        part = _read(_slice(kind, tuple(fields)), kind, name, fields, free)
    else:
        part = _read(kind, kind, name, {**fields, "id": name}, free)
    return {field: getattr(part, field) for field in fields}


def _read(as_: type[S], kind: type[Item], name: str, fields: Mapping[str, Any], free: Mapping[str, str] | None) -> S:
    told = fields
    if None in fields.values():
        told = {field: value for field, value in fields.items() if value is not None}
    known = Fields.of(kind)
    _only_known(known, name, told)
    try:
        item = msgspec.convert(told, as_)
    except msgspec.ValidationError as error:
        item = _mended(as_, kind, name, told, error)
    except UnicodeEncodeError:  # half of a pair, as only Python hands it over
        raise ItemRejected(name, "holds text that is no UTF-8") from None
    even: dict[str, Any] = {}
    looks = _looks(kind).get
    for field in told:
        look = looks(field)
        if look is None:
            continue
        value = getattr(item, field)
        if look == "figure":
            if not -_LARGEST < value < _LARGEST:
                _finite(name, field, value)
        else:
            tidy = _tidy(name, kind, known, field, value, free)
            if tidy is not value:
                even[field] = tidy
    return msgspec.structs.replace(item, **even) if even else item


def _only_known(known: Fields, name: str, fields: Mapping[str, Any]) -> None:
    if fields.keys() <= known.names:
        return
    field = next(field for field in fields if field not in known.names)
    near = nearest(str(field), known.names)
    hint = f'; did you mean "{near}"?' if near else ""
    reason = f'is no field of this kind of item{hint} (free fields belong in "attributes")'
    raise ItemRejected(name, reason, str(field))


@lru_cache(maxsize=256)
def _looks(kind: type[Item]) -> Mapping[str, Literal["figure", "spelling"]]:
    """Fields that the decoder alone does not check, and what is looked at."""
    known = Fields.of(kind)
    spelled = known.times | known.maps | {*kind.paths, *kind.capitals}
    return {**dict.fromkeys(known.figures, "figure"), **dict.fromkeys(spelled, "spelling")}


def _tidy(name: str, kind: type[Item], known: Fields, field: str, value: Any, free: Mapping[str, str] | None) -> object:
    """The value with its spelling evened out."""
    if field == "attributes":
        return _free(name, value, free or {})
    if field in known.times:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value
    if field in kind.capitals:
        return value.strip().upper()
    if field in kind.paths:
        path = normal(value)
        if path and "" in path.split(" > "):
            raise ItemRejected(name, f"must have no empty part, got {refusal.shown(value)}", field)
        return (value if path == value else path) or None
    for key, number in value.items():
        _key(name, field, key)
        if field in known.counts:
            _finite(name, f"{field}.{key}", number)
    return value


@lru_cache(maxsize=1024)
def _slice(kind: type[Item], names: tuple[str, ...]) -> type[Any]:
    """A type with some fields of the item type alone, which is read faster."""
    info = {field.name: field for field in msgspec.structs.fields(kind)}
    if any(name not in info for name in names):
        return kind
    fields: list[tuple[str, Any, Any]] = []
    for name in names:
        field = info[name]
        if field.default_factory is not msgspec.NODEFAULT:
            fields.append((name, field.type, msgspec.field(default_factory=field.default_factory)))
        elif field.default is not msgspec.NODEFAULT:
            fields.append((name, field.type, field.default))
        else:
            fields.append((name, field.type, msgspec.field()))
    return msgspec.defstruct(kind.__name__, fields, kw_only=True, frozen=True)


def _mended(as_: type[S], kind: type[Item], name: str, told: Mapping[str, Any], error: msgspec.ValidationError) -> S:
    """Read again what people wrote otherwise, mended field by field, so that what is right costs nothing."""
    ends = {end for _, end in kind.windows}
    while True:
        field = refusal.place_of(str(error))
        value = told.get(field)
        better = value if value is None else refusal.mended(kind, field, value, ends=field in ends)
        if better is value:
            place, reason = refusal.sentence(kind, str(error), told)
            raise ItemRejected(name, reason, place) from None
        told = {**told, field: better}
        try:
            return msgspec.convert(told, as_)
        except msgspec.ValidationError as next_:
            error = next_


def _free(name: str, attributes: dict[str, Any], free: Mapping[str, str]) -> dict[str, Any]:
    """Free fields, those that are declared as they should be, the others as they are; null is as good as not said."""
    even: dict[str, Any] = {}
    for key, value in attributes.items():
        _key(name, "attributes", key)
        if value is None:
            continue
        field = f"attributes.{key}"
        holds = free.get(key)
        if holds is not None:
            value = _declared(name, field, value, holds)
        even[key] = _json(name, field, value)
    return even


def _declared(name: str, field: str, value: object, holds: str) -> object:
    if holds == "text" and isinstance(value, str):
        return value
    if holds == "flag" and isinstance(value, bool):
        return value
    if holds == "number" and isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if holds == "tags" and isinstance(value, str):
        return [value]
    if holds == "tags" and isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return list(value)
    if holds == "time" and isinstance(value, str | datetime):
        try:
            return iso(parse_time(value if isinstance(value, str) else value.isoformat()))
        except (ValueError, OverflowError):
            pass
    raise ItemRejected(name, f"is declared as {_DECLARED[holds]}, got {refusal.shown(value)}", field)


_DECLARED = {
    "text": "text",
    "tags": "a list of text",
    "number": "a number",
    "flag": "true or false",
    "time": "a date and time such as 2026-12-01T08:00:00Z",
}


def _key(name: str, field: str, key: object) -> None:
    if not isinstance(key, str) or not 0 < len(key) <= 100 or _CONTROL.search(key):
        raise ItemRejected(name, f"keys must be 1 to 100 plain characters, got {refusal.shown(key)}", field)


def _finite(name: str, field: str, value: float) -> None:
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        raise ItemRejected(name, "must be a number that fits 64 bits", field)
    if not math.isfinite(value):
        raise ItemRejected(name, f"must be a number, got {value}", field)


def _json(name: str, field: str, value: object, depth: int = 1) -> object:
    """A free value as JSON would give it back."""
    if isinstance(value, str | bool) or value is None:
        return value
    if isinstance(value, int | float):
        _finite(name, field, value)
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if depth > _DEEPEST:
        raise ItemRejected(name, f"must not be nested more than {_DEEPEST} deep", field)
    if isinstance(value, dict):
        for key in value:
            _key(name, field, key)
        return {key: _json(name, f"{field}.{key}", inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_json(name, field, inner, depth + 1) for inner in value]
    wanted = "must be text, a number, true or false, a list or an object"
    raise ItemRejected(name, f"{wanted}, got {refusal.shown(value)}", field)
