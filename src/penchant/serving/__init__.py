"""Serving: requests become slates."""

from penchant.serving.live import View
from penchant.serving.recommender import DomainSetup, Recommender
from penchant.serving.request import MOST_ITEMS, RecommendationRequest
from penchant.serving.slate_log import SlateLog

__all__ = ["MOST_ITEMS", "DomainSetup", "RecommendationRequest", "Recommender", "SlateLog", "View"]
