"""Training: recipes become fitted models, and fitted models a release."""

from penchant.training.fit import FittedModels, fit
from penchant.training.release import publish

__all__ = ["FittedModels", "fit", "publish"]
