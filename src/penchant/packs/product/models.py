"""What proposes products."""

from __future__ import annotations

from penchant.catalog import Attribute
from penchant.models import (
    ALS,
    AttributeSimilarity,
    BasketAffinity,
    ItemKNN,
    PersonalTop,
    Popular,
    PopularByCategory,
    Recipe,
)

ATTRIBUTES = (
    Attribute("category", "category", 3.0),
    Attribute("brand", "category", 1.0),
    Attribute("group", "category", 1.0),
    Attribute("price", "number", 1.5),
    Attribute("color", "category", 0.3),
    Attribute("title", "text", 1.0),
    Attribute("description", "text", 0.5),
)

BASELINES = ("popular", "popular-week", "personal-top")

MODELS: dict[str, Recipe] = {
    "popular": Popular(),
    "popular-week": Popular(half_life_days=7.0),
    "popular-by-category": PopularByCategory(field="category", half_life_days=30.0),
    "personal-top": PersonalTop(),
    "habit": PersonalTop(half_life_days=90.0, fill=False),
    "item-knn": ItemKNN(),
    "co-visitation": ItemKNN(similarity="count", window="session"),
    "basket": BasketAffinity(within="category"),
    "als": ALS(),
    "alike": AttributeSimilarity(attributes=ATTRIBUTES),
}
