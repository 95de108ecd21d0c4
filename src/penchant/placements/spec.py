"""A placement as people write it: what it starts from, and what of that is otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from penchant.errors import InvalidRequest, choices, nearest
from penchant.pack import Ageing, Diversity, Order, Placement, Source, Task

Name = Annotated[str, Meta(min_length=1, max_length=100)]


class PlacementSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a placement is, told by what differs from another one. What is left out is as there.

    Attributes:
        like: The placement it starts from; the one of its own name when missing.
        about: One sentence for people who choose placements.
        needs: What a request must bring: `person`, `item`.
        sources: Retrievers, whose candidates are merged.
        constraints: Names of the pack's constraints that hold here.
        filter: A filter on item fields; what it does not let through is not shown.
        caps: Most items of one value, by field.
        fallback: Models tried in turn for what is still empty.
        fills: Whether the fallback chain fills what sources leave empty.
        objective: Objective over the domain's.
        size: Items when the request does not say.
        budget_ms: Time for one answer.
        learns: The task it is judged by, and its blend is learned for; `none` for an answer that is no guess.
        order: How items stand of which no event tells anything.
        diversity: How far the slate is kept from being all of one kind; `none` leaves it as value has it.
        freshness: How items lose worth as they grow old; `none` leaves age to what ranks.
        explore: Share of its places that is left to chance, over the domain's.
    """

    like: Name | None = None
    about: Annotated[str, Meta(max_length=500)] | None = None
    needs: tuple[Literal["person", "item"], ...] | None = None
    sources: Annotated[tuple[Source, ...], Meta(min_length=1, max_length=20)] | None = None
    constraints: Annotated[tuple[Name, ...], Meta(max_length=50)] | None = None
    filter: dict[str, Any] | None = None
    caps: dict[str, Annotated[int, Meta(ge=1)]] | None = None
    fallback: Annotated[tuple[Name, ...], Meta(max_length=10)] | None = None
    fills: bool | None = None
    objective: Name | None = None
    size: Annotated[int, Meta(ge=1, le=200)] | None = None
    budget_ms: Annotated[int, Meta(ge=1, le=60_000)] | None = None
    learns: Task | Literal["none"] | None = None
    order: Order | None = None
    diversity: Diversity | Literal["none"] | None = None
    freshness: Ageing | Literal["none"] | None = None
    explore: Annotated[float, Meta(ge=0, le=0.2)] | None = None

    def laid_over(self, name: str, have: Mapping[str, Placement]) -> Placement:
        """The placement it makes.

        Args:
            name: Its name.
            have: Placements it may start from, by name.

        Raises:
            InvalidRequest: It starts from none of them.
        """
        start = self.like or name
        if start not in have:
            near = nearest(start, have)
            hint = f'did you mean "{near}"?' if near else f"have: {choices(have, 40)}"
            if self.like is None:
                raise InvalidRequest("like", f'is needed: which placement "{name}" starts from; {hint}')
            raise InvalidRequest("like", f"no such placement; {hint}", start)
        told = {field: value for field in _OWN if (value := getattr(self, field)) is not None}
        told |= {field: None for field in ("learns", "diversity", "freshness") if told.get(field) == "none"}
        return msgspec.structs.replace(have[start], name=name, **told)


_OWN = tuple(field for field in PlacementSpec.__struct_fields__ if field != "like")
