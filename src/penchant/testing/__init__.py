"""Public contract checks, for our own parts and for yours; run them with pytest."""

from penchant.testing.data import Row, dataset, joined, tiny_dataset, tiny_items, tiny_queries
from penchant.testing.faulty import FaultyStore
from penchant.testing.models import ModelChecks
from penchant.testing.packs import PackChecks
from penchant.testing.stores import StoreChecks

__all__ = [
    "FaultyStore",
    "ModelChecks",
    "PackChecks",
    "Row",
    "StoreChecks",
    "dataset",
    "joined",
    "tiny_dataset",
    "tiny_items",
    "tiny_queries",
]
