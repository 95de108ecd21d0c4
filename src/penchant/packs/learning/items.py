"""A module: one step of a series that teaches."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from penchant.catalog import Item, parse_audience
from penchant.errors import InvalidRequest, ItemRejected


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
        eligibility: A filter on the person: who it is meant for; None means everybody.
        disclosure: What must be shown with it.
        expires: When it is out of date.
        checked_by: Who has checked that it is right.
        checked_on: When they did.
    """

    live: ClassVar[tuple[str, ...]] = ("active", "expires")
    windows: ClassVar[tuple[tuple[str, str], ...]] = (("", "expires"),)
    offered: ClassVar[tuple[tuple[str, str], ...]] = (("", "expires"),)
    texts: ClassVar[tuple[str, ...]] = (*Item.texts, "disclosure")
    private: ClassVar[tuple[str, ...]] = ("eligibility", "checked_by")

    series: str | None = None
    position: Annotated[int, Meta(ge=1)] | None = None
    prerequisites: tuple[str, ...] = ()
    topic: str | None = None
    level: Annotated[int, Meta(ge=1, le=5)] | None = None
    length_s: Annotated[float, Meta(gt=0)] | None = None
    explains: str | None = None
    jurisdictions: tuple[str, ...] = ()
    eligibility: dict[str, Any] | None = None
    disclosure: str = ""
    expires: datetime | None = None
    checked_by: str | None = None
    checked_on: datetime | None = None

    def check(self) -> None:
        """Check that it can be for somebody, beside what every item is checked for."""
        super().check()
        if self.id in self.prerequisites:
            raise ItemRejected(self.id, "must not name the module itself", "prerequisites")
        if self.eligibility is not None:
            try:
                parse_audience(self.eligibility, "eligibility")
            except InvalidRequest as error:
                raise ItemRejected(self.id, error.message.removeprefix(f"{error.field}: "), error.field) from None
