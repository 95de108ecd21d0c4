"""Storage: the operational store, the Parquet lake, and releases on disk."""

from penchant.storage.durable import replace as put_file
from penchant.storage.lake import Lake
from penchant.storage.open import open_store
from penchant.storage.parts import Part
from penchant.storage.postgres import PostgresStore
from penchant.storage.releases import ITEM_SPACE, Manifest, Refusal, Release, Releases
from penchant.storage.rows import (
    EVENT_SCHEMA,
    FACT_SCHEMA,
    FailedRow,
    FailureKind,
    Fate,
    FeedRow,
    Once,
    Past,
    Revision,
    SlateRow,
    Versions,
)
from penchant.storage.sqlite import SQLiteStore
from penchant.storage.store import Store
from penchant.storage.text import pack_text, unpack_text

__all__ = [
    "EVENT_SCHEMA",
    "FACT_SCHEMA",
    "ITEM_SPACE",
    "FailedRow",
    "FailureKind",
    "Fate",
    "FeedRow",
    "Lake",
    "Manifest",
    "Once",
    "Part",
    "Past",
    "PostgresStore",
    "Refusal",
    "Release",
    "Releases",
    "Revision",
    "SQLiteStore",
    "SlateRow",
    "Store",
    "Versions",
    "open_store",
    "pack_text",
    "put_file",
    "unpack_text",
]
