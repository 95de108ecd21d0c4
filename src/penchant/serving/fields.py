"""What answers tell of items beside their ids: fields as the catalog has them at that moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec.structs import replace

from penchant.catalog import Item, Schema, reader
from penchant.catalog.schema import FREE, split_key
from penchant.errors import InvalidRequest, NotAllowed, StorageError, choices, nearest
from penchant.keys import Scope
from penchant.slate import Slate
from penchant.storage import Store

ALL = "*"
"""Stands for everything that an item says."""
_WHOLE = FREE.removesuffix(".")


@dataclass(frozen=True)
class Told:
    """Fields that a request may be told.

    Attributes:
        names: Their names, each once.
        whole: Everything an item says is told too.
        public: It is told to a browser's key, so nothing private.
    """

    names: tuple[str, ...]
    whole: bool
    public: bool


def read_fields(schema: Schema, names: Sequence[str], *, public: bool, path: str = "fields") -> Told | None:
    """Which fields are meant.

    Args:
        schema: The domain's.
        names: As the request has them.
        public: They are for a browser's key.
        path: Where they stand in the request, for messages.

    Returns:
        None where none are named.

    Raises:
        InvalidRequest: There is no such field.
        NotAllowed: A browser's key is not told it.
    """
    for number, name in enumerate(names):
        if name != ALL:
            _check(schema, name, f"{path}[{number}]", public=public)
    told = tuple(dict.fromkeys(name for name in names if name != ALL))
    return Told(told, ALL in names, public) if names else None


def is_private(schema: Schema, name: str) -> bool:
    """Whether a browser's key is told nothing of a field; free fields are the site's own, whatever they hold."""
    key = split_key(schema, name)
    return (key[0] if key else name) in schema.kind.private or name == _WHOLE or name.startswith(FREE)


class ItemFields:
    """Reads fields from a store."""

    def __init__(self, schemas: Mapping[str, Schema], store: Store) -> None:
        """Take the schemas by domain, and the store that has the items."""
        self._schemas, self._store = schemas, store
        self._readers = {name: reader(schema.kind) for name, schema in schemas.items()}

    def read(self, domain: str, names: Sequence[str], *, public: bool, path: str = "fields") -> Told | None:
        """Which fields of a domain's items are meant; see `read_fields`."""
        return read_fields(self._schemas[domain], names, public=public, path=path) if names else None

    def told(self, slate: Slate, told: Told | None) -> Slate:
        """A slate with fields of its items.

        A field that is named is there for each item, null where the item does not say it. Where the catalog cannot be
        read, or lacks the item by now, no field is.
        """
        if told is None:
            return slate
        try:
            fields = self.of(slate.domain, [item.id for item in slate.items], told)
        except StorageError as error:
            fields, slate = {}, replace(slate, degraded=(*slate.degraded, f"fields: {error.public}"))
        return replace(slate, items=tuple(replace(item, fields=fields.get(item.id, {})) for item in slate.items))

    def of(self, domain: str, ids: Collection[str], told: Told) -> dict[str, dict[str, Any]]:
        """Fields by item, of those that the catalog has and that can be read.

        Raises:
            StorageError: The store cannot be read.
        """
        schema, read = self._schemas[domain], self._readers[domain]
        found: dict[str, dict[str, Any]] = {}
        for name, kept in self._store.items_of(domain, list(ids)).items():
            item = read(kept)
            if item is None:
                continue
            values = _whole(item, schema, public=told.public) if told.whole else {}
            found[name] = values | {field: _value(item, schema, field) for field in told.names}
        return found


def _check(schema: Schema, name: str, path: str, *, public: bool) -> None:
    if name not in schema.columns and name != _WHOLE and split_key(schema, name) is None:
        if name.startswith(FREE):
            raise InvalidRequest(path, "is not declared: say what it holds under [domains.NAME.attributes]", name)
        have = [one for one in schema.columns if not (public and is_private(schema, one))]
        near = nearest(name, have)
        hint = f'did you mean "{near}"?' if near else f"have: {choices(have, 60)}"
        raise InvalidRequest(path, f"no such field; {hint}", name)
    if public and is_private(schema, name):
        raise NotAllowed(
            Scope.RECOMMEND, f"{path}: a browser key (pk_) is not told {name}; ask with a server's key (sk_)"
        )


def _whole(item: Item, schema: Schema, *, public: bool) -> dict[str, Any]:
    """What an item says, and what is worked out from it."""
    told: dict[str, Any] = msgspec.to_builtins(item)
    told |= {name: getattr(item, name) for name in item.derived}
    return {
        name: value
        for name, value in told.items()
        if name != "id" and value is not None and not (public and is_private(schema, name))
    }


def _value(item: Item, schema: Schema, name: str) -> Any:
    if name.startswith(FREE):
        return item.attributes.get(name.removeprefix(FREE))
    key = split_key(schema, name)
    value = getattr(item, name) if key is None else getattr(item, key[0]).get(key[1])
    return msgspec.to_builtins(value)
