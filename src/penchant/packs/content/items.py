"""A content: what a publisher shows, to be read, watched or heard."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from penchant.catalog import Item


class Content(Item, frozen=True, kw_only=True):
    """An article, a video, a track or a podcast.

    Attributes:
        kind: What it is.
        topics: What it is about.
        genre: Genre name.
        format: How it is made, as in `follow-along`, `interview`, `short`.
        creator: Who made it: author, channel, trainer, artist.
        series: Series id.
        episode: Place in the series, from 1.
        length_s: Length in seconds (for text, of reading).
        language: BCP 47 code.
        published: When it came out.
        available_from: Start of the rights window.
        available_until: End of the rights window.
        regions: Regions with rights; empty means all.
        age_rating: Youngest age it is meant for, in years.
        flags: Words of the editors, as in `breaking` or `sponsored`.
    """

    live: ClassVar[tuple[str, ...]] = ("active", "available_from", "available_until")
    windows: ClassVar[tuple[tuple[str, str], ...]] = (("available_from", "available_until"),)
    offered: ClassVar[tuple[tuple[str, str], ...]] = (("available_from", "available_until"),)

    kind: Literal["article", "video", "track", "podcast"] = "article"
    topics: tuple[str, ...] = ()
    genre: str | None = None
    format: str | None = None
    creator: str | None = None
    series: str | None = None
    episode: Annotated[int, Meta(ge=1)] | None = None
    length_s: Annotated[float, Meta(gt=0)] | None = None
    language: str | None = None
    published: datetime | None = None
    available_from: datetime | None = None
    available_until: datetime | None = None
    regions: tuple[str, ...] = ()
    age_rating: Annotated[int, Meta(ge=0, le=21)] | None = None
    flags: tuple[str, ...] = ()
