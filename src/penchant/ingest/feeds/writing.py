"""What follows from a difference: the changes of items, and what is to be remembered of the feed."""

from __future__ import annotations

from array import array
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from penchant.catalog import (
    CatalogWrite,
    Change,
    ChangeVerdict,
    FeedEntry,
    ItemFact,
    KeptItem,
    Schema,
    apply_changes,
)
from penchant.ingest.feeds.diff import Diff

_AT_ONCE = 5_000
"""Changes that are made at a time, so that only what is to be written of them stays in memory."""


class Writing:
    """The changes of one run; `decide` is what the store asks.

    Attributes:
        ids: Items that are touched.
        rejected: Verdicts of changes that the catalog does not take.
        absent: Items that the feed told of before and the catalog does not have any more.
    """

    def __init__(self, schema: Schema, diff: Diff, delete: Sequence[str], at: int, feed: str) -> None:
        """Prepare them.

        Args:
            schema: The domain's items.
            diff: The difference.
            delete: Items to take out.
            at: Milliseconds.
            feed: The feed's name.
        """
        self._schema, self._diff, self._delete, self._at, self._feed = schema, diff, delete, at, feed
        self.ids = [*diff.ids, *delete]
        self.rejected: dict[str, ChangeVerdict] = {}
        self.absent = 0

    def decide(self, kept: Mapping[str, KeptItem]) -> CatalogWrite:
        """What is to be written; may be asked again."""
        self.rejected, self.absent = {}, 0
        bodies: list[tuple[str, bytes]] = []
        lives: list[tuple[str, bytes]] = []
        gone: list[str] = []
        facts: list[ItemFact] = []
        for some in self._changes(kept):
            write, verdicts = apply_changes(self._schema, some, kept, self._at)
            bodies += write.bodies
            lives += write.lives
            gone += write.gone
            facts += write.facts
            for change, verdict in zip(some, verdicts, strict=True):
                if verdict.status == "rejected":
                    self.rejected[verdict.id] = verdict
                elif verdict.status == "missing" and change.op == "patch":
                    self.absent += 1
        return CatalogWrite(bodies, lives, gone, facts, Entries(self._feed, self._diff, self.rejected))

    def _changes(self, kept: Mapping[str, KeptItem]) -> Iterator[list[Change]]:
        """The changes, some at a time; each item is in them once."""
        some: list[Change] = []
        for position in range(len(self.ids)):
            some.append(self._change(position, kept))
            if len(some) == _AT_ONCE:
                yield some
                some = []
        if some:
            yield some

    def _change(self, position: int, kept: Mapping[str, KeptItem]) -> Change:
        diff, id = self._diff, self.ids[position]
        if position >= len(diff.ids):
            return Change(id=id, op="delete")
        if position >= len(diff.added):
            return Change(id=id, op="patch", fields=diff.patch(position - len(diff.added)))
        fields: dict[str, Any] = msgspec.json.decode(diff.body(position))
        # What the catalog has already was told by somebody else, who may know more than the feed.
        return Change(id=id, op="patch" if id in kept else "put", fields=fields)


class Entries(Sequence[FeedEntry]):
    """What is to be remembered of a feed after a difference was written, by id, made as it is asked for."""

    def __init__(self, feed: str, diff: Diff, without: Container[str] = ()) -> None:
        """Make them.

        Args:
            feed: The feed's name.
            diff: The difference.
            without: Items of which nothing was written.
        """
        self._feed, self._diff = feed, diff
        positions = (position for position, id in enumerate(diff.ids) if id not in without)
        self._positions = array("Q", sorted(positions, key=diff.ids.__getitem__))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._positions) + len(self._diff.gone)

    def __iter__(self) -> Iterator[FeedEntry]:
        """All of them, each made when it is its turn."""
        for number in self._positions:
            yield FeedEntry(self._feed, self._diff.ids[number], self._diff.body(number))
        for id in self._diff.gone:
            yield FeedEntry(self._feed, id, None)

    def __getitem__(self, position: Any) -> Any:
        """One entry."""
        if not 0 <= position < len(self):
            raise IndexError(position)
        if position >= len(self._positions):
            return FeedEntry(self._feed, self._diff.gone[position - len(self._positions)], None)
        number = self._positions[position]
        return FeedEntry(self._feed, self._diff.ids[number], self._diff.body(number))
