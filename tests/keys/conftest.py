from __future__ import annotations

from collections.abc import Callable

import pytest

from penchant.keys import Key, Kind, digest, key_id


@pytest.fixture(scope="session")
def key() -> Callable[..., Key]:
    """Makes the record of a key: `key("sk-of-shop", Kind.SERVER, domain="shop")`."""

    def make(value: str, kind: Kind = Kind.PUBLIC, *, domain: str | None = None, **fields: int) -> Key:
        return Key(key_id(value), digest(value), kind, domain, None, "", 0, **fields)

    return make
