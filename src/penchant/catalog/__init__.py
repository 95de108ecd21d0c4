"""Items: typed fields, the catalog as columns, filters."""

from penchant.catalog.apply import KEPT_OUT, Draft, apply_changes
from penchant.catalog.attribute import Attribute
from penchant.catalog.change import Change, ChangeVerdict
from penchant.catalog.columns import Categories, Tags
from penchant.catalog.filters import About, Audience, Filter, parse_audience, parse_filter
from penchant.catalog.history import History
from penchant.catalog.item import Item, read_item
from penchant.catalog.kept import CatalogWrite, FeedEntry, ItemFact, KeptItem
from penchant.catalog.masks import above, all_tags_in, in_region, open_at
from penchant.catalog.parts import join, reader, split
from penchant.catalog.questions import Option, Question, questions
from penchant.catalog.schema import ColumnKind, FreeKind, Schema
from penchant.catalog.table import ItemTable

__all__ = [
    "KEPT_OUT",
    "About",
    "Attribute",
    "Audience",
    "CatalogWrite",
    "Categories",
    "Change",
    "ChangeVerdict",
    "ColumnKind",
    "Draft",
    "FeedEntry",
    "Filter",
    "FreeKind",
    "History",
    "Item",
    "ItemFact",
    "ItemTable",
    "KeptItem",
    "Option",
    "Question",
    "Schema",
    "Tags",
    "above",
    "all_tags_in",
    "apply_changes",
    "in_region",
    "join",
    "open_at",
    "parse_audience",
    "parse_filter",
    "questions",
    "read_item",
    "reader",
    "split",
]
