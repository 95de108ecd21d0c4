"""Experiments: who is shown what instead of what."""

from __future__ import annotations

from penchant.experiments.assignment import luck
from penchant.experiments.experiment import Experiment

__all__ = ["Experiment", "luck"]
