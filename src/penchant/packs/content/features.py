"""What makes one content fit this person's attention better than another, and how it adds up."""

from __future__ import annotations

from penchant.features import category_affinity, category_aversion, freshness, number_fit, tag_affinity
from penchant.ranking import Objective, Term
from penchant.slate import Reason

FEATURES = (
    tag_affinity(
        "topic_affinity",
        "topics",
        "The person's liking of what it is about.",
        reason=Reason("topic", "about what you follow"),
    ),
    category_affinity(
        "creator_affinity",
        "creator",
        "The person's liking of who made it.",
        half_life_days=30.0,
        reason=Reason("creator", "from someone you follow"),
    ),
    category_affinity(
        "format_affinity",
        "format",
        "The person's liking of how it is made.",
        reason=Reason("format", "in a form you like"),
    ),
    number_fit(
        "length_fit",
        "length_s",
        "kind",
        "How near its length is to what the person takes in to the end.",
        spread=0.4,
        reason=Reason("length", "as long as you like it"),
    ),
    freshness(
        "freshness",
        "published",
        "How new it is; halved every two weeks.",
        half_life_days=14.0,
        reason=Reason("fresh", "new"),
    ),
    category_aversion("creator_aversion", "creator", "The person turned away from who made it."),
    category_aversion("format_aversion", "format", "The person turned away from how it is made."),
)

OBJECTIVES = (
    Objective(
        "completion",
        1,
        "Likely to be taken in to the end: relevant, on topic, of a fitting length, and new.",
        (
            Term("relevance", 1.0),
            Term("topic_affinity", 0.35),
            Term("creator_affinity", 0.3),
            Term("format_affinity", 0.2),
            Term("length_fit", 0.3),
            Term("freshness", 0.1),
            Term("creator_aversion", -0.5),
            Term("format_aversion", -0.2),
        ),
    ),
)
