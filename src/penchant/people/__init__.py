"""People: anonymous and known ids, which of them are one person, and what a person allows."""

from penchant.people.consent import Rules, decide
from penchant.people.graph import MOST_LINKS, canonical, components, groups, known, regroup
from penchant.people.preferences import ITEMS, Likes, Value, likes_of, trait_of
from penchant.people.profile import TAKEN_BACK, Fact, profile

__all__ = [
    "ITEMS",
    "MOST_LINKS",
    "TAKEN_BACK",
    "Fact",
    "Likes",
    "Rules",
    "Value",
    "canonical",
    "components",
    "decide",
    "groups",
    "known",
    "likes_of",
    "profile",
    "regroup",
    "trait_of",
]
