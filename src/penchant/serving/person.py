"""Whoever a request is for: what they allow, their ids, their traits and their history, as the store has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from penchant.errors import StorageError
from penchant.people import Rules, decide, profile
from penchant.serving.setup import DomainSetup
from penchant.storage import Past, Store

HISTORY = 500
"""Latest events of a person that a request reads; of older ones it still asks which items the goal was reached with."""
LONG_HISTORY = 2_000
"""Latest events that it reads when most of the first are a player's: five hours, told every ten seconds. A viewing of
any length is a few interactions, so there are not more of them for it."""

CONTEXT = "context."
"""What stands before a word of the request's context where the person is asked about."""
NOT_ALLOWED = "not personalized: this person does not allow it"
NOT_KNOWN = "not personalized: what this person allows cannot be read now"
NOTHING_ALLOWED: Rules = {"analytics": False, "personalization": False}
"""While nobody can say what somebody allows."""


@dataclass(frozen=True)
class Person:
    """What a request may know of whoever it is for; of nobody, nothing.

    Attributes:
        traits: By name; empty where nothing asks for them.
        events: The latest, oldest first.
        earlier: Ids of the items that the goal was reached with before these.
        notes: What could not be read, for `degraded`.
        unread: The same in words for constraints: `history`, `traits`.
    """

    traits: Mapping[str, Any]
    events: Sequence[Past]
    earlier: Sequence[str]
    notes: tuple[str, ...] = ()
    unread: frozenset[str] = frozenset()

    @classmethod
    def unreadable(cls, error: StorageError) -> Person:
        """Somebody of whom nothing can be read now."""
        return cls({}, (), (), (f"history: {error.public}",), frozenset({"history", "traits"}))


NOBODY = Person({}, (), ())


class People:
    """Reads people from a store."""

    def __init__(self, store: Store, consent: Rules) -> None:
        """Take the store, and what holds for people who have said nothing."""
        self._store, self._consent = store, consent

    def allowed(self, actor: str | None, *, personalized: bool) -> tuple[Rules, tuple[str, ...]]:
        """What somebody allows, and what is to be noted; nothing is allowed while that cannot be read.

        Args:
            actor: An id; None for nobody, who allows what a request without a person does.
            personalized: The request asks for it, so that it is noted where it may not be.
        """
        if actor is None:
            return {"analytics": True, "personalization": True}, ()
        try:
            said = self._store.consents([actor]).get(actor, ())
        except StorageError:
            return NOTHING_ALLOWED, (NOT_KNOWN,) if personalized else ()
        allowed = decide(said, self._consent)
        return allowed, (NOT_ALLOWED,) if personalized and not allowed["personalization"] else ()

    def read(self, setup: DomainSetup, actor: str | None, *, until: int, traits: bool) -> Person:
        """What is known of somebody under any id.

        Args:
            setup: The domain that asks.
            actor: An id; None for nobody.
            until: Moment up to which events are read, milliseconds.
            traits: Whether anything asks for them.
        """
        if actor is None:
            return NOBODY
        notes: list[str] = []
        try:
            actors = self._store.actors(actor)
        except StorageError as error:
            return Person.unreadable(error)
        told = self._traits(actors, notes) if traits else {}
        events, earlier = self._history(setup, actors, until, notes)
        unread = frozenset(note.partition(": ")[0] for note in notes)
        return Person(told, events, earlier, tuple(notes), unread)

    def _traits(self, actors: Sequence[str], notes: list[str]) -> dict[str, Any]:
        try:
            facts = profile(self._store.traits(actors))
        except StorageError as error:
            notes.append(f"traits: {error.public}")
            return {}
        # What a trait is called must not make it a word of the request.
        traits = ((name, fact.value) for name, fact in facts.items() if not name.startswith(CONTEXT))
        return {name: msgspec.json.decode(value) for name, value in traits}

    def _history(
        self, setup: DomainSetup, actors: Sequence[str], until: int, notes: list[str]
    ) -> tuple[list[Past], list[str]]:
        """The latest events up to a moment (milliseconds), and the items of goals before them."""
        try:
            events = self._store.past(setup.name, actors, until=until, limit=HISTORY)
            if len(events) < HISTORY:
                return events, []
            # A player tells every few seconds where it is, and would crowd out what else a person did.
            if 2 * sum(event.playhead is not None for event in events) > HISTORY:
                events = self._store.past(setup.name, actors, until=until, limit=LONG_HISTORY)
                if len(events) < LONG_HISTORY:
                    return events, []
            before = self._store.reached(setup.name, actors, setup.goals, until=events[0].time - 1)
        except StorageError as error:
            notes.append(f"history: {error.public}")
            return [], []
        return events, before
