"""What a client asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from penchant.features import DEVICES

MOST_ITEMS = 200
"""Longest slate."""
MOST_BOOSTS = 10
"""Most boosts of one request; each looks at every item."""
MOST_FIELDS = 50
"""Most fields of items that one request names."""

_DEVICES = {
    **{name: name for name in DEVICES},
    **dict.fromkeys(("mobile", "smartphone", "ios", "android"), "phone"),
    **dict.fromkeys(("computer", "pc", "laptop"), "desktop"),
    "television": "tv",
}

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Size = Annotated[int, Meta(ge=1, le=MOST_ITEMS)]
Items = Annotated[Sequence[Id], Meta(max_length=100)]
Excluded = Annotated[Sequence[Id], Meta(max_length=10_000)]
Region = Annotated[str, Meta(max_length=20)]
Language = Annotated[str, Meta(max_length=35, pattern=r"\A[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")]
FieldNames = Annotated[Sequence[Name], Meta(max_length=MOST_FIELDS)]


class Boost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one request wants shown more, or less. It is about `items`, or about what `filter` lets through.

    Attributes:
        by: What their value is multiplied by: above 1 for more, from 0 to below 1 for less.
        filter: Filter on item fields.
        items: Ids, in place of a filter.
    """

    by: Annotated[float, Meta(ge=0, le=1_000)]
    filter: dict[str, Any] | None = None
    items: Annotated[Sequence[Id], Meta(max_length=1_000)] = ()


Boosts = Annotated[Sequence[Boost], Meta(max_length=MOST_BOOSTS)]


class RecommendationRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request of one placement.

    Attributes:
        placement: Placement name.
        domain: Domain name; may be left out when only one domain has the placement.
        user_id: Known id of the person.
        anonymous_id: Anonymous id of the person.
        items: Ids of the items the request is about: the page's item, the basket, what just ended.
        n: Items wanted; the placement's size when missing.
        filter: Filter on item fields; it may name the request's items and the person, as in docs/filters.md.
        exclude: Ids of items not to show.
        boost: What is to be shown more, or less, in this answer alone.
        after: Id of a slate of the same placement, of which the answer is the next page: nothing of it, or of what came
            before it, comes again.
        fields: Names of item fields to tell of each item; `*` for all it says.
        region: Region code, as the catalog writes it; the domain's when missing.
        context: Anything else that is known of the moment; rules and filters may ask for it as `context.NAME`.
        personalized: False answers without looking at the person's history, save for hard constraints.
        language: Language of the reasons' texts, as in `de` or `de-AT`; the domain's when missing.
    """

    placement: Name
    domain: Annotated[str, Meta(max_length=100)] | None = None
    user_id: Id | None = None
    anonymous_id: Id | None = None
    items: Items = ()
    n: Size | None = None
    filter: dict[str, Any] | None = None
    exclude: Excluded = ()
    boost: Boosts = ()
    after: Id | None = None
    fields: FieldNames = ()
    region: Region | None = None
    context: dict[str, str | int | float | bool] = {}
    personalized: bool = True
    language: Language | None = None

    @property
    def actor(self) -> str | None:
        """The stronger of the ids, with its kind, or None for nobody."""
        if self.user_id is not None:
            return f"user:{self.user_id}"
        return f"anon:{self.anonymous_id}" if self.anonymous_id is not None else None

    @property
    def device(self) -> str | None:
        """What `context.device` says the person holds, one of `penchant.features.DEVICES`; None where it does not."""
        told = self.context.get("device")
        return _DEVICES.get(told.lower()) if isinstance(told, str) else None
