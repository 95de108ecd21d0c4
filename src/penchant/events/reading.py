"""How the messages of one source are read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from penchant.events.statement import Purpose


@dataclass(frozen=True)
class Reading:
    """What differs from source to source.

    Attributes:
        domain: The domain its events belong to.
        source: Its name.
        known: Event names accepted beside the vocabulary: those of the pack's signals.
        item_ids: Properties that hold the item's id, the strongest first; the vocabulary's own order when empty.
        page_views: A `page` or `screen` that names an item counts as `Content Viewed`.
        consent: The purpose of each of the site's consent categories, by the category's name; the purposes' own names
            and GA4's always hold.
    """

    domain: str
    source: str
    known: Collection[str] = ()
    item_ids: tuple[str, ...] = ()
    page_views: bool = False
    consent: Mapping[str, Purpose] = field(default_factory=dict)
