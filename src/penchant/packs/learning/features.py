"""What makes one module the better next step, and how it adds up."""

from __future__ import annotations

from penchant.features import category_affinity, next_in, number_fit
from penchant.ranking import Objective, Term
from penchant.slate import Reason

FEATURES = (
    next_in(
        "next_in_series",
        "series",
        "position",
        "The step after the furthest one completed in a series that was begun.",
        reason=Reason("next_in_series", "the next step of a series you began"),
    ),
    category_affinity(
        "topic_interest",
        "topic",
        "The learner's recent work on this topic.",
        half_life_days=30.0,
        reason=Reason("topic", "about a topic you work on"),
    ),
    number_fit(
        "level_fit",
        "level",
        "topic",
        "How near the level is to what the learner does in this topic.",
        spread=0.5,
        reason=Reason("level", "at your level"),
    ),
)

OBJECTIVES = (
    Objective(
        "progress",
        1,
        "Brings the learner a step further: next in a series first, then interest and level.",
        (
            Term("relevance", 1.0),
            Term("next_in_series", 1.0),
            Term("topic_interest", 0.3),
            Term("level_fit", 0.2),
        ),
    ),
)
