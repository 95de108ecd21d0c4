"""Items: typed fields, the catalog as columns, filters."""

from penchant.catalog.attribute import Attribute
from penchant.catalog.filters import compile_filter
from penchant.catalog.item import Item, read_item
from penchant.catalog.masks import above, all_tags_in, in_region, open_at
from penchant.catalog.table import Categories, ItemTable, Tags

__all__ = [
    "Attribute",
    "Categories",
    "Item",
    "ItemTable",
    "Tags",
    "above",
    "all_tags_in",
    "compile_filter",
    "in_region",
    "open_at",
    "read_item",
]
