"""Training: recipes become fitted models, and fitted models a release."""

from penchant.training.consent import Permitted, permitted
from penchant.training.fit import FittedModels, fit
from penchant.training.plan import served, tuned
from penchant.training.release import publish

__all__ = ["FittedModels", "Permitted", "fit", "permitted", "publish", "served", "tuned"]
