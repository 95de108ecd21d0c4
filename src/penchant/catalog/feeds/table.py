"""Tables in text: rows of CSV and TSV, one at a time, however they are written."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from penchant.catalog.feeds.unpacked import PEEK, encoding_of, looks_like
from penchant.errors import FeedFailed

LONGEST_ROW = 1 << 20
"""Characters of one row; longer ones are refused, and never held as a whole."""
MOST_COLUMNS = 2_000
_TOO_LONG = f"the row is longer than {LONGEST_ROW:,} characters"
_SEPARATORS = (",", ";", "|")
_QUOTED = re.compile(r'([^"]*(?:""[^"]*)*)("?)')
_INSTEAD = {"html": "an HTML page", "xml": "XML", "json": "JSON"}


class Row(NamedTuple):
    """One row.

    Attributes:
        line: Where it begins, from 1; the header has lines too.
        cells: One for each column; as many as could be read when there is a problem.
        problem: Why the row cannot be taken, in a sentence; empty when it can.
    """

    line: int
    cells: list[str]
    problem: str


class Table(NamedTuple):
    """A table as it is read.

    Attributes:
        columns: Names as the header spells them.
        rows: Blank rows and repetitions of the header are left out.
    """

    columns: tuple[str, ...]
    rows: Iterator[Row]


def read_table(file: io.BufferedReader, feed: str, told: str | None = None) -> Table:
    """Read a table with a header.

    The separator is a tab where the header has one, else whichever of `,`, `;` and `|` it has most of. Fields may be
    in quotes and then hold separators and newlines. In a table with tabs, a quote that is no pair around a field is
    itself. Bytes that are not UTF-8 are read as Windows-1252, where nothing says otherwise.

    Args:
        file: As `unpacked` gives it.
        feed: The dialect's name, for errors.
        told: Encoding the server named.

    Raises:
        FeedFailed: It is no table; reading rows raises it for a file that breaks off.
    """
    head = file.peek(PEEK)
    encoding = encoding_of(head, told)
    seems = looks_like(head, encoding)
    if seems in _INSTEAD:
        raise FeedFailed(feed, "read", f"the file is {_INSTEAD[seems]}, not a table")
    lines = read_lines(file, encoding, feed)
    separator = ""
    for first in lines:
        if first.long:
            raise FeedFailed(feed, "read", f"line {first.number} is longer than {LONGEST_ROW:,} characters; no header")
        named = re.fullmatch(r"sep=(.)", first.text.strip("\ufeff "))
        if named:
            separator = named[1]
        elif first.text.strip('\ufeff\x00 \t,;|"'):
            break
    else:
        raise FeedFailed(feed, "read", "the file is empty")
    records = _records(chain([first], lines), separator or _separator(first.text), feed)
    _, header, problem = next(records)
    if problem or len(header) > MOST_COLUMNS:
        raise FeedFailed(feed, "read", problem or f"the header has more than {MOST_COLUMNS:,} columns")
    while header and not header[-1].strip():
        header.pop()
    if any("\x00" in name for name in header):
        raise FeedFailed(feed, "read", "the file is not text")
    columns = tuple(name.strip("\ufeff \t\r\n") for name in header)
    return Table(columns, _checked(records, columns))


class Line(NamedTuple):
    """One line of a file.

    Attributes:
        number: From 1.
        text: Without its end; of one that is too long, only a quote when it has an odd number of them.
        long: It is too long.
        ended: Something ends it; the last line of a file that was cut has nothing.
    """

    number: int
    text: str
    long: bool = False
    ended: bool = True


def read_lines(file: io.BufferedReader, encoding: str, feed: str) -> Iterator[Line]:
    """The lines of a text.

    Raises:
        FeedFailed: The text is not of the encoding.
    """
    mended = encoding in ("utf-8", "utf-8-sig", "cp1252")
    text = io.TextIOWrapper(file, encoding, "penchant-windows" if mended else "strict", newline=None)
    number = 0
    try:
        while line := text.readline(LONGEST_ROW + 1):
            number += 1
            if len(line) <= LONGEST_ROW:
                ended = line[-1] == "\n"
                yield Line(number, line[:-1] if ended else line, ended=ended)
            else:
                quotes, ended = line.count('"'), line[-1] == "\n"
                while not ended and (line := text.readline(LONGEST_ROW)):
                    quotes, ended = quotes + line.count('"'), line[-1] == "\n"
                yield Line(number, '"' if quotes % 2 else "", long=True, ended=ended)
    except UnicodeError:
        raise FeedFailed(feed, "read", f"after line {number} the file is not {encoding}") from None


def _windows(error: UnicodeError) -> tuple[str, int]:
    """Reads bytes that are not what they should be as Windows-1252, which most such files are."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("penchant-windows", _windows)


def _separator(header: str) -> str:
    bare = re.sub(r'"[^"]*"', "", header)
    if "\t" in bare:
        return "\t"
    return max(_SEPARATORS, key=bare.count)


def _records(lines: Iterator[Line], separator: str, feed: str) -> Iterator[Row]:
    """Rows of lines: one each, save where a field in quotes runs on."""
    columns = 0
    tabs = separator == "\t"
    for number, line, long, ended in lines:
        if long and not ended:
            raise FeedFailed(feed, "read", f"the file breaks off in line {number}")
        if long and (tabs or not line):
            yield Row(number, [], _TOO_LONG)
            continue
        if '"' not in line:
            cells = line.split(separator)
        elif tabs and line.count("\t") == columns - 1 and not _runs_on(line):
            cells = [_bare(cell) for cell in line.split("\t")]
        else:
            record = _Record(separator)
            more = Line(number, line, long, ended)
            while not record.add(more):
                try:
                    more = next(lines)
                except StopIteration:
                    reason = f"the file breaks off: a quote in line {number} is never closed"
                    raise FeedFailed(feed, "read", reason) from None
            if record.long:
                yield Row(number, [], _TOO_LONG)
                continue
            cells, ended = record.cells, more.ended
        if not ended and len(cells) < columns and any(not cell.isspace() for cell in cells if cell):
            raise FeedFailed(feed, "read", f"the file breaks off in line {number}")
        columns = columns or len(cells)
        yield Row(number, cells, "")


class _Record:
    """A row with quotes, line by line."""

    def __init__(self, separator: str) -> None:
        self.cells: list[str] = []
        self.long = False
        self._size = 0
        self._separator = separator
        self._open: list[str] | None = None

    def add(self, more: Line) -> bool:
        """Read one more line; tells whether the row ends with it. A row that is too long is not kept."""
        line = more.text
        self._size += len(line) + 1
        if more.long or self._size > LONGEST_ROW:
            self.long = True
            self.cells.clear()
        at = 0
        while True:
            if self._open is None:
                if at < len(line) and line[at] == '"':
                    self._open = []
                    at += 1
                else:
                    end = line.find(self._separator, at)
                    self.cells.append(line[at:] if end < 0 else line[at:end])
                    if end < 0:
                        return True
                    at = end + 1
                    continue
            found = _QUOTED.match(line, at)
            assert found is not None  # it matches anything
            self._open.append(found[1].replace('""', '"'))
            if not found[2]:
                if self.long:
                    self._open.clear()
                else:
                    self._open.append("\n")
                return False
            end = line.find(self._separator, found.end())
            rest = line[found.end() :] if end < 0 else line[found.end() : end]
            self.cells.append("".join(self._open) + rest)
            self._open = None
            if end < 0:
                return True
            at = end + 1


def _runs_on(line: str) -> bool:
    """Whether the last field of a line with tabs opens a quote that is not closed in it."""
    last = line[line.rfind("\t") + 1 :]
    found = _QUOTED.match(last, 1) if last.startswith('"') else None
    return found is not None and not found[2]


def _bare(cell: str) -> str:
    """A field without the quotes around it; any others are its own."""
    if not cell.startswith('"'):
        return cell
    found = _QUOTED.match(cell, 1)
    assert found is not None  # it matches anything
    return found[1].replace('""', '"') if found[2] and found.end() == len(cell) else cell


def _checked(records: Iterator[Row], columns: Sequence[str]) -> Iterator[Row]:
    """Rows with as many fields as there are columns; empty ones beyond the last do not count."""
    wanted = len(columns)
    for line, cells, problem in records:
        if not problem:
            if not any(cell and not cell.isspace() for cell in cells):
                continue
            if len(cells) > wanted and not any(cells[wanted:]):
                del cells[wanted:]
            if len(cells) != wanted:
                problem = f"the row has {len(cells)} columns, the header has {wanted}"
            elif "\x00" in "".join(cells):
                problem = "the row holds a NUL character"
            elif cells[0].strip() == columns[0] and tuple(cell.strip() for cell in cells) == tuple(columns):
                continue
        yield Row(line, cells, problem)
