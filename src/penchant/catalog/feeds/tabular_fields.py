"""What each field of an item holds, so that a table's text can be read into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from penchant.catalog.feeds.entry import ItemKind

Shape = Literal[
    "line", "prose", "link", "path", "flag", "list", "number", "count", "money", "currency", "time", "end", "word",
    "availability", "counts", "free", "json",
]  # fmt: skip
"""How a field's text is read; `end` is a time whose bare date means the end of that day, `word` one of a few,
`counts` numbers by name, `free` anything by name."""


@dataclass(frozen=True)
class Wanted:
    """One field.

    Attributes:
        shape: How its text is read.
        low: Lowest number.
        high: Highest number.
        words: Of a `word`, which.
        above: The number must be above `low`, not at it.
    """

    shape: Shape
    low: float = float("-inf")
    high: float = float("inf")
    words: tuple[str, ...] = ()
    above: bool = False


_LINE, _LIST, _TIME, _END, _MONEY = Wanted("line"), Wanted("list"), Wanted("time"), Wanted("end"), Wanted("money")
_COUNT, _FLAG, _PATH, _JSON = Wanted("count", low=0), Wanted("flag"), Wanted("path"), Wanted("json")
_PLACE = Wanted("count", low=1)
_SECONDS = Wanted("number", low=0, above=True)
_EVERY = {
    "id": _LINE,
    "title": _LINE,
    "description": Wanted("prose"),
    "url": Wanted("link"),
    "image": Wanted("link"),
    "active": _FLAG,
    "attributes": Wanted("free"),
}

FIELDS: Mapping[ItemKind, Mapping[str, Wanted]] = {
    "product": {
        **_EVERY,
        "category": _PATH,
        "taxonomy": _PATH,
        "brand": _LINE,
        "group": _LINE,
        "color": _LINE,
        "size": _LINE,
        "material": _LINE,
        "pattern": _LINE,
        "gender": _LINE,
        "age_group": _LINE,
        "condition": Wanted("word", words=("new", "refurbished", "used")),
        "gtin": _LINE,
        "mpn": _LINE,
        "labels": _LIST,
        "sets": _LIST,
        "price": _MONEY,
        "sale_price": _MONEY,
        "sale_from": _TIME,
        "sale_until": _END,
        "currency": Wanted("currency"),
        "cost": _MONEY,
        "margin": Wanted("number"),
        "availability": Wanted("availability"),
        "available_from": _TIME,
        "stock": _COUNT,
        "stock_at": Wanted("counts"),
        "priority": Wanted("number", low=0, high=100),
        "rating": Wanted("number", low=0, high=10),
        "reviews": _COUNT,
        "return_rate": Wanted("number", low=0, high=1),
        "shipping_days": Wanted("number", low=0),
        "released": _TIME,
        "expires": _END,
        "replenishable": _FLAG,
        "regions": _LIST,
    },
    "content": {
        **_EVERY,
        "kind": Wanted("word", words=("article", "video", "track", "podcast")),
        "topics": _LIST,
        "genre": _LINE,
        "format": _LINE,
        "creator": _LINE,
        "series": _LINE,
        "episode": _PLACE,
        "length_s": _SECONDS,
        "language": _LINE,
        "published": _TIME,
        "available_from": _TIME,
        "available_until": _END,
        "regions": _LIST,
        "age_rating": Wanted("count", low=0, high=21),
        "flags": _LIST,
    },
    "learning": {
        **_EVERY,
        "series": _LINE,
        "position": _PLACE,
        "prerequisites": _LIST,
        "topic": _LINE,
        "level": Wanted("count", low=1, high=5),
        "length_s": _SECONDS,
        "explains": _LINE,
        "jurisdictions": _LIST,
        "eligibility": _JSON,
        "disclosure": Wanted("prose"),
        "expires": _END,
        "checked_by": _LINE,
        "checked_on": _TIME,
    },
}
"""Fields by kind. The item types lie a floor higher; a test keeps the two alike."""
BY_NAME = frozenset(("counts", "free"))
"""Shapes whose parts can be mapped one by one, as `stock_at.berlin` or `attributes.fit`."""
