"""Placements: the stages that turn a request into a slate, and the rules people lay over them."""

from penchant.placements.check import problems
from penchant.placements.compiled import CompiledRule, compile_rules
from penchant.placements.liking import likes_as_json, share_of
from penchant.placements.pipeline import Answer, answer
from penchant.placements.record import Acted, Record, Worth
from penchant.placements.request import Ask, Parts
from penchant.placements.rule import Action, Rule
from penchant.placements.rule_check import validate_rule
from penchant.placements.segments import Segments, segments_of
from penchant.placements.spec import PlacementSpec
from penchant.placements.standing import Standings
from penchant.placements.trace import Trace

__all__ = [
    "Acted",
    "Action",
    "Answer",
    "Ask",
    "CompiledRule",
    "Parts",
    "PlacementSpec",
    "Record",
    "Rule",
    "Segments",
    "Standings",
    "Trace",
    "Worth",
    "answer",
    "compile_rules",
    "likes_as_json",
    "problems",
    "segments_of",
    "share_of",
    "validate_rule",
]
