"""Which store a URL means."""

from __future__ import annotations

from pathlib import Path

from penchant.errors import StorageError
from penchant.storage.postgres import PostgresStore
from penchant.storage.sqlite import SQLiteStore
from penchant.storage.store import Store

_FILE = "sqlite:///"


def open_store(url: str, root: Path) -> Store:
    """Open the store at a URL, or make it.

    Args:
        url: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`.
        root: Folder from which a relative FILE counts.

    Raises:
        ExtraNotInstalled: The library for this kind of store is missing.
        StorageError: The store cannot be opened, or the URL names none.
    """
    if url.startswith(_FILE):
        return SQLiteStore(root / url.removeprefix(_FILE))
    if url.startswith(("postgresql://", "postgres://")):
        return PostgresStore(url)
    # The URL is not quoted: there may be a password in it.
    raise StorageError(url.partition("://")[0], "a store is sqlite:///FILE or postgresql://HOST/DATABASE")
