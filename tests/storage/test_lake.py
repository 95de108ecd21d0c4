"""The log rolled into Parquet."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from penchant.errors import StorageError
from penchant.storage import Lake, SQLiteStore
from penchant.testing.stores import viewed

DAY = 86_400_000


def items_of(lake: Lake, domain: str) -> list[str]:
    return sorted(i for f in lake.files(domain) for i in pq.read_table(f)["item"].to_pylist())


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


def test_a_damaged_index_is_said_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "lake.json").write_text("{")

    with pytest.raises(StorageError, match="not a lake index"):
        _ = Lake(tmp_path).seq
