"""segment-analytics-python as its readme says: only the host is another."""

from __future__ import annotations

from typing import Any

from segment.analytics import Client
from story import KEY, options, report, tell

errors: list[str] = []


def note(error: Exception, items: list[Any]) -> None:
    """What the package gives up on."""
    errors.append(f"{getattr(error, 'status', type(error).__name__)} {getattr(error, 'code', '')} {len(items)}")


client = Client(KEY, **options(note))
tell(client, "python-42")
client.shutdown()
report(errors)
