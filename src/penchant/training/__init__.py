"""Training: recipes become fitted models, and fitted models a release."""

from penchant.training.attempts import Attempts, Turns
from penchant.training.consent import Permitted, permitted
from penchant.training.drift import Drift, Moved, drift
from penchant.training.fit import FittedModels, fit
from penchant.training.freshness import Freshness, Goal, fresh, told
from penchant.training.heads import LearnedHeads, Sources, learn_heads
from penchant.training.plan import served, tuned
from penchant.training.reference import Covered, Period, Reference, look
from penchant.training.release import Counted, publish
from penchant.training.rows import counted
from penchant.training.schedule import LOOK_S, Schedule, Trained

__all__ = [
    "LOOK_S",
    "Attempts",
    "Counted",
    "Covered",
    "Drift",
    "FittedModels",
    "Freshness",
    "Goal",
    "LearnedHeads",
    "Moved",
    "Period",
    "Permitted",
    "Reference",
    "Schedule",
    "Sources",
    "Trained",
    "Turns",
    "counted",
    "drift",
    "fit",
    "fresh",
    "learn_heads",
    "look",
    "permitted",
    "publish",
    "served",
    "told",
    "tuned",
]
