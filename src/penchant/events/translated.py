"""What one message says, once it is read."""

from __future__ import annotations

import msgspec

from penchant.events.event import Event
from penchant.events.statement import Consent, Link, Purpose, Trait


# Made for every message; it refers to nothing that refers back.
class Translated(msgspec.Struct, frozen=True, gc=False):
    """What one message says.

    Attributes:
        events: One event an item line; never none.
        links: Pairs of actors that are one person.
        traits: What is known of its person.
        consents: What its person allowed or forbade; to be kept whatever `denied` says.
        denied: Purposes this very message forbids: by its statements, or by the consent its context tells of.
    """

    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()
    traits: tuple[Trait, ...] = ()
    consents: tuple[Consent, ...] = ()
    denied: frozenset[Purpose] = frozenset()
