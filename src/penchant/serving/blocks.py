"""What is asked of several placements in one call, and how it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from penchant.serving.request import (
    Boosts,
    Excluded,
    FieldNames,
    Id,
    Items,
    Language,
    Name,
    RecommendationRequest,
    Region,
    Size,
)
from penchant.slate import Slate

MOST_PLACEMENTS = 20
"""Most placements of one call."""


class Block(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One placement of several, and what holds for it alone.

    Attributes:
        placement: Placement name.
        domain: Domain name, in place of the call's.
        items: Ids of the items it is about, in place of the call's.
        n: Items wanted; the placement's size when missing.
        filter: Holds beside the call's.
        exclude: Ids of items not to show, beside the call's.
        boost: Holds beside the call's.
        after: Id of the slate whose next page this is.
        dedupe: False lets it show what others show, and others what it shows.
    """

    placement: Name
    domain: Annotated[str, Meta(max_length=100)] | None = None
    items: Items | None = None
    n: Size | None = None
    filter: dict[str, Any] | None = None
    exclude: Excluded = ()
    boost: Boosts = ()
    after: Id | None = None
    dedupe: bool = True


Blocks = Annotated[Sequence[Name | Block], Meta(min_length=1, max_length=MOST_PLACEMENTS)]


class SlatesRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request of several placements; what stands beside `placements` holds for all of them.

    Attributes:
        placements: Names, or names with what holds for one of them alone; what stands first chooses first.
        domain: Domain name; may be left out for placements that only one domain has.
        user_id: Known id of the person.
        anonymous_id: Anonymous id of the person.
        items: Ids of the items the page is about.
        filter: Filter on item fields.
        exclude: Ids of items not to show.
        boost: What is to be shown more, or less.
        fields: Names of item fields to tell of each item; `*` for all it says.
        region: Region code, as the catalog writes it; the domain's when missing.
        context: Anything else that is known of the moment.
        personalized: False answers without looking at the person's history, save for hard constraints.
        language: Language of the reasons' texts; of each domain its own when missing.
    """

    placements: Blocks
    domain: Annotated[str, Meta(max_length=100)] | None = None
    user_id: Id | None = None
    anonymous_id: Id | None = None
    items: Items = ()
    filter: dict[str, Any] | None = None
    exclude: Excluded = ()
    boost: Boosts = ()
    fields: FieldNames = ()
    region: Region | None = None
    context: dict[str, str | int | float | bool] = {}
    personalized: bool = True
    language: Language | None = None

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The placements, those that are names alone too."""
        return tuple(Block(placement=one) if isinstance(one, str) else one for one in self.placements)

    def request(self, block: Block) -> RecommendationRequest:
        """What is asked of one placement."""
        return RecommendationRequest(
            placement=block.placement,
            domain=block.domain or self.domain,
            user_id=self.user_id,
            anonymous_id=self.anonymous_id,
            items=self.items if block.items is None else block.items,
            n=block.n,
            filter=_both(self.filter, block.filter),
            exclude=(*self.exclude, *block.exclude),
            boost=(*self.boost, *block.boost),
            after=block.after,
            fields=self.fields,
            region=self.region,
            context=self.context,
            personalized=self.personalized,
            language=self.language,
        )


class Slates(msgspec.Struct, frozen=True, kw_only=True):
    """Answers to several placements, in the order in which they were asked for."""

    slates: tuple[Slate, ...]


def _both(first: dict[str, Any] | None, second: dict[str, Any] | None) -> dict[str, Any] | None:
    if first is None or second is None:
        return first if second is None else second
    return {"all": [first, second]}
