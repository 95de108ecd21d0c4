"""Events: the vocabulary, roles, and translations from what clients send."""

from penchant.events.event import MAX_ID, Event, validate
from penchant.events.segment import Link, Translated, translate, unbatch
from penchant.events.signal import Role, Signal
from penchant.events.vocabulary import VOCABULARY, Shape, Term, canonical, find, suggestion

__all__ = [
    "MAX_ID",
    "VOCABULARY",
    "Event",
    "Link",
    "Role",
    "Shape",
    "Signal",
    "Term",
    "Translated",
    "canonical",
    "find",
    "suggestion",
    "translate",
    "unbatch",
    "validate",
]
