"""Storage: the operational store, the Parquet lake, and releases on disk."""

from penchant.storage.lake import Lake
from penchant.storage.releases import ITEM_SPACE, Manifest, Part, Release, Releases
from penchant.storage.sqlite import SQLiteStore
from penchant.storage.store import EVENT_SCHEMA, SlateRow, Store
from penchant.storage.text import pack_text, unpack_text

__all__ = [
    "EVENT_SCHEMA",
    "ITEM_SPACE",
    "Lake",
    "Manifest",
    "Part",
    "Release",
    "Releases",
    "SQLiteStore",
    "SlateRow",
    "Store",
    "pack_text",
    "unpack_text",
]
