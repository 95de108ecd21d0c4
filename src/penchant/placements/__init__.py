"""Placements: the stages that turn a request into a slate."""

from penchant.placements.check import problems
from penchant.placements.pipeline import Answer, answer
from penchant.placements.request import Ask, Parts

__all__ = ["Answer", "Ask", "Parts", "answer", "problems"]
