"""One event: something a person did with at most one item, at one moment."""

from __future__ import annotations

from typing import Any

import msgspec

from penchant.errors import EventRejected

MAX_ID = 200
"""Longest id, in characters."""
MAX_TIME = 253_402_300_800_000
"""First millisecond of the year 10000; times lie before it."""


# Events come by the million and never refer to each other, so the cycle collector need not follow them.
class Event(msgspec.Struct, frozen=True, gc=False):
    """A line of the event log.

    A message with several items (an order) becomes one event per item, told apart by `line`; the log keeps
    each (source, message_id, line) once.

    Attributes:
        domain: The domain it belongs to, as in `[domains.shop]`.
        source: Who sent it: a write key's name, or the import's name.
        message_id: The sender's id of the message.
        line: Which item of the message, from 0.
        name: Vocabulary name, as in `Order Completed`.
        user_id: Known id of the person, or None.
        anonymous_id: Anonymous id of the person, or None; at least one of the two is set.
        time: When it happened, milliseconds since the epoch, UTC.
        received: When it was taken in, milliseconds.
        item: Item id, or None for events about no item.
        quantity: Pieces; None means not told.
        price: Price of one piece, in `currency`.
        currency: ISO 4217 code.
        order: Order or basket id.
        progress: Share of the item that was taken in, 0 to 1 (watched, read, done).
        slate: Slate id this event answers to.
        position: 1-based position in that slate.
        properties: Whatever else the message said.
    """

    domain: str
    source: str
    message_id: str
    line: int
    name: str
    user_id: str | None
    anonymous_id: str | None
    time: int
    received: int
    item: str | None = None
    quantity: float | None = None
    price: float | None = None
    currency: str | None = None
    order: str | None = None
    progress: float | None = None
    slate: str | None = None
    position: int | None = None
    properties: dict[str, Any] = {}

    @property
    def actor(self) -> str:
        """The stronger of the two ids, with its kind: `user:42` or `anon:f3`."""
        return f"user:{self.user_id}" if self.user_id is not None else f"anon:{self.anonymous_id}"


def validate(event: Event) -> None:
    """Check one event's fields.

    Raises:
        EventRejected: With the first field that is wrong.
    """
    if event.user_id is None and event.anonymous_id is None:
        raise EventRejected("no_person", "userId", "needs userId or anonymousId")
    for field, value in (
        ("userId", event.user_id),
        ("anonymousId", event.anonymous_id),
        ("item", event.item),
        ("messageId", event.message_id),
        ("order", event.order),
        ("slate", event.slate),
    ):
        if value is not None and not 0 < len(value) <= MAX_ID:
            raise EventRejected("bad_id", field, f"must have 1 to {MAX_ID} characters", value)
    if not 0 <= event.time < MAX_TIME:
        raise EventRejected("bad_time", "time", "must lie between 1970 and 9999", event.time)
    if event.price is not None and not 0 <= event.price < 1e12:
        raise EventRejected("bad_number", "price", "must be 0 or more", event.price)
    if event.quantity is not None and not 0 < event.quantity < 1e9:
        raise EventRejected("bad_number", "quantity", "must be more than 0", event.quantity)
    if event.progress is not None and not 0 <= event.progress <= 1:
        raise EventRejected("bad_number", "progress", "must be between 0 and 1", event.progress)
    if event.position is not None and not 0 < event.position < 100_000:
        raise EventRejected("bad_number", "position", "must be 1 or more", event.position)
    if event.currency is not None and not (
        len(event.currency) == 3 and event.currency.isascii() and event.currency.isalpha()
    ):
        raise EventRejected("bad_currency", "currency", "must be an ISO 4217 code of three letters", event.currency)
