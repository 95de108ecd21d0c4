"""Lists of values in SQL: marks for them, and pieces that are not too long for a statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from penchant.storage.database import Row

MOST_VALUES = 500
"""Values in one list of one statement."""

Read = Callable[[str, Sequence[Any]], list[Row]]
"""Runs a reading statement: `Database.rows`, or `Writer.rows` inside a transaction."""

Pair = tuple[str, str]
"""Two actors, sorted."""

T = TypeVar("T")


def marks(values: Sequence[object]) -> str:
    """`?, ?, ?`, one for each value."""
    return ", ".join("?" * len(values))


def pieces(values: Iterable[T], size: int = MOST_VALUES) -> Iterator[list[T]]:
    """The different values in lists that fit into a statement; nothing for no values."""
    different = list(dict.fromkeys(values))
    for start in range(0, len(different), size):
        yield different[start : start + size]


def anonymous(actors: Iterable[str]) -> list[str]:
    """The anonymous ids of these actors, without their kind."""
    return [actor[5:] for actor in actors if actor.startswith("anon:")]


def known(actors: Iterable[str]) -> list[str]:
    """The known ids of these actors, without their kind."""
    return [actor[5:] for actor in actors if actor.startswith("user:")]
