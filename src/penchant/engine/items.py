"""Items of a workspace's domains: said anew, changed, looked up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penchant.catalog import KEPT_OUT, Change, ChangeVerdict, Item, reader
from penchant.errors import ItemRejected, NotFound
from penchant.ingest import CatalogWriter
from penchant.serving import DomainSetup
from penchant.storage import Store


@dataclass(frozen=True)
class Items:
    """The catalog half of an engine.

    Attributes:
        domains: As configuration made them, by name.
        store: Where items are kept.
        writer: Who writes them.
    """

    domains: Mapping[str, DomainSetup]
    store: Store
    writer: CatalogWriter

    def put(self, domain: str, items: Iterable[dict[str, Any]]) -> int:
        """Say items of a domain anew, all or none; the next request obeys.

        Returns:
            How many.

        Raises:
            NotFound: No such domain.
            ItemRejected: One is wrong; none was kept.
        """
        changes = []
        for position, fields in enumerate(items):
            name = fields.get("id")
            if not isinstance(name, str):
                raise ItemRejected("", "is needed, as text", f"items[{position}].id")
            changes.append(Change(id=name, fields=fields))
        for position, verdict in enumerate(self.change(domain, changes, atomic=True)):
            if verdict.status == "rejected" and verdict.reason != KEPT_OUT:
                place = f"items[{position}]" + (f".{verdict.field}" if verdict.field else "")
                raise ItemRejected(verdict.id, verdict.reason, place)
        return len(changes)

    def change(self, domain: str, changes: Sequence[Change], *, atomic: bool = False) -> list[ChangeVerdict]:
        """Change items of a domain; what is not rejected is on disk, and the next request obeys.

        Args:
            domain: Domain name.
            changes: In the order in which they hold.
            atomic: One that is rejected keeps all out.

        Returns:
            One verdict a change, in order.

        Raises:
            NotFound: No such domain.
            Overloaded: Too many changes wait for the disk.
            StorageError: Nothing of it was kept.
        """
        self._setup(domain)
        return self.writer.write(domain, changes, atomic=atomic)

    def of(self, domain: str, ids: Sequence[str]) -> dict[str, Item]:
        """Those of these items that the catalog has, whole; what cannot be read is left out, as it is in answers.

        Raises:
            NotFound: No such domain.
        """
        read = reader(self._setup(domain).pack.item)
        kept = self.store.items_of(domain, ids)
        return {name: item for name, one in kept.items() if (item := read(one)) is not None}

    def _setup(self, domain: str) -> DomainSetup:
        if domain not in self.domains:
            raise NotFound("domain", domain, self.domains)
        return self.domains[domain]
