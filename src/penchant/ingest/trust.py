"""What is believed of a message, by who sent it."""

from __future__ import annotations

import msgspec

from penchant.errors import EventRejected
from penchant.events import Translated
from penchant.ingest.sender import Sender
from penchant.ingest.verdict import UNVERIFIED

_ALIAS = "Person Aliased"
_STATEMENTS = frozenset((_ALIAS, "Person Identified", "Group Joined", "Consent Changed"))
"""Events whose properties are about the person, not about what the person did."""


def believed(said: Translated, sender: Sender) -> tuple[Translated, str | None]:
    """What a message says, as far as its sender may say it.

    A user id that nobody proved is left out where the message has an anonymous id too: what was done counts for that
    id alone, and says nothing of the person.

    Args:
        said: What the message says.
        sender: Who sent it.

    Returns:
        What to keep, and a note where that is less.

    Raises:
        EventRejected: `key_scope`: it is about a known person alone, or joins known persons.
    """
    if sender.trusted and sender.user is None:
        return said, None
    first = said.events[0]
    user, anonymous = first.user_id, first.anonymous_id
    if user is None:
        return said, None
    if sender.may_speak_for(user):
        # Whoever proved one id has not proved another: only anonymous ids may join it.
        own = f"user:{user}"
        links = tuple(link for link in said.links if all(a == own or a.startswith("anon:") for a in (link.a, link.b)))
        return (said if links == said.links else msgspec.structs.replace(said, links=links)), None
    if anonymous is None or first.name == _ALIAS:
        raise EventRejected(
            "key_scope", "userId", "needs an identity token, as this key may not speak for known persons"
        )
    events = tuple(
        msgspec.structs.replace(event, user_id=None, properties={} if event.name in _STATEMENTS else event.properties)
        for event in said.events
    )
    consents = tuple({consent._replace(actor=f"anon:{anonymous}") for consent in said.consents})
    return msgspec.structs.replace(said, events=events, links=(), traits=(), consents=consents), UNVERIFIED
