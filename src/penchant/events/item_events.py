"""From the lines of a message to events: what each line, and the message beside it, says of its item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from penchant.errors import EventRejected
from penchant.events.attention import NOTHING, TELLING, attention
from penchant.events.event import MAX_PRICE, MAX_QUANTITY, Event, is_currency
from penchant.events.head import Head
from penchant.events.lines import PROPERTIES, Line
from penchant.events.values import as_id, number

ORDER = ("order_id", "transaction_id", "cart_id")
"""Properties that hold the order's or basket's id, the strongest first."""
SLATE = (
    "slate_id",
    "recommendation_id",
    "recommendationId",
    "recomm_id",
    "recommId",
    "queryID",
    "query_id",
    "attribution_token",
)
"""Properties that name the answer of ours which the event follows."""
SESSION = ("session_id", "ga_session_id")
"""Properties that hold the sender's id of the viewing or visit."""

_NAMED = frozenset((*ORDER, *SLATE, *SESSION))
_SMALLEST = 1e-9
_NONE: dict[str, Any] = {}


def item_event(head: Head, at: int, name: str, line: Line, rest: Mapping[str, Any]) -> Event:
    """The event of one line.

    What a line does not say of currency, order, slate and session, its message does (`rest`): GA4 says them once. The
    rest of the properties, and the context, stay with the first line.

    Raises:
        EventRejected: A value is wrong.
    """
    place, told, item, key = line
    used: list[str] = []
    if key is not None and told.get(key) == item:
        used.append(key)
    quantity = price = currency = order = slate = session = position = None
    if "quantity" in told:
        quantity = number(told, "quantity", place, _SMALLEST, MAX_QUANTITY, "more than 0")
        used.append("quantity")
    if "price" in told:
        price = number(told, "price", place, 0.0, MAX_PRICE)
        used.append("price")
    if "currency" in told or "currency" in rest:
        currency = _currency(told, rest, place, used)
    video = name.startswith("Video ")
    seen = NOTHING
    if video or not TELLING.isdisjoint(told):
        seen = attention(name, told, place)
        used += seen.used
    if not video and "position" not in seen.used and ("position" in told or "index" in told):
        position = _position(told, used)
    if rest or not _NAMED.isdisjoint(told):
        order = _first(told, rest, ORDER, place, used)
        slate = _first(told, rest, SLATE, place, used)
        session = _first(told, rest, SESSION, place, used)
    if at:
        properties, context = dict(told), _NONE
    else:
        properties, context = {**rest, **told} if rest else dict(told), head.context
    for name_used in used:
        properties.pop(name_used, None)
    time, told_time, mark = head.moment
    return Event(
        head.domain,
        head.source,
        head.message_id,
        at,
        name,
        head.user_id,
        head.anonymous_id,
        time,
        head.received,
        item,
        quantity,
        price,
        currency,
        order,
        seen.progress,
        slate,
        position,
        seen.dwell,
        seen.playhead,
        seen.length,
        session,
        told_time,
        mark,
        properties,
        context,
    )


def _first(
    told: Mapping[str, Any], rest: Mapping[str, Any], keys: Sequence[str], place: str, used: list[str]
) -> str | None:
    """The first of these fields that has an id: of the line, else of the message beside it."""
    for key in keys:
        value = told.get(key)
        if value is not None and value != "":
            used.append(key)
            return as_id(value, key, place)
    if rest:
        for key in keys:
            value = rest.get(key)
            if value is not None and value != "":
                used.append(key)
                return as_id(value, key, PROPERTIES)
    return None


def _currency(told: Mapping[str, Any], rest: Mapping[str, Any], place: str, used: list[str]) -> str | None:
    value = told.get("currency")
    if type(value) is not str or not is_currency(value):
        value = _first(told, rest, ("currency",), place, used)
        if value is None:
            return None
        if not is_currency(value):
            raise EventRejected("bad_currency", f"{place}currency", "must be an ISO 4217 code of three letters", value)
    used.append("currency")
    return value.upper()


def _position(told: Mapping[str, Any], used: list[str]) -> int | None:
    key = "position" if "position" in told else "index"
    value = told.get(key)
    if type(value) is str and value.isascii() and value.isdigit() and len(value) < 6:
        value = int(value)
    # Positions are also used for names of page regions; such a text is a property, not a mistake.
    if type(value) is int and 1 <= value < 100_000:
        used.append(key)
        return value
    return None
