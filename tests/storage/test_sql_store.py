"""What the tables share on every engine; the contract itself is `StoreChecks`."""

from __future__ import annotations

import re

import pytest

from penchant.events import Event, Link
from penchant.storage import EVENT_SCHEMA, SQLiteStore
from penchant.storage.tables import ddl
from penchant.storage.tables.log import COLUMNS, FIELDS
from penchant.storage.tables.schema import INDEXES, TABLES
from penchant.storage.tables.values import pieces
from penchant.testing.stores import viewed

ANN = Link("user:ann", "anon:1", 1, "web", "event")


def test_the_log_has_a_column_for_each_field_of_an_event() -> None:
    assert [name.replace("order_id", "order") for name in FIELDS] == list(Event.__struct_fields__)
    [event] = [table for table in TABLES if table.name == "event"]
    assert sorted(COLUMNS) == sorted(name for name, _ in event.columns)
    assert set(EVENT_SCHEMA.names) <= {"seq", *COLUMNS}


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_both_engines_are_given_every_table_and_index(dialect: str) -> None:
    text = "\n".join(ddl(dialect))  # type: ignore[arg-type]

    assert re.findall(r"CREATE TABLE IF NOT EXISTS (\w+)", text) == [table.name for table in TABLES]
    assert re.findall(r"CREATE INDEX IF NOT EXISTS (\w+) ON (\w+)", text) == [(i.name, i.table) for i in INDEXES]
    assert ("STRICT" in text) == (dialect == "sqlite")
    assert ('COLLATE "C"' in text) == (dialect == "postgresql")
    assert not set("%?") & set(text)


def test_lists_of_values_are_cut_and_hold_each_value_once() -> None:
    assert list(pieces([1, 2, 1, 3, 2], size=2)) == [[1, 2], [3]]
    assert list(pieces([])) == []


def test_a_person_that_is_not_what_its_links_say_is_found_and_mended(store: SQLiteStore) -> None:
    store.append([viewed(1)], links=[ANN])
    with store.database.writing() as writer:
        writer.execute("DELETE FROM member")
        writer.execute("INSERT INTO member (actor, person) VALUES ('anon:2', 'user:bob')")

    assert store.check() == ["2 actors are not with the person their links say; regroup mends it"]
    store.regroup()
    assert store.check() == []
    assert store.actors("user:ann") == ["anon:1", "user:ann"]


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("event", "UPDATE event SET actor = 'user:eve'"),
        ("event", "UPDATE event SET anonymous_id = 'eve'"),
        ("slate", "INSERT INTO slate (id, domain, actor, at, body) VALUES ('s', 'shop', 'user:eve', 1, x'00')"),
        ("trait", "INSERT INTO trait (actor, name, value, at, source) VALUES ('user:eve', 'n', x'00', 1, 'web')"),
        ("beside", "INSERT INTO beside (a, b) VALUES ('anon:eve', 'user:bob')"),
    ],
)
def test_a_row_of_somebody_who_was_erased_is_found(store: SQLiteStore, table: str, statement: str) -> None:
    store.append([viewed(1, actor="bob", anonymous="b")])
    store.erase(["user:eve", "anon:eve"], 1, "r", b"{}")
    assert store.check() == []
    with store.database.writing() as writer:
        writer.execute(statement)

    assert store.check() == [f"1 erased ids still have rows in {table}"]


def test_a_known_link_is_not_written_again(store: SQLiteStore) -> None:
    store.append([viewed(1)], links=[ANN])
    with store.database.writing() as writer:
        before = writer.rows("SELECT * FROM link")
    store.append([viewed(2)], links=[ANN._replace(at=9, how="identify"), ANN._replace(at=10, how="api")])

    assert store.database.rows("SELECT * FROM link") == before


def test_ids_that_a_link_tells_of_are_not_noted_twice(store: SQLiteStore) -> None:
    store.append([viewed(1, anonymous="1"), viewed(2, anonymous="2")], links=[ANN])

    assert store.database.rows("SELECT a, b FROM beside") == [("anon:2", "user:ann")]
