"""The tables of the store, written once in the SQL that SQLite and PostgreSQL both understand; one noun a file."""

from penchant.storage.tables.catalog import Catalog
from penchant.storage.tables.erasure import Erasure
from penchant.storage.tables.failed import Failed
from penchant.storage.tables.feeds import Feeds
from penchant.storage.tables.keys import Keys
from penchant.storage.tables.log import Log, row_of
from penchant.storage.tables.once import Answers
from penchant.storage.tables.people import People, pairs
from penchant.storage.tables.revisions import Revisions, current
from penchant.storage.tables.schema import SCHEMA_VERSION, Dialect, create, ddl
from penchant.storage.tables.slates import Slates
from penchant.storage.tables.statements import Statements

__all__ = [
    "SCHEMA_VERSION",
    "Answers",
    "Catalog",
    "Dialect",
    "Erasure",
    "Failed",
    "Feeds",
    "Keys",
    "Log",
    "People",
    "Revisions",
    "Slates",
    "Statements",
    "create",
    "current",
    "ddl",
    "pairs",
    "row_of",
]
