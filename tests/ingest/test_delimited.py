from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.errors import ImportFailed
from penchant.ingest import blocks as blocks_module
from penchant.ingest import delimited as module
from penchant.ingest.delimited import stage_delimited
from penchant.ingest.rejected import RejectedRows


def stage(folder: Path, data: str | bytes) -> tuple[list[dict[str, Any]], dict[str, int]]:
    file = folder / "a.csv"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    with RejectedRows(folder / "rejected.jsonl") as rejected:
        staged = stage_delimited(file, folder / "a.parquet", rejected)
    rows = pq.read_table(folder / "a.parquet").to_pylist()
    assert len(rows) == staged.rows
    return rows, dict(rejected.counts)


def test_rows_are_text_with_their_line_numbers(tmp_path: Path) -> None:
    rows, counts = stage(tmp_path, "a,b\n1,x\n2, y \n")

    assert rows == [{"__line": 2, "a": "1", "b": "x"}, {"__line": 3, "a": "2", "b": " y "}]
    assert counts == {}


def test_quotes_may_hold_delimiters_quotes_and_newlines(tmp_path: Path) -> None:
    rows, counts = stage(tmp_path, 'a,b\n"1,2","say ""hi"""\n"x\ny",z\nq,5" pipe\n')

    assert [(row["__line"], row["a"], row["b"]) for row in rows] == [
        (2, "1,2", 'say "hi"'),
        (3, "x\ny", "z"),
        (5, "q", '5" pipe'),
    ]
    assert counts == {}


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_header_tells_the_delimiter(tmp_path: Path, delimiter: str) -> None:
    rows, _ = stage(tmp_path, f"a{delimiter}b\n1,5{delimiter}2\n")

    assert rows == [{"__line": 2, "a": "1,5", "b": "2"}]


def test_line_ends_may_be_mixed_and_blank_lines_are_passed_over(tmp_path: Path) -> None:
    rows, counts = stage(tmp_path, "a,b\r\n1,2\n\n3,4\r\n\r\n5,6")

    assert [(row["__line"], row["a"]) for row in rows] == [(2, "1"), (4, "3"), (6, "5")]
    assert counts == {}


def test_ragged_rows_are_refused_one_by_one(tmp_path: Path) -> None:
    rows, counts = stage(tmp_path, "a,b\n1\n2,3\n4,5,6\n7,8\n")

    assert [row["a"] for row in rows] == ["2", "7"]
    assert counts == {"malformed": 2}


def test_a_row_that_is_not_utf8_is_refused_alone(tmp_path: Path) -> None:
    rows, counts = stage(tmp_path, b"a,b\n1,caf\xe9\n2,tea\n")

    assert [row["a"] for row in rows] == ["2"]
    assert counts == {"bad_encoding": 1}


def test_a_quote_that_never_closes_costs_one_line(tmp_path: Path) -> None:
    body = "".join(f"{i},x\n" for i in range(1000))

    rows, counts = stage(tmp_path, f'a,b\n0,x\n"stray,x\n{body}')

    assert len(rows) == 1001
    assert counts == {"malformed": 1}


def test_a_quote_that_closes_at_another_rows_stray_quote_costs_only_broken_lines(tmp_path: Path) -> None:
    rows, counts = stage(tmp_path, 'a,b\n"stray,x\n1,x\n2,x\n3,"y" z\n4,x\n')

    assert [row["a"] for row in rows] == ["1", "2", "4"]
    assert counts == {"malformed": 2}


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    rows, _ = stage(tmp_path, "a,A,,__line\n1,2,3,4\n")

    assert rows == [{"__line": 2, "a": "1", "A_1": "2", "column3": "3", "__line_1": "4"}]


def test_a_file_with_a_header_only_has_no_rows(tmp_path: Path) -> None:
    assert stage(tmp_path, "a,b\n") == ([], {})
    assert stage(tmp_path, "a,b") == ([], {})


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"\n1,2\n", "empty"), (b"caf\xe9,b\n1,2\n", "UTF-8"), (b'"a,b\n1,2\n', "header"), (b"a,b\r1,2\r", "CR")],
)
def test_a_header_that_cannot_be_read_fails_the_file(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(ImportFailed, match=said):
        stage(tmp_path, data)


def test_a_field_of_ten_megabytes_is_read_and_one_of_forty_refused(tmp_path: Path) -> None:
    rows, counts = stage(tmp_path, "a,b\n1," + "x" * 10_000_000 + '\n2,"' + "y" * 40_000_000 + '"\n3,z\n')

    assert [(row["a"], len(row["b"])) for row in rows] == [("1", 10_000_000), ("3", 1)]
    assert counts == {"too_large": 1}


def test_the_csv_modules_own_limit_is_put_back(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    stage(tmp_path, 'a,b\n"1",2\n')

    assert csv.field_size_limit() == before


cells = st.text(st.sampled_from('ab",\n;é '), max_size=5)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(cells, cells), max_size=8), st.sampled_from([3, 7, 4 << 20]))
def test_what_a_csv_writer_wrote_is_read_back_whatever_the_block_size(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], block: int
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([("first", "second"), *rows])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks_module, "BLOCK", block)

        read, counts = stage(tmp_path_factory.mktemp("csv"), text.getvalue())

    assert [(row["first"], row["second"]) for row in read] == rows
    assert counts == {}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.sampled_from("ab,\r "), max_size=6), max_size=8))
def test_the_fast_reader_agrees_with_the_careful_one(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    data = "\n".join(["x,y", *lines, "1,2"])
    fast = stage(tmp_path_factory.mktemp("fast"), data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module._Reader, "_take_plain", lambda self, block: False)

        careful = stage(tmp_path_factory.mktemp("careful"), data)

    assert fast == careful


def test_no_line_is_lost_whatever_is_in_it(tmp_path: Path) -> None:
    lines = ['"', '"a', 'a"', '"a"b,c', "1,2", '"1",2', "", "é,2", '"x""y",2', ',"', "1,2,3"]

    rows, counts = stage(tmp_path, "\n".join(["a,b", *lines, "3,4"]))

    assert len(rows) + sum(counts.values()) == len([line for line in lines if line]) + 1
