"""Placements that are kept in the store: written, read and taken out; every revision stays, with who made it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import msgspec

from penchant.clock import Clock, iso
from penchant.errors import InvalidRequest, NotFound
from penchant.pack import Placement
from penchant.placements import PlacementSpec, problems
from penchant.serving.revised import Revised, check_name
from penchant.serving.setup import DomainSetup
from penchant.serving.tried import unfit
from penchant.storage import Revision, Store

_DECODER = msgspec.json.Decoder(PlacementSpec)


class KeptPlacement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A placement of a domain as it is now, or a revision of one.

    Attributes:
        name: Its name.
        origin: Who has the last word on it: the `pack` that ships it, `config` (penchant.toml), or the `store`.
        placement: What it is; None for what was taken out, or cannot be obeyed.
        revision: That of the store, counted from 1; 0 for what is not kept there.
        at: When the revision was made.
        by: Who made it: the id of a key, or `cli`.
        spec: What the store keeps of it: what is otherwise than in the placement it starts from.
        problem: Why it is not obeyed as it stands, as when a model it names is gone.
    """

    name: str
    origin: str
    placement: Placement | None = None
    revision: int = 0
    at: str = ""
    by: str = ""
    spec: PlacementSpec | None = None
    problem: str = ""


def laid(setup: DomainSetup, rows: Sequence[Revision]) -> tuple[DomainSetup, tuple[str, ...]]:
    """A domain with the placements of the store over those of its configuration.

    Args:
        setup: As configuration made it.
        rows: What the store keeps.

    Returns:
        The domain, and what cannot be obeyed, for `degraded`. What cannot be obeyed is as configuration has it.
    """
    placements = dict(setup.placements)
    notes = []
    for row in rows:
        try:
            placements[row.id] = _made(setup, row.id, _read(row))
        except InvalidRequest as error:
            notes.append(f"placement {row.id} of the store is not obeyed: {error.message}")
    for slot, one in setup.experiments.items():
        why = next((why for arm, _ in one.arms if (why := unfit(slot, arm, placements))), "")
        if why:
            notes.append(f"experiment {one.name} rests: {why}")
    return (setup if not rows else replace(setup, placements=placements)), tuple(notes)


class SetupsNow(Mapping[str, DomainSetup]):
    """Domains with their placements as they are at each look."""

    def __init__(self, store: Store, domains: Mapping[str, DomainSetup]) -> None:
        """Over the domains as configuration made them."""
        self._store, self._domains = store, domains

    def __getitem__(self, name: str) -> DomainSetup:
        """A domain as it is now."""
        return laid(self._domains[name], self._store.placements(name))[0]

    def __contains__(self, name: object) -> bool:
        """Whether there is such a domain."""
        return name in self._domains

    def __iter__(self) -> Iterator[str]:
        """Names of domains."""
        return iter(self._domains)

    def __len__(self) -> int:
        """How many."""
        return len(self._domains)


class Slots:
    """The placements of a workspace. What was put here is obeyed by the next request of every server on the store."""

    def __init__(self, store: Store, domains: Mapping[str, DomainSetup], clock: Clock) -> None:
        """Take the parts.

        Args:
            store: Where placements are kept.
            domains: As configuration made them, by name.
            clock: When each revision was made.
        """
        self._store, self._domains = store, domains
        gone = "it is not kept there any more"
        self._kept = Revised("placement", store.put_placement, store.placements, clock, gone)

    def put(
        self, domain: str, name: str, spec: PlacementSpec, *, by: str, revision: int | None = None
    ) -> KeptPlacement:
        """Keep a placement, or a new revision of one.

        Args:
            domain: Domain name.
            name: Its name; one that configuration has is laid over.
            spec: What is otherwise than in the placement it starts from.
            by: Who does it.
            revision: The revision this was made from, 0 for none; any when None.

        Raises:
            NotFound: No such domain.
            InvalidRequest: It cannot be obeyed, or the name is none.
            Conflict: It is at another revision by now.
            StorageError: Nothing was kept.
        """
        setup = self._domain(domain)
        check_name("name", name)
        _made(setup, name, spec)
        return self._told(setup, self._kept.keep(domain, name, msgspec.json.encode(spec), by=by, revision=revision))

    def check(self, domain: str, name: str, spec: PlacementSpec) -> Placement:
        """What a placement would be, without keeping it.

        Raises:
            NotFound: No such domain.
            InvalidRequest: It cannot be obeyed.
        """
        return _made(self._domain(domain), name, spec)

    def list(self, domain: str) -> Sequence[KeptPlacement]:
        """The placements of a domain, by name.

        Raises:
            NotFound: No such domain.
        """
        setup = self._domain(domain)
        kept = {row.id: self._told(setup, row) for row in self._store.placements(domain)}
        return [kept.get(name) or _configured(setup, name) for name in sorted({*setup.placements, *kept})]

    def get(self, domain: str, name: str) -> KeptPlacement:
        """One placement as it is now.

        Raises:
            NotFound: No such domain or placement.
        """
        found = self.list(domain)
        one = next((one for one in found if one.name == name), None)
        if one is None:
            raise NotFound("placement", name, [one.name for one in found])
        return one

    def remove(self, domain: str, name: str, *, by: str, revision: int | None = None) -> KeptPlacement:
        """Take a placement out of the store; its history stays, and configuration has the last word again.

        Returns:
            The revision that took it out.

        Raises:
            NotFound: No such domain, or the store keeps no such placement.
            Conflict: It is at another revision by now.
            StorageError: Nothing was kept.
        """
        if not self.get(domain, name).revision:
            raise NotFound("placement kept in the store", name)
        return self._told(self._domain(domain), self._kept.keep(domain, name, None, by=by, revision=revision))

    def history(self, domain: str, name: str, *, limit: int = 100) -> Sequence[KeptPlacement]:
        """Revisions of a placement that the store keeps or kept, the latest first.

        Raises:
            NotFound: No such domain, or the store never kept such a placement.
        """
        setup = self._domain(domain)
        rows = self._store.placement_history(domain, name, limit=limit)
        if not rows:
            raise NotFound("placement kept in the store", name)
        return [self._told(setup, row) for row in rows]

    def _domain(self, name: str) -> DomainSetup:
        if name not in self._domains:
            raise NotFound("domain", name, self._domains)
        return self._domains[name]

    @staticmethod
    def _told(setup: DomainSetup, row: Revision) -> KeptPlacement:
        spec: PlacementSpec | None = None
        placement: Placement | None = None
        problem = ""
        if row.body is not None:
            try:
                spec = _read(row)
                placement = _made(setup, row.id, spec)
            except InvalidRequest as error:
                problem = error.message
        return KeptPlacement(
            name=row.id,
            origin="store",
            placement=placement,
            revision=row.revision,
            at=iso(row.at / 1000),
            by=row.by,
            spec=spec,
            problem=problem,
        )


def _configured(setup: DomainSetup, name: str) -> KeptPlacement:
    placement = setup.placements[name]
    shipped = any(placement == one for one in setup.pack.placements)
    return KeptPlacement(name=name, origin="pack" if shipped else "config", placement=placement)


def _read(row: Revision) -> PlacementSpec:
    try:
        return _DECODER.decode(row.body or b"")
    except msgspec.DecodeError as error:
        raise InvalidRequest("", f"cannot be read by this version ({error})") from None


def _made(setup: DomainSetup, name: str, spec: PlacementSpec) -> Placement:
    """The placement that a spec makes in a domain.

    Raises:
        InvalidRequest: It cannot be obeyed, with all that is wrong.
    """
    placement = spec.laid_over(name, setup.placements)
    wrong = problems(placement, setup.pack, setup.schema)
    if wrong:
        raise InvalidRequest("placement", "; ".join(wrong), name)
    return placement
