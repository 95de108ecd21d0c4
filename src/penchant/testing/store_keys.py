"""What every store must hold of keys."""

from __future__ import annotations

import pytest

from penchant.errors import StorageError
from penchant.keys import Key, Kind
from penchant.storage import Store


class KeyChecks:
    """The part of the contract of `Store` that is about keys."""

    def test_a_key_is_kept_once_and_ends_when_told(self, store: Store) -> None:
        """What is not told stays as it is."""
        first = Key("k1", b"\x00digest", Kind.PUBLIC, "shop", "shop", "web site", 5)
        other = Key("k2", b"\x01digest", Kind.ADMIN, None, None, "", 4, expires=9)
        store.put_key(first)
        store.put_key(other)
        with pytest.raises(StorageError, match="k1"):
            store.put_key(first._replace(label="another"))

        assert store.keys() == [other, first]
        assert store.keys()[0].kind is Kind.ADMIN
        assert store.end_key("k1", expires=10)
        assert store.end_key("k1", revoked=7)
        assert not store.end_key("k3", revoked=7)
        assert store.keys()[1] == first._replace(expires=10, revoked=7)
