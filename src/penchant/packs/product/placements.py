"""Where a shop shows products."""

from __future__ import annotations

from penchant.pack import Placement, Source

_ALWAYS = ("in-stock", "sellable-region")
_NEW = (*_ALWAYS, "not-bought")

_SIMILAR_TASTE = ("similar_taste", "people with a taste like yours chose it")
_ALSO_LOOKED = ("also_looked", "often looked at with what you saw")
_GOES_WITH = ("goes_with", "goes with what you chose")
_ALIKE = ("alike", "like what you looked at")
_HABIT = ("habit", "you buy it often")
_THE_LOOK = ("the_look", "belongs to it")
_PICKED = ("picked", "picked by the shop")

_NEW_ARRIVAL = {"field": "released", "range": [{"now": "-60d"}, {"now": "0d"}]}
_ON_SALE = {
    "all": [
        {"field": "sale_price", "exists": True},
        {"not": {"field": "sale_from", "range": [{"now": "0d"}, None]}},
        {"not": {"field": "sale_until", "range": [None, {"now": "0d"}]}},
    ]
}

PLACEMENTS = (
    Placement(
        name="home",
        about="The start page: what this person is likely to buy next, and what goes with it.",
        sources=(
            Source(model="blend", weight=1.0),
            Source(model="als", weight=0.7, reason=_SIMILAR_TASTE),
            Source(model="item-knn", weight=0.5, reason=_ALSO_LOOKED),
            Source(model="alike", weight=1.0, reason=_ALIKE),
            Source(model="basket", weight=0.6, slots=3, k=50, differs="category", reason=_GOES_WITH),
            Source(model="editorial", weight=0.3, slots=2, k=50, reason=_PICKED),
        ),
        constraints=(*_NEW, "not-chosen", "margin-floor"),
        caps={"group": 2},
        fallback=("popular-by-category", "popular-week", "popular"),
    ),
    Placement(
        name="also-like",
        about="On a product's page: what else this person may like.",
        needs=("item",),
        sources=(
            Source(model="alike", reads="seeds", weight=1.0, reason=_ALIKE),
            Source(model="item-knn", reads="seeds", weight=1.0, reason=_ALSO_LOOKED),
            Source(model="als", reads="seeds", weight=0.5, reason=_SIMILAR_TASTE),
        ),
        constraints=_NEW,
        caps={"group": 2},
    ),
    Placement(
        name="also-bought",
        about="On a product's page: what people who bought it bought too, at any time.",
        needs=("item",),
        sources=(
            Source(model="item-knn", reads="seeds", reason=("also_bought", "people who chose this chose it too")),
        ),
        constraints=_ALWAYS,
    ),
    Placement(
        name="bought-together",
        about="On a product's page: what is bought in the same order.",
        needs=("item",),
        sources=(Source(model="basket", reads="seeds", k=50, reason=("bought_together", "bought together")),),
        constraints=_ALWAYS,
        size=3,
    ),
    Placement(
        name="complete-the-look",
        about="On a product's page: the rest of its curated sets first, then what goes with it.",
        needs=("item",),
        sources=(
            Source(model="curated", reads="seeds", k=50, shares="sets", first=True, reason=_THE_LOOK),
            Source(model="basket", reads="seeds", k=50, weight=1.0, differs="category", reason=_GOES_WITH),
            Source(model="alike", reads="seeds", k=100, weight=0.5, differs="category", reason=_ALIKE),
        ),
        constraints=_NEW,
        caps={"group": 1},
        size=6,
    ),
    Placement(
        name="cart",
        about="In the basket: what completes it.",
        sources=(Source(model="basket", k=50, differs="category", reason=_GOES_WITH),),
        constraints=(*_NEW, "not-chosen"),
        caps={"group": 1},
        size=6,
    ),
    Placement(
        name="buy-again",
        about="What this person buys again and again.",
        needs=("person",),
        sources=(Source(model="habit", reason=_HABIT),),
        constraints=_ALWAYS,
    ),
    Placement(
        name="bestsellers",
        about="What sells best now.",
        sources=(Source(model="popular-week", reason=("bestseller", "a bestseller this week")),),
        constraints=_ALWAYS,
        fallback=("popular",),
    ),
    Placement(
        name="new-arrivals",
        about="What came in the last sixty days, this person's first.",
        sources=(
            Source(model="blend", weight=1.0),
            Source(model="alike", weight=1.0, reason=_ALIKE),
            Source(model="popular-week", weight=0.5),
        ),
        constraints=_NEW,
        filter=_NEW_ARRIVAL,
        caps={"group": 1},
    ),
    Placement(
        name="on-sale",
        about="What is on sale now, this person's first.",
        sources=(
            Source(model="blend", weight=1.0),
            Source(model="alike", weight=1.0, reason=_ALIKE),
            Source(model="popular-week", weight=0.5),
        ),
        constraints=_NEW,
        filter=_ON_SALE,
        caps={"group": 1},
    ),
    Placement(
        name="similar",
        about="Products like a given one.",
        needs=("item",),
        sources=(Source(model="alike", reads="seeds", reason=_ALIKE),),
        constraints=_ALWAYS,
    ),
    Placement(
        name="popular",
        about="What most people buy.",
        sources=(Source(model="popular", reason=("popular", "many people choose it")),),
        constraints=_ALWAYS,
    ),
)
