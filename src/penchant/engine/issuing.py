"""Issuing: keys that are made for those who send events and ask for slates."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from penchant.clock import Clock
from penchant.config import SourceSettings
from penchant.errors import InvalidRequest, NotFound
from penchant.keys import Key, KeyRing, Kind, digest, key_id, new_key
from penchant.storage import Store


@dataclass(frozen=True)
class Issuer:
    """Makes keys.

    Attributes:
        store: Where they are kept.
        ring: Who knows them; it is told of each.
        domains: Names of the workspace's domains.
        sources: Sources of events by name.
        clock: When each was made.
    """

    store: Store
    ring: KeyRing
    domains: Collection[str]
    sources: Mapping[str, SourceSettings]
    clock: Clock

    def create(
        self,
        kind: Kind,
        *,
        domain: str | None = None,
        source: str | None = None,
        label: str = "",
        expires: float | None = None,
        value: str | None = None,
    ) -> tuple[str, Key]:
        """Make a key; its text is told here and never again.

        Args:
            kind: What it is for.
            domain: The one domain it is good for; None for all.
            source: Source of the events it sends; the domain's own when None and a domain is told.
            label: Words for people.
            expires: Unix seconds.
            value: A text that is in use already, such as the write key of another tracker.

        Raises:
            NotFound: No such domain or source.
            InvalidRequest: The source belongs to another domain, or the text is too short to be a key.
            StorageError: There is such a key already, or the store cannot be written.
        """
        if domain is not None and domain not in self.domains:
            raise NotFound("domain", domain, self.domains)
        if source is not None and source not in self.sources:
            raise NotFound("source", source, self.sources)
        if source is not None and domain is not None and self.sources[source].domain != domain:
            raise InvalidRequest("source", f'belongs to the domain "{self.sources[source].domain}"', source)
        if value is not None and not 8 <= len(value) <= 200:
            raise InvalidRequest("value", "must have 8 to 200 characters")
        text = value if value is not None else new_key(kind)
        key = Key(
            id=key_id(text),
            digest=digest(text),
            kind=kind,
            domain=self.sources[source].domain if source is not None else domain,
            source=source or domain,
            label=label,
            created=int(self.clock.now() * 1000),
            expires=None if expires is None else int(expires * 1000),
        )
        self.store.put_key(key)
        self.ring.refresh()
        return text, key
