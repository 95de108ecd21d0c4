"""What may follow when a module is shown: work on it, completion, learning, the step taken. Never a sale."""

from __future__ import annotations

from penchant.events import Role
from penchant.features import OF_THE_SHOWING
from penchant.ranking import Head, Outcome

HEADS = (
    Head(
        "p_progress",
        Outcome(
            "The learner works on it within a week of seeing it: begins it, goes on with it, answers its checks.",
            "chance",
            "reached",
            roles=(Role.WEAK, Role.STRONG, Role.GOAL, Role.NEGATIVE),
            events=("Module Started", "Module Progressed", "Quiz Answered", "Module Completed", "Module Failed"),
            days=7.0,
        ),
        falling=("position",),
    ),
    Head(
        "p_complete",
        Outcome(
            "The learner completes it, checks included, within two weeks of seeing it.",
            "chance",
            "reached",
            roles=(Role.GOAL,),
            days=14.0,
        ),
        falling=("position",),
    ),
    Head(
        "gain",
        Outcome(
            "How much better the learner's checks went than was to be expected, once it is worked on.",
            "amount",
            "gained",
            days=14.0,
            given="p_progress",
        ),
        without=OF_THE_SHOWING,
    ),
    Head(
        "p_action",
        Outcome(
            "The learner, having completed it, does what it is about within a month.",
            "chance",
            "reached",
            roles=(Role.STRONG,),
            events=("Action Taken",),
            days=30.0,
            given="p_complete",
        ),
        without=OF_THE_SHOWING,
    ),
)
