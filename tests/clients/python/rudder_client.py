"""rudder-sdk-python as its readme says: only the host is another; it packs with gzip by itself."""

from __future__ import annotations

from typing import Any

from rudderstack.analytics.client import Client
from story import KEY, options, report, tell

errors: list[str] = []


def note(error: Exception, items: list[Any]) -> None:
    """What the package gives up on."""
    errors.append(f"{getattr(error, 'status', type(error).__name__)} {getattr(error, 'code', '')} {len(items)}")


client = Client(KEY, **options(note))
tell(client, "rudder-python-42")
client.shutdown()
report(errors)
