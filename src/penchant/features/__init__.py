"""Features: one vectorized kernel, used by serving, by training and on a cluster."""

from penchant.features.feature import Feature

__all__ = ["Feature"]
