"""Items: typed fields, the catalog as columns, filters."""

from penchant.catalog.attribute import Attribute
from penchant.catalog.item import Item, read_item
from penchant.catalog.table import Categories, ItemTable, Tags

__all__ = ["Attribute", "Categories", "Item", "ItemTable", "Tags", "read_item"]
