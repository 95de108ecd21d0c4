"""What publishers want, and what it takes."""

from __future__ import annotations

from penchant.events import Role
from penchant.pack import Aim, Wanted

AIMS = (
    Aim(
        "completion",
        "More of what is begun is taken in to the end.",
        "completion",
        ("completion@10", "ndcg@10"),
        fields=(Wanted(("length_s",), "length tells what fits the time a person has."),),
        roles=(Role.GOAL, Role.WEAK, Role.NEGATIVE),
    ),
    Aim(
        "depth",
        "Longer visits: one thing leads to the next.",
        "time_well_spent",
        ("ndcg@10", "hr@10", "topic-entropy@10"),
        fields=(Wanted(("series", "creator", "topics"), "what belongs together leads on."),),
        roles=(Role.GOAL, Role.WEAK),
    ),
    Aim(
        "return-visits",
        "People come back.",
        "return_visit",
        ("recall@20", "creator-share@10", "topic-entropy@10"),
        roles=(Role.GOAL, Role.NEGATIVE),
    ),
    Aim(
        "discovery",
        "More of the catalog found by those it suits, and no voice that drowns the others.",
        "completion",
        ("coverage@10", "creator-share@10", "topic-entropy@10", "novelty@10"),
        fields=(
            Wanted(("topics",), "variety is counted by topic."),
            Wanted(("creator",), "voices are counted by creator."),
        ),
    ),
    Aim(
        "freshness",
        "What is new is found while it is new.",
        "completion",
        ("age-days@10", "ndcg@10"),
        fields=(Wanted(("published",), "age is counted from it."),),
    ),
)
