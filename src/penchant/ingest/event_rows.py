"""Rows of a statement become events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import repeat, starmap
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from penchant.config.settings import Import, Value
from penchant.errors import ImportFailed
from penchant.events import Event, Link, find, suggestion
from penchant.ingest.mapping import Field, Mapper, Statement
from penchant.ingest.report import REASONS

_AHEAD = 86_400_000
_SECONDS = "NOT ({0} >= 0 AND {0} < 1e7)", "bad_number"
_MONEY = "NOT ({0} >= 0 AND {0} < 1e12)", "bad_number"

FIELDS = (
    Field("event", "text", required=True),
    Field("time", "time", required=True),
    Field("user_id", "id"),
    Field("anonymous_id", "id"),
    Field("id", "id"),
    Field("item", "id"),
    Field("quantity", "number", check=("NOT ({0} > 0 AND {0} < 1e9)", "bad_number")),
    Field("price", "number", check=_MONEY),
    Field("currency", "text", check=("NOT regexp_full_match({0}, '[A-Za-z]{{3}}')", "bad_currency")),
    Field("order", "id"),
    Field("progress", "number", check=("NOT ({0} >= 0 AND {0} <= 1)", "bad_number")),
    Field("slate", "id"),
    Field("position", "whole", check=("NOT ({0} >= 1 AND {0} < 100000)", "bad_number")),
    Field("dwell", "number", check=_SECONDS),
    Field("playhead", "number", check=_SECONDS),
    Field("length", "number", check=_SECONDS),
    Field("session", "id"),
)
"""What an import of events can fill."""

Refuse = Callable[[int, str, str, dict[str, Any], str], None]
"""Takes a row's place in the batch, reason, field, values and sentence."""


class Read(NamedTuple):
    """What a batch says.

    Attributes:
        events: Its events.
        links: Who is who, once each.
        places: Where in the batch each event stood.
    """

    events: list[Event]
    links: list[Link]
    places: pa.Array


def event_statement(mapper: Mapper, spec: Import, path: str, now_ms: int, known: Collection[str]) -> Statement:
    """The SQL that reads events.

    Raises:
        ImportFailed: The mapping does not fit the file, names nobody, or its constant event is unknown.
    """
    people = [name for name in ("user_id", "anonymous_id") if name in spec.columns]
    if not people:
        raise ImportFailed(path, "columns.user_id or columns.anonymous_id is missing")
    told = spec.columns.get("event")
    if isinstance(told, Value) and _look_up(str(told.value), known)[0] is None:
        near = suggestion(str(told.value), known)
        hint = f'; did you mean "{near}"?' if near else ""
        raise ImportFailed(path, f'columns.event: no event "{told.value}"{hint}')
    nobody = " AND ".join(f"t_{name} IS NULL" for name in people)
    rules = [
        (f"t_time < 0 OR t_time > {now_ms + _AHEAD}", "bad_time:time"),
        (nobody, f"no_person:{people[0]}"),
    ]
    # NULL and empty text must not run together, nor the fields: each is told by its place.
    parts = ", ".join(
        f'coalesce(CAST("t_{field.name}" AS VARCHAR), chr(30))'
        for field in FIELDS
        if field.name in spec.columns and field.name != "id"
    )
    # The time comes first, as keys that rise are far cheaper for a store to index than keys that jump.
    content = f"printf('%012x', t_time) || left(md5(concat_ws(chr(31), {parts})), 20)"
    message_id = f"coalesce(t_id, {content})" if "id" in spec.columns else content
    return mapper.statement(
        FIELDS, rules, {"message_id": f"CASE WHEN why IS NULL AND excluded IS NULL THEN {message_id} END"}
    )


class EventRows:
    """Makes events of batches; knows the import's domain, source and moment of receipt."""

    def __init__(self, spec: Import, fields: Collection[str], received_ms: int, known: Collection[str]) -> None:
        self._spec, self._fields, self._received, self._known = spec, frozenset(fields), received_ms, known

    def read(self, batch: pa.RecordBatch, refuse: Refuse) -> Read:
        """Events of the rows that are neither left out nor refused, and who of them is one person."""
        names, allowed = self._names(batch, refuse)
        good = pc.and_(pc.and_(pc.is_null(batch["excluded"]), pc.is_null(batch["why"])), allowed)
        places = pc.indices_nonzero(good)
        if len(places) < batch.num_rows:
            batch, names = batch.take(places), names.take(places)
        column = self._column
        currency: Iterable[Any] = repeat(None)
        if "currency" in self._fields:
            currency = pc.utf8_upper(batch["t_currency"]).to_pylist()
        columns = (  # in the order of Event's fields
            repeat(self._spec.domain),
            repeat(self._spec.name),
            batch["message_id"].to_pylist(),
            repeat(0),
            names.to_pylist(),
            column(batch, "user_id"),
            column(batch, "anonymous_id"),
            column(batch, "time"),
            repeat(self._received),
            column(batch, "item"),
            column(batch, "quantity"),
            column(batch, "price"),
            currency,
            column(batch, "order"),
            column(batch, "progress"),
            column(batch, "slate"),
            column(batch, "position"),
            column(batch, "dwell"),
            column(batch, "playhead"),
            column(batch, "length"),
            column(batch, "session"),
        )
        events = list(starmap(Event, zip(*columns, strict=False)))
        return Read(events, self._links(events), places)

    def values(self, batch: pa.RecordBatch, place: int) -> dict[str, Any]:
        """The mapped fields of a row, as they were read."""
        return {field: batch[f"t_{field}"][place].as_py() for field in self._fields}

    def _links(self, events: Sequence[Event]) -> list[Link]:
        if not {"user_id", "anonymous_id"} <= self._fields:
            return []
        first: dict[tuple[str, str], int] = {}
        for event in events:
            if event.user_id is not None and event.anonymous_id is not None:
                pair = (event.user_id, event.anonymous_id)
                first[pair] = min(event.time, first.get(pair, event.time))
        return [
            Link(f"user:{user}", f"anon:{anonymous}", at, self._spec.name, "import")
            for (user, anonymous), at in sorted(first.items())
        ]

    def _column(self, batch: pa.RecordBatch, field: str) -> Iterable[Any]:
        return batch[f"t_{field}"].to_pylist() if field in self._fields else repeat(None)

    def _names(self, batch: pa.RecordBatch, refuse: Refuse) -> tuple[pa.Array, pa.Array]:
        """Canonical names, and which rows have one and, where it needs one, an item."""
        words = batch["t_event"].dictionary_encode()
        found = [_look_up(word, self._known) for word in words.dictionary.to_pylist()]
        names = pa.array([name for name, _ in found], pa.string()).take(words.indices)
        needs = pa.array([needs for _, needs in found], pa.bool_()).take(words.indices)
        live = pc.and_(pc.is_null(batch["excluded"]), pc.is_null(batch["why"]))
        unknown = pc.and_(live, pc.is_null(names))
        lacking = pc.and_(live, needs)
        if "item" in self._fields:
            lacking = pc.and_(lacking, pc.is_null(batch["t_item"]))
        for place in pc.indices_nonzero(unknown).to_pylist():
            values = self.values(batch, place)
            near = suggestion(values["event"], self._known)
            hint = f'; did you mean "{near}"?' if near else ""
            refuse(place, "unknown_event", "event", values, f"{REASONS['unknown_event']}{hint}")
        for place in pc.indices_nonzero(lacking).to_pylist():
            refuse(place, "no_item", "item", self.values(batch, place), "")
        return names, pc.invert(pc.or_(pc.fill_null(lacking, False), unknown))


def _look_up(name: str, known: Collection[str]) -> tuple[str | None, bool]:
    """The name in the log, None when there is none, and whether a row of it must have an item."""
    term = find(name)
    if term is not None:
        return term.name, term.shape in ("item", "items")
    return (name if name in known else None), False
