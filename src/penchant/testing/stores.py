"""What every store must hold: subclass `StoreChecks`, give it its fixtures, and run pytest."""

from __future__ import annotations

from penchant.storage import Store
from penchant.testing.store_catalog import CatalogChecks, kept, put
from penchant.testing.store_failed import FailedChecks, failure
from penchant.testing.store_feeds import FeedChecks
from penchant.testing.store_keys import KeyChecks
from penchant.testing.store_log import LogChecks, ids, viewed
from penchant.testing.store_people import PeopleChecks
from penchant.testing.store_slates import SlateChecks

__all__ = ["StoreChecks", "failure", "ids", "kept", "put", "viewed"]


class StoreChecks(LogChecks, SlateChecks, FailedChecks, KeyChecks, CatalogChecks, FeedChecks, PeopleChecks):
    """The contract of `Store`, as tests; they ask for two fixtures.

    `store` is an empty store; `second` is another one on the same data, as another process would open it.
    """

    def test_a_new_store_is_empty_and_nothing_is_wrong_with_it(self, store: Store) -> None:
        """And says what it is."""
        assert set(store.count()) == {
            "events",
            "items",
            "links",
            "slates",
            "traits",
            "consents",
            "failed",
            "keys",
            "rules",
            "placements",
            "feeds",
        }
        assert not any(store.count().values())
        assert store.last_seq() == 0
        assert store.check() == []
        assert int(store.meta()["schema"]) >= 3
        assert len(store.meta()["salt"]) >= 32
