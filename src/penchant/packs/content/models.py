"""What proposes content."""

from __future__ import annotations

from penchant.catalog import Attribute
from penchant.models import (
    ALS,
    EASE,
    SLIST,
    AttributeSimilarity,
    ItemKNN,
    NextItems,
    PersonalTop,
    Playlist,
    Popular,
    PopularByCategory,
    Recipe,
    RP3Beta,
    SessionKNN,
    Trending,
)

ATTRIBUTES = (
    Attribute("topics", "tags", 2.0),
    Attribute("creator", "category", 1.5),
    Attribute("format", "category", 1.0),
    Attribute("length_s", "number", 1.0),
    Attribute("genre", "category", 0.5),
    Attribute("language", "category", 0.5),
    Attribute("title", "text", 0.5),
    Attribute("description", "text", 0.5),
)

BASELINES = ("popular", "popular-week", "popular-day", "personal-top", "item-knn")

MODELS: dict[str, Recipe] = {
    "popular": Popular(),
    "popular-week": Popular(half_life_days=7.0),
    "popular-day": Popular(half_life_days=1.0),
    "popular-by-creator": PopularByCategory(field="creator", half_life_days=14.0),
    "trending": Trending(),
    "personal-top": PersonalTop(),
    "begun": PersonalTop(roles=("weak",), half_life_days=7.0, fill=False),
    "item-knn": ItemKNN(similarity="cosine", neighbours=500, shrink=10.0),
    "co-visitation": ItemKNN(similarity="count", window="session"),
    "als": ALS(factors=32, regularization=5.0, alpha=39.0, half_life_days=None),
    "ease": EASE(),
    "rp3beta": RP3Beta(),
    "slist": SLIST(),
    "session-knn": SessionKNN(),
    "next-items": NextItems(),
    "playlist": Playlist(),
    "alike": AttributeSimilarity(attributes=ATTRIBUTES),
}
