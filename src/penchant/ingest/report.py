"""What an import did, in numbers."""

from __future__ import annotations

from typing import Literal

import msgspec

REASONS: dict[str, str] = {
    "malformed": "the row has not the columns of its header, or a quote in it never closes",
    "bad_json": "the line is not a JSON object",
    "bad_encoding": "the row is not UTF-8 text",
    "too_large": "the line is above 16 MB, or the field above 64 KB",
    "missing": "the field must have a value",
    "no_person": "the row has neither user_id nor anonymous_id",
    "no_item": "the event is about an item, and the row has none",
    "unknown_event": "the vocabulary and the pack have no event of this name",
    "bad_id": "an id has 1 to 200 characters, none of them the zero character",
    "bad_time": "the field is no time between 1970 and tomorrow (items: 9999)",
    "bad_number": "the field is no number, or outside its bounds",
    "bad_currency": "a currency is an ISO 4217 code of three letters",
    "bad_flag": "the field is neither true nor false",
    "erased": "the person was erased, and nothing of them is taken",
    "bad_value": "the pack's item type does not take this value",
}
"""Why a row can be refused: code and sentence."""


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of every row: `read` = `stored` + `duplicate` + all of `excluded` + all of `rejected`.

    Attributes:
        name: The import's name.
        domain: Where the rows went.
        kind: `events` or `items`.
        files: The files read.
        read: Rows read.
        stored: Rows stored.
        duplicate: Events that the log already had, or rows whose item came again later in the import.
        excluded: Rows left out on purpose, by reason.
        rejected: Rows refused, by reason (see `REASONS`).
        rejected_file: Where the refused rows are kept; None when there are none.
        seconds: How long it took.
    """

    name: str
    domain: str
    kind: Literal["events", "items"]
    files: tuple[str, ...]
    read: int
    stored: int
    duplicate: int
    excluded: dict[str, int]
    rejected: dict[str, int]
    rejected_file: str | None
    seconds: float
