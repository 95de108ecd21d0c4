"""One message on its way into the log, from what came to what is to be kept of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container
from typing import Protocol

import msgspec

from penchant.clock import DAY
from penchant.config.settings import Limits
from penchant.errors import EventRejected, PenchantError
from penchant.events import Bounds, Consent, Event, Link, Reading, Trait, Translated
from penchant.ingest.failure import failed_bytes, failed_message, place_of, refused_by_consent
from penchant.ingest.sender import Sender
from penchant.ingest.trust import believed
from penchant.storage import FailedRow, FailureKind

_log = logging.getLogger("penchant.ingest")


class Translate(Protocol):
    """Reads one message of some form, as `penchant.events.translate` reads Segment's."""

    def __call__(self, message: object, reading: Reading, /, *, received: int, bounds: Bounds) -> Translated:
        """What the message says.

        Raises:
            EventRejected: With the first thing that is wrong.
        """
        ...


Items = Callable[[str], Container[str]]
"""Gives the ids of a domain's items."""


# Made for every message; nothing it refers to refers back, so the cycle collector need not follow it.
class Message(msgspec.Struct, gc=False):
    """What is to be kept of one message.

    Attributes:
        message_id: Its id; None where it has none that can be read.
        told: The message itself.
        sender: Who sent it.
        received: When it came, milliseconds.
        events: Its events; none when it failed.
        links: Who is who.
        traits: What it says of its person.
        consents: What its person allows and forbids.
        denied: It forbids analytics itself.
        failed: The row that is kept of it when it failed.
        keeps: The row is kept; False while a mended message is tried.
        note: What was done differently from what it asks.
    """

    message_id: str | None
    told: object
    sender: Sender
    received: int
    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()
    traits: tuple[Trait, ...] = ()
    consents: tuple[Consent, ...] = ()
    denied: bool = False
    failed: FailedRow | None = None
    keeps: bool = True
    note: str | None = None

    def refuse(self) -> None:
        """The person does not allow analytics: nothing is kept but that something came.

        What the person says about consent is kept all the same, as it could not be obeyed otherwise, and so is who said
        it; what else the message tells is not.
        """
        if self.consents:
            self.traits = ()
            self.events = tuple(msgspec.structs.replace(event, properties={}, context={}) for event in self.events)
            return
        first = self.events[0]
        self.failed = refused_by_consent(first.message_id, first.source, first.domain, first.received)
        self.events, self.links, self.traits = (), (), ()


def bounds_of(limits: Limits) -> Bounds:
    """How large and how old a message may be."""
    return Bounds(
        size=limits.message_kb * 1024,
        depth=limits.depth,
        text=limits.text,
        old=int(limits.old_days * DAY * 1000),
    )


class Reader:
    """Reads messages of senders: form, trust, and the catalog; what the store must be asked for comes later."""

    def __init__(self, limits: Limits, items: Items) -> None:
        """Read within limits.

        Args:
            limits: How large a message may be.
            items: Gives the ids of a domain's items.
        """
        self._limits, self._items = limits, items
        self._bounds = bounds_of(limits)

    def read(self, message: object, sender: Sender, translate: Translate, received: int) -> Message:
        """Read one message; what is wrong with it is in what comes back.

        Raises:
            PenchantError: Not about the message, such as a catalog that cannot be read.
        """
        try:
            said = translate(message, sender.reading, received=received, bounds=self._bounds)
            said, note = believed(said, sender)
            if sender.unknown_items == "fail":
                self._check_items(said, sender.domain)
        except EventRejected as error:
            return self._failed(message, sender, received, error)
        except PenchantError:
            raise
        except Exception as error:
            _log.error("a message of %s could not be read: %s", sender.source, place_of(error))
            return self._failed(message, sender, received, _internal())
        first = said.events[0]
        made = Message(first.message_id, message, sender, received, said.events, said.links, said.traits, said.consents)
        if note is not None:
            made.note = note
        if said.denied and "analytics" in said.denied:
            made.denied = True
        return made

    def body(self, body: bytes, sender: Sender, received: int, kind: FailureKind, error: EventRejected) -> Message:
        """Bytes that hold no messages."""
        row = failed_bytes(body, sender, received, kind, error, self._limits)
        return Message(None, None, sender, received, failed=row)

    def park(self, message: Message) -> None:
        """Keep a message that the store does not take among those that failed."""
        error = _internal()
        message.failed = failed_message(message.told, message.sender, message.received, error, self._limits)
        message.events, message.links, message.traits, message.consents = (), (), (), ()

    def _failed(self, message: object, sender: Sender, received: int, error: EventRejected) -> Message:
        row = failed_message(message, sender, received, error, self._limits)
        return Message(row.message_id, message, sender, received, failed=row)

    def _check_items(self, said: Translated, domain: str) -> None:
        have = self._items(domain)
        for event in said.events:
            if event.item is not None and event.item not in have:
                raise EventRejected("unknown_item", "item", "must be an item of the catalog", event.item)


def _internal() -> EventRejected:
    return EventRejected("internal", "message", "met a fault of ours; the log of the server says where")
