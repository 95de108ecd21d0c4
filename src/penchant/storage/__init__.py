"""Storage: the operational store, the Parquet lake, and releases on disk."""

from penchant.storage.lake import Lake
from penchant.storage.open import open_store
from penchant.storage.postgres import PostgresStore
from penchant.storage.releases import ITEM_SPACE, Manifest, Part, Release, Releases
from penchant.storage.sqlite import SQLiteStore
from penchant.storage.store import EVENT_SCHEMA, FailedRow, FailureKind, Fate, SlateRow, Store
from penchant.storage.text import pack_text, unpack_text

__all__ = [
    "EVENT_SCHEMA",
    "ITEM_SPACE",
    "FailedRow",
    "FailureKind",
    "Fate",
    "Lake",
    "Manifest",
    "Part",
    "PostgresStore",
    "Release",
    "Releases",
    "SQLiteStore",
    "SlateRow",
    "Store",
    "open_store",
    "pack_text",
    "unpack_text",
]
