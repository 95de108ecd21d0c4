"""The log of events."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from operator import itemgetter
from typing import Any

import msgspec
import pyarrow as pa

from penchant.events import Event
from penchant.people import known
from penchant.storage.database import Database, Row, Writer
from penchant.storage.rows import EVENT_SCHEMA, Past
from penchant.storage.tables.values import MOST_VALUES, Pair, Read, marks, pieces

FIELDS = (
    "domain",
    "source",
    "message_id",
    "line",
    "name",
    "user_id",
    "anonymous_id",
    "time",
    "received",
    "item",
    "quantity",
    "price",
    "currency",
    "order_id",
    "progress",
    "slate",
    "position",
    "dwell",
    "playhead",
    "length",
    "session",
    "told",
    "clock",
    "properties",
    "context",
)
"""Columns of an event in the order of `Event`'s fields."""

COLUMNS = (*FIELDS, "actor")
"""Columns as rows are written."""

_READ = ", ".join(FIELDS)
_PAST = "name, time, item, quantity, order_id, progress, playhead, length, session"
_SCAN = f"SELECT {', '.join(EVENT_SCHEMA.names)} FROM event WHERE seq > ? AND seq <= ? ORDER BY seq"
_LAST = (
    "SELECT coalesce((SELECT max(seq) FROM event), 0), coalesce((SELECT value FROM meta WHERE name = 'highest'), '0')"
)
_PAGE = 2_000
"""Rows that are values of Python's at once: the memory for them is not given back by whoever scans for long."""
_USER, _ANONYMOUS = FIELDS.index("user_id"), FIELDS.index("anonymous_id")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_astuple = msgspec.structs.astuple
_order = itemgetter(0, 1)


class Log:
    """Events, each (source, message_id, line) once."""

    def __init__(self, database: Database) -> None:
        """Use this database."""
        self._database = database

    def add(self, writer: Writer, rows: Sequence[Row], linked: Collection[Pair]) -> list[bool]:
        """Write rows made by `row_of`; for each, whether the log did not have it.

        An event that carries both ids stands under the known one. To find it by the other, its pair of ids must be in
        `link` or in `beside`: an index of the anonymous ids would make each append a fifth slower.

        Args:
            writer: A transaction.
            rows: The events.
            linked: Pairs that are in `link`, or will be when the transaction ends.
        """
        both = {(row[_ANONYMOUS], row[_USER]) for row in rows}
        pairs = {(f"anon:{a}", f"user:{u}") for a, u in both if a is not None and u is not None}
        pairs.difference_update(linked)
        if pairs:
            writer.executemany("INSERT INTO beside (a, b) VALUES (?, ?) ON CONFLICT DO NOTHING", sorted(pairs))
        return writer.insert_new("event", COLUMNS, rows)

    def history(self, domain: str, actors: Sequence[str], *, until: int, limit: int) -> list[Event]:
        """See `Store.history`."""
        return [_event(row[2:]) for row in self._latest(_READ, domain, actors, until, limit)]

    def past(self, domain: str, actors: Sequence[str], *, until: int, limit: int) -> list[Past]:
        """See `Store.past`; on SQLite it reads the index `event_actor` alone."""
        return [Past(*row[2:]) for row in self._latest(_PAST, domain, actors, until, limit)]

    def _latest(self, columns: str, domain: str, actors: Sequence[str], until: int, limit: int) -> list[Row]:
        """Time, number and these columns of the latest events, oldest first."""
        found: list[Row] = []
        for some in pieces(actors):
            found += self._database.rows(
                f"SELECT time, seq, {columns} FROM event WHERE actor IN ({marks(some)}) AND domain = ? AND time <= ?"
                " ORDER BY time DESC, seq DESC LIMIT ?",
                (*some, domain, until, limit),
            )
        if len(actors) > MOST_VALUES:
            found.sort(key=_order, reverse=True)
            del found[limit:]
        found.reverse()
        return found

    def reached(self, domain: str, actors: Sequence[str], names: Sequence[str], *, until: int) -> list[str]:
        """See `Store.reached`."""
        items: set[str] = set()
        for some in pieces(actors) if names else ():
            rows = self._database.rows(
                f"SELECT DISTINCT item FROM event WHERE actor IN ({marks(some)}) AND domain = ? AND time <= ?"
                f" AND name IN ({marks(names)}) AND item IS NOT NULL",
                (*some, domain, until, *names),
            )
            items.update(str(row[0]) for row in rows)
        return sorted(items)

    def find(self, source: str, message_ids: Sequence[str]) -> list[Event]:
        """See `Store.find`."""
        events: list[Event] = []
        for some in pieces(message_ids):
            rows = self._database.rows(
                f"SELECT {_READ} FROM event WHERE message_id IN ({marks(some)}) AND source = ?", (*some, source)
            )
            events += map(_event, rows)
        return sorted(events, key=lambda event: (event.message_id, event.line))

    def events_of(self, actors: Sequence[str], *, after: int, limit: int) -> list[tuple[int, Event]]:
        """See `Store.events_of`."""
        found: dict[int, Row] = {}
        for where, values in _terms(self._database.rows, actors):
            rows = self._database.rows(
                f"SELECT seq, {_READ} FROM event WHERE {where} AND seq > ? ORDER BY seq LIMIT ?",
                (*values, after, limit),
            )
            found.update((int(row[0]), row[1:]) for row in rows)
        return [(seq, _event(found[seq])) for seq in sorted(found)[:limit]]

    def scan(self, after: int, batch: int) -> Iterator[pa.RecordBatch]:
        """See `Store.scan`."""
        last = self.last_seq()
        while after < last:
            upto = min(after + batch, last)
            pages = [self._page(start, min(start + _PAGE, upto)) for start in range(after, upto, _PAGE)]
            yield from pa.Table.from_batches(pages, EVENT_SCHEMA).combine_chunks().to_batches()
            after = upto

    def _page(self, after: int, upto: int) -> pa.RecordBatch:
        rows = self._database.rows(_SCAN, (after, upto))
        columns = zip(*rows, strict=True) if rows else [()] * len(EVENT_SCHEMA)
        arrays = [pa.array(c, f.type) for c, f in zip(columns, EVENT_SCHEMA, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, schema=EVENT_SCHEMA)

    def last_seq(self) -> int:
        """See `Store.last_seq`."""
        [(last, highest)] = self._database.rows(_LAST)
        return max(int(last), int(highest))

    def drop(self, writer: Writer, actors: Sequence[str]) -> int:
        """Delete the events of these, also those that name one of them beside another id; how many."""
        [(last, highest)] = writer.rows(_LAST)
        writer.execute(
            "INSERT INTO meta (name, value) VALUES ('highest', ?) ON CONFLICT (name) DO UPDATE"
            " SET value = excluded.value",
            (str(max(int(last), int(highest))),),
        )
        dropped = 0
        for where, values in _terms(writer.rows, actors):
            dropped += writer.execute(f"DELETE FROM event WHERE {where}", values)
        for some in pieces(actors):
            for column in ("a", "b"):
                writer.execute(f"DELETE FROM beside WHERE {column} IN ({marks(some)})", some)
        return dropped


def _terms(read: Read, actors: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Conditions that together find the events that name any of these, with their values."""
    for some in pieces(actors):
        yield f"actor IN ({marks(some)})", some
    beside: dict[str, set[str]] = {}
    for some in pieces(actor for actor in actors if not known(actor)):
        for table in ("link", "beside"):
            # Of two ids that are one person the anonymous one stands in `a`, as `anon:` sorts before `user:`.
            for a, b in read(f"SELECT DISTINCT a, b FROM {table} WHERE a IN ({marks(some)})", some):
                if known(b):
                    beside.setdefault(str(a), set()).add(str(b))
    for actor, others in beside.items():
        for some in pieces(sorted(others)):
            yield f"actor IN ({marks(some)}) AND anonymous_id = ?", [*some, actor.removeprefix("anon:")]


def row_of(event: Event) -> Row:
    """An event as a row of `COLUMNS`."""
    fields = _astuple(event)
    properties, context = fields[-2:]
    user, anonymous = fields[_USER], fields[_ANONYMOUS]
    return (
        *fields[:-2],
        _encode(properties) if properties else None,
        _encode(context) if context else None,
        f"user:{user}" if user is not None else f"anon:{anonymous}",
    )


def _event(row: Row) -> Event:
    fields: list[Any]
    *fields, properties, context = row
    fields += (_decode(properties) if properties else {}, _decode(context) if context else {})
    return Event(*fields)
