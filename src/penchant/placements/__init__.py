"""Placements: the stages that turn a request into a slate, and the rules people lay over them."""

from penchant.placements.check import problems
from penchant.placements.compiled import CompiledRule, compile_rules
from penchant.placements.liking import likes_as_json, share_of
from penchant.placements.pipeline import Answer, Work, answer
from penchant.placements.record import Acted, Record, Worth
from penchant.placements.request import Ask, Parts
from penchant.placements.rule import Action, Rule
from penchant.placements.rule_check import validate_rule
from penchant.placements.segments import Segments, declared, segments_of
from penchant.placements.spec import PlacementSpec
from penchant.placements.standing import Standings
from penchant.placements.texts import ENGLISH, SHIPPED, Texts, codes_of, reasons_of
from penchant.placements.trace import Trace
from penchant.placements.why_not import Gate, Proposed, Stage, WhyNot, why_not

__all__ = [
    "ENGLISH",
    "SHIPPED",
    "Acted",
    "Action",
    "Answer",
    "Ask",
    "CompiledRule",
    "Gate",
    "Parts",
    "PlacementSpec",
    "Proposed",
    "Record",
    "Rule",
    "Segments",
    "Stage",
    "Standings",
    "Texts",
    "Trace",
    "WhyNot",
    "Work",
    "Worth",
    "answer",
    "codes_of",
    "compile_rules",
    "declared",
    "likes_as_json",
    "problems",
    "reasons_of",
    "segments_of",
    "share_of",
    "validate_rule",
    "why_not",
]
