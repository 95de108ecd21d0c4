"""The log rolled into Parquet."""

from __future__ import annotations

import threading
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from penchant.errors import StorageError
from penchant.storage import Lake, SQLiteStore
from penchant.testing.stores import viewed

DAY = 86_400_000


def items_of(lake: Lake, domain: str) -> list[str]:
    return sorted(i for f in lake.files(domain) for i in pq.ParquetFile(f).read()["item"].to_pylist())


def test_a_roll_brings_every_event_once_and_the_next_one_only_what_is_new(store: SQLiteStore, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    store.append([viewed(1), viewed(2, domain="channel")])

    assert lake.roll(store) == 2
    assert lake.roll(store) == 0
    store.append([viewed(3)])
    assert lake.roll(store) == 1

    assert items_of(lake, "shop") == ["i1", "i3"]
    assert items_of(lake, "channel") == ["i2"]


def test_files_lie_by_domain_and_day_also_before_1970(store: SQLiteStore, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    store.append([viewed(1, at=0), viewed(2, at=DAY - 1), viewed(3, at=DAY), viewed(4, at=-1)])
    lake.roll(store)

    days = sorted(f.parent.name for f in lake.files("shop"))

    assert days == ["day=1969-12-31", "day=1970-01-01", "day=1970-01-02"]


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_the_size_of_batches_changes_nothing(store: SQLiteStore, tmp_path: Path, batch: int) -> None:
    lake = Lake(tmp_path / "lake")
    store.append([viewed(n, at=n % 3 * DAY) for n in range(20)])

    assert lake.roll(store, batch=batch) == 20
    assert items_of(lake, "shop") == sorted(f"i{n}" for n in range(20))


def test_a_roll_that_was_cut_short_is_done_again_without_doubles(store: SQLiteStore, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    store.append([viewed(1), viewed(2)])
    lake.roll(store)
    index = (tmp_path / "lake" / "lake.json").read_bytes()
    store.append([viewed(3)])
    lake.roll(store)
    (tmp_path / "lake" / "lake.json").write_bytes(index)

    assert lake.roll(store) == 1
    assert items_of(lake, "shop") == ["i1", "i2", "i3"]


def test_files_that_nobody_names_are_deleted_by_the_next_roll(store: SQLiteStore, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    store.append([viewed(1)])
    lake.roll(store)
    left = lake.files("shop")[0].with_name("000000000002-000000000009.parquet")
    left.write_bytes(b"half a file")
    lake.roll(store)

    assert not left.exists()
    assert items_of(lake, "shop") == ["i1"]


def test_erasing_takes_the_rows_of_the_erased_and_nobody_elses(store: SQLiteStore, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    store.append(
        [viewed(1), viewed(2, actor="bob"), viewed(3, at=DAY), viewed(4, actor=None, anonymous="a1", at=2 * DAY)]
    )
    store.append([viewed(5, domain="channel"), viewed(6, actor="bob", at=2 * DAY)])
    lake.roll(store)
    untouched = lake.files("shop")[2].stat().st_mtime_ns

    assert lake.erase(["user:ann", "user:nobody"]) == 3
    assert lake.erase(["user:ann"]) == 0

    assert items_of(lake, "shop") == ["i2", "i4", "i6"]
    assert items_of(lake, "channel") == []
    assert lake.files("shop")[1].stat().st_mtime_ns == untouched
    assert sorted((tmp_path / "lake").glob("domain=*/day=*/*")) == sorted(lake.files("shop"))
    assert lake.erase(["user:bob", "anon:a1"]) == 3
    assert lake.files("shop") == []
    assert lake.seq == 6


def test_what_was_erased_is_not_in_any_file(store: SQLiteStore, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    store.append([viewed(n, actor=f"canary{n % 9}" if n % 2 else f"bob{n}", at=n % 3 * DAY) for n in range(500)])
    lake.roll(store, batch=100)
    lake.erase([f"user:canary{n}" for n in range(9)])

    bodies = [path.read_bytes() for path in (tmp_path / "lake").rglob("*") if path.is_file()]

    assert len(bodies) > 2
    assert not any(b"canary" in body for body in bodies)
    assert len(items_of(lake, "shop")) == 250


def test_an_erasure_that_was_cut_short_is_ended_by_the_next(store: SQLiteStore, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    store.append([viewed(1), viewed(2, actor="bob")])
    lake.roll(store)
    [old] = lake.files("shop")
    body, index = old.read_bytes(), (tmp_path / "lake" / "lake.json").read_bytes()

    # Before the index: the new file is there already.
    lake.erase(["user:ann"])
    [new] = lake.files("shop")
    old.write_bytes(body)
    (tmp_path / "lake" / "lake.json").write_bytes(index)
    assert lake.erase(["user:ann"]) == 1
    assert lake.files("shop") == [new]

    # After the index: the old file is there still.
    old.write_bytes(body)
    assert lake.erase([]) == 0
    assert not old.exists()
    assert items_of(lake, "shop") == ["i2"]


def test_a_roll_and_an_erasure_take_turns(store: SQLiteStore, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    store.append([viewed(n, actor=f"p{n % 10}", at=n % 4 * DAY) for n in range(400)])
    removed: list[int] = []

    def work(actor: str) -> None:
        store.erase([actor], 1, actor, b"{}")
        removed.append(Lake(tmp_path / "lake").erase([actor]))

    threads = [threading.Thread(target=work, args=(f"user:p{n}",)) for n in range(5)]
    threads += [threading.Thread(target=lake.roll, args=(store,), kwargs={"batch": 50}) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert items_of(lake, "shop") == sorted(f"i{n}" for n in range(400) if n % 10 >= 5)
    assert sorted((tmp_path / "lake").glob("domain=*/day=*/*")) == sorted(lake.files("shop"))


def test_files_stay_while_they_are_read(store: SQLiteStore, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    store.append([viewed(1), viewed(2, actor="bob")])
    lake.roll(store)
    eraser = threading.Thread(target=lake.erase, args=(["user:ann"],))
    with lake.reading("shop") as files, lake.reading("shop") as again:
        eraser.start()
        eraser.join(0.05)
        assert files == again
        assert pq.ParquetFile(files[0]).read().num_rows == 2
        assert eraser.is_alive()
    eraser.join()

    assert items_of(lake, "shop") == ["i2"]


def test_files_from_before_a_column_was_added_are_still_read_and_erased(store: SQLiteStore, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    store.append([viewed(1), viewed(2, actor="bob")])
    lake.roll(store)
    [old] = lake.files("shop")
    pq.write_table(pq.ParquetFile(old).read().drop_columns(["dwell", "session"]), old)
    store.append([viewed(3)])
    lake.roll(store)

    assert lake.erase(["user:ann"]) == 2
    assert items_of(lake, "shop") == ["i2"]


def test_a_damaged_index_is_said_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "lake.json").write_text("{")

    with pytest.raises(StorageError, match="not a lake index"):
        _ = Lake(tmp_path).seq
