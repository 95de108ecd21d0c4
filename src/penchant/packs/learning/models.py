"""What proposes modules."""

from __future__ import annotations

from penchant.catalog import Attribute
from penchant.models import ALS, AttributeSimilarity, ItemKNN, PersonalTop, Popular, PopularByCategory, Recipe

ATTRIBUTES = (
    Attribute("topic", "category", 2.0),
    Attribute("series", "category", 2.0),
    Attribute("level", "number", 1.0),
    Attribute("explains", "category", 0.5),
    Attribute("title", "text", 0.5),
    Attribute("description", "text", 0.5),
)

BASELINES = ("popular", "popular-week", "popular-day", "personal-top")

MODELS: dict[str, Recipe] = {
    "popular": Popular(),
    "popular-week": Popular(half_life_days=7.0),
    "popular-day": Popular(half_life_days=1.0),
    "popular-by-series": PopularByCategory(field="series", half_life_days=30.0),
    "personal-top": PersonalTop(),
    "item-knn": ItemKNN(),
    "co-visitation": ItemKNN(similarity="count", window="session"),
    "als": ALS(factors=32),
    "alike": AttributeSimilarity(attributes=ATTRIBUTES),
}
