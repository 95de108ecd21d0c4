"""What makes one content fit this person's attention better than another."""

from __future__ import annotations

from penchant.events import Role
from penchant.features import (
    EVERYDAY,
    Scale,
    above_level,
    above_median,
    ahead_in,
    category_affinity,
    category_aversion,
    days_since_date,
    days_since_had,
    days_since_with,
    decayed_count,
    finished_share,
    freshness,
    growth,
    items_since_with,
    next_in,
    number_fit,
    number_of,
    same_as_seed,
    share_done,
    share_of_latest,
    size_of,
    smoothed_rate,
    tag_affinity,
    tag_aversion,
    tags_of_seed,
    times_had,
    told,
    visits_a_day,
)
from penchant.slate import Reason

_TURNED_TO = (Role.GOAL, Role.STRONG, Role.WEAK)
_MET = (*_TURNED_TO, Role.NEGATIVE)

_TASTE = (
    tag_affinity(
        "topic_affinity",
        "topics",
        "The person's liking of what it is about.",
        reason=Reason("topic", "about what you follow"),
    ),
    tag_affinity("topic_recent", "topics", "The person's liking of its topics lately.", half_life_days=1.0),
    tag_affinity("topic_liking", "topics", "The person's lasting liking of its topics.", half_life_days=90.0),
    tag_aversion("topic_aversion", "topics", "The person turned away from what it is about."),
    days_since_with("topic_days", "topics", "Days since the person was on its topics.", *_TURNED_TO, reads="tags"),
    category_affinity("genre_affinity", "genre", "The person's liking of its genre."),
    category_aversion("genre_aversion", "genre", "The person turned away from its genre."),
    category_affinity(
        "creator_affinity",
        "creator",
        "The person's liking of who made it.",
        half_life_days=30.0,
        reason=Reason("creator", "from someone you follow"),
    ),
    category_affinity("creator_recent", "creator", "The person's liking of them lately.", half_life_days=1.0),
    category_aversion("creator_aversion", "creator", "The person turned away from who made it."),
    days_since_with("creator_days", "creator", "Days since the person saw something of theirs.", *_TURNED_TO),
    category_affinity(
        "format_affinity",
        "format",
        "The person's liking of how it is made.",
        reason=Reason("format", "in a form you like"),
    ),
    category_aversion("format_aversion", "format", "The person turned away from how it is made."),
    category_affinity("kind_affinity", "kind", "How usual its kind is for the person.", half_life_days=30.0),
    category_affinity(
        "language_affinity",
        "language",
        "How usual its language is for the person.",
        half_life_days=180.0,
        reason=Reason("language", "in your language"),
    ),
    tag_affinity("region_affinity", "regions", "How usual its regions are for the person.", half_life_days=180.0),
    tag_affinity("flag_affinity", "flags", "The person's liking of what the editors mark so.", half_life_days=30.0),
    tags_of_seed("topics_of_seed", "topics", "Share of its topics that the request's item has."),
    same_as_seed("creator_of_seed", "creator", "Whether the request's item is by the same."),
)

_LENGTH = (
    number_fit(
        "length_fit",
        "length_s",
        "kind",
        "How near its length is to what the person takes in to the end.",
        spread=0.4,
        reason=Reason("length", "as long as you like it"),
    ),
    above_level(
        "length_above_usual",
        "How far its length lies above the person's level for its kind.",
        Scale("length_s", "kind", shrinkage=1.0, half_life_days=60.0),
    ),
    above_median("length_above_median", "length_s", "kind", "How far its length lies above the median of its kind."),
    size_of("length", "length_s", "Its length in seconds."),
)

_AGE = (
    freshness(
        "freshness",
        "published",
        "How new it is; halved every two weeks.",
        half_life_days=14.0,
        reason=Reason("fresh", "new"),
    ),
    freshness("news", "published", "How new it is; halved every day.", half_life_days=1.0),
    days_since_date("age_days", "published", "Days since it came out."),
    number_of("age_rating", "age_rating", "Youngest age it is meant for.", unit="years", high=21.0),
    told("regional", "regions", "Whether it is for some regions only."),
    told("flagged", "flags", "Whether the editors marked it."),
)

_ATTENTION = (
    finished_share("finisher", "", "Share of what the person began that they finished.", *_TURNED_TO),
    finished_share("topic_finished", "topics", "Share finished of its topics.", *_TURNED_TO, reads="tags"),
    finished_share("creator_finished", "creator", "Share finished of what they made.", *_TURNED_TO),
    finished_share("format_finished", "format", "Share finished of what is made so.", *_TURNED_TO),
    finished_share("kind_finished", "kind", "Share finished of its kind.", *_TURNED_TO),
    share_of_latest("topic_fatigue", "topics", "Its topics among the latest ten.", *_MET, reads="tags"),
    share_of_latest("creator_fatigue", "creator", "Who made it among the latest ten.", *_MET),
    share_of_latest("format_fatigue", "format", "How it is made among the latest ten.", *_MET),
    items_since_with("creator_steps", "creator", "Others seen since the last of theirs.", *_TURNED_TO),
    times_had("finished_before", "How often the person finished it.", roles=(Role.GOAL,)),
    days_since_had("finished_days", "Days since the person finished it.", roles=(Role.GOAL,)),
)

_SERIES = (
    next_in(
        "next_episode",
        "series",
        "episode",
        "The episode after the furthest one finished in a series that was begun.",
        reason=Reason("next_episode", "the next of a series you follow"),
    ),
    ahead_in("episodes_ahead", "series", "episode", "Episodes between it and the furthest one finished."),
    share_done("series_done", "series", "Share of its series that the person finished."),
    category_affinity("series_affinity", "series", "The person's liking of its series.", half_life_days=30.0),
)

_CROWD = (
    decayed_count("completions", Role.GOAL, "Completions by everybody, recent ones most."),
    decayed_count("starts", Role.WEAK, "Starts by everybody, recent ones most.", half_life_days=2.0),
    smoothed_rate("completion_rate", Role.GOAL, Role.WEAK, "Completions for each start.", within="kind", prior=0.3),
    smoothed_rate("early_exit_rate", Role.NEGATIVE, Role.WEAK, "Turned away for each start.", within="kind"),
    smoothed_rate("creator_rate", Role.GOAL, Role.WEAK, "Completions a start, this week.", within="creator", days=7.0),
    smoothed_rate("liked_rate", Role.STRONG, Role.WEAK, "Liked or shared for each start.", within="kind", prior=0.02),
    smoothed_rate("click_rate", Role.WEAK, Role.IMPRESSION, "Starts for each time it was shown.", within="kind"),
    growth(
        "growth",
        _TURNED_TO,
        "Interest of the last day against the last week.",
        reason=Reason("rising", "more people turn to it now"),
    ),
)

_HABIT = (visits_a_day("visits_a_day", "How often the person came so far."),)

FEATURES = (*_TASTE, *_LENGTH, *_AGE, *_ATTENTION, *_SERIES, *_CROWD, *EVERYDAY, *_HABIT)
