"""A world's events as a tracker would post them: messages in Segment's form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PROPERTIES = {"item": "item_id", "order": "order_id", "slate": "slate_id"}
_TOLD = ("item", "quantity", "price", "currency", "order", "progress", "slate", "position", "dwell")


def message(event: Mapping[str, Any]) -> dict[str, Any]:
    """One event of a world or a scenario as a `track` message.

    Args:
        event: The columns of a world's events; `time` is a `datetime` in UTC.
    """
    properties = {_PROPERTIES.get(name, name): event[name] for name in _TOLD if event.get(name) is not None}
    return {
        "type": "track",
        "messageId": event["id"],
        "event": event["event"],
        "userId": event["user_id"],
        "anonymousId": event["anonymous_id"],
        "timestamp": event["time"].isoformat(),
        "properties": properties,
    }
