"""People: anonymous and known ids, which of them are one person, and what a person allows."""

from penchant.people.consent import Rules, decide
from penchant.people.graph import MOST_LINKS, canonical, components, groups, known, regroup
from penchant.people.profile import TAKEN_BACK, Fact, profile

__all__ = [
    "MOST_LINKS",
    "TAKEN_BACK",
    "Fact",
    "Rules",
    "canonical",
    "components",
    "decide",
    "groups",
    "known",
    "profile",
    "regroup",
]
