"""What every tracker is made to tell: a visit, an order, and who it was; see `node/story.mjs`."""

from __future__ import annotations

import json
import sys
from typing import Any

SHOE = {"product_id": "run-001", "price": 81.9, "currency": "EUR", "quantity": 1}
ORDER = {
    "order_id": "o-77",
    "currency": "EUR",
    "products": [
        {"product_id": "run-001", "price": 81.9, "quantity": 1},
        {"product_id": "run-002", "price": 64.5, "quantity": 2},
    ],
}
TIMEOUTS = {"hurried": 0.5}
"""Seconds that the client waits for an answer, where that is not its own measure."""
TRAITS = {"plan": "gold", "city": "Århus"}

ADDRESS, KEY, MODE, COUNT = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])


def tell(client: Any, user: str) -> None:
    """Make the calls; both packages have the same ones."""
    if MODE != "story":
        for n in range(COUNT):
            client.track(user, "Product Viewed", {**SHOE, "n": n})
        return
    unknown = f"{user}-anonymous"
    client.page(anonymous_id=unknown, name="Home")
    client.screen(anonymous_id=unknown, name="Start")
    client.track(anonymous_id=unknown, event="Product Viewed", properties=SHOE)
    client.track(user, "Product Added", SHOE)
    client.track(user, "Order Completed", ORDER)
    client.identify(user, TRAITS, anonymous_id=unknown)
    client.group(user, "club", {"level": 1})
    client.alias(f"{user}-old", user)


def options(note: Any) -> dict[str, Any]:
    """What the tests need of a client: that it starts soon, and gives up before the test does."""
    return {
        "host": ADDRESS,
        "on_error": note,
        "upload_interval": 0.1,
        "max_retries": 4,
        "timeout": TIMEOUTS.get(MODE, 15),
    }


def report(errors: list[str]) -> None:
    """The line that the test reads."""
    sys.stdout.write(json.dumps({"errors": errors}) + "\n")
