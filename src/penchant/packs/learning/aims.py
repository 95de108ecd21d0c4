"""What academies want, and what it takes."""

from __future__ import annotations

from penchant.events import Role
from penchant.pack import Aim, Wanted

AIMS = (
    Aim(
        "progress",
        "Learners take the next step and reach the end of what they began.",
        "progress",
        ("progression@3", "next-step@3", "ndcg@10"),
        fields=(
            Wanted(("series",), "a next step is one of a series."),
            Wanted(("position",), "places in a series tell which step is next."),
        ),
        roles=(Role.GOAL, Role.WEAK),
    ),
    Aim(
        "mastery",
        "Learners can do what they learned, and are offered nothing they cannot take yet.",
        "progress",
        ("violations@10", "progression@3"),
        fields=(
            Wanted(("prerequisites",), "without them nothing keeps a learner from a step that is too early."),
            Wanted(("level",), "levels tell what is too easy or too hard."),
        ),
        roles=(Role.GOAL, Role.STRONG, Role.NEGATIVE),
    ),
    Aim(
        "action",
        "Learners do what they learned about.",
        "informed_action",
        ("ndcg@10", "next-step@3"),
        roles=(Role.GOAL, Role.STRONG),
    ),
    Aim(
        "breadth",
        "Learners find topics beside those they came for.",
        "progress",
        ("coverage@10", "diversity@10", "novelty@10"),
        fields=(Wanted(("topic",), "variety is counted by topic."),),
    ),
)
