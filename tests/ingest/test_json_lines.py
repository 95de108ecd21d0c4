from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from penchant.errors import ImportFailed
from penchant.ingest.json_lines import stage_json_lines
from penchant.ingest.rejected import RejectedRows
from penchant.ingest.staged import Staged


def stage(folder: Path, data: bytes) -> tuple[Staged, list[int], dict[str, int]]:
    file = folder / "a.jsonl"
    file.write_bytes(data)
    with RejectedRows(folder / "rejected.jsonl") as rejected:
        staged = stage_json_lines(file, folder / "a.parquet", rejected)
    return staged, pq.read_table(folder / "a.parquet")["__line"].to_pylist(), dict(rejected.counts)


def test_all_keys_of_all_lines_are_found(tmp_path: Path) -> None:
    staged, lines, counts = stage(tmp_path, b'{"a":1}\n{"b":{"c":2}}\n{"a":3,"d":null}')

    assert (staged.keys, staged.rows, lines, counts) == (("a", "b", "d"), 3, [1, 2, 3], {})


def test_a_line_that_is_no_object_is_refused_alone(tmp_path: Path) -> None:
    staged, lines, counts = stage(tmp_path, b'{"a":1}\n{"a":\n[1]\n5\n{"a":1} {"a":2}\n\n{"a":"\xe9"}\n{"b":2}\r\n')

    assert (staged.keys, lines) == (("a", "b"), [1, 8])
    assert counts == {"bad_json": 4, "bad_encoding": 1}


def test_two_objects_on_a_line_and_a_blank_one_are_not_taken_for_two_rows(tmp_path: Path) -> None:
    _, lines, counts = stage(tmp_path, b'{"a":1}{"a":2}\n\n{"a":3}\n')

    assert (lines, counts) == ([3], {"bad_json": 1})


def test_an_empty_file_fails(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="empty"):
        stage(tmp_path, b"")
