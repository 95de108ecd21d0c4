"""Ranking: heads, objectives, and how candidates get their value."""

from penchant.ranking.calibration import Calibration
from penchant.ranking.chain import AnyHead, Chain, with_chains
from penchant.ranking.figures import HeadFigures, ReliabilityBin, judge_head
from penchant.ranking.fitted import FittedHead, fit_head
from penchant.ranking.floor import TradeOff, choose_floor, floored, trade_off
from penchant.ranking.formula import Formula, parse
from penchant.ranking.head import Head, Outcome
from penchant.ranking.heads import Heads
from penchant.ranking.objective import Objective, Term
from penchant.ranking.rows import Rows
from penchant.ranking.score import Valued, score
from penchant.ranking.value import asked, by_formula, heads_for, number_fields, value

__all__ = [
    "AnyHead",
    "Calibration",
    "Chain",
    "FittedHead",
    "Formula",
    "Head",
    "HeadFigures",
    "Heads",
    "Objective",
    "Outcome",
    "ReliabilityBin",
    "Rows",
    "Term",
    "TradeOff",
    "Valued",
    "asked",
    "by_formula",
    "choose_floor",
    "fit_head",
    "floored",
    "heads_for",
    "judge_head",
    "number_fields",
    "parse",
    "score",
    "trade_off",
    "value",
    "with_chains",
]
