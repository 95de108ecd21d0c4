"""A rule: what a merchandiser or an editor wants shown, more, less, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Action = Literal["pin", "boost", "bury", "exclude", "quota", "list", "set"]
ItemId = Annotated[str, Meta(min_length=1, max_length=200)]
PlacementName = Annotated[str, Meta(min_length=1, max_length=100)]


class Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One rule of a domain. It is about `items`, or about what `filter` lets through; never past a hard constraint.

    Attributes:
        action: `pin` puts items on `position` and the places after it; `boost` and `bury` multiply their value by
            `factor`; `exclude` keeps them out; `quota` gives them at least `least` and at most `most` places of a
            slate; `list` is an editorial list, shown in its order by placements with a source `editorial`; `set` is a
            curated set: whoever asks about one of its items is shown the others by placements with a source `curated`.
        name: Words for people.
        items: Ids, in order.
        filter: A filter on item fields, in place of `items`; a pin takes the best of what it lets through.
        placements: Where it holds; everywhere when empty.
        audience: A filter on the person; everybody when missing.
        position: First place of a pin, from 1; 1 when missing.
        factor: What value is multiplied by: above 1 for a boost, from 0 to below 1 for burying.
        least: Least places of a quota.
        most: Most places of a quota, or of a pin by `filter` (1 when missing).
        starts: When it begins; at once when missing. Without a zone it is UTC.
        ends: When it ends; never when missing.
        priority: Of two rules that want the same place the higher one has it; of equal ones the first by id.
        note: Why, for whoever finds it later.
    """

    action: Action
    name: Annotated[str, Meta(max_length=200)] = ""
    items: Annotated[tuple[ItemId, ...], Meta(max_length=1_000)] = ()
    filter: dict[str, Any] | None = None
    placements: Annotated[tuple[PlacementName, ...], Meta(max_length=100)] = ()
    audience: dict[str, Any] | None = None
    position: Annotated[int, Meta(ge=1, le=200)] | None = None
    factor: Annotated[float, Meta(ge=0, le=1_000)] | None = None
    least: Annotated[int, Meta(ge=0, le=200)] | None = None
    most: Annotated[int, Meta(ge=0, le=200)] | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    priority: Annotated[int, Meta(ge=-1_000, le=1_000)] = 0
    note: Annotated[str, Meta(max_length=2_000)] = ""

    @property
    def span(self) -> tuple[float, float]:
        """When it begins and when it ends, Unix seconds; infinite where it says nothing."""
        starts = float("-inf") if self.starts is None else _seconds(self.starts)
        return starts, float("inf") if self.ends is None else _seconds(self.ends)


def _seconds(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
