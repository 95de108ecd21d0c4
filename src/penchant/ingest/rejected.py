"""Rows that were refused, kept in a file so that none is lost."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from penchant.ingest.report import REASONS

MAX_VALUE = 200
"""Longest text of a value in the file, in characters; what is cut ends in `…`."""


class RejectedRows:
    """A JSON-lines file of refused rows, made when the first one comes; a context manager.

    One line a row: the file it came from, its `line` or `row` there (both from 1; a line counts the header, a row
    does not), the reason's code, the field, a sentence, and the values.
    """

    def __init__(self, path: Path) -> None:
        """Keep rows at `path`."""
        self.path = path
        self.counts: Counter[str] = Counter()
        self._out: BinaryIO | None = None

    def __enter__(self) -> RejectedRows:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._out is not None:
            self._out.close()

    def add(
        self, reason: str, field: str, *, file: str, values: dict[str, Any], message: str = "", **place: int
    ) -> None:
        """Keep one row.

        Args:
            reason: One of `REASONS`.
            field: What is wrong, empty when it is the whole row.
            file: The file's name.
            values: The row, as far as it could be read.
            message: A sentence for people; the reason's own when empty.
            place: `line` or `row`.
        """
        if self._out is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._out = self.path.open("wb")
        self.counts[reason] += 1
        shown = {key: shorten(value) for key, value in values.items() if value is not None}
        row = {"file": file, **place, "reason": reason, "field": field, "message": message or REASONS[reason]}
        self._out.write(msgspec.json.encode({**row, "values": shown}) + b"\n")


def shorten(value: Any) -> Any:
    """A value as the file keeps it: long text is cut, and what JSON cannot say becomes text."""
    if isinstance(value, bytes):
        value = value[: 4 * MAX_VALUE].decode("utf-8", "replace")
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value).encode("utf-8", "replace").decode()
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"
