"""The database side of the store on PostgreSQL, without the store's own tables."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from penchant.errors import StorageError
from penchant.storage.postgres import PostgresDatabase
from postgres_server import ask, cluster

TABLE = """
CREATE TABLE entry (
  seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source TEXT NOT NULL, id TEXT NOT NULL, size DOUBLE PRECISION, number BIGINT, body BYTEA,
  UNIQUE (id, source)
);
CREATE INDEX entry_number ON entry (number)
"""
COLUMNS = ("source", "id", "size", "number", "body")


def row(id: str, *, source: str = "web", size: float | None = None, number: Any = 1, body: bytes | None = None) -> Any:
    return (source, id, size, number, body)


def add(database: PostgresDatabase, *rows: Any) -> list[bool]:
    with database.writing() as writer:
        return writer.insert_new("entry", COLUMNS, rows)


@pytest.fixture
def database(postgres_url: str) -> Iterator[PostgresDatabase]:
    made = PostgresDatabase(postgres_url)
    with made.writing() as writer:
        writer.execute(TABLE)
    yield made
    made.close()


def ids(database: PostgresDatabase) -> list[str]:
    return [str(found[0]) for found in database.rows("SELECT id FROM entry ORDER BY seq")]


def test_what_a_transaction_wrote_is_there_when_it_ends(database: PostgresDatabase) -> None:
    with database.writing() as writer:
        writer.executemany("INSERT INTO entry (source, id) VALUES (?, ?)", [("web", "a"), ("web", "b")])
        assert writer.execute("UPDATE entry SET number = ?", (2**40,)) == 2
        assert ids(database) == []

    assert database.rows("SELECT id, number FROM entry ORDER BY id") == [("a", 2**40), ("b", 2**40)]


def test_a_transaction_that_raises_leaves_nothing(database: PostgresDatabase) -> None:
    with pytest.raises(KeyError), database.writing() as writer:
        writer.insert_new("entry", COLUMNS, [row("a")])
        raise KeyError

    assert ids(database) == []
    assert add(database, row("a")) == [True]


def test_a_failed_statement_cannot_be_committed_by_swallowing_its_error(database: PostgresDatabase) -> None:
    with pytest.raises(StorageError, match="before its end"), database.writing() as writer:
        writer.insert_new("entry", COLUMNS, [row("a")])
        with pytest.raises(StorageError):
            writer.execute("INSERT INTO nothing VALUES (1)")

    assert ids(database) == []


def test_of_rows_with_one_key_the_first_is_inserted(database: PostgresDatabase) -> None:
    given = [row("a", number=1), row("b"), row("a", number=2), row("a", source="app")]

    assert add(database, *given) == [True, True, False, True]
    assert add(database, row("b"), row("c")) == [False, True]
    assert database.rows("SELECT number FROM entry WHERE id = ? AND source = ?", ("a", "web")) == [(1,)]


def test_sequence_numbers_rise_in_the_order_of_the_rows(database: PostgresDatabase) -> None:
    names = [f"{n * 7919 % 500:03d}" for n in range(500)]
    add(database, *(row(name) for name in names))

    assert ids(database) == names


def test_many_rows_of_one_statement_are_as_if_each_came_alone(database: PostgresDatabase) -> None:
    first = [("web", f"{n:04d}", n, bytes([n % 256])) for n in range(2_500)]
    insert = "INSERT INTO entry (source, id, number, body) VALUES (?, ?, ?, ?)"
    with database.writing() as writer:
        writer.executemany(insert, first)
        writer.executemany(f"{insert} ON CONFLICT DO NOTHING", [("web", "0001", 7, b""), ("web", "new", 8, b"")])
    assert database.rows("SELECT source, id, number, body FROM entry WHERE id < 'n' ORDER BY seq") == first
    assert database.rows("SELECT number FROM entry WHERE id IN ('0001', 'new') ORDER BY id") == [(1,), (8,)]

    change = f"{insert} ON CONFLICT (id, source) DO UPDATE SET number = entry.number + excluded.number"
    with database.writing() as writer:
        writer.executemany(change, [("web", "0001", 10, b""), ("web", "0002", 10, b"")])
        writer.executemany(change, [("web", "0001", 100, b""), ("web", "0001", 1_000, b"")])
    assert database.rows("SELECT number FROM entry WHERE id IN ('0001', '0002') ORDER BY id") == [(1_111,), (12,)]
    with pytest.raises(StorageError, match="entry_id_source_key"), database.writing() as writer:
        writer.executemany(insert, [("web", "other", 1, b""), ("web", "other", 1, b"")])


def test_a_statement_that_is_no_plain_insertion_runs_for_each_row(database: PostgresDatabase) -> None:
    with database.writing() as writer:
        writer.executemany(
            "INSERT INTO entry (source, id, number) VALUES (?, ?, ? + 1)", [("web", "a", 1), ("web", "b", 2)]
        )
        writer.executemany("UPDATE entry SET number = number * ? WHERE id = ?", [(10, "a"), (100, "b"), (10, "a")])

    assert database.rows("SELECT id, number FROM entry ORDER BY id") == [("a", 200), ("b", 300)]


def test_nothing_to_insert_is_no_error(database: PostgresDatabase) -> None:
    assert add(database) == []


def test_values_come_back_as_they_went_in(database: PostgresDatabase) -> None:
    text = "quotes ' \" back\\slash \\u0000 {}, line\nend\ttab ü 🙂 \x7f\x01"
    given = row(text, source="?", size=0.1 + 0.2, number=-(2**63), body=bytes(range(256)))
    add(database, given, row("none", number=None))

    assert database.rows("SELECT source, id, size, number, body FROM entry WHERE id = ?", (text,)) == [given]
    assert database.rows("SELECT size, number, body FROM entry WHERE id = 'none'") == [(None, None, None)]


def test_marks_in_quotes_are_no_parameters_and_numbered_ones_may_repeat(database: PostgresDatabase) -> None:
    sql = """SELECT '?', 'it''s ?', 100 % 7, "?column?" -- ?
        FROM (SELECT ?2 || ?1 || ?2) AS found("?column?")"""

    assert database.rows(sql, ("a", "b")) == [("?", "it's ?", 2, "bab")]


@pytest.mark.parametrize(
    "bad",
    [
        row("nul\0"),
        row("lone \ud800"),
        row("huge", number=2**63),
        row("word", number="many"),
        row("object", body=object()),
    ],
    ids=["nul", "surrogate", "huge", "word", "object"],
)
def test_a_value_it_cannot_keep_is_an_error_that_does_not_quote_it(database: PostgresDatabase, bad: Any) -> None:
    add(database, row("before"))
    for write in (
        lambda writer: writer.insert_new("entry", COLUMNS, [row("good"), bad]),
        lambda writer: writer.execute("INSERT INTO entry (source, id, size, number, body) VALUES (?, ?, ?, ?, ?)", bad),
    ):
        with pytest.raises(StorageError) as caught, database.writing() as writer:
            write(writer)

        assert not any(str(value) in str(caught.value) for value in ("many", "nul\0", 2**63))
        assert caught.value.__cause__ is None
    assert ids(database) == ["before"]


def test_a_key_that_is_there_is_an_error_without_the_row(database: PostgresDatabase) -> None:
    add(database, row("ann@example.org"))
    with pytest.raises(StorageError) as caught, database.writing() as writer:
        writer.execute("INSERT INTO entry (source, id) VALUES (?, ?)", ("web", "ann@example.org"))

    assert "entry_id_source_key" in str(caught.value)
    assert "ann@example.org" not in str(caught.value)


def test_transactions_of_several_processes_come_one_after_the_other(
    database: PostgresDatabase, postgres_url: str
) -> None:
    other = PostgresDatabase(postgres_url)
    order: list[str] = []
    begun = threading.Event()

    def write() -> None:
        begun.set()
        with other.writing() as writer:
            order.append("other")
            writer.insert_new("entry", COLUMNS, [row("other")])

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as writer:
            writer.insert_new("entry", COLUMNS, [row("first")])
            done = pool.submit(write)
            assert begun.wait(10)
            until_it_waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            assert any(ask(postgres_url, until_it_waits)[0][0] for _ in range(2_000))
            assert not done.done()
            order.append("first")
        done.result(10)
    other.close()

    assert order == ["first", "other"]
    assert ids(database) == ["first", "other"]


def test_many_threads_read_over_few_connections(postgres_url: str) -> None:
    database = PostgresDatabase(postgres_url, readers=2)
    with ThreadPoolExecutor(12) as pool:
        found = list(
            pool.map(lambda n: database.rows("SELECT ?, pg_backend_pid() FROM pg_sleep(0.002)", (n,)), range(60))
        )
    database.close()

    assert [rows[0][0] for rows in found] == list(range(60))
    assert len({rows[0][1] for rows in found}) <= 2


OTHERS = (
    "FROM pg_stat_activity WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid()"
)


def kill_connections(url: str) -> None:
    killed = ask(url, f"SELECT pg_terminate_backend(pid, 10000) {OTHERS}")
    assert killed, "there was no connection"


def test_a_lost_connection_fails_one_read_and_the_next_one_connects(
    database: PostgresDatabase, postgres_url: str
) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: database.rows("SELECT pg_sleep(0.05)"), range(4)))
    kill_connections(postgres_url)

    with pytest.raises(StorageError):
        database.rows("SELECT 1")
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: database.rows("SELECT 1"), range(8))) == [[(1,)]] * 8


def test_a_connection_lost_in_a_transaction_undoes_it_and_the_next_one_connects(
    database: PostgresDatabase, postgres_url: str
) -> None:
    add(database, row("before"))
    with pytest.raises(StorageError), database.writing() as writer:
        writer.insert_new("entry", COLUMNS, [row("lost")])
        kill_connections(postgres_url)
        writer.insert_new("entry", COLUMNS, [row("never")])

    assert add(database, row("after")) == [True]
    assert ids(database) == ["before", "after"]


def test_a_closed_database_says_so(postgres_url: str) -> None:
    database = PostgresDatabase(postgres_url)
    database.close()
    database.close()

    for call in (lambda: database.rows("SELECT 1"), lambda: add(database, row("a"))):
        with pytest.raises(StorageError, match="closed"):
            call()
    # The server ends what served a connection after the client has closed it.
    until = time.monotonic() + 10.0
    while ask(postgres_url, f"SELECT count(*) {OTHERS}") != [(0,)]:
        assert time.monotonic() < until, "a connection is left open"
        time.sleep(0.05)


def test_commits_wait_for_the_disk_whatever_the_role_has_set(postgres_url: str) -> None:
    url = postgres_url.replace("options=", "options=-csynchronous_commit%3Doff%20")
    assert ask(url, "SHOW synchronous_commit") == [("off",)]
    database = PostgresDatabase(url)

    assert database.rows("SELECT current_setting('synchronous_commit')") == [("on",)]
    database.close()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ann:s3cr%40t@127.0.0.1:1/shop", "postgresql://ann@127.0.0.1:1/shop"),
        ("postgres://ann@127.0.0.1:1/shop?password=s3cr%40t", "postgresql://ann@127.0.0.1:1/shop"),
        ("postgresql://ann:s3cr%40t@127.0.0.1:s3cr%40t/shop", "postgresql://ann@127.0.0.1/shop"),
        ("postgresql://ann:x@s3cr/t@127.0.0.1:1/shop", "postgresql://…"),
        ("postgresql://ann:s3cr%zz@127.0.0.1/shop", "postgresql://…"),
    ],
)
def test_a_password_is_never_said(url: str, shown: str) -> None:
    with pytest.raises(StorageError) as caught:
        PostgresDatabase(url)

    assert caught.value.url == shown
    assert "s3cr" not in f"{caught.value} {caught.value!r} {caught.value.__cause__}"


def test_without_psycopg_the_error_says_what_to_install() -> None:
    code = """
import sys
sys.modules["psycopg"] = None
from penchant.errors import ExtraNotInstalled
from penchant.storage.postgres import PostgresDatabase
try:
    PostgresDatabase("postgresql://127.0.0.1/shop")
except ExtraNotInstalled as error:
    sys.exit(str(error))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert "pip install 'penchant[postgres]'" in done.stderr


def test_a_full_disk_is_told_apart(database: PostgresDatabase) -> None:
    with pytest.raises(StorageError) as caught, database.writing() as writer:
        writer.execute("DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$")

    assert caught.value.full
    assert ids(database) == []


def test_why_it_cannot_connect_is_said_without_names(postgres_url: str) -> None:
    with pytest.raises(StorageError) as caught:
        PostgresDatabase(f"{postgres_url}&dbname=nowhere")

    assert "nowhere" in caught.value.url
    assert caught.value.reason == "the server cannot be reached: FATAL:  database does not exist"


def test_a_sound_database_has_no_problems(database: PostgresDatabase) -> None:
    add(database, *(row(str(n), number=n) for n in range(100)))

    assert database.check() == []


def test_damage_on_disk_is_found_and_scrubbing_leaves_nothing(tmp_path: Path) -> None:
    """In a cluster of its own, whose files may be looked into and spoilt."""
    canary = "canary-4711"
    with cluster() as server:
        database = PostgresDatabase(server.url)
        with database.writing() as writer:
            writer.execute(TABLE)
        add(database, *(row(f"{n:05d}", number=n, body=b"x" * 200) for n in range(2000)))
        big = b"".join(f"{canary} {n} ".encode() for n in range(3000))
        add(database, *(row(f"{canary}-{n}", number=n % 3, body=big) for n in range(100)))
        ask(server.url, "ANALYZE entry")
        with database.writing() as writer:
            assert writer.execute("DELETE FROM entry WHERE id LIKE ?", (f"{canary}%",)) == 100
        assert holding(server.data, canary), "the test would not see it"
        database.scrub()

        assert holding(server.data, canary) == []
        assert database.check() == []

        [(file,)] = database.rows("SELECT pg_relation_filepath('entry')")
        database.close()
        server.stop("fast")
        spoil(server.data / str(file), 3 * 8192 + 5000)
        server.start()
        database = PostgresDatabase(server.url)
        problems = database.check()
        database.close()
    assert len(problems) == 1
    assert problems[0].startswith("table entry: invalid page in block 3")


def test_an_index_that_misses_rows_is_found(database: PostgresDatabase) -> None:
    add(database, *(row(str(n), number=n) for n in range(100)))
    with database.writing() as writer:
        # As after a fault in the index: it says that it holds all rows, and holds some.
        writer.execute("DROP INDEX entry_number; CREATE INDEX entry_number ON entry (number) WHERE number < 50")
        oid = "'entry_number'::regclass"
        try:
            writer.execute(f"UPDATE pg_index SET indpred = NULL WHERE indexrelid = {oid}")
        except StorageError:
            pytest.skip("needs a superuser")

    [problem] = database.check()
    assert problem.startswith("index entry_number")


def holding(folder: Path, text: str) -> list[str]:
    """Files with this text in them."""
    return [str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and text.encode() in p.read_bytes()]


def spoil(file: Path, at: int) -> None:
    """Turn one byte over."""
    with file.open("r+b") as stream:
        stream.seek(at)
        byte = stream.read(1)
        stream.seek(at)
        stream.write(bytes([byte[0] ^ 0xFF]))
