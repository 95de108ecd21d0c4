"""The catalog: what items are, what changes often of them, and what their tracked fields were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter

import msgspec
import pyarrow as pa

from penchant.catalog import CatalogWrite, KeptItem
from penchant.errors import StorageError
from penchant.storage.database import Database, Row, Writer
from penchant.storage.rows import FACT_SCHEMA, Versions
from penchant.storage.tables.values import Read, marks, pieces

LOGGED = 200_000
"""Live states of the latest changes that are kept in one piece for each change; they are about 20 MB."""

_GROW = (
    "INSERT INTO catalog (domain, version, rules, logged) VALUES (?, 1, 0, 0)"
    " ON CONFLICT (domain) DO UPDATE SET version = catalog.version + 1"
)
# Not a join: PostgreSQL keeps the plan it makes while the tables are empty, and joined would read all of `live` for it.
_OF_LIVE = "(SELECT live.{0} FROM live WHERE live.domain = item.domain AND live.id = item.id)"
_KEPT = (
    f"SELECT item.id, item.body, {_OF_LIVE.format('body')}, item.version, {_OF_LIVE.format('version')} FROM item"
    " WHERE item.domain = ?"
)
_PAGE = f"{_KEPT} AND item.id > ? AND item.body IS NOT NULL ORDER BY item.id LIMIT ?"
_CHANGED = "SELECT id FROM item WHERE domain = ? AND version > ? ORDER BY id"
_UPSERT = (
    "INSERT INTO {} (domain, id, body, version) VALUES (?, ?, ?, ?) ON CONFLICT (domain, id) DO UPDATE"
    " SET body = excluded.body, version = excluded.version"
)
_BODY, _LIVE = _UPSERT.format("item"), _UPSERT.format("live")
_FACT = (
    "INSERT INTO item_fact (domain, id, field, at, value) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (domain, id, field, at) DO UPDATE SET value = excluded.value"
)
_FACTS = (
    "SELECT id, field, at, value FROM item_fact WHERE domain = ? AND (id, field, at) > (?, ?, ?)"
    " ORDER BY id, field, at LIMIT ?"
)
_EARLIEST = -(2**63)
# As many of the oldest changes as are looked at when one is added; on average one of them goes.
_TOO_OLD = (
    "SELECT max(version) FROM (SELECT version, total FROM live_change WHERE domain = ? ORDER BY version LIMIT 50)"
    " AS oldest WHERE total <= ?"
)
_LAST_TOTAL = "SELECT total FROM live_change WHERE domain = ? ORDER BY version DESC LIMIT 1"
_CHECKS = (
    (
        "SELECT count(*) FROM live LEFT JOIN item ON item.domain = live.domain AND item.id = live.id"
        " WHERE item.body IS NULL",
        "{} live states are of no item",
    ),
    (
        "SELECT count(*) FROM item LEFT JOIN live ON live.domain = item.domain AND live.id = item.id"
        " WHERE item.body IS NOT NULL AND live.id IS NULL",
        "{} items have no live state",
    ),
    *(
        (
            f"SELECT count(*) FROM {table} LEFT JOIN catalog ON catalog.domain = {table}.domain"
            f" WHERE {table}.version > coalesce(catalog.version, 0)",
            f"{{}} rows of {table} are of a version that the catalog never had",
        )
        for table in ("item", "live", "live_change")
    ),
)

_States = list[tuple[str, bytes | None]]
_read_states = msgspec.msgpack.Decoder(_States).decode


class Catalog:
    """Items by domain, each with the version of the catalog that changed it."""

    def __init__(self, database: Database) -> None:
        """Use this database."""
        self._database = database

    def write(self, writer: Writer, domain: str, write: CatalogWrite, kept: Mapping[str, KeptItem]) -> int:
        """Write all but the entries of feeds.

        Args:
            writer: A transaction.
            domain: Domain name.
            write: What to write.
            kept: What was read of items before.

        Returns:
            The catalog's version afterwards.
        """
        if not (write.bodies or write.lives or write.gone or write.facts):
            return self._versions(writer.rows, domain).catalog
        self._whole(write, kept)
        writer.execute(_GROW, (domain,))
        version = self._versions(writer.rows, domain).catalog
        # In the order of the key: rows that lie in one page are then written one after the other.
        if write.bodies:
            writer.executemany(_BODY, ((domain, name, body, version) for name, body in sorted(write.bodies)))
        if write.lives:
            writer.executemany(_LIVE, ((domain, name, body, version) for name, body in sorted(write.lives)))
        for some in pieces(write.gone):
            where = f"domain = ? AND id IN ({marks(some)})"
            writer.execute(
                f"UPDATE item SET body = NULL, version = ? WHERE body IS NOT NULL AND {where}", (version, domain, *some)
            )
            writer.execute(f"DELETE FROM live WHERE {where}", (domain, *some))
        if write.facts:
            facts = sorted(write.facts, key=attrgetter("id", "field", "at"))
            writer.executemany(_FACT, ((domain, one.id, one.field, one.at, one.value) for one in facts))
        self._log(writer, domain, version, [*write.lives, *((name, None) for name in write.gone)])
        return version

    def of(self, read: Read, domain: str, ids: Iterable[str]) -> dict[str, KeptItem]:
        """See `Store.items_of`."""
        found: dict[str, KeptItem] = {}
        # Sorted: neighbours lie in one page, which halves the time for many.
        for some in pieces(sorted(ids)):
            rows = read(f"{_KEPT} AND item.id IN ({marks(some)}) AND item.body IS NOT NULL", (domain, *some))
            found.update((str(row[0]), _kept(row)) for row in rows)
        return found

    def items(self, domain: str, after: int, batch: int) -> Iterator[list[KeptItem]]:
        """See `Store.items`."""
        if after > 0:
            yield from self._changed(domain, after, batch)
            return
        last = ""
        while rows := self._database.rows(_PAGE, (domain, last, batch)):
            yield [_kept(row) for row in rows]
            last = str(rows[-1][0])

    def lives(self, domain: str, after: int) -> list[tuple[str, bytes]]:
        """See `Store.live_items`."""
        changes: list[Row] = []
        if after > 0:
            changes = self._database.rows(
                "SELECT states FROM live_change WHERE domain = ? AND version > ? ORDER BY version", (domain, after)
            )
        # Asked for afterwards: if it holds now, nothing was missing above.
        if after > 0 and self._logged(self._database.rows, domain) <= after:
            states: dict[str, bytes | None] = {}
            for (packed,) in changes:
                states.update(_read_states(packed))
            return [(name, live) for name, live in states.items() if live is not None]
        rows = self._database.rows("SELECT id, body FROM live WHERE domain = ? AND version > ?", (domain, after))
        return [(str(name), bytes(body)) for name, body in rows]

    def versions(self, domain: str) -> Versions:
        """See `Store.versions`."""
        return self._versions(self._database.rows, domain)

    def facts(self, domain: str, batch: int) -> Iterator[pa.RecordBatch]:
        """See `Store.facts`."""
        last: Row = ("", "", _EARLIEST)
        while rows := self._database.rows(_FACTS, (domain, *last, batch)):
            columns = zip(*rows, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, FACT_SCHEMA, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=FACT_SCHEMA)
            last = rows[-1][:3]

    def check(self) -> list[str]:
        """What the tables of the catalog do not agree on."""
        counts = [(int(self._database.rows(sql)[0][0]), wrong) for sql, wrong in _CHECKS]
        return [wrong.format(number) for number, wrong in counts if number]

    def _whole(self, write: CatalogWrite, kept: Mapping[str, KeptItem]) -> None:
        """Refuse what would leave an item without its live state, or a live state without its item."""
        bodies, lives = ({name for name, _ in rows} - kept.keys() for rows in (write.bodies, write.lives))
        half = len(bodies ^ lives)
        if half:
            reason = f"{half} items that the catalog does not have would be written by half"
            raise StorageError(self._database.url, reason, refused=True)

    def _changed(self, domain: str, after: int, batch: int) -> Iterator[list[KeptItem]]:
        rows = self._database.rows(_CHANGED, (domain, after))
        changed = [str(row[0]) for row in rows]
        del rows
        for start in range(0, len(changed), batch):
            page: list[KeptItem] = []
            for some in pieces(changed[start : start + batch]):
                sql = f"{_KEPT} AND item.id IN ({marks(some)}) ORDER BY item.id"
                page += map(_kept, self._database.rows(sql, (domain, *some)))
            yield page

    def _log(self, writer: Writer, domain: str, version: int, states: _States) -> None:
        """Keep what became of live states in one piece, and let go of what is too old or too much."""
        too_old: int | None = None
        if len(states) > LOGGED // 2:
            too_old = version
        elif states:
            try:
                packed = msgspec.msgpack.encode(states)
            except (TypeError, ValueError) as error:
                raise StorageError(self._database.url, f"an item cannot be written: {error}", refused=True) from error
            rows = writer.rows(_LAST_TOTAL, (domain,))
            total = (int(rows[0][0]) if rows else 0) + len(states)
            writer.execute(
                "INSERT INTO live_change (domain, version, total, states) VALUES (?, ?, ?, ?)",
                (domain, version, total, packed),
            )
            [(too_old,)] = writer.rows(_TOO_OLD, (domain, total - LOGGED))
        if too_old is not None:
            writer.execute("DELETE FROM live_change WHERE domain = ? AND version <= ?", (domain, too_old))
            writer.execute("UPDATE catalog SET logged = ? WHERE domain = ?", (too_old, domain))

    def _versions(self, read: Read, domain: str) -> Versions:
        rows = read("SELECT version, rules FROM catalog WHERE domain = ?", (domain,))
        return Versions(*rows[0]) if rows else Versions(0, 0)

    def _logged(self, read: Read, domain: str) -> int:
        rows = read("SELECT logged FROM catalog WHERE domain = ?", (domain,))
        return int(rows[0][0]) if rows else 0


def _kept(row: Row) -> KeptItem:
    name, body, live, version, live_version = row
    if body is None:
        return KeptItem(name, None, None, version)
    return KeptItem(name, bytes(body), live and bytes(live), max(version, live_version or 0))
