"""One small filter language, as JSON: on item fields it gives masks, on a person's traits yes or no."""

from penchant.catalog.filters.about import About
from penchant.catalog.filters.audience import Audience, parse_audience
from penchant.catalog.filters.filter import Filter, parse_filter

__all__ = ["About", "Audience", "Filter", "parse_audience", "parse_filter"]
