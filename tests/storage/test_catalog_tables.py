"""How the catalog's tables hold together; the contract itself is `StoreChecks`."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.catalog import CatalogWrite, FeedEntry, ItemFact, KeptItem
from penchant.errors import StorageError
from penchant.storage import FeedRow, PostgresStore, SQLiteStore, Store, Versions
from penchant.storage.tables import SCHEMA_VERSION, Dialect, catalog, ddl
from penchant.testing.stores import kept, put, viewed
from postgres_server import ask

NEW_SINCE_2 = ("live", "live_change", "item_fact", "rule", "feed", "feed_entry", "feed_run", "once", "placement")
NAMES = "abcd"

_WRITES = st.builds(
    lambda lives, gone, bodies: (lives - gone, gone, bodies - gone),
    st.sets(st.sampled_from(NAMES)),
    st.sets(st.sampled_from(NAMES), max_size=1),
    st.sets(st.sampled_from(NAMES), max_size=1),
)


@given(st.lists(_WRITES, max_size=14))
@settings(max_examples=40)
def test_what_changed_after_any_version_is_known_however_little_is_kept_together(
    writes: list[tuple[set[str], set[str], set[str]]],
) -> None:
    """Against a plain model of the catalog, with room for six live states instead of 200,000."""
    lives: dict[str, tuple[bytes, int]] = {}
    changed: dict[str, int] = {}
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog, "LOGGED", 6)
        store = SQLiteStore(Path(folder) / "a.db")
        for turn, (some, gone, bodies) in enumerate(writes):
            live = {*some, *(bodies - lives.keys())}
            body = {*bodies, *(some - lives.keys())}
            said = b"%d" % turn
            write = CatalogWrite([(n, said) for n in body], [(n, said) for n in live], sorted(gone))
            version = store.change_items("shop", NAMES, lambda _, write=write: write)  # type: ignore[misc]
            changed.update(dict.fromkeys(body | (gone & lives.keys()), version))
            lives.update(dict.fromkeys(live, (said, version)))
            for name in gone:
                lives.pop(name, None)
            assert store.check() == []
        for after in range(store.versions("shop").catalog + 1):
            wanted = sorted((name, live) for name, (live, version) in lives.items() if version > after)
            assert sorted(store.live_items("shop", after)) == wanted
            there = lives.keys() if after == 0 else {name for name, version in changed.items() if version > after}
            assert [item.id for item in kept(store, after=after)] == sorted(there)
        [(rows,)] = store.database.rows("SELECT count(*) FROM live_change")
        assert rows <= 6
        store.close()


def test_changes_that_are_kept_together_do_not_pile_up(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "LOGGED", 100)
    put(store, *(f"i{n}" for n in range(10)))
    for turn in range(40):
        put(store, *(f"i{n}" for n in range(10)), live=b"%d" % turn)

    assert store.database.rows("SELECT count(*), min(version) FROM live_change") == [(10, 32)]
    assert store.database.rows("SELECT logged FROM catalog") == [(31,)]


@pytest.mark.parametrize(
    ("statement", "wrong"),
    [
        ("DELETE FROM live WHERE id = 'a'", "1 items have no live state"),
        ("UPDATE item SET body = NULL WHERE id = 'a'", "1 live states are of no item"),
        ("DELETE FROM item", "2 live states are of no item"),
        ("UPDATE live SET version = 3 WHERE id = 'a'", "1 rows of live are of a version that the catalog never had"),
        ("UPDATE item SET version = 3", "2 rows of item are of a version that the catalog never had"),
        ("UPDATE live_change SET version = 3", "1 rows of live_change are of a version that the catalog never had"),
        ("DELETE FROM feed", "feed_entry has rows of a feed shoes that is not there"),
    ],
)
def test_tables_that_do_not_agree_are_found(store: SQLiteStore, statement: str, wrong: str) -> None:
    put(store, "a", "b")
    store.put_feed(FeedRow("shoes", "shop", b"{}", 1))
    store.change_items("shop", (), lambda _: CatalogWrite(entries=[FeedEntry("shoes", "a", b"1")]))
    assert store.check() == []
    with store.database.writing() as writer:
        writer.execute(statement)

    assert store.check() == [wrong]


def test_a_catalog_that_is_not_there_has_no_rows(store: SQLiteStore) -> None:
    put(store, "a")
    with store.database.writing() as writer:
        writer.execute("DELETE FROM catalog")

    assert len(store.check()) == 3


def version_2(dialect: Dialect) -> str:
    """The tables of version 2, with three items."""
    text, number, raw = ("TEXT", "INTEGER", "BLOB") if dialect == "sqlite" else ('TEXT COLLATE "C"', "BIGINT", "BYTEA")
    options = " STRICT, WITHOUT ROWID" if dialect == "sqlite" else ""
    body = 'CAST(\'{"title":"One"}\' AS BLOB)' if dialect == "sqlite" else "convert_to('{\"title\":\"One\"}', 'UTF8')"
    changed = ("item", "catalog", *NEW_SINCE_2)
    same = [s for s in ddl(dialect) if not any(f" {table} (" in s.partition("(")[0] + "(" for table in changed)]
    return ";\n".join(
        [
            *same,
            "DROP INDEX slate_time",
            f"CREATE TABLE item (domain {text} NOT NULL, id {text} NOT NULL, body {raw} NOT NULL,"
            f" version {number} NOT NULL, PRIMARY KEY (domain, id)){options}",
            f"CREATE TABLE catalog (domain {text} NOT NULL, version {number} NOT NULL, PRIMARY KEY (domain)){options}",
            "CREATE INDEX item_version ON item (domain, version)",
            f"INSERT INTO item VALUES ('shop', 'ü \"\\', {body}, 3), ('shop', 'b', {body}, 4), ('tv', 'b', {body}, 1)",
            "INSERT INTO catalog VALUES ('shop', 4), ('tv', 1)",
            "INSERT INTO meta VALUES ('salt', 'a salt'), ('schema', '2')",
        ]
    )


def is_brought_up(store: Store) -> None:
    """Whether the items of `version_2` came out right, and go on."""
    assert kept(store) == [
        KeptItem("b", b'{"title":"One"}', b'{"id":"b"}', 4),
        KeptItem('ü "\\', b'{"title":"One"}', '{"id":"ü \\"\\\\"}'.encode(), 3),
    ]
    assert store.versions("shop") == Versions(4, 0) and store.versions("tv") == Versions(1, 0)
    assert store.meta() == {"salt": "a salt", "schema": str(SCHEMA_VERSION)}
    assert store.check() == []
    assert [name for name, _ in store.live_items("shop", 3)] == ["b"]
    assert store.put_rule("shop", "r", b"{}", at=1, by="k") == 1
    store.append([viewed(1)])
    put(store, "b", live=b"1")
    assert store.live_items("shop", 4) == [("b", b"1")]
    store.change_items("shop", ["b"], lambda _: CatalogWrite(gone=["b"], facts=[ItemFact("b", "price", 1, 2.0)]))
    assert kept(store, after=5) == [KeptItem("b", None, None, 6)]
    assert [part.num_rows for part in store.facts("shop")] == [1]
    assert store.check() == []


def test_a_file_of_version_2_is_brought_up_to_this_one(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "old.db"))
    connection.execute(version_2("sqlite") + "; PRAGMA user_version = 2")
    connection.close()
    shapes = []
    for name in ("old.db", "new.db"):
        store = SQLiteStore(tmp_path / name)
        shapes.append(store.database.rows("SELECT name, sql FROM sqlite_schema ORDER BY name"))
        store.close()
    assert shapes[0] == shapes[1]

    store = SQLiteStore(tmp_path / "old.db")
    is_brought_up(store)
    store.close()


def test_a_postgresql_store_of_version_2_is_brought_up_to_this_one(postgres_url: str) -> None:
    ask(postgres_url, version_2("postgresql"))
    store = PostgresStore(postgres_url)
    second = PostgresStore(postgres_url)
    second.close()

    is_brought_up(store)
    store.close()


def test_a_postgresql_store_of_no_known_version_is_left_alone(postgres_url: str) -> None:
    ask(postgres_url, version_2("postgresql") + "; UPDATE meta SET value = '1' WHERE name = 'schema'")

    with pytest.raises(StorageError, match="schema 1 is not one"):
        PostgresStore(postgres_url)
    ask(postgres_url, "UPDATE meta SET value = '2' WHERE name = 'schema'; CREATE TABLE once (id INTEGER)")
    with pytest.raises(StorageError, match="a table once of something else"):
        PostgresStore(postgres_url)
    assert ask(postgres_url, "SELECT count(*) FROM item") == [(3,)]


def test_a_postgresql_store_brought_up_has_the_columns_of_a_new_one(postgres_url: str) -> None:
    columns = (
        "SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name"
        " FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, 2"
    )
    indexes = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1"
    shapes = []
    for old in (True, False):
        if old:
            ask(postgres_url, version_2("postgresql"))
        PostgresStore(postgres_url).close()
        shapes.append((ask(postgres_url, columns), ask(postgres_url, indexes)))
        for table in {row[0] for row in shapes[-1][0]}:
            ask(postgres_url, f"DROP TABLE {table}")

    assert shapes[0] == shapes[1]


def test_the_write_ahead_log_shrinks_again_after_a_very_large_change(store: SQLiteStore) -> None:
    log = store.path.with_name(f"{store.path.name}-wal")
    put(store, *(f"i{n}" for n in range(20)), body=b"x" * 5_000_000)
    assert log.stat().st_size > 100_000_000
    for _ in range(2):
        put(store, "a")

    assert log.stat().st_size <= 64 << 20


CHILD = """
import sys
from pathlib import Path
from penchant.catalog import CatalogWrite, FeedEntry, ItemFact
from penchant.storage import FeedRow, SQLiteStore

store = SQLiteStore(Path(sys.argv[1]))
names = [f"i{n:04d}" for n in range(2_000)]
store.put_feed(FeedRow("f", "shop", b"{}", 1))
turn = int(sys.argv[2])
while True:
    turn += 1
    said = [(name, b"%d" % turn) for name in names]
    facts = [ItemFact(name, "n", 1, turn) for name in names]
    entries = [FeedEntry("f", name, b"%d" % turn) for name in names]
    store.change_items("shop", names, lambda _: CatalogWrite(said, said, (), facts, entries))
    sys.stdout.write(f"{turn}\\n")
    sys.stdout.flush()
"""


@pytest.mark.slow
def test_a_process_killed_in_the_middle_of_a_change_leaves_all_of_it_or_nothing(tmp_path: Path) -> None:
    """Whatever was acknowledged is there, and every row is of one change."""
    path, rng, acknowledged = tmp_path / "a.db", random.Random(5), 0
    for _ in range(12):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path), str(acknowledged)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for _ in range(rng.randrange(1, 6)):
            acknowledged = int(child.stdout.readline())
        try:
            child.wait(rng.uniform(0, 0.15))
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
        child.wait(10)
        child.stdout.close()
        store = SQLiteStore(path)
        turns = {(item.body, item.live) for item in kept(store)}
        told = {value for part in store.facts("shop") for value in part["value"].to_pylist()}
        entries = {body for page in store.feed_entries("f") for _, body in page}
        assert store.check() == []
        assert store.count()["items"] == 2_000
        store.close()

        [(body, live)] = turns
        assert body == live
        last = int(body or b"")
        assert told == {last} and entries == {body}
        assert acknowledged <= last <= acknowledged + 1 + 10
        acknowledged = last
