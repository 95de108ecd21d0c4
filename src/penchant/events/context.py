"""Context: what is known of the moment of an event, and which of it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LONGEST = 2_048
"""Texts are cut to this many characters."""

_MOST = 20
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "page": ("url", "path", "referrer", "title", "search"),
    "campaign": (),
    "device": ("type",),
    "app": ("name", "version"),
    "location": (),
    "library": ("name", "version"),
    "os": ("name",),
}
"""Objects of which these fields are kept; where none are named, the first 20."""
_WANTED = {key: frozenset(names) for key, names in _FIELDS.items()}
_PLAIN = frozenset(("locale", "timezone", "userAgent", "groupId", "channel", "location"))
_TYPES = frozenset((str, int, float, bool))


def kept_context(context: Mapping[str, Any], size: int) -> dict[str, Any]:
    """The part of a message's context that is kept: plain values alone, long texts cut.

    The network address (`ip`) is not among it, and neither are ids of devices and advertisers.

    Args:
        context: All of it.
        size: Bytes of the message; in a short one nothing is looked at twice.
    """
    kept: dict[str, Any] = {}
    for key, value in context.items():
        if type(value) is dict:
            wanted = _WANTED.get(key)
            if wanted is None:
                continue
            # Most have nothing else, and need no copy.
            if (
                len(value) <= _MOST
                and (not wanted or wanted.issuperset(value))
                and _TYPES.issuperset(map(type, value.values()))
            ):
                kept[key] = value
            else:
                names = _FIELDS[key] or tuple(value)[:_MOST]
                inner = {name: one for name in names if type(one := value.get(name)) in _TYPES}
                if inner:
                    kept[key] = inner
        elif key in _PLAIN and type(value) in _TYPES and value != "":
            kept[key] = value
    return _cut(kept) if size > LONGEST else kept


def _cut(kept: dict[str, Any]) -> dict[str, Any]:
    for key, value in kept.items():
        if type(value) is dict:
            kept[key] = {name[:LONGEST]: one[:LONGEST] if type(one) is str else one for name, one in value.items()}
        elif type(value) is str:
            kept[key] = value[:LONGEST]
    return kept
