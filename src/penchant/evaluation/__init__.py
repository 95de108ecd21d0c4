"""Offline evaluation: who is judged, by what, how sure the numbers are, and which model may be called the winner."""

from penchant.evaluation.blend import blended, choose_weights
from penchant.evaluation.interval import Estimate, coverage_interval, difference, interval, intervals
from penchant.evaluation.offline import evaluate
from penchant.evaluation.report import Counts, Report, Row
from penchant.evaluation.targets import Targets, judge
from penchant.evaluation.verdict import Verdict, decide
from penchant.evaluation.window import Window, resolve

__all__ = [
    "Counts",
    "Estimate",
    "Report",
    "Row",
    "Targets",
    "Verdict",
    "Window",
    "blended",
    "choose_weights",
    "coverage_interval",
    "decide",
    "difference",
    "evaluate",
    "interval",
    "intervals",
    "judge",
    "resolve",
]
