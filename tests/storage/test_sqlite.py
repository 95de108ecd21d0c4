"""The embedded store."""

from __future__ import annotations

import threading
from pathlib import Path

import apsw
import pytest

from penchant.errors import StorageError
from penchant.storage import SQLiteStore
from penchant.testing import StoreChecks
from penchant.testing.stores import viewed


class TestSQLiteStore(StoreChecks):
    pass


def test_it_writes_ahead_and_waits_for_the_disk(store: SQLiteStore) -> None:
    connection = store._reader()

    assert connection.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
    assert connection.execute("PRAGMA synchronous").fetchall() == [(2,)]


def test_what_was_appended_is_there_after_opening_again(tmp_path: Path) -> None:
    first = SQLiteStore(tmp_path / "a.db")
    first.append([viewed(1)])
    first.close()
    again = SQLiteStore(tmp_path / "a.db")

    assert again.append([viewed(1), viewed(2)]) == [False, True]
    again.close()


def test_a_second_process_sees_what_the_first_wrote(tmp_path: Path) -> None:
    one, two = SQLiteStore(tmp_path / "a.db"), SQLiteStore(tmp_path / "a.db")
    one.append([viewed(1)])
    two.put_items("shop", [("a", b"1")])

    assert two.count()["events"] == 1
    assert one.catalog_version("shop") == 1
    one.close()
    two.close()


def test_threads_append_without_losing_or_doubling(store: SQLiteStore) -> None:
    def work(start: int) -> None:
        for n in range(start, start + 30):
            store.append([viewed(n), viewed(n + 10)])

    threads = [threading.Thread(target=work, args=(s,)) for s in (0, 10, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert store.count()["events"] == 60


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


def test_a_full_disk_is_an_error_and_reading_goes_on(store: SQLiteStore) -> None:
    store.append([viewed(0)])
    store._writer.execute("PRAGMA max_page_count = 30")
    with pytest.raises(StorageError, match="full"):
        for n in range(1, 10_000):
            store.append([viewed(n * 100 + k) for k in range(50)])
    kept = store.count()["events"]
    store._writer.execute("PRAGMA max_page_count = 1000000")

    assert store.append([viewed(10**7)]) == [True]
    assert store.count()["events"] == kept + 1
