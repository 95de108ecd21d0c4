"""What the tables look like, said once for both engines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from penchant.storage.database import Writer

SCHEMA_VERSION = 6
"""Grows when the tables change; kept in `meta` under `schema`."""

Dialect = Literal["sqlite", "postgresql"]
"""The engines that the tables can be made in."""

Kind = Literal["text", "integer", "real", "bytes"]
"""What a column holds; integers have 64 bits."""

# Text sorts by code point on both engines, as Python sorts it.
_TYPES: dict[Dialect, dict[Kind, str]] = {
    "sqlite": {"text": "TEXT", "integer": "INTEGER", "real": "REAL", "bytes": "BLOB"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "integer": "BIGINT", "real": "DOUBLE PRECISION", "bytes": "BYTEA"},
}


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        name: Its name.
        columns: Column and kind, in order; a kind that ends in `?` may be missing.
        key: Columns of the primary key; empty for a numbered table.
        unique: Columns that are unique together, beside the key.
        numbered: Rows get rising numbers in a column `seq`, which is the primary key.
        narrow: Rows are small, so SQLite keeps them in the key's own tree.
        roomy: Rows change often, so PostgreSQL leaves room beside them for their next state.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    numbered: bool = False
    narrow: bool = True
    roomy: bool = False

    def ddl(self, dialect: Dialect) -> str:
        """The statement that makes it, if it is not there."""
        parts = []
        if self.numbered:
            number = "INTEGER" if dialect == "sqlite" else "BIGINT GENERATED ALWAYS AS IDENTITY"
            parts.append(f"seq {number} PRIMARY KEY")
        for name, kind in self.columns:
            plain: Kind = kind.rstrip("?")  # type: ignore[assignment]
            parts.append(f"{name} {_TYPES[dialect][plain]}" + ("" if kind.endswith("?") else " NOT NULL"))
        if self.key:
            parts.append(f"PRIMARY KEY ({', '.join(self.key)})")
        if self.unique:
            parts.append(f"UNIQUE ({', '.join(self.unique)})")
        options = ""
        if dialect == "sqlite":
            options = " STRICT" if self.numbered or not self.narrow else " STRICT, WITHOUT ROWID"
        elif self.roomy:
            options = " WITH (fillfactor = 80)"
        return f"CREATE TABLE IF NOT EXISTS {self.name} ({', '.join(parts)}){options}"


@dataclass(frozen=True)
class Index:
    """One index.

    Attributes:
        name: Its name.
        table: Its table.
        columns: What it sorts by.
        where: Rows it holds; all when empty.
        carries: Columns that SQLite keeps in it as well, so that who reads these alone need not go to the table.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    where: str = ""
    carries: tuple[str, ...] = ()

    def ddl(self, dialect: Dialect) -> str:
        """The statement that makes it, if it is not there."""
        rows = f" WHERE {self.where}" if self.where else ""
        # A row of PostgreSQL's indexes has a third of a page at most, and four long ids may have more.
        columns = (*self.columns, *self.carries) if dialect == "sqlite" else self.columns
        return f"CREATE INDEX IF NOT EXISTS {self.name} ON {self.table} ({', '.join(columns)}){rows}"


TABLES = (
    Table(
        "event",
        (
            ("domain", "text"),
            ("source", "text"),
            ("message_id", "text"),
            ("line", "integer"),
            ("name", "text"),
            ("actor", "text"),
            ("user_id", "text?"),
            ("anonymous_id", "text?"),
            ("time", "integer"),
            ("received", "integer"),
            ("item", "text?"),
            ("quantity", "real?"),
            ("price", "real?"),
            ("currency", "text?"),
            ("order_id", "text?"),
            ("progress", "real?"),
            ("slate", "text?"),
            ("position", "integer?"),
            ("properties", "bytes?"),
            ("dwell", "real?"),
            ("playhead", "real?"),
            ("length", "real?"),
            ("session", "text?"),
            ("told", "integer?"),
            ("clock", "text?"),
            ("context", "bytes?"),
        ),
        # Message ids lead: they tell rows apart soonest.
        unique=("message_id", "source", "line"),
        numbered=True,
    ),
    # Without a body the item was taken out; its row stays, so that others see it go.
    Table(
        "item",
        (("domain", "text"), ("id", "text"), ("body", "bytes?"), ("version", "integer")),
        key=("domain", "id"),
        narrow=False,
    ),
    # What changes often of the items that are there, apart, so that a change of it writes little.
    Table(
        "live",
        (("domain", "text"), ("id", "text"), ("body", "bytes"), ("version", "integer")),
        key=("domain", "id"),
        roomy=True,
    ),
    Table(
        "item_fact",
        (("domain", "text"), ("id", "text"), ("field", "text"), ("at", "integer"), ("value", "real?")),
        key=("domain", "id", "field", "at"),
    ),
    # Live states once more, in one piece for each change: an index of versions in `live` would double what a change
    # writes. All changes after the version `logged` are here, `total` counts their states up.
    Table(
        "live_change",
        (("domain", "text"), ("version", "integer"), ("total", "integer"), ("states", "bytes")),
        key=("domain", "version"),
        narrow=False,
    ),
    Table(
        "catalog",
        (("domain", "text"), ("version", "integer"), ("rules", "integer"), ("logged", "integer")),
        key=("domain",),
    ),
    # Every revision there ever was; without a body the rule was taken out. `version` is that of the domain's rules.
    Table(
        "rule",
        (
            ("domain", "text"),
            ("id", "text"),
            ("revision", "integer"),
            ("version", "integer"),
            ("at", "integer"),
            ("who", "text"),
            ("body", "bytes?"),
        ),
        key=("domain", "id", "revision"),
    ),
    # The same of placements.
    Table(
        "placement",
        (
            ("domain", "text"),
            ("id", "text"),
            ("revision", "integer"),
            ("version", "integer"),
            ("at", "integer"),
            ("who", "text"),
            ("body", "bytes?"),
        ),
        key=("domain", "id", "revision"),
    ),
    # `claimed` is until when somebody has the right to pull it.
    Table(
        "feed",
        (
            ("name", "text"),
            ("domain", "text"),
            ("settings", "bytes"),
            ("created", "integer"),
            ("state", "bytes"),
            ("due", "integer?"),
            ("claimed", "integer?"),
        ),
        key=("name",),
    ),
    Table("feed_entry", (("feed", "text"), ("id", "text"), ("body", "bytes")), key=("feed", "id"), narrow=False),
    Table(
        "feed_run",
        (("feed", "text"), ("number", "integer"), ("at", "integer"), ("report", "bytes")),
        key=("feed", "number"),
    ),
    Table(
        "once",
        (("id", "text"), ("digest", "bytes"), ("at", "integer"), ("answer", "bytes?")),
        key=("id",),
        narrow=False,
    ),
    # Pairs of ids that events carry together and no link tells of, so that erasing the one finds events of the other.
    Table("beside", (("a", "text"), ("b", "text")), key=("a", "b")),
    # A pair has a row for each time it was joined; `turn` counts them, and only the last may be without `undone`.
    Table(
        "link",
        (
            ("a", "text"),
            ("b", "text"),
            ("turn", "integer"),
            ("at", "integer"),
            ("source", "text"),
            ("how", "text"),
            ("undone", "integer?"),
        ),
        key=("a", "b", "turn"),
    ),
    # Worked out from `link`. Whoever is alone, and whoever a person is named after, has no row.
    Table("member", (("actor", "text"), ("person", "text")), key=("actor",)),
    Table(
        "trait",
        (("actor", "text"), ("name", "text"), ("value", "bytes"), ("at", "integer"), ("source", "text")),
        key=("actor", "name", "at", "source"),
        narrow=False,
    ),
    Table(
        "consent",
        (("actor", "text"), ("purpose", "text"), ("granted", "integer"), ("at", "integer"), ("source", "text")),
        key=("actor", "purpose", "at", "granted", "source"),
    ),
    Table(
        "slate",
        (("id", "text"), ("domain", "text"), ("actor", "text?"), ("at", "integer"), ("body", "bytes")),
        key=("id",),
    ),
    Table(
        "failed",
        (
            ("id", "text"),
            ("at", "integer"),
            ("domain", "text"),
            ("source", "text"),
            ("message_id", "text?"),
            ("user_id", "text?"),
            ("anonymous_id", "text?"),
            ("kind", "text"),
            ("reason", "text"),
            ("field", "text"),
            ("message", "text"),
            ("body", "bytes?"),
            ("times", "integer"),
            ("settled", "integer?"),
        ),
        key=("id",),
        narrow=False,
    ),
    Table(
        "access_key",
        (
            ("id", "text"),
            ("digest", "bytes"),
            ("kind", "text"),
            ("domain", "text?"),
            ("source", "text?"),
            ("label", "text"),
            ("created", "integer"),
            ("expires", "integer?"),
            ("revoked", "integer?"),
        ),
        key=("id",),
    ),
    Table("erased", (("digest", "bytes"),), key=("digest",)),
    Table("receipt", (("id", "text"), ("at", "integer"), ("body", "bytes")), key=("id",), narrow=False),
    Table("meta", (("name", "text"), ("value", "text")), key=("name",)),
)
"""All tables, in the order they are made."""

INDEXES = (
    # It carries what a request reads of a person's events: these lie side by side here, and far apart in the table.
    Index(
        "event_actor",
        "event",
        ("actor", "domain", "time"),
        carries=("seq", "name", "item", "quantity", "order_id", "progress", "playhead", "length", "session"),
    ),
    Index("item_version", "item", ("domain", "version", "id")),
    Index("rule_version", "rule", ("domain", "version")),
    Index("placement_version", "placement", ("domain", "version")),
    Index("feed_entry_id", "feed_entry", ("id",)),
    Index("once_at", "once", ("at",)),
    Index("beside_b", "beside", ("b",)),
    Index("link_b", "link", ("b", "a")),
    Index("member_person", "member", ("person",)),
    Index("slate_actor", "slate", ("actor",), "actor IS NOT NULL"),
    Index("slate_time", "slate", ("domain", "at", "id")),
    Index("failed_at", "failed", ("at", "id")),
    Index("failed_user", "failed", ("user_id",), "user_id IS NOT NULL"),
    Index("failed_anonymous", "failed", ("anonymous_id",), "anonymous_id IS NOT NULL"),
)
"""All indexes."""


def ddl(dialect: Dialect) -> list[str]:
    """The statements that make what is missing of all tables and indexes."""
    return [table.ddl(dialect) for table in TABLES] + [index.ddl(dialect) for index in INDEXES]


def create(writer: Writer, dialect: Dialect, salt: str) -> None:
    """Make what is missing, and write down the version.

    Args:
        writer: A transaction.
        dialect: The engine.
        salt: Random text for the digests of erased ids, kept for good; a salt that is there already stays.
    """
    for statement in ddl(dialect):
        writer.execute(statement)
    writer.execute("INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", ("salt", salt))
    writer.execute(
        "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        ("schema", str(SCHEMA_VERSION)),
    )
