"""Placements: the stages that turn a request into a slate, and the rules people lay over them."""

from penchant.placements.check import problems
from penchant.placements.compiled import CompiledRule, compile_rules
from penchant.placements.pipeline import Answer, answer
from penchant.placements.record import Acted, Record, Worth
from penchant.placements.request import Ask, Parts
from penchant.placements.rule import Action, Rule
from penchant.placements.rule_check import validate_rule
from penchant.placements.trace import Trace

__all__ = [
    "Acted",
    "Action",
    "Answer",
    "Ask",
    "CompiledRule",
    "Parts",
    "Record",
    "Rule",
    "Trace",
    "Worth",
    "answer",
    "compile_rules",
    "problems",
    "validate_rule",
]
