"""Offline evaluation: who is judged, by what, how sure the numbers are, and which model may be called the winner."""

from penchant.evaluation.beyond import BEYOND
from penchant.evaluation.blend import blended, choose_blend
from penchant.evaluation.eligible import eligible, known_at
from penchant.evaluation.interval import Estimate, coverage_interval, difference, interval, intervals
from penchant.evaluation.judge import judge
from penchant.evaluation.offline import evaluate
from penchant.evaluation.outcomes import EVERYTHING, HeadRow, Learned, ObjectiveRow, Outcomes
from penchant.evaluation.report import Choice, Counts, Report, Row, Tried, Turn
from penchant.evaluation.targets import Targets
from penchant.evaluation.trial import Trial, attempt, stage
from penchant.evaluation.verdict import Verdict, decide
from penchant.evaluation.window import Windows, resolve

__all__ = [
    "BEYOND",
    "EVERYTHING",
    "Choice",
    "Counts",
    "Estimate",
    "HeadRow",
    "Learned",
    "ObjectiveRow",
    "Outcomes",
    "Report",
    "Row",
    "Targets",
    "Trial",
    "Tried",
    "Turn",
    "Verdict",
    "Windows",
    "attempt",
    "blended",
    "choose_blend",
    "coverage_interval",
    "decide",
    "difference",
    "eligible",
    "evaluate",
    "interval",
    "intervals",
    "judge",
    "known_at",
    "resolve",
    "stage",
]
