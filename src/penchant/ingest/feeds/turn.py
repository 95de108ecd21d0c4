"""Feeds of one domain are written one after the other, over all processes.

Whether an item goes depends on what the other feeds of the domain tell of it. Two runs that each drop what the other
one drops too would each leave it to the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from penchant.clock import Clock
from penchant.ingest.feeds.deadline import Deadline
from penchant.storage import Store

_STALE = 1_800
"""Seconds after which whoever had the turn is taken for gone."""
_LOOK = 0.2


@contextmanager
def turn(store: Store, domain: str, clock: Clock, deadline: Deadline, feed: str) -> Iterator[None]:
    """Wait until no other feed of the domain is being written.

    Raises:
        FeedFailed: The time is up before.
    """
    key = f"feeds of {domain}"
    while True:
        now = clock.now()
        if store.begin_once(key, b"", at=int(now * 1000), stale=int((now - _STALE) * 1000)) is None:
            break
        deadline.check(feed)
        deadline.pause(_LOOK)
    try:
        yield
    finally:
        store.end_once(key, None)
