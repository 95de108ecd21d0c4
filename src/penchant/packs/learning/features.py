"""What makes one module the better next step. What was sold is no feature here, on purpose."""

from __future__ import annotations

from penchant.events import Role
from penchant.features import (
    EVERYDAY,
    Checks,
    above_mastery,
    above_reached,
    ahead_in,
    category_affinity,
    category_aversion,
    days_since_had,
    days_since_with,
    days_until_date,
    decayed_count,
    finished_share,
    growth,
    items_since_with,
    items_with,
    mastery,
    needs_met,
    next_in,
    number_fit,
    number_of,
    same_as_seed,
    share_done,
    share_of_latest,
    size_of,
    smoothed_rate,
    tags_told,
    times_had,
    told,
)
from penchant.slate import Reason

_WORK = (Role.GOAL, Role.STRONG, Role.WEAK)
_CHECKS = Checks()

_PATH = (
    next_in(
        "next_in_series",
        "series",
        "position",
        "The step after the furthest one completed in a series that was begun.",
        reason=Reason("next_in_series", "the next step of a series you began"),
    ),
    ahead_in("steps_ahead", "series", "position", "Steps between it and the furthest one completed in its series."),
    number_of("position_in_series", "position", "Its place in its series.", unit="places", low=1.0, high=1_000.0),
    share_done("series_done", "series", "Share of its series that the learner completed."),
    category_affinity("series_affinity", "series", "The learner's recent work on its series.", half_life_days=30.0),
    days_since_with("series_days", "series", "Days since the learner worked on its series.", *_WORK),
    needs_met("prerequisites_met", "prerequisites", "Share of its prerequisites that are completed."),
    tags_told("prerequisites_told", "prerequisites", "How many prerequisites it has."),
)

_ABILITY = (
    mastery("topic_mastery", "topic", "How well the learner's checks on its topic went, lately most.", _CHECKS),
    mastery("series_mastery", "series", "How well the learner's checks in its series went, lately most.", _CHECKS),
    above_mastery("level_above_mastery", "level", "topic", "How far its level lies above that.", _CHECKS),
    above_reached("level_above_reached", "level", "topic", "Its level less the highest completed in its topic."),
    number_fit(
        "level_fit",
        "level",
        "topic",
        "How near the level is to what the learner does in this topic.",
        spread=0.5,
        reason=Reason("level", "at your level"),
    ),
    number_of("level", "level", "How hard it is, 1 to 5.", unit="levels", low=1.0, high=5.0),
    finished_share("finisher", "", "Share of what the learner began that they completed.", *_WORK),
    finished_share("topic_finished", "topic", "Share completed of what they began on its topic.", *_WORK),
    items_with("topic_completed", "topic", "Modules of its topic that the learner completed.", Role.GOAL),
    items_with("topic_failed", "topic", "Modules of its topic that the learner failed or refused.", Role.NEGATIVE),
)

_INTEREST = (
    category_affinity(
        "topic_interest",
        "topic",
        "The learner's recent work on this topic.",
        half_life_days=30.0,
        reason=Reason("topic", "about a topic you work on"),
    ),
    category_affinity("topic_recent", "topic", "The learner's work on this topic lately.", half_life_days=3.0),
    category_aversion("topic_aversion", "topic", "The learner turned away from this topic."),
    category_affinity("explains_interest", "explains", "Their interest in what it explains.", half_life_days=60.0),
    days_since_with("topic_days", "topic", "Days since the learner worked on its topic.", *_WORK),
    items_since_with("topic_steps", "topic", "Other modules worked on since.", *_WORK),
    share_of_latest("topic_latest", "topic", "Its topic among the latest five.", *_WORK, latest=5),
    same_as_seed("topic_of_seed", "topic", "Whether what the request is about is of its topic."),
    same_as_seed("series_of_seed", "series", "Whether what the request is about is of its series."),
)

_HAD = (
    times_had("begun_before", "How often the learner worked on it.", roles=(Role.WEAK,)),
    days_since_had("begun_days", "Days since the learner worked on it.", roles=(Role.WEAK,)),
    times_had("checked_before", "How often the learner was checked on it.", roles=(Role.STRONG,)),
    times_had("failed_before", "How often the learner failed or refused it.", roles=(Role.NEGATIVE,)),
    days_since_had("failed_days", "Days since the learner failed or refused it.", roles=(Role.NEGATIVE,)),
    times_had("completed_before", "How often the learner completed it.", roles=(Role.GOAL,)),
    days_since_had("completed_days", "Days since the learner completed it.", roles=(Role.GOAL,)),
)

_ITEM = (
    size_of("length", "length_s", "Its length in seconds."),
    number_fit("length_fit", "length_s", "topic", "How near its length is to what the learner works on.", spread=0.5),
    days_until_date("expires_days", "expires", "Days until it is out of date."),
    told("explains_something", "explains", "Whether it explains a category of products."),
    told("checked_content", "checked_by", "Whether somebody checked that it is right."),
    decayed_count("completions", Role.GOAL, "Completions by everybody, recent ones most.", half_life_days=28.0),
    smoothed_rate("completion_rate", Role.GOAL, Role.WEAK, "Completions for each start.", within="topic", prior=0.4),
    smoothed_rate("failure_rate", Role.NEGATIVE, Role.WEAK, "Failed or refused for each start.", within="topic"),
    smoothed_rate("click_rate", Role.WEAK, Role.IMPRESSION, "Begun for each time it was shown.", within="topic"),
    growth("growth", _WORK, "Work of the last day against the last week."),
)

FEATURES = (*_PATH, *_ABILITY, *_INTEREST, *_HAD, *_ITEM, *EVERYDAY)
