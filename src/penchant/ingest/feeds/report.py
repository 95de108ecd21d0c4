"""What a run of a feed did, in numbers and examples."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

SHOWN = 20
"""Examples of each kind."""
_LONGEST = 200


class Example(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One item of a report.

    Attributes:
        id: The item; empty when it cannot be told.
        title: Its title, if it has one.
        fields: What changed: field, and what the feed said before and says now.
    """

    id: str
    title: str = ""
    fields: dict[str, tuple[Any, Any]] = {}


class Refusal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry that was not taken.

    Attributes:
        place: Line of a table, or number of the entry in the file, from 1; 0 when it has none.
        id: The item's id, as far as it can be read.
        field: What is wrong, as the feed spells it; empty when it is no single word.
        reason: Why, in a sentence.
        page: Which page it stands on, of a sitemap.
    """

    place: int
    id: str = ""
    field: str = ""
    reason: str
    page: str = ""


class FeedReport(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a feed.

    Attributes:
        feed: Its name.
        at: When the run began, Unix seconds.
        seconds: How long it took.
        status: `applied`; `unchanged`: there was nothing new; `refused`: nothing of it was taken.
        step: How far a refused one came: `fetch`, `read` or `check`.
        reason: Why it was refused, in a sentence.
        dialect: How the file was read.
        bytes: Size of what was pulled, unpacked.
        entries: Items that the feed tells of now.
        added: Of them, those it did not tell of before.
        changed: Those it says something else of.
        unchanged: Those it says the same of.
        gone: Items it no longer tells of, which are taken out.
        kept: Items it does not tell of in this run, which stay: the file is a window, their page could not be read, or
            what it says of them is refused.
        refused: Entries that are wrong.
        skipped: Entries that are of another kind, or twice the same.
        pages: Pages read, of a sitemap.
        pages_same: Pages that had not changed.
        pages_failed: Pages that could not be read.
        pages_left: Pages for which there was no time.
        added_examples: Some of them.
        changed_examples: Some of them, with what changed.
        gone_examples: Some of them.
        refusals: Some of them, with the place and the reason.
        page_failures: Some of them, as address and reason.
        notes: What is worth to be known, in sentences.
    """

    feed: str
    at: float
    seconds: float = 0.0
    status: Literal["applied", "unchanged", "refused"]
    step: Literal["", "fetch", "read", "check"] = ""
    reason: str = ""
    dialect: str = ""
    bytes: int = 0
    entries: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    kept: int = 0
    refused: int = 0
    skipped: int = 0
    pages: int = 0
    pages_same: int = 0
    pages_failed: int = 0
    pages_left: int = 0
    added_examples: tuple[Example, ...] = ()
    changed_examples: tuple[Example, ...] = ()
    gone_examples: tuple[Example, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    page_failures: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def cut(value: Any) -> Any:
    """A value as a report keeps it: long texts and lists are cut, and half a character becomes `?`."""
    if isinstance(value, str):
        text = value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"
        return text.encode("utf-8", "replace").decode()
    if isinstance(value, list | tuple | dict) and len(msgspec.json.encode(value)) > _LONGEST:
        return cut(msgspec.json.encode(value).decode())
    return value
