"""Ranking: objectives, and how candidates get their value."""

from penchant.ranking.objective import Objective, Term
from penchant.ranking.score import Valued, score

__all__ = ["Objective", "Term", "Valued", "score"]
