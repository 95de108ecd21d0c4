"""Features that every domain has: the moment, the visit, and what the person had to do with the candidate."""

from __future__ import annotations

from penchant.events import Role
from penchant.features.context import (
    days_since,
    days_since_visit,
    device,
    history_size,
    hour_of_day,
    placement,
    position,
    visit_length,
    visit_minutes,
    weekday,
)
from penchant.features.feature import Feature
from penchant.features.own import days_since_had, times_had
from penchant.features.popularity import days_known, days_quiet
from penchant.features.seed import is_seed

EVERYDAY: tuple[Feature, ...] = (
    hour_of_day("hour", "Hours since midnight, by the world's clock."),
    weekday("weekday", "Day of the week, 0 for Monday."),
    device("device", "What the person looks at it with."),
    placement("placement", "Where it is shown."),
    position("position", "Its place on the slate, which is the first for all when they are compared."),
    history_size("history", "What is known of the person: events."),
    history_size("goals", "Goals the person reached so far.", roles=(Role.GOAL,)),
    days_since("days_away", "Days since anything was heard of the person."),
    days_since("days_since_goal", "Days since the person's last goal.", roles=(Role.GOAL,)),
    days_since_visit("visit_pause", "Days since the person's visit before this one."),
    visit_length("visit_length", "Events of this visit so far."),
    visit_minutes("visit_minutes", "Minutes since this visit began."),
    is_seed("asked_about", "Whether the request is about it."),
    times_had("times_touched", "How often the person turned to it.", roles=(Role.STRONG, Role.WEAK)),
    days_since_had("days_since_touched", "Days since the person turned to it.", roles=(Role.STRONG, Role.WEAK)),
    times_had("times_shown", "How often it was shown to the person.", roles=(Role.IMPRESSION,)),
    times_had("times_refused", "How often the person turned away from it.", roles=(Role.NEGATIVE,)),
    days_known("days_known", "Days since anybody had to do with it for the first time."),
    days_quiet("days_quiet", "Days since anybody had to do with it."),
)
"""Their names are the same in all packs."""

OF_THE_SHOWING = ("position", "placement", "relevance", "times_shown")
"""What says where and why something was shown, and nothing of what it is like to have it."""
