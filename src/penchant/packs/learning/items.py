"""A module: one step of a series that teaches."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from penchant.catalog import Item


class Module(Item, frozen=True, kw_only=True):
    """A module of an academy.

    Attributes:
        series: Series id.
        position: Place in the series, from 1.
        prerequisites: Ids of the modules to complete first.
        topic: What it teaches.
        level: Difficulty, 1 (first steps) to 5.
        length_s: Length in seconds.
        explains: Category of what it explains, as in `mortgage`; never an offer.
        jurisdictions: Where it may be shown; empty means everywhere.
        expires: When it is out of date.
    """

    series: str | None = None
    position: Annotated[int, Meta(ge=1)] | None = None
    prerequisites: tuple[str, ...] = ()
    topic: str | None = None
    level: Annotated[int, Meta(ge=1, le=5)] | None = None
    length_s: Annotated[float, Meta(gt=0)] | None = None
    explains: str | None = None
    jurisdictions: tuple[str, ...] = ()
    expires: datetime | None = None
