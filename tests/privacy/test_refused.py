"""Refused rows of a person are found and taken out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from penchant.privacy.refused import ids_among, remove, rows_of

ANN = ids_among({"user:ann", "anon:f3"})


def kept(tmp_path: Path, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    path = tmp_path / "orders.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode({"reason": "bad_time", "values": row}) + b"\n" for row in rows))
    remove(tmp_path, ANN)
    return [msgspec.json.decode(line)["values"] for line in path.read_bytes().splitlines()] if path.exists() else []


@pytest.mark.parametrize(
    "row",
    [
        {"customer": "ann"},
        {"customer": " ann "},
        {"device": "f3", "price": 2},
        {"text": "2026,ann,shoe"},
        {"text": '{"userId": "ann", "time": 1'},
        {"text": "user_id=ann|f9"},
    ],
)
def test_a_row_with_an_id_in_any_column_goes(tmp_path: Path, row: dict[str, Any]) -> None:
    assert kept(tmp_path, row) == []


@pytest.mark.parametrize("row", [{"customer": "anne"}, {"note": "for ann"}, {"text": "joann,f33,ann-2"}, {}])
def test_a_row_with_something_alike_stays(tmp_path: Path, row: dict[str, Any]) -> None:
    assert kept(tmp_path, row, {"customer": "ann"}) == [row]


def test_a_number_is_an_id_too(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"values": {"customer": 42}}\n{"values": {"customer": 42.0}}\n{"values": {"customer": 4.2}}\n')

    assert remove(tmp_path, ids_among({"user:42"})) == 2
    assert path.read_bytes() == b'{"values": {"customer": 4.2}}\n'


def test_a_line_that_was_cut_off_is_searched_as_text(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"values": {"customer": "bob"}}\n{"values": {"customer": "ann", "pri')

    assert remove(tmp_path, ANN) == 1
    assert path.read_bytes() == b'{"values": {"customer": "bob"}}\n'


def test_a_file_without_the_person_is_not_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"values": {"customer": "bob"}}\n')
    before = path.stat()
    (tmp_path / ".old.jsonl.new").write_bytes(b"left by a crash")

    assert remove(tmp_path, ANN) == 0
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert [file.name for file in tmp_path.iterdir()] == ["x.jsonl"]


def test_where_nothing_was_refused_nothing_is_found(tmp_path: Path) -> None:
    assert remove(tmp_path / "rejected", ANN) == 0
    assert list(rows_of(tmp_path / "rejected", ANN)) == []
