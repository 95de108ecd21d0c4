"""Serving: requests become slates."""

from penchant.serving.curation import Checked, Curation, KeptRule
from penchant.serving.live import View
from penchant.serving.recommender import DomainSetup, Recommender
from penchant.serving.request import MOST_ITEMS, RecommendationRequest
from penchant.serving.slate_log import RuledSlate, SlateLog

__all__ = [
    "MOST_ITEMS",
    "Checked",
    "Curation",
    "DomainSetup",
    "KeptRule",
    "RecommendationRequest",
    "Recommender",
    "RuledSlate",
    "SlateLog",
    "View",
]
