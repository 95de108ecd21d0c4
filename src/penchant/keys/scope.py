"""Scopes: what a route asks of whoever calls it, and what each kind of key may do."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from penchant.keys.key import Kind


class Scope(StrEnum):
    """What a call does. Every route declares one; a route without is refused."""

    OPEN = "open"
    """Nothing that needs a key."""
    EVENTS = "events"
    """Send events."""
    RECOMMEND = "recommend"
    """Ask for recommendations."""
    CATALOG = "catalog"
    """Change items."""
    RULES = "rules"
    """See and change rules: what is pinned, boosted, buried, kept out."""
    PEOPLE = "people"
    """See and change who is who, traits and consent."""
    ERASE = "erase"
    """Export and erase what is held on a person."""
    FAILED = "failed"
    """See, edit and replay messages that could not be taken."""
    KEYS = "keys"
    """See, make and revoke keys."""
    STATUS = "status"
    """See how the server does, in numbers."""
    METRICS = "metrics"
    """Read figures for monitoring: counts, times and ages, nothing of people or items."""


_PUBLIC = frozenset({Scope.OPEN, Scope.EVENTS, Scope.RECOMMEND})
_SERVER = _PUBLIC | {Scope.CATALOG, Scope.PEOPLE, Scope.METRICS}

SCOPES: Mapping[Kind, frozenset[Scope]] = MappingProxyType(
    {Kind.PUBLIC: _PUBLIC, Kind.SERVER: _SERVER, Kind.ADMIN: frozenset(Scope)}
)
"""What each kind of key may do."""
