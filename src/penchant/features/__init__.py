"""Features: one vectorized kernel, used by serving, by training and on a cluster."""

from penchant.features.affinity import category_affinity, category_aversion, number_fit, sibling, tag_affinity
from penchant.features.feature import Feature
from penchant.features.order import next_in
from penchant.features.time import freshness

__all__ = [
    "Feature",
    "category_affinity",
    "category_aversion",
    "freshness",
    "next_in",
    "number_fit",
    "sibling",
    "tag_affinity",
]
