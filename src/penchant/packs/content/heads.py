"""What may follow when content is shown: a start, attention to the end, an early exit, another visit."""

from __future__ import annotations

from penchant.events import Role
from penchant.features import OF_THE_SHOWING
from penchant.ranking import Head, Outcome

HEADS = (
    Head(
        "p_start",
        Outcome(
            "The person begins it within a day of seeing it.",
            "chance",
            "reached",
            roles=(Role.WEAK, Role.STRONG, Role.GOAL),
            days=1.0,
        ),
        falling=("position",),
    ),
    Head(
        "completion",
        Outcome(
            "How much of it is taken in once it is begun, as a rank among what is as long.",
            "share",
            "taken_in",
            days=1.0,
            given="p_start",
        ),
        without=OF_THE_SHOWING,
    ),
    Head(
        "p_early_exit",
        Outcome("The person leaves it within ten seconds of its start.", "chance", "left", days=1.0, given="p_start"),
        without=OF_THE_SHOWING,
    ),
    Head(
        "watch_s",
        Outcome("Seconds of attention it gets once it is begun.", "amount", "seconds", days=1.0, given="p_start"),
        without=OF_THE_SHOWING,
    ),
    Head(
        "p_return_visit",
        Outcome(
            "The person, having begun it, has another visit one to seven days later.",
            "chance",
            "came_back",
            days=7.0,
            given="p_start",
        ),
        without=OF_THE_SHOWING,
    ),
)
