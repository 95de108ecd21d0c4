"""The tables of a store over a database, opened together."""

from __future__ import annotations

from collections.abc import Mapping

from penchant.storage.database import Database
from penchant.storage.tables import (
    Answers,
    Catalog,
    Erasure,
    Failed,
    Feeds,
    Keys,
    Log,
    People,
    Revisions,
    Slates,
    Statements,
)


class SQLTables:
    """A database with its tables; what calls of a `Store` are made of."""

    def __init__(self, database: Database) -> None:
        """Use this database, whose tables were made by `tables.create`."""
        self.url = database.url
        self.database = database
        self._log = Log(database)
        self._catalog = Catalog(database)
        self._rules = Revisions(database, "rule")
        self._placements = Revisions(database, "placement")
        self._feeds = Feeds(database)
        self._answers = Answers(database)
        self._people = People(database)
        self._statements = Statements(database)
        self._slates = Slates(database)
        self._failed = Failed(database)
        self._keys = Keys(database)
        self._erasure = Erasure(database, self.meta()["salt"])

    def meta(self) -> Mapping[str, str]:
        """Facts of this store: `schema`, `salt`."""
        return {str(name): str(value) for name, value in self.database.rows("SELECT name, value FROM meta")}
