"""The embedded store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import apsw
import msgspec
import numpy as np
import pytest

from penchant.catalog import KeptItem
from penchant.errors import StorageError
from penchant.events import Consent, Event, Link, Trait
from penchant.storage import FailedRow, Fate, SlateRow, SQLiteStore
from penchant.storage.tables import SCHEMA_VERSION
from penchant.testing import StoreChecks
from penchant.testing.stores import failure, kept, viewed


@pytest.fixture
def second(store: SQLiteStore) -> Iterator[SQLiteStore]:
    """Another process's view of the same file."""
    made = SQLiteStore(store.path)
    yield made
    made.close()


class TestSQLiteStore(StoreChecks):
    pass


def test_it_writes_ahead_and_waits_for_the_disk(store: SQLiteStore) -> None:
    assert store.database.rows("PRAGMA journal_mode") == [("wal",)]
    with store.database.writing() as writer:
        assert writer.rows("PRAGMA synchronous") == [(2,)]
        assert writer.rows("PRAGMA secure_delete") == [(1,)]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are counted in /proc")
def test_a_thread_that_ends_leaves_no_file_open(store: SQLiteStore) -> None:
    def reads() -> None:
        assert store.versions("shop").catalog == 0

    def files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    reads()
    before = files()
    for _ in range(20):
        thread = threading.Thread(target=reads)
        thread.start()
        thread.join()

    # SQLite itself may keep a file of the last thread until the next one reads.
    assert files() <= before + 4


def test_what_was_appended_is_there_after_opening_again(tmp_path: Path) -> None:
    first = SQLiteStore(tmp_path / "a.db")
    first.append([viewed(1)])
    first.close()
    again = SQLiteStore(tmp_path / "a.db")

    assert again.append([viewed(1), viewed(2)]) == [Fate.KNOWN, Fate.STORED]
    again.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("not a database at all, but long enough to have a header" * 20)

    with pytest.raises(StorageError, match="not a database"):
        SQLiteStore(tmp_path / "a.db")


def test_a_store_of_a_newer_penchant_is_refused(tmp_path: Path) -> None:
    SQLiteStore(tmp_path / "a.db").close()
    connection = apsw.Connection(str(tmp_path / "a.db"))
    connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(StorageError, match="newer penchant"):
        SQLiteStore(tmp_path / "a.db")


VERSION_1 = """
CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  domain TEXT NOT NULL, source TEXT NOT NULL, message_id TEXT NOT NULL, line INTEGER NOT NULL,
  name TEXT NOT NULL, actor TEXT NOT NULL, user_id TEXT, anonymous_id TEXT,
  time INTEGER NOT NULL, received INTEGER NOT NULL,
  item TEXT, quantity REAL, price REAL, currency TEXT, order_id TEXT, progress REAL,
  slate TEXT, position INTEGER, properties BLOB,
  UNIQUE (message_id, source, line)
) STRICT;
CREATE INDEX event_actor ON event (actor, domain, time);
CREATE TABLE item (
  domain TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, version INTEGER NOT NULL,
  PRIMARY KEY (domain, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_version ON item (domain, version);
CREATE TABLE catalog (domain TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE link (a TEXT NOT NULL, b TEXT NOT NULL, PRIMARY KEY (a, b)) STRICT, WITHOUT ROWID;
CREATE INDEX link_b ON link (b, a);
CREATE TABLE slate (
  id TEXT PRIMARY KEY, domain TEXT NOT NULL, actor TEXT, at INTEGER NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
INSERT INTO event VALUES (1, 'shop', 'web', 'm1', 0, 'Product Viewed', 'user:ann', 'ann', 'a1', 5, 6, 'i1',
  1.0, 9.5, 'EUR', 'o1', 0.5, 's1', 2, CAST('{"coupon":"X"}' AS BLOB));
INSERT INTO event VALUES (2, 'shop', 'web', 'm2', 0, 'Product Viewed', 'anon:a2', NULL, 'a2', 7, 8, 'i2',
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO item VALUES ('shop', 'i1', CAST('{}' AS BLOB), 3);
INSERT INTO catalog VALUES ('shop', 3);
INSERT INTO link VALUES ('anon:a1', 'user:ann'), ('anon:a2', 'user:bob'), ('anon:a3', 'user:ann'),
  ('anon:a3', 'user:bob');
INSERT INTO slate VALUES ('s1', 'shop', 'user:ann', 4, CAST('{}' AS BLOB));
"""


def test_a_file_of_version_1_is_brought_up_to_this_one(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "a.db"))
    connection.execute(VERSION_1)
    connection.close()

    store = SQLiteStore(tmp_path / "a.db")

    fields = ("o1", 0.5, "s1", 2)
    first = Event("shop", "web", "m1", 0, "Product Viewed", "ann", "a1", 5, 6, "i1", 1.0, 9.5, "EUR", *fields)
    assert store.events_of(["anon:a1", "anon:a2"]) == [
        (1, msgspec.structs.replace(first, properties={"coupon": "X"})),
        (2, Event("shop", "web", "m2", 0, "Product Viewed", None, "a2", 7, 8, "i2")),
    ]
    assert [batch.num_rows for batch in store.scan(0, 10)] == [2]
    assert store.persons() == {
        "anon:a1": "user:ann",
        "user:ann": "user:ann",
        "anon:a2": "user:bob",
        "user:bob": "user:bob",
    }
    assert store.link_history(["anon:a1"]) == [(Link("anon:a1", "user:ann", 0, "", "event"), None)]
    assert kept(store) == [KeptItem("i1", b"{}", b'{"id":"i1"}', 3)] and store.versions("shop") == (3, 0)
    assert [slate.slate_id for slate in store.slates_of(["user:ann"])] == ["s1"]
    assert store.meta()["schema"] == str(SCHEMA_VERSION)
    assert store.check() == []
    more = msgspec.structs.replace(
        first, message_id="m3", dwell=3.0, session="v", told=1, clock="old", context={"a": 1}
    )
    assert store.append([first, more]) == [Fate.KNOWN, Fate.STORED]
    assert store.find("web", ["m3"]) == [more]
    salt = store.meta()["salt"]
    store.close()
    again = SQLiteStore(tmp_path / "a.db")
    assert again.meta()["salt"] == salt
    assert again.erase(["anon:a1"], 1, "r", b"{}")["events"] == 2
    again.close()


def test_a_file_brought_up_has_the_tables_of_a_new_one(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "old.db"))
    connection.execute(VERSION_1)
    connection.close()
    shapes = []
    for name in ("old.db", "new.db"):
        store = SQLiteStore(tmp_path / name)
        names = [str(row[0]) for row in store.database.rows("SELECT name FROM sqlite_schema ORDER BY name")]
        columns = {n: sorted(store.database.rows(f"SELECT name, type FROM pragma_table_info('{n}')")) for n in names}
        shapes.append(columns)
        store.close()

    assert shapes[0] == shapes[1]


def test_requests_read_a_person_from_one_index(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    rows = store.database.rows
    monkeypatch.setattr(store.database, "rows", lambda sql, given=(): asked.append((sql, given)) or rows(sql, given))
    for actors in (["user:ann"], ["anon:a1", "user:ann"]):
        store.past("shop", actors, until=9, limit=9)
        store.reached("shop", actors, ["Order Completed"], until=9)

    for sql, given in asked:
        assert "USING COVERING INDEX event_actor" in str(rows(f"EXPLAIN QUERY PLAN {sql}", given)[0])
    assert len(asked) == 4


def test_a_file_of_version_5_gets_an_index_that_carries_more(tmp_path: Path) -> None:
    first = SQLiteStore(tmp_path / "a.db")
    first.append([viewed(1), viewed(2)])
    index = first.database.rows("SELECT sql FROM sqlite_schema WHERE name = 'event_actor'")
    first.close()
    connection = apsw.Connection(str(tmp_path / "a.db"))
    connection.execute(
        "DROP INDEX event_actor; CREATE INDEX event_actor ON event (actor, domain, time);"
        " UPDATE meta SET value = '5' WHERE name = 'schema'; PRAGMA user_version = 5"
    )
    connection.close()

    store = SQLiteStore(tmp_path / "a.db")

    assert store.database.rows("SELECT sql FROM sqlite_schema WHERE name = 'event_actor'") == index
    assert [one.item for one in store.past("shop", ["user:ann"], until=9, limit=9)] == ["i1", "i2"]
    assert store.meta()["schema"] == str(SCHEMA_VERSION) and store.check() == []
    store.close()


def test_a_file_of_version_3_gets_the_index_of_slates_by_time(tmp_path: Path) -> None:
    SQLiteStore(tmp_path / "a.db").close()
    connection = apsw.Connection(str(tmp_path / "a.db"))
    connection.execute(
        "DROP INDEX slate_time; UPDATE meta SET value = '3' WHERE name = 'schema'; PRAGMA user_version = 3"
    )
    connection.close()

    store = SQLiteStore(tmp_path / "a.db")

    assert store.database.rows("SELECT name FROM sqlite_schema WHERE name = 'slate_time'") == [("slate_time",)]
    assert store.meta()["schema"] == str(SCHEMA_VERSION) and store.check() == []
    store.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "a.db"))
    connection.execute(VERSION_1 + "CREATE TABLE meta (name TEXT PRIMARY KEY);")
    with pytest.raises(StorageError):
        SQLiteStore(tmp_path / "a.db")

    assert connection.execute("PRAGMA user_version").fetchall() == [(1,)]
    assert connection.execute("SELECT count(*) FROM link").fetchall() == [(4,)]
    connection.close()


def test_a_full_disk_is_an_error_and_reading_goes_on(store: SQLiteStore) -> None:
    store.append([viewed(0)], links=[Link("user:ann", "anon:1", 1, "web", "event")])
    store.database.limit_pages(store.database.rows("PRAGMA page_count")[0][0] + 10)
    stored = 1
    with pytest.raises(StorageError, match="the disk is full") as full:
        for n in range(1, 10_000):
            stored += len(store.append([viewed(n * 100 + k) for k in range(50)]))
    assert full.value.full

    assert store.count()["events"] == stored
    assert store.actors("anon:1") == ["anon:1", "user:ann"]
    with pytest.raises(StorageError, match="the disk is full"):
        store.append([], failed=[failure(1)._replace(body=b"x" * 100_000)])
    assert store.failed() == []
    store.database.limit_pages(1_000_000)

    assert store.append([viewed(10**7)]) == [Fate.STORED]
    assert store.count()["events"] == stored + 1
    assert store.check() == []


def test_another_error_is_no_full_disk(store: SQLiteStore) -> None:
    store.close()

    with pytest.raises(StorageError) as error:
        store.append([viewed(1)])
    assert not error.value.full


def test_nothing_of_the_erased_is_left_in_the_files(store: SQLiteStore) -> None:
    rng = np.random.default_rng(7)
    for turn in range(12):
        rows = [Planted.draw(rng, turn * 200 + n) for n in range(200)]
        store.append(
            [row.event for row in rows],
            links=[row.link for row in rows],
            traits=[row.trait for row in rows],
            consents=[Consent(row.link.a, "ads", True, row.link.at, "web") for row in rows],
            failed=[row.failed for row in rows],
        )
        store.log_slates([SlateRow(row.failed.id, "shop", row.link.a, 1, row.trait.value) for row in rows])
    actors = sorted({a for a, b in store.links() if "canary" in a} | {b for a, b in store.links() if "canary" in b})
    assert CANARY in files(store)

    deleted = store.erase(actors, 1, "r", b"{}")
    store.scrub()

    assert all(number > 100 for number in deleted.values())
    assert CANARY not in files(store)
    assert b"finch" in files(store)
    assert store.check() == []


def test_scrubbing_says_so_when_somebody_reads_the_log(store: SQLiteStore) -> None:
    store.append([viewed(1)])
    reader = apsw.Connection(str(store.path))
    reader.execute("BEGIN; SELECT count(*) FROM event").fetchall()
    store.database.wait(0)
    store.append([viewed(2)])
    with pytest.raises(StorageError, match="scrub again"):
        store.scrub()
    reader.close()

    store.scrub()


CANARY = b"canary"


class Planted(NamedTuple):
    """One person's traces of one size, of a person to erase or of another one."""

    event: Event
    link: Link
    trait: Trait
    failed: FailedRow

    @classmethod
    def draw(cls, rng: np.random.Generator, number: int) -> Planted:
        bird = ("canary", "finch")[int(rng.integers(2))]
        text = bird * (int(10 ** rng.uniform(0, 3.3)) // 6 + 1)
        name = f"{bird}{rng.integers(40)}"
        anonymous = f"{bird}-{name}-{rng.integers(3)}"
        user = name if rng.random() < 0.5 else None
        event = Event("shop", "web", f"{number}-{name}", 0, "Page Viewed", user, anonymous, number, number, text[:200])
        failed = failure(number, user=name)._replace(id=f"{number}-{name}", body=text.encode())
        return cls(
            msgspec.structs.replace(event, properties={"text": text}, context={"page": text[:99]}, session=text[:50]),
            Link(f"anon:{anonymous}", f"user:{name}", number, "web", "event"),
            Trait(f"user:{name}", f"name{number}", text.encode(), number, "web"),
            failed,
        )


def files(store: SQLiteStore) -> bytes:
    """Everything that lies beside the database, and itself."""
    return b"".join(path.read_bytes() for path in sorted(store.path.parent.glob(f"{store.path.name}*")))


def test_a_store_is_closed_while_another_thread_reads_and_that_thread_is_told(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "a.db")
    begun, told = threading.Event(), list[StorageError]()

    def read() -> None:
        store.database.rows("SELECT 1")  # the thread's connection is there
        begun.set()
        try:
            store.database.rows(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
            )
        except StorageError as error:
            told.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    assert begun.wait(10)
    store.close()
    reader.join(10)

    assert not reader.is_alive()
    assert len(told) == 1
    with pytest.raises(StorageError):
        store.database.rows("SELECT 1")
