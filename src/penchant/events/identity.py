"""Identity: what a message says about who somebody is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from penchant.errors import EventRejected
from penchant.events.event import MAX_ID, is_id
from penchant.events.head import Head
from penchant.events.statement import How, Link, Trait
from penchant.events.values import id_of, mapping

_ENCODE = msgspec.json.Encoder().encode


def links_of(message: Mapping[str, Any], head: Head) -> tuple[Link, ...]:
    """The links a message makes: its two ids are one person, and so are an alias's old and new one.

    Raises:
        EventRejected: An alias lacks an id.
    """
    kind, at, source = message.get("type"), head.moment.time, head.source
    user, anonymous = head.user_id, head.anonymous_id
    if kind == "alias":
        previous = id_of(message, "previousId")
        if user is None or previous is None:
            raise EventRejected("missing", "previousId", "an alias needs userId and previousId")
        # The spec does not say whether the previous id was a known or an anonymous one, so both are joined.
        others = dict.fromkeys((f"anon:{anonymous or previous}", f"anon:{previous}", f"user:{previous}"))
        return tuple(Link(head.actor, other, at, source, "alias") for other in others if other != head.actor)
    if user is None or anonymous is None:
        return ()
    how: How = "identify" if kind == "identify" else "event"
    return (Link(head.actor, f"anon:{anonymous}", at, source, how),)


def traits_in(message: Mapping[str, Any]) -> dict[str, Any]:
    """The traits of a message: its own, and those in its context, where RudderStack's clients put all of them.

    Raises:
        EventRejected: They are no object.
    """
    beside = mapping(message, "context").get("traits")
    own = mapping(message, "traits")
    return {**beside, **own} if isinstance(beside, dict) else own


def traits_of(traits: Mapping[str, Any], actor: str, at: int, source: str) -> tuple[Trait, ...]:
    """Traits as statements about an actor; a value of null takes the trait back.

    Raises:
        EventRejected: A name is empty, too long, or has control characters.
    """
    for name in traits:
        if not is_id(name):
            raise EventRejected("bad_id", "traits", f"must have names of 1 to {MAX_ID} printable characters", name)
    return tuple(Trait(actor, name, _ENCODE(value), at, source) for name, value in traits.items())
