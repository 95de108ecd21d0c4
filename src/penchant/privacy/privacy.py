"""Everything an operator can do about one person: look, correct, export, erase."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from penchant.clock import Clock, iso
from penchant.errors import InvalidRequest, NotFound
from penchant.events import MAX_ID, PURPOSES, Consent, Event, How, Link, Trait
from penchant.events.event import is_id
from penchant.people import Rules
from penchant.privacy.erase import Erasure, Progress
from penchant.privacy.export import export
from penchant.privacy.person import Person, check, look
from penchant.privacy.receipt import Receipt
from penchant.storage import Fate, Lake, Releases, Store

SOURCE = "api"
"""Source of what is said of people here and not by events."""

MOST_VALUE = 16_384
"""Longest value of a trait, in bytes of JSON."""


class LinkTold(msgspec.Struct, frozen=True):
    """A link and its history.

    Attributes:
        a: One id.
        b: The other.
        at: When it was told first.
        source: Who told it.
        how: By what: `event`, `identify`, `alias`, `import` or `api`.
        undone: When it was undone; None while it holds.
    """

    a: str
    b: str
    at: str
    source: str
    how: How
    undone: str | None = None


def silent(what: str, share: float) -> None:
    """A `Progress` that shows nothing."""


class Privacy:
    """The people of one workspace."""

    def __init__(
        self,
        store: Store,
        lake: Lake,
        releases: Releases,
        rejected: Path,
        *,
        clock: Clock,
        flush: Callable[[], None],
        consent: Rules,
        domain: str,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        """Work on these.

        Args:
            store: The operational store.
            lake: The log as Parquet.
            releases: What was trained.
            rejected: Folder of the rows that imports refused.
            clock: Tells when.
            flush: Writes what waits in memory into the store: messages that are being taken in, and served slates.
            consent: What holds for people who have said nothing.
            domain: The domain in whose log it is written what is said of people here: they belong to all domains, but
                an event belongs to one.
            token: Gives random text, for the ids of messages and receipts.
        """
        self._store, self._releases, self._rejected, self._clock = store, releases, rejected, clock
        self._default, self._domain, self._token = consent, domain, token
        self._erasure = Erasure(store, lake, releases, rejected, clock, flush)
        self._flush = flush
        self._alone = threading.Lock()

    # seeing

    def person(self, actor: str) -> Person:
        """What is known of an actor's person; somebody unknown is a person of whom nothing is held.

        Raises:
            InvalidRequest: The actor is not of the form `user:42` or `anon:f3`.
        """
        return look(self._store, actor, self._default)

    def links(self, actor: str) -> list[LinkTold]:
        """Every link of an actor's person, also those that were undone, oldest first.

        Raises:
            InvalidRequest: The actor is none.
        """
        history = self._store.link_history(self._store.actors(check(actor)))
        return [
            LinkTold(link.a, link.b, iso(link.at / 1000), link.source, link.how, iso(undone / 1000) if undone else None)
            for link, undone in history
        ]

    def export(self, actor: str) -> Iterator[bytes]:
        """Everything held on an actor's person, as JSON Lines; see `penchant.privacy.export`.

        Raises:
            InvalidRequest: The actor is none.
        """
        check(actor)
        self._flush()
        return export(self._store, self._releases, self._rejected, actor, self._default, now=self._clock.now())

    # correcting

    def link(self, a: str, b: str) -> bool:
        """Say that two actors are one person; whether they are now: a shared device still belongs to nobody.

        Raises:
            InvalidRequest: One of them is no actor or was erased, or the two are the same.
        """
        for actor in (a, b):
            self._present(actor)
        if a == b:
            raise InvalidRequest("other", "must be another id")
        self._store.append([], links=[Link(a, b, self._now(), SOURCE, "api")])
        return b in self._store.actors(a)

    def unmerge(self, a: str, b: str) -> bool:
        """Undo the link of two actors; whether they are two persons now: other links may still join them.

        Raises:
            InvalidRequest: One of them is no actor.
            NotFound: No link joins the two directly.
        """
        for actor in (a, b):
            check(actor)
        if not self._store.unlink(a, b, self._now()):
            pairs = [(link.a, link.b) for link, undone in self._store.link_history([a]) if undone is None]
            raise NotFound("link", f"{a} to {b}", [f"{a} to {y if x == a else x}" for x, y in pairs])
        return b not in self._store.actors(a)

    def consent(self, actor: str, granted: Mapping[str, bool]) -> Person:
        """Keep what a person allows, by purpose; it holds from now on for all their ids.

        Raises:
            InvalidRequest: The actor is none or was erased, or a purpose is none.
        """
        strange = sorted(granted.keys() - set(PURPOSES))
        if strange or not granted:
            raise InvalidRequest("consent", f"must name some of {', '.join(PURPOSES)}", strange[0] if strange else None)
        now = self._now()
        event = self._event("Consent Changed", self._present(actor), now, {**granted})
        said = [Consent(actor, purpose, granted[purpose], now, SOURCE) for purpose in PURPOSES if purpose in granted]
        self._keep(event, consents=said)
        return self.person(actor)

    def traits(self, actor: str, values: Mapping[str, Any]) -> Person:
        """Keep what is known of a person, by trait; None takes a trait back. The words before stay in the history.

        Raises:
            InvalidRequest: The actor is none or was erased, or a name or value cannot be kept.
        """
        if not values:
            raise InvalidRequest("traits", "must name at least one")
        now = self._now()
        said = [Trait(check(actor), name, _value(name, value), now, SOURCE) for name, value in values.items()]
        self._keep(self._event("Person Identified", self._present(actor), now, {"traits": {**values}}), traits=said)
        return self.person(actor)

    # erasing

    def erase(self, actor: str, progress: Progress = silent) -> Receipt:
        """Erase a person under all their ids, everywhere, and refuse what comes under them from now on.

        An erasure that was cut short before is finished first. Somebody of whom nothing is held is erased too: what
        comes later is refused.

        Raises:
            InvalidRequest: The actor is none.
            StorageError: Something cannot be written; the receipt, if there is one, is pending.
        """
        check(actor)
        with self._alone:
            self._erasure.finish(silent)
            name = f"{iso(self._clock.now())[:10]}-{self._token()}"
            return self._erasure.erase(actor, name, self._default, progress)

    def finish(self, progress: Progress = silent) -> list[Receipt]:
        """Finish erasures that a crash cut short; cheap when there are none."""
        with self._alone:
            return self._erasure.finish(progress)

    def receipts(self) -> list[Receipt]:
        """Receipts of all erasures, oldest first."""
        return [receipt for _, receipt in self._erasure.receipts()]

    def readmit(self, actor: str) -> bool:
        """Take events of an erased id again, because the person came back; False when it was not erased.

        Raises:
            InvalidRequest: The actor is none.
            StorageError: An erasure before could not be finished.
        """
        check(actor)
        with self._alone:
            # What an unfinished erasure has left in files is found by being erased, so it must end before.
            self._erasure.finish(silent)
            return self._store.readmit([actor]) > 0

    def _now(self) -> int:
        return int(self._clock.now() * 1000)

    def _present(self, actor: str) -> str:
        if self._store.erased([check(actor)]):
            raise InvalidRequest("actor", "was erased; readmit it first if the person came back")
        return actor

    def _event(self, name: str, actor: str, now: int, properties: dict[str, Any]) -> Event:
        kind, _, bare = actor.partition(":")
        user, anonymous = (bare, None) if kind == "user" else (None, bare)
        token = f"{SOURCE}-{self._token()}"
        return Event(self._domain, SOURCE, token, 0, name, user, anonymous, now, now, properties=properties)

    def _keep(self, event: Event, traits: list[Trait] | None = None, consents: list[Consent] | None = None) -> None:
        [fate] = self._store.append([event], traits=traits or (), consents=consents or ())
        if fate is Fate.ERASED:
            raise InvalidRequest("actor", "was erased; readmit it first if the person came back")


def _value(name: str, value: Any) -> bytes:
    if not is_id(name):
        raise InvalidRequest("traits", f"must have names of 1 to {MAX_ID} printable characters")
    try:
        body = msgspec.json.encode(value)
    except (TypeError, ValueError, RecursionError):
        raise InvalidRequest(f"traits.{name}", "must be plain JSON") from None
    if len(body) > MOST_VALUE:
        raise InvalidRequest(f"traits.{name}", f"must have at most {MOST_VALUE} bytes of JSON")
    return body
