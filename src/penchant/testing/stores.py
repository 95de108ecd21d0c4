"""What every store must hold: subclass `StoreChecks`, give it its fixtures, and run pytest."""

from __future__ import annotations

from penchant.testing.store_catalog import CatalogChecks, kept, put
from penchant.testing.store_feeds import FeedChecks
from penchant.testing.store_log import LogChecks, failure, ids, viewed
from penchant.testing.store_people import PeopleChecks

__all__ = ["StoreChecks", "failure", "ids", "kept", "put", "viewed"]


class StoreChecks(LogChecks, CatalogChecks, FeedChecks, PeopleChecks):
    """The contract of `Store`, as tests; they ask for two fixtures.

    `store` is an empty store; `second` is another one on the same data, as another process would open it.
    """
