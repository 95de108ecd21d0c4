"""What proposes products."""

from __future__ import annotations

from penchant.catalog import Attribute
from penchant.models import (
    ALS,
    EASE,
    GFCF,
    SLIST,
    TIFUKNN,
    UPCF,
    AttributeSimilarity,
    BasketAffinity,
    BuyAgain,
    ItemKNN,
    NextItems,
    PersonalTop,
    Popular,
    PopularByCategory,
    Recipe,
    SessionKNN,
)

ATTRIBUTES = (
    Attribute("category", "category", 3.0),
    Attribute("brand", "category", 1.0),
    Attribute("group", "category", 1.0, asked=False),
    Attribute("price", "number", 1.5),
    Attribute("color", "category", 0.3),
    Attribute("title", "text", 1.0),
    Attribute("description", "text", 0.5),
)

BASELINES = ("popular", "popular-week", "personal-top", "item-knn")

MODELS: dict[str, Recipe] = {
    "popular": Popular(),
    "popular-week": Popular(half_life_days=7.0),
    "popular-by-category": PopularByCategory(field="category", half_life_days=30.0),
    "personal-top": PersonalTop(),
    "habit": PersonalTop(half_life_days=90.0, demand=0.5, fill=False),
    "buy-again": BuyAgain(within="category"),
    "tifu-knn": TIFUKNN(),
    "up-cf": UPCF(),
    "item-knn": ItemKNN(),
    "co-visitation": ItemKNN(similarity="count", window="session"),
    "basket": BasketAffinity(within="category"),
    "als": ALS(),
    "ease": EASE(),
    "gf-cf": GFCF(),
    "slist": SLIST(),
    "session-knn": SessionKNN(half_life_steps=None),
    "next-items": NextItems(),
    "alike": AttributeSimilarity(attributes=ATTRIBUTES),
}
