"""Ranking: objectives, and how candidates get their value."""

from penchant.ranking.objective import Objective, Term

__all__ = ["Objective", "Term"]
