"""Training: recipes become fitted models, and fitted models a release."""

from penchant.training.consent import Permitted, permitted
from penchant.training.fit import FittedModels, fit
from penchant.training.heads import LearnedHeads, Sources, learn_heads
from penchant.training.plan import served, tuned
from penchant.training.release import Counted, publish

__all__ = [
    "Counted",
    "FittedModels",
    "LearnedHeads",
    "Permitted",
    "Sources",
    "fit",
    "learn_heads",
    "permitted",
    "publish",
    "served",
    "tuned",
]
