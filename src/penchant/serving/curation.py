"""Curation: the rules of each domain, written, read and taken out; every revision stays, with who made it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from penchant.catalog import About, ItemTable, Schema
from penchant.clock import Clock, iso
from penchant.errors import InvalidRequest, NotFound
from penchant.placements import CompiledRule, Rule, validate_rule
from penchant.serving.revised import Revised, check_name
from penchant.storage import Revision, Store

State = Literal["running", "waiting", "ended", "removed"]

_DECODER = msgspec.json.Decoder(Rule)
_NOT_READ = "cannot be read by this version"


class Ruled(Protocol):
    """A domain, as far as its rules need to know it."""

    @property
    def schema(self) -> Schema:
        """Columns of its items."""
        ...

    @property
    def placements(self) -> Collection[str]:
        """Names of its placements."""
        ...


class KeptRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A revision of a rule.

    Attributes:
        id: Its id.
        revision: Counted from 1.
        at: When it was made.
        by: Who made it: the id of a key, or `cli`.
        state: Whether it is obeyed at this moment; `removed` where this revision took the rule out.
        rule: What it says; None where it was taken out, or cannot be read.
        problem: Why it is not obeyed as it stands, as when a field it names is gone.
    """

    id: str
    revision: int
    at: str
    by: str
    state: State
    rule: Rule | None = None
    problem: str = ""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule would be about now.

    Attributes:
        items: How many items of the catalog; None where that depends on who asks, or about what.
        active: How many of them are not switched off.
        unknown: Ids the rule names that the catalog does not have.
    """

    items: int | None
    active: int | None
    unknown: tuple[str, ...]


class Curation:
    """The rules of a workspace. What was put here is obeyed by the next request of every server on the store."""

    def __init__(
        self,
        store: Store,
        domains: Mapping[str, Ruled],
        clock: Clock,
        new_id: Callable[[], str] = lambda: secrets.token_hex(6),
    ) -> None:
        """Take the parts.

        Args:
            store: Where rules are kept.
            domains: By name.
            clock: When each revision was made.
            new_id: Makes ids for rules that come without one.
        """
        self._store, self._domains, self._clock, self._new_id = store, domains, clock, new_id
        self._kept = Revised("rule", store.put_rule, store.rules, clock, "it is not there any more")

    def put(self, domain: str, rule: Rule, *, id: str | None = None, by: str, revision: int | None = None) -> KeptRule:
        """Keep a rule, or a new revision of one.

        Args:
            domain: Domain name.
            rule: What it says.
            id: Its id; a new one when None.
            by: Who does it.
            revision: The revision this was made from, 0 for none; any when None.

        Raises:
            NotFound: No such domain.
            InvalidRequest: The rule cannot be obeyed, or the id is none.
            Conflict: The rule is at another revision by now.
            StorageError: Nothing was kept.
        """
        known = self._domain(domain)
        if id is not None:
            check_name("id", id)
        validate_rule(rule, known.schema, known.placements)
        body = msgspec.json.encode(rule)
        return self._told(domain, self._kept.keep(domain, id or self._new_id(), body, by=by, revision=revision))

    def list(self, domain: str) -> Sequence[KeptRule]:
        """The rules of a domain: those of higher priority first, then by id.

        Raises:
            NotFound: No such domain.
        """
        self._domain(domain)
        kept = [self._told(domain, row) for row in self._store.rules(domain)]
        return sorted(kept, key=lambda one: (-(one.rule.priority if one.rule else 0), one.id))

    def get(self, domain: str, id: str) -> KeptRule:
        """One rule as it is now.

        Raises:
            NotFound: No such domain or rule.
        """
        self._domain(domain)
        row = self._kept.find(domain, id)
        if row is None:
            raise NotFound("rule", id)
        return self._told(domain, row)

    def remove(self, domain: str, id: str, *, by: str, revision: int | None = None) -> KeptRule:
        """Take a rule out; its history stays.

        Raises:
            NotFound: No such domain or rule.
            Conflict: The rule is at another revision by now.
            StorageError: Nothing was kept.
        """
        self.get(domain, id)
        return self._told(domain, self._kept.keep(domain, id, None, by=by, revision=revision))

    def history(self, domain: str, id: str | None = None, *, limit: int = 100) -> Sequence[KeptRule]:
        """Revisions of one rule or of all of a domain, the latest first.

        Raises:
            NotFound: No such domain, or no such rule, ever.
        """
        self._domain(domain)
        rows = self._store.rule_history(domain, id, limit=limit)
        if id is not None and not rows:
            raise NotFound("rule", id)
        return [self._told(domain, row) for row in rows]

    def check(self, domain: str, rule: Rule, table: ItemTable) -> Checked:
        """Check a rule without keeping it, and see what it would be about.

        Args:
            domain: Domain name.
            rule: The rule.
            table: The domain's catalog as it is now.

        Raises:
            NotFound: No such domain.
            InvalidRequest: The rule cannot be obeyed, with the field that is wrong.
        """
        known = self._domain(domain)
        validate_rule(rule, known.schema, known.placements)
        made = CompiledRule.of("", 0, rule, known.schema)
        unknown = tuple(name for name in rule.items if (row := table.row(name)) < 0 or not table.present[row])
        if made.filter is not None and (made.filter.needs_person or made.filter.needs_seed):
            return Checked(items=None, active=None, unknown=unknown)
        rows = made.rows(table, About(now=self._clock.now())) & table.present
        return Checked(items=int(rows.sum()), active=int((rows & table.active).sum()), unknown=unknown)

    def _domain(self, name: str) -> Ruled:
        if name not in self._domains:
            raise NotFound("domain", name, self._domains)
        return self._domains[name]

    def _told(self, domain: str, row: Revision) -> KeptRule:
        known, now = self._domains[domain], self._clock.now()
        rule: Rule | None = None
        problem = ""
        state: State = "removed"
        if row.body is not None:
            try:
                rule = _DECODER.decode(row.body)
                starts, ends = rule.span
                state = "waiting" if now < starts else "running" if now < ends else "ended"
                validate_rule(rule, known.schema, known.placements)
            except InvalidRequest as error:
                problem = error.message
            except msgspec.DecodeError as error:
                state, problem = "waiting", f"{_NOT_READ} ({error})"
        return KeptRule(
            id=row.id,
            revision=row.revision,
            at=iso(row.at / 1000),
            by=row.by,
            state=state,
            rule=rule,
            problem=problem,
        )
