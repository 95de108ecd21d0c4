from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.catalog.feeds.table import LONGEST_ROW, Table, read_table
from penchant.catalog.feeds.unpacked import unpacked
from penchant.errors import FeedFailed


def table(data: bytes | str, told: str | None = None) -> Table:
    return read_table(unpacked(io.BytesIO(data.encode() if isinstance(data, str) else data), "test"), "test", told)


def rows(data: bytes | str, told: str | None = None) -> list[list[str]]:
    return [row.cells for row in table(data, told).rows if not row.problem]


def problems(data: bytes | str) -> list[tuple[int, str]]:
    return [(row.line, row.problem) for row in table(data).rows if row.problem]


@pytest.mark.parametrize("separator", ["\t", ",", ";", "|"])
def test_the_header_shows_the_separator(separator: str) -> None:
    text = separator.join(("id", '"a,b;c|d"', "e")) + "\n" + separator.join("123") + "\n"

    assert table(text).columns == ("id", "a,b;c|d", "e")
    assert rows(text) == [["1", "2", "3"]]


def test_a_line_of_excel_names_the_separator() -> None:
    assert rows("sep=;\nid;a,b\n1;2\n") == [["1", "2"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_fields_in_quotes_hold_anything(end: str) -> None:
    text = f'id,text{end}1,"a, ""b""{end}c"{end}2,"x"{end}'
    told = table(text)

    assert [(row.line, row.cells) for row in told.rows] == [(2, ["1", 'a, "b"\nc']), (4, ["2", "x"])]


def test_quotes_within_a_table_with_tabs_are_their_own() -> None:
    text = 'id\ttitle\ttext\n1\t15" TV\tx\n2\t"Best" oil\tx\n3\t"a ""b"" c"\tx\n4\tend\t"two\nlines"\n5\t"open\tx\n'

    assert rows(text) == [
        ["1", '15" TV', "x"], ["2", '"Best" oil', "x"], ["3", 'a "b" c', "x"], ["4", "end", "two\nlines"],
        ["5", '"open', "x"],
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings_are_told_apart_by_the_bytes(encoding: str) -> None:
    assert rows("id,title\n1,Fräulein Müller – 5 €\n".encode(encoding)) == [["1", "Fräulein Müller – 5 €"]]


def test_the_server_is_asked_when_the_file_does_not_say() -> None:
    data = "id,title\n1,Привет\n"

    assert rows(data.encode("koi8-r"), "KOI8-R") == [["1", "Привет"]]
    assert rows(data.encode("utf-8"), "iso-8859-1") == [["1", "Привет"]], "the bytes are UTF-8, whatever it said"
    assert rows(b"id,title\n1,caf\xe9\n", "no such thing") == [["1", "café"]]


def test_a_stray_byte_of_windows_is_mended_where_it_stands() -> None:
    assert rows("id,title\n1,Müller\n".encode() + b"2,caf\xe9 \x93x\x94\n") == [["1", "Müller"], ["2", "café “x”"]]


def test_rows_with_too_many_or_too_few_columns_are_refused() -> None:
    assert problems("id,a,b\n1,2\n1,2,3,4\n1,2,3,,\n1,2,3\n") == [
        (2, "the row has 2 columns, the header has 3"),
        (3, "the row has 4 columns, the header has 3"),
    ]


def test_blank_rows_and_repeated_headers_are_left_out() -> None:
    assert rows("id,a\n\n1,2\n,\nid,a\n3,4\n   \n") == [["1", "2"], ["3", "4"]]


def test_a_row_with_a_nul_is_refused_and_the_rest_is_read() -> None:
    text = "id,a\n1,x\x00y\n2,z\n"

    assert rows(text) == [["2", "z"]]
    assert problems(text) == [(2, "the row holds a NUL character")]


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("inside", ["x" * 100, "x" * 99 + "\n"])
def test_a_field_of_ten_megabytes_refuses_its_row_alone(quote: str, inside: str) -> None:
    if "\n" in inside and not quote:
        inside = inside.replace("\n", "x")
    text = f"id,a\n1,{quote}{inside * 100_000}{quote}\n2,y\n"

    assert rows(text) == [["2", "y"]]
    assert problems(text) == [(2, f"the row is longer than {LONGEST_ROW:,} characters")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\n,,\n", "empty"),
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"\xef\xbb\xbf\n<html>", "an HTML page"),
        (b"<?xml version='1.0'?><rss/>", "XML"),
        (b'[{"id": 1}]', "JSON"),
        (b"PK\x03\x04xxxx", "zip archive or an Excel"),
        (b"%PDF-1.7", "a PDF"),
        (bytes(range(256)) * 4, "not text"),
        (b"id," + b"x" * 2_000_000, "line 1 is longer"),
        (",".join("x" * 2_500).encode(), "more than 2,000 columns"),
        (b"\xff\xfeid,\x00\x00\xd8", "is not utf-16"),
    ],
)
def test_what_is_no_table_is_said_to_be_none(data: bytes, reason: str) -> None:
    with pytest.raises(FeedFailed, match=reason) as failed:
        list(table(data).rows)

    assert (failed.value.feed, failed.value.step) == ("test", "read")


@pytest.mark.parametrize(
    ("text", "line"), [("id,a,b\n1,2,3\n4,5", 3), ("id,a,b\n1,2,3\n4", 3), ('id,a\n1,"two\nlines', 2)]
)
def test_a_file_that_was_cut_breaks_off(text: str, line: int) -> None:
    with pytest.raises(FeedFailed, match=rf"breaks off.*line {line}"):
        list(table(text).rows)


def test_a_file_need_not_end_with_a_newline() -> None:
    assert rows("id,a\n1,2") == [["1", "2"]]


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\ufeff"), max_size=12)


@given(
    st.lists(st.tuples(CELL, CELL, CELL).filter(lambda row: any(cell.strip() for cell in row)), max_size=6),
    st.sampled_from([",", ";", "|"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_pythons_writer_writes_is_read_back(told: list[tuple[str, ...]], separator: str, quoting: int) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator, quoting=quoting)
    writer.writerows([("id", "some name", "c"), *told])

    assert rows(file.getvalue()) == [list(row) for row in told]
