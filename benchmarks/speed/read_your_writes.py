"""Whether the next answer knows of what was just acknowledged, over several server processes."""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from made_shop import used_up
from serving_site import KEY, Site

_HEADERS = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
_DOMAINS = (("shop", "home"), ("stream", "feed"))


def pairs(ports: Sequence[int], site: Site, count: int) -> dict[str, int]:
    """Buy, or take in to the end, what stands first in an answer; then ask another process again.

    Args:
        ports: Of the processes.
        site: What they serve.
        count: How many pairs, of as many people, in both domains in turn.

    Returns:
        `pairs`; `reflected`, where the item is gone from the next answer; `changed`, where that answer is another.
    """
    asked = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for port in ports]
    found = {"pairs": 0, "reflected": 0, "changed": 0}
    run = f"{time.time_ns():x}"
    for n in range(count):
        domain, placement = _DOMAINS[n % 2 if site.pieces else 0]
        person = f"u{n % site.people}"
        body = {"placement": placement, "domain": domain, "user_id": person, "n": 12}
        first, second = asked[n % len(asked)], asked[(n + 1) % len(asked)]
        before = [item["id"] for item in _ask(first, "/v1/recommendations", body)["items"]]
        taken = _once(domain, before)
        event = _event(domain, person, taken, f"ryw-{run}-{n}")
        sent = {"batch": [event], "sentAt": event["timestamp"]}
        answer = _ask(first, f"/v1/batch?domain={domain}", sent)
        if answer["events"][0]["status"] != "accepted":
            sys.exit(f"an event was not accepted: {answer}")
        after = [item["id"] for item in _ask(second, "/v1/recommendations", body)["items"]]
        found["pairs"] += 1
        found["reflected"] += taken not in after
        found["changed"] += before != after
    for one in asked:
        one.close()
    return found


def _once(domain: str, items: Sequence[str]) -> str:
    """The first of an answer's items that is not shown again once it was taken: what is used up may be bought again."""
    return next(item for item in items if domain != "shop" or not used_up(int(item[1:])))


def _event(domain: str, person: str, item: str, message: str) -> dict[str, Any]:
    at = datetime.now(UTC).isoformat()
    told: dict[str, Any] = {"type": "track", "messageId": message, "userId": person, "timestamp": at}
    if domain == "shop":
        goods = [{"product_id": item, "price": 9.5, "quantity": 1}]
        return {**told, "event": "Order Completed", "properties": {"order_id": message, "products": goods}}
    return {**told, "event": "Content Completed", "properties": {"content_id": item}}


def _ask(connection: http.client.HTTPConnection, path: str, body: dict[str, Any]) -> Any:
    try:
        connection.request("POST", path, json.dumps(body), _HEADERS)
        answer = connection.getresponse()
    except (ConnectionError, http.client.RemoteDisconnected):  # idle connections are ended by the server
        connection.close()
        connection.request("POST", path, json.dumps(body), _HEADERS)
        answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        sys.exit(f"{path} answered {answer.status}: {text[:400]!r}")
    return json.loads(text)
