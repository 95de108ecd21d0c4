"""What all events of one message have in common."""

from __future__ import annotations

from typing import Any, NamedTuple

from penchant.events.event import Event
from penchant.events.sender_clock import When


class Head(NamedTuple):
    """What all events of a message have in common; the fields are those of `Event`."""

    domain: str
    source: str
    message_id: str
    user_id: str | None
    anonymous_id: str | None
    moment: When
    received: int
    context: dict[str, Any]

    @property
    def actor(self) -> str:
        """The stronger of the two ids, with its kind."""
        return f"user:{self.user_id}" if self.user_id is not None else f"anon:{self.anonymous_id}"


def plain_event(head: Head, name: str, properties: dict[str, Any]) -> Event:
    """An event about no item."""
    time, told, mark = head.moment
    return Event(
        head.domain, head.source, head.message_id, 0, name, head.user_id, head.anonymous_id, time, head.received,
        told=told, clock=mark, properties=properties, context=head.context,
    )  # fmt: skip
