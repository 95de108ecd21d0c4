"""A domain's catalog as columns in memory, kept true to the store's: what changed is read, never the whole again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from penchant.catalog import Item, ItemTable, KeptItem, Schema, join
from penchant.storage import Store


class CatalogMirror:
    """The catalog at a version. Not for several threads at once; the tables it gives out never change."""

    def __init__(self, domain: str, schema: Schema, store: Store) -> None:
        """Start empty, at version 0."""
        self.table = ItemTable.stream(schema, ())
        self.version = 0
        self._domain, self._schema, self._store = domain, schema, store
        self._decoder: msgspec.json.Decoder[Item] = msgspec.json.Decoder(schema.kind)
        self._unread: dict[str, str] = {}
        self._told = 0

    def beside(self) -> CatalogMirror:
        """Another mirror that goes on from here by itself: what is known is shared, and not read again.

        One of a catalog of which most was told anew since it was read begins empty, as names that are gone keep their
        place in the columns.
        """
        other = CatalogMirror(self._domain, self._schema, self._store)
        if self._told <= len(self.table):
            other.table, other.version, other._unread = self.table, self.version, dict(self._unread)
            other._told = self._told
        return other

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not as it should be: items that were written for another pack, or by hand."""
        if not self._unread:
            return ()
        name, why = next(iter(self._unread.items()))
        return (f"{len(self._unread)} unreadable items, the first is {name}: {why}",)

    def follow(self, version: int) -> list[str]:
        """Bring the table up to a version that the store has.

        Returns:
            Ids of the items that became what they were not: new, told anew, or taken out; not those of which only the
            live state changed.
        """
        if self.version == 0:
            return self._begin(version)
        told: dict[str, Item | None] = {}
        for batch in self._store.items(self._domain, self.version):
            told |= {kept.id: self._read(kept) for kept in batch}
        lives: list[Item] = []
        mended: list[str] = []
        for name, live in self._store.live_items(self._domain, self.version):
            if name in told:
                continue
            if name in self._unread:
                mended.append(name)
            elif (item := self._decode(name, live)) is not None:
                lives.append(item)
        # It may have been the live state alone that could not be read.
        told |= self.read(mended) if mended else {}
        # What was written by hand and cannot be read is as good as taken out; what was not there before is no news.
        gone = dict.fromkeys(self._unread.keys() - told.keys())
        told = {name: item for name, item in (told | gone).items() if item is not None or self._has(name)}
        table = self.table.changed(told) if told else self.table
        self.table = table.with_live(lives) if lives else table
        self.version = version
        self._told += len(told)
        return list(told)

    def align(self, first: Sequence[str]) -> None:
        """Put the rows of these ids first, in their order; those the catalog lacks have a row that is not present."""
        known, present = set(first), self.table.present
        others = [name for row, name in enumerate(self.table.ids) if present[row] and name not in known]
        rows = [*first, *sorted(others)]
        if self.table.ids != rows:
            self.table = self.table.aligned(rows)

    def read(self, ids: Iterable[str]) -> dict[str, Item]:
        """Those of these items that the store has and that can be read, whole."""
        found = self._store.items_of(self._domain, list(ids))
        return {name: item for name, kept in found.items() if (item := self._read(kept)) is not None}

    def _begin(self, version: int) -> list[str]:
        """Read all there is, behind what a release that came first wants first."""
        first = self.table.ids
        whole = ItemTable.stream(self._schema, self._whole())
        self.table, told = whole, list(whole.ids)
        if first:
            self.align(first)
        self.version = version
        return told

    def _has(self, name: str) -> bool:
        row = self.table.row(name)
        return row >= 0 and bool(self.table.present[row])

    def _whole(self) -> Iterator[list[Item]]:
        for batch in self._store.items(self._domain):
            yield [item for kept in batch if (item := self._read(kept)) is not None]

    def _read(self, kept: KeptItem) -> Item | None:
        if kept.body is None or kept.live is None:
            self._unread.pop(kept.id, None)
            return None
        return self._decode(kept.id, join(kept.body, kept.live))

    def _decode(self, name: str, text: bytes) -> Item | None:
        try:
            item = self._decoder.decode(text)
        except msgspec.DecodeError as error:  # written for another pack: the other items still serve
            self._unread[name] = str(error)
            return None
        self._unread.pop(name, None)
        return item
