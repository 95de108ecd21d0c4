"""The sender's clock: when something happened by our clock, whatever theirs says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from penchant.errors import EventRejected
from penchant.events.event import ClockMark
from penchant.events.values import moment

SKEW = 300_000
"""A sender's clock that is further off than this is worth a mark, in milliseconds; networks and queues take seconds."""


class When(NamedTuple):
    """When something happened.

    Attributes:
        time: By our clock, milliseconds.
        told: By the sender's clock, where that is another time.
        mark: What was wrong with it.
    """

    time: int
    told: int | None = None
    mark: ClockMark | None = None


def when(message: Mapping[str, Any], received: int, old: int) -> When:
    """When a message's event happened: received - (sent - told).

    The sender's clock may be wrong; the distance between the two times it tells is not. Without `sentAt` the time is
    taken as told. What still lies ahead of the moment of receipt becomes that moment.

    Args:
        message: With `originalTimestamp` or `timestamp`, and `sentAt`.
        received: Moment of receipt, milliseconds.
        old: Age from which an event is marked `old`, milliseconds.

    Raises:
        EventRejected: A time cannot be read, or lies before 1970 or after 9999.
    """
    field = "originalTimestamp" if message.get("originalTimestamp") else "timestamp"
    told, sent = moment(message, field), moment(message, "sentAt")
    if told is None:
        return When(received)
    time = told if sent is None else received - (sent - told)
    if time < 0:
        raise EventRejected("bad_time", field, "must lie between 1970 and 9999", message[field])
    mark: ClockMark | None = None
    if time > received:
        time, mark = received, "future"
    elif received - time > old:
        mark = "old"
    elif sent is not None and abs(received - sent) > SKEW:
        mark = "skewed"
    return When(time, told if told != time else None, mark)
