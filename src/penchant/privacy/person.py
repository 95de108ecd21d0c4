"""A person as the system sees them now: ids, traits, consent, and how much is held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from penchant.clock import iso
from penchant.errors import InvalidRequest
from penchant.events import MAX_ID, Event
from penchant.events.event import is_id
from penchant.people import Rules, canonical, decide, profile
from penchant.storage import Store

PAGE = 2_000
"""Events of a person read at once."""


class Known(msgspec.Struct, frozen=True):
    """A trait that holds.

    Attributes:
        value: Its value.
        at: When it was said.
        source: Who said it.
        id: Of which of the person's ids.
    """

    value: Any
    at: str
    source: str
    id: str


class Allowed(msgspec.Struct, frozen=True):
    """What holds for one purpose.

    Attributes:
        granted: Allowed, or forbidden.
        at: When the person said so; None when nothing was said and the configuration decides.
        source: Who told us.
    """

    granted: bool
    at: str | None = None
    source: str | None = None


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One person.

    Attributes:
        person: Name of the person: the first known id, else the first anonymous one.
        ids: All ids that are this person.
        erased: The id that was asked for was erased, and what comes under it is refused.
        traits: What is known, by name.
        consent: What is allowed, by purpose.
        held: Rows held, by kind.
        first: Time of the first event; None when there is none.
        last: Time of the last event.
    """

    person: str
    ids: tuple[str, ...]
    erased: bool
    traits: dict[str, Known]
    consent: dict[str, Allowed]
    held: dict[str, int]
    first: str | None = None
    last: str | None = None


def check(actor: str) -> str:
    """The same actor.

    Raises:
        InvalidRequest: It is not of the form `user:42` or `anon:f3`.
    """
    kind, _, name = actor.partition(":")
    if kind not in ("user", "anon") or not is_id(name):
        raise InvalidRequest(
            "actor", f"must be user: or anon: and an id of 1 to {MAX_ID} printable characters, as in user:42"
        )
    return actor


def events_of(store: Store, ids: Sequence[str]) -> Iterator[tuple[int, Event]]:
    """Every event under these ids in the order they were stored, with sequence numbers; never many at once."""
    after = 0
    while page := store.events_of(ids, after=after, limit=PAGE):
        yield from page
        after = page[-1][0]


def look(store: Store, actor: str, default: Rules) -> Person:
    """What is known of an actor's person.

    Args:
        store: Where it is kept.
        actor: Any of the person's ids.
        default: Consent of people who have said nothing.
    """
    ids = store.actors(check(actor))
    traits = store.traits(ids)
    words = store.consents(ids[:1]).get(ids[0], [])
    consent = {purpose: Allowed(granted) for purpose, granted in decide(words, default).items()}
    for word in words:
        # Words come by time, so the last that says what holds is the one that decided.
        if word.granted == consent[word.purpose].granted:
            consent[word.purpose] = Allowed(word.granted, iso(word.at / 1000), word.source)
    events = 0
    times: list[int] = []
    for _, event in events_of(store, ids):
        events += 1
        times = [min([event.time, *times]), max([event.time, *times])]
    return Person(
        person=canonical(ids),
        ids=tuple(ids),
        erased=bool(store.erased([actor])),
        traits={
            name: Known(msgspec.json.decode(fact.value), iso(fact.at / 1000), fact.source, fact.actor)
            for name, fact in profile(traits).items()
        },
        consent=consent,
        held={
            "events": events,
            "links": len(store.link_history(ids)),
            "traits": len(traits),
            "consents": len(words),
            "slates": len(store.slates_of(ids)),
            "failed": len(store.failed_of(ids)),
        },
        first=iso(times[0] / 1000) if times else None,
        last=iso(times[1] / 1000) if times else None,
    )
