"""Events: the vocabulary, roles, and translations from what clients send."""

from penchant.events.bounds import BOUNDS, Bounds
from penchant.events.decode import decode
from penchant.events.event import MAX_ID, ClockMark, Event, validate
from penchant.events.player import PLAYER, Motion
from penchant.events.reading import Reading
from penchant.events.reasons import REASONS, ReasonKind
from penchant.events.segment import translate, unbatch
from penchant.events.signal import Role, Signal
from penchant.events.statement import PURPOSES, Consent, How, Link, Purpose, Trait
from penchant.events.translated import Translated
from penchant.events.verbs import VERBS, Verb
from penchant.events.vocabulary import VOCABULARY, Shape, Term, canonical, find, suggestion
from penchant.events.xapi import statement_digest, statement_id, translate_statement

__all__ = [
    "BOUNDS",
    "MAX_ID",
    "PLAYER",
    "PURPOSES",
    "REASONS",
    "VERBS",
    "VOCABULARY",
    "Bounds",
    "ClockMark",
    "Consent",
    "Event",
    "How",
    "Link",
    "Motion",
    "Purpose",
    "Reading",
    "ReasonKind",
    "Role",
    "Shape",
    "Signal",
    "Term",
    "Trait",
    "Translated",
    "Verb",
    "canonical",
    "decode",
    "find",
    "statement_digest",
    "statement_id",
    "suggestion",
    "translate",
    "translate_statement",
    "unbatch",
    "validate",
]
