"""What messages say about people, beside what people did: who is who, what is known of them, what they allow.

Statements are kept with their time and never overwritten; what holds now is worked out from all of them.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Purpose = Literal["analytics", "personalization", "email", "ads"]
"""What a person can allow or forbid."""

PURPOSES: tuple[Purpose, ...] = ("analytics", "personalization", "email", "ads")
"""All of them, in the order to show them."""

How = Literal["event", "identify", "alias", "import", "api"]
"""Where a link comes from; one said through the API joins also what was parted before."""


class Link(NamedTuple):
    """Two actors that are one person, as in `user:42` and `anon:f3`; `at` in milliseconds."""

    a: str
    b: str
    at: int
    source: str
    how: How


class Trait(NamedTuple):
    """Something known of an actor: a name and its JSON value; None as JSON takes it back. `at` in milliseconds."""

    actor: str
    name: str
    value: bytes
    at: int
    source: str


class Consent(NamedTuple):
    """What an actor allowed or forbade; `at` in milliseconds."""

    actor: str
    purpose: Purpose
    granted: bool
    at: int
    source: str
