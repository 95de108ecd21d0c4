from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from penchant.errors import ImportFailed
from penchant.ingest import blocks as module
from penchant.ingest.blocks import Block, Overlong, blocks


def test_blocks_hold_whole_lines_and_know_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 5)
    file = tmp_path / "a.txt"
    file.write_bytes(b"ab\ncd\nefgh\ni")

    found = list(blocks(file))

    assert b"".join(block.data for block in found if isinstance(block, Block)) == b"ab\ncd\nefgh\ni"
    assert [(block.first, block.lines()) for block in found if isinstance(block, Block)] == [
        (1, [b"ab"]),
        (2, [b"cd"]),
        (3, [b"efgh"]),
        (4, [b"i"]),
    ]


def test_a_line_above_the_longest_is_left_out_and_the_next_one_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK", 10)
    monkeypatch.setattr(module, "LONGEST", 30)
    file = tmp_path / "a.txt"
    file.write_bytes(b"first\n" + b"x" * 75 + b"\nlast\n")

    found = list(blocks(file))

    assert [type(part) for part in found] == [Block, Overlong, Block]
    assert found[1].line == 2  # type: ignore[union-attr]
    assert found[2] == Block(3, b"last\n")


def test_lines_lose_their_ends(tmp_path: Path) -> None:
    assert Block(1, b"a\r\nb\n\nc").lines() == [b"a", b"b", b"", b"c"]


def test_a_byte_order_mark_is_dropped_and_packed_files_are_unpacked(tmp_path: Path) -> None:
    file = tmp_path / "a.csv.gz"
    file.write_bytes(gzip.compress(b"\xef\xbb\xbfa\n"))

    assert list(blocks(file)) == [Block(1, b"a\n")]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        ("a,b\n".encode("utf-16"), "UTF-16"),
        (b"PAR1....", "Parquet"),
        (b"a\0b\n", "not a text file"),
    ],
)
def test_what_is_no_text_is_refused_as_a_whole(tmp_path: Path, data: bytes, said: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(data)

    with pytest.raises(ImportFailed, match=said):
        list(blocks(file))


def test_a_broken_archive_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.csv.gz"
    file.write_bytes(b"no gzip")

    with pytest.raises(ImportFailed, match="cannot be read"):
        list(blocks(file))
