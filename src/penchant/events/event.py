"""One event: something a person did with at most one item, at one moment."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from penchant.errors import EventRejected

MAX_ID = 200
"""Longest id, in characters."""
MAX_TIME = 253_402_300_800_000
"""First millisecond of the year 10000; times lie before it."""
MAX_PRICE = 1e12
"""Highest price of one piece."""
MAX_QUANTITY = 1e9
"""Most pieces."""
MAX_SECONDS = 1e7
"""Longest dwell, playhead and length: nothing plays for four months."""

ClockMark = Literal["skewed", "future", "old"]
"""`skewed`: the sender's clock was off and was corrected; `future`: the time lay ahead, and became the moment of
receipt; `old`: it happened long before it came."""


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
        dwell: Seconds of attention the message tells of, idle time left out.
        playhead: Where in the item a player was, in seconds of the item.
        length: How long the whole item plays, in seconds.
        session: The sender's id of the viewing or visit.
        told: The time as the sender's clock told it, in milliseconds, where it is not `time`.
        clock: What was wrong with that clock or time: `skewed`, `future` or `old`; None when nothing was.
        properties: Whatever else the message said.
        context: What is known of the moment: page, locale, timezone, campaign, device, place.
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
    dwell: float | None = None
    playhead: float | None = None
    length: float | None = None
    session: str | None = None
    told: int | None = None
    clock: ClockMark | None = None
    properties: dict[str, Any] = {}
    context: dict[str, Any] = {}

    @property
    def actor(self) -> str:
        """The stronger of the two ids, with its kind: `user:42` or `anon:f3`."""
        return f"user:{self.user_id}" if self.user_id is not None else f"anon:{self.anonymous_id}"


_UNWANTED = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def is_id(text: str) -> bool:
    """Whether a text can be an id: 1 to `MAX_ID` characters, no control characters, no lone surrogates."""
    # isprintable is quick, and wrong only about some blanks and marks, such as those of right-to-left text.
    return 0 < len(text) <= MAX_ID and (text.isprintable() or _UNWANTED.search(text) is None)


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
        ("session", event.session),
    ):
        if value is not None and not is_id(value):
            raise EventRejected("bad_id", field, f"must have 1 to {MAX_ID} characters, no control characters", value)
    if not 0 <= event.time < MAX_TIME:
        raise EventRejected("bad_time", "time", "must lie between 1970 and 9999", event.time)
    if event.price is not None and not 0 <= event.price <= MAX_PRICE:
        raise EventRejected("bad_number", "price", "must be 0 or more", event.price)
    if event.quantity is not None and not 0 < event.quantity <= MAX_QUANTITY:
        raise EventRejected("bad_number", "quantity", "must be more than 0", event.quantity)
    if event.progress is not None and not 0 <= event.progress <= 1:
        raise EventRejected("bad_number", "progress", "must be between 0 and 1", event.progress)
    if event.position is not None and not 0 < event.position < 100_000:
        raise EventRejected("bad_number", "position", "must be 1 or more", event.position)
    for field, seconds in (("dwell", event.dwell), ("playhead", event.playhead), ("length", event.length)):
        if seconds is not None and not 0 <= seconds <= MAX_SECONDS:
            raise EventRejected("bad_number", field, "must be 0 or more", seconds)
    if event.currency is not None and not is_currency(event.currency):
        raise EventRejected("bad_currency", "currency", "must be an ISO 4217 code of three letters", event.currency)


def is_currency(text: str) -> bool:
    """Whether a text has the form of an ISO 4217 code."""
    return len(text) == 3 and text.isascii() and text.isalpha()
