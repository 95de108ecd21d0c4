"""Where a shop shows products."""

from __future__ import annotations

from penchant.pack import Diversity, Order, Placement, Source

_ALWAYS = ("in-stock", "sellable-region")
_NEW = (*_ALWAYS, "not-bought")

_SIMILAR_TASTE = ("similar_taste", "people with a taste like yours chose it")
_ALSO_LOOKED = ("also_looked", "often looked at with what you saw")
_GOES_WITH = ("goes_with", "goes with what you chose")
_ALIKE = ("alike", "like what you looked at")
# Of what the request is about it is not known that the person did anything with it.
_LOOKED_WITH_IT = ("looked_with_it", "often looked at together with it")
_GOES_WITH_IT = ("goes_with_it", "goes with it")
_ALIKE_TO_IT = ("alike_to_it", "similar to it")
_TOGETHER = ("chosen_together", "often chosen together with it")
_DUE = ("due", "you may need it again about now")
_HABIT = ("habit", "among what you buy most")
_THE_LOOK = ("the_look", "belongs to it")
_PICKED = ("picked", "picked by the shop")
_CHOSEN_BY_YOU = ("chosen_by_you", "what you said you like")
_POPULAR_HERE = ("popular_here", "many in a situation like yours choose it")

_NEW_ARRIVAL = {"field": "released", "range": [{"now": "-60d"}, {"now": "0d"}]}
_ON_SALE = {
    "all": [
        {"field": "sale_price", "exists": True},
        {"not": {"field": "sale_from", "range": [{"now": "0d"}, None]}},
        {"not": {"field": "sale_until", "range": [None, {"now": "0d"}]}},
    ]
}

ORDER = Order(first=("-priority",), by=("-rating", "-released"), turns="category", means=(("rating", "reviews"),))
"""What the shop wants to show, then what is rated best, then what is newest; categories take turns."""
_NEWEST = Order(first=("-priority",), by=("-released",), turns="category")

PLACEMENTS = (
    Placement(
        name="home",
        about="The start page: what this person is likely to buy next, and what goes with it.",
        sources=(
            Source(model="blend", weight=1.0),
            Source(model="als", weight=0.3, reason=_SIMILAR_TASTE),
            Source(model="item-knn", weight=0.3, reason=_ALSO_LOOKED),
            Source(model="alike", weight=0.4, reason=_ALIKE),
            Source(model="basket", weight=0.3, slots=3, k=50, differs="category", reason=_GOES_WITH),
            Source(model="editorial", weight=0.3, slots=2, k=50, reason=_PICKED),
            Source(model="chosen", weight=0.6, slots=3, reason=_CHOSEN_BY_YOU),
            Source(model="segment", weight=0.3, k=100, reason=_POPULAR_HERE),
        ),
        constraints=(*_NEW, "not-chosen", "margin-floor"),
        caps={"group": 2},
        fallback=("popular-by-category", "popular-week", "popular"),
        learns="new",
        diversity=Diversity(field="category", weight=0.2),
    ),
    Placement(
        name="category-page",
        about="On the page of a category, which the request's filter names: all of it, this person's first.",
        sources=(
            Source(model="blend", weight=1.0),
            Source(model="als", weight=0.3, reason=_SIMILAR_TASTE),
            Source(model="alike", weight=0.4, reason=_ALIKE),
            Source(model="popular-week", weight=0.5),
            Source(model="chosen", weight=0.6, slots=6, reason=_CHOSEN_BY_YOU),
        ),
        constraints=_ALWAYS,
        size=24,
        learns="next",
    ),
    Placement(
        name="also-like",
        about="On a product's page: what else this person may like.",
        needs=("item",),
        sources=(
            Source(model="blend", reads="seeds", weight=1.0),
            Source(model="alike", reads="seeds", weight=0.5, reason=_ALIKE_TO_IT),
            Source(model="item-knn", reads="seeds", weight=0.4, reason=_LOOKED_WITH_IT),
            Source(model="als", reads="seeds", weight=0.2, reason=_TOGETHER),
        ),
        constraints=_NEW,
        caps={"group": 2},
        learns="following",
    ),
    Placement(
        name="also-bought",
        about="On a product's page: what people who bought it bought too, at any time.",
        needs=("item",),
        sources=(
            # A variant of the page's own product is nothing that goes with it.
            Source(model="blend", reads="seeds", weight=1.0, differs="group"),
            Source(
                model="item-knn",
                reads="seeds",
                weight=0.5,
                differs="group",
                reason=("also_bought", "people who chose this chose it too"),
            ),
        ),
        constraints=_ALWAYS,
        caps={"group": 1},
        learns="together",
    ),
    Placement(
        name="bought-together",
        about="On a product's page: what is bought in the same order.",
        needs=("item",),
        sources=(
            Source(model="blend", reads="seeds", k=50, weight=1.0, differs="group"),
            Source(
                model="basket",
                reads="seeds",
                k=50,
                weight=0.5,
                differs="group",
                reason=("bought_together", "bought together"),
            ),
        ),
        constraints=_ALWAYS,
        caps={"group": 1},
        size=3,
        learns="together",
        explore=0.0,  # what it shows was bought together, or it says something else
    ),
    Placement(
        name="complete-the-look",
        about="On a product's page: the rest of its curated sets first, then what goes with it.",
        needs=("item",),
        sources=(
            Source(model="curated", reads="seeds", k=50, shares="sets", first=True, reason=_THE_LOOK),
            Source(model="basket", reads="seeds", k=50, weight=1.0, differs="category", reason=_GOES_WITH_IT),
            Source(model="alike", reads="seeds", k=100, weight=0.5, differs="category", reason=_ALIKE_TO_IT),
        ),
        constraints=_NEW,
        caps={"group": 1},
        size=6,
    ),
    Placement(
        name="cart",
        about="In the basket: what completes it.",
        sources=(
            # What lies in it is named, or is what the person chose last.
            Source(model="blend", reads="both", k=50, weight=1.0, differs="category"),
            Source(model="basket", k=50, weight=0.5, differs="category", reason=_GOES_WITH),
        ),
        constraints=(*_NEW, "not-chosen"),
        caps={"group": 1},
        size=6,
        learns="together",
    ),
    Placement(
        name="post-purchase",
        about="After a purchase: what this person is likely to want next, what goes with it among it.",
        sources=(
            Source(model="blend", weight=1.0),
            Source(model="basket", weight=0.4, slots=2, k=50, differs="category", reason=_GOES_WITH),
            Source(model="als", weight=0.3, reason=_SIMILAR_TASTE),
        ),
        constraints=(*_NEW, "not-chosen"),
        caps={"group": 1},
        size=6,
        learns="new",
    ),
    Placement(
        name="buy-again",
        about="What this person buys again and again.",
        needs=("person",),
        sources=(
            Source(model="blend", weight=1.0),
            Source(model="buy-again", weight=0.5, reason=_DUE),
            Source(model="habit", weight=0.5, reason=_HABIT),
        ),
        constraints=(*_ALWAYS, "bought"),
        fills=False,
        learns="again",
        explore=0.0,
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
            Source(model="alike", weight=1.0, reason=_ALIKE),  # what has just come is known by nothing else
            Source(model="popular-week", weight=0.5),
        ),
        constraints=_NEW,
        filter=_NEW_ARRIVAL,
        caps={"group": 1},
        learns="new",
        order=_NEWEST,
    ),
    Placement(
        name="on-sale",
        about="What is on sale now, this person's first.",
        sources=(
            Source(model="blend", weight=1.0),
            Source(model="alike", weight=0.5, reason=_ALIKE),
            Source(model="popular-week", weight=0.4),
        ),
        constraints=_NEW,
        filter=_ON_SALE,
        caps={"group": 1},
        learns="new",
    ),
    Placement(
        name="similar",
        about="Products like a given one.",
        needs=("item",),
        sources=(Source(model="alike", reads="seeds", reason=_ALIKE_TO_IT),),
        constraints=_ALWAYS,
    ),
    Placement(
        name="popular",
        about="What most people buy.",
        sources=(Source(model="popular", reason=("popular", "many people choose it")),),
        constraints=_ALWAYS,
    ),
)
