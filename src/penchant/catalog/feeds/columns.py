"""Columns of a table that a mapping names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penchant.catalog.feeds.wrong import shown
from penchant.errors import FeedFailed, choices, nearest


def column_of(field: str, mapping: Mapping[str, str], columns: Sequence[str], feed: str) -> int | None:
    """Where the column lies that a mapping names for a field; None when it names none.

    Raises:
        FeedFailed: The table has no such column, or has it twice.
    """
    wanted = mapping.get(field)
    if wanted is None:
        return None
    count = columns.count(wanted)
    if count == 1:
        return columns.index(wanted)
    if count:
        raise FeedFailed(feed, "read", f"the table has column {shown(wanted)} {count} times")
    raise no_column(field, wanted, columns, feed)


def no_column(field: str, wanted: str, columns: Sequence[str], feed: str) -> FeedFailed:
    """The error for a mapped column that is not there."""
    near = nearest(wanted, columns)
    hint = f"; did you mean {shown(near)}?" if near else f" (have: {choices(columns)})"
    return FeedFailed(feed, "read", f'no column {shown(wanted)} for "{field}"{hint}')
