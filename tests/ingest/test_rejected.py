from __future__ import annotations

import json
from pathlib import Path

from penchant.ingest.rejected import RejectedRows


def test_no_row_means_no_file(tmp_path: Path) -> None:
    with RejectedRows(tmp_path / "r.jsonl"):
        pass

    assert not (tmp_path / "r.jsonl").exists()


def test_a_row_is_kept_with_its_place_and_its_values_cut(tmp_path: Path) -> None:
    with RejectedRows(tmp_path / "new" / "r.jsonl") as rejected:
        rejected.add(
            "bad_time", "time", file="a.csv", line=7, values={"time": "x" * 300, "n": 2, "none": None, "b": b"\xff"}
        )

    (row,) = [json.loads(line) for line in (tmp_path / "new" / "r.jsonl").read_text().splitlines()]
    assert (row["file"], row["line"], row["reason"], row["field"]) == ("a.csv", 7, "bad_time", "time")
    assert row["values"]["time"] == "x" * 199 + "…"
    assert row["values"] == {"time": row["values"]["time"], "n": 2, "b": "�"}
    assert rejected.counts == {"bad_time": 1}
