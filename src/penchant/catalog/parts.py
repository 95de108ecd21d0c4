"""The two parts an item is kept in: what it is, and what changes often of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec

from penchant.catalog.item import Item
from penchant.catalog.kept import KeptItem

# Equal items are to be equal bytes, so keys of maps are sorted; fields stand in the order of the type.
_encode = msgspec.json.Encoder(order="deterministic").encode


def split(item: Item) -> tuple[bytes, bytes]:
    """The body and the live state of an item: JSON of its id and of those fields that differ from their defaults.

    Raises:
        ValueError, TypeError: A free field holds what JSON cannot.
    """
    parts = parts_of(type(item))
    return parts.body(item), parts.live(item)


def join(body: bytes, live: bytes) -> bytes:
    """One JSON object of both parts, to be decoded with the item type.

    Keys may stand there twice, and the later one holds: where a body still has a field that is live now, what the live
    state says of it counts.
    """
    # Both have an id, so neither is empty.
    return body[:-1] + b"," + live[1:]


def reader(kind: type[Item]) -> Callable[[KeptItem], Item | None]:
    """Reads kept items of a type, whole; None for what the catalog lacks or nobody can read, as of another pack."""
    decoder: msgspec.json.Decoder[Item] = msgspec.json.Decoder(kind)

    def read(kept: KeptItem) -> Item | None:
        if kept.body is None or kept.live is None:
            return None
        try:
            return decoder.decode(join(kept.body, kept.live))
        except msgspec.DecodeError:
            return None

    return read


@dataclass(frozen=True)
class Parts:
    """The parts of one item type.

    Attributes:
        body: JSON of what an item is.
        live: JSON of what changes often of it.
        read: An item of the JSON of either part, or of both joined.
    """

    body: Callable[[Item], bytes]
    live: Callable[[Item], bytes]
    read: Callable[[bytes], Item]


@lru_cache(maxsize=256)
def parts_of(kind: type[Item]) -> Parts:
    """The parts of an item type."""
    names = kind.__struct_fields__
    return Parts(
        body=_part(kind, [name for name in names if name not in kind.live]),
        live=_part(kind, [name for name in names if name == "id" or name in kind.live]),
        read=msgspec.json.Decoder(kind).decode,
    )


def _part(kind: type[Item], names: Sequence[str]) -> Callable[[Item], bytes]:
    """Encodes some fields of an item: a type that has them alone leaves out defaults as the item type itself does."""
    info = {field.name: field for field in msgspec.structs.fields(kind)}
    fields: list[tuple[str, Any, Any]] = []
    for name in names:
        field = info[name]
        if field.default is not msgspec.NODEFAULT:
            fields.append((name, field.type, field.default))
        elif field.default_factory is not msgspec.NODEFAULT:
            fields.append((name, field.type, msgspec.field(default_factory=field.default_factory)))
        else:
            fields.append((name, field.type, msgspec.field()))
    part: Callable[..., object] = msgspec.defstruct(kind.__name__, fields, omit_defaults=True, gc=False)
    values: Callable[[Item], Sequence[object]] = attrgetter(*names)
    return lambda item: _encode(part(*values(item)))
