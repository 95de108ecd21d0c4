"""What proposes modules."""

from __future__ import annotations

from penchant.catalog import Attribute
from penchant.models import (
    ALS,
    BPR,
    SLIST,
    TIFUKNN,
    UPCF,
    Ahead,
    AttributeSimilarity,
    ItemKNN,
    Mastery,
    NextItems,
    PersonalTop,
    Popular,
    PopularByCategory,
    PrerequisitePath,
    Recipe,
    SessionKNN,
)

ATTRIBUTES = (
    Attribute("topic", "category", 2.0),
    Attribute("series", "category", 2.0),
    Attribute("level", "number", 1.0),
    Attribute("explains", "category", 0.5),
    Attribute("title", "text", 0.5),
    Attribute("description", "text", 0.5),
)

BASELINES = ("popular", "popular-week", "popular-day", "personal-top", "item-knn")

MODELS: dict[str, Recipe] = {
    "popular": Popular(),
    "popular-week": Popular(half_life_days=7.0),
    "popular-day": Popular(half_life_days=1.0),
    "popular-by-series": PopularByCategory(field="series", half_life_days=30.0),
    "personal-top": PersonalTop(),
    "tifu-knn": TIFUKNN(),
    "up-cf": UPCF(),
    "item-knn": ItemKNN(),
    "co-visitation": ItemKNN(similarity="count", window="session"),
    "als": ALS(factors=32),
    # On trial: what is new it ranks best of all on one course (0.431, by a single item) and badly on the other (0.311).
    "bpr": BPR(),
    "slist": SLIST(),
    "session-knn": SessionKNN(),
    "next-items": NextItems(),
    # What is new to a group that moves on together: on real courses nothing else tells it.
    "ahead": Ahead(),
    "path": PrerequisitePath(),
    # A dismissed proposal speaks against an item too, and is no failure; what was acted on later is no answer.
    "mastery": Mastery(field="topic", success=("goal",), begun=True),
    "alike": AttributeSimilarity(attributes=ATTRIBUTES),
}
