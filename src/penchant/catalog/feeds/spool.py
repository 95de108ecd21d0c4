"""Rows of a feed that are needed again, kept on disk so that memory stays flat."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType

import msgspec

from penchant.errors import FeedFailed


class Spool:
    """Rows in a temporary file, found again by name; about 150 bytes of memory for each name."""

    def __init__(self, feed: str) -> None:
        """Open the file.

        Args:
            feed: The dialect's name, for errors.

        Raises:
            FeedFailed: The disk cannot be written.
        """
        self._feed = feed
        self._places: dict[str, int] = {}
        try:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115
        except OSError as error:
            raise self._full(error) from None
        self._last: tuple[int, dict[str, str]] | None = None

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def keep(self, names: Sequence[str], row: Mapping[str, str]) -> None:
        """Keep a row; the first of a name stays.

        Raises:
            FeedFailed: The disk cannot be written.
        """
        try:
            place = self._file.seek(0, 2)
            self._file.write(msgspec.json.encode(row) + b"\n")
        except OSError as error:
            raise self._full(error) from None
        for name in names:
            self._places.setdefault(name, place)

    def find(self, name: str) -> dict[str, str] | None:
        """The row of a name, or None."""
        place = self._places.get(name)
        if place is None:
            return None
        if self._last is None or self._last[0] != place:
            self._file.seek(place)
            self._last = place, msgspec.json.decode(self._file.readline(), type=dict[str, str])
        return self._last[1]

    def every(self) -> Iterator[dict[str, str]]:
        """All rows in the order they came; nothing may be kept meanwhile."""
        self._file.seek(0)
        for line in self._file:
            yield msgspec.json.decode(line, type=dict[str, str])

    def _full(self, error: OSError) -> FeedFailed:
        return FeedFailed(self._feed, "read", f"no room for rows that wait ({type(error).__name__})")
