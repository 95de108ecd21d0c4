"""Serving: requests become slates."""

from penchant.serving.curation import Checked, Curation, KeptRule
from penchant.serving.explained import ExplainedItem, ExplainedSlate, Explanation
from penchant.serving.live import View
from penchant.serving.logged import Asked, LoggedItem, LoggedSlate, Ranked, logged, read_logged
from penchant.serving.recommender import DomainSetup, Recommender
from penchant.serving.request import MOST_ITEMS, RecommendationRequest
from penchant.serving.slate_log import SlateLog

__all__ = [
    "MOST_ITEMS",
    "Asked",
    "Checked",
    "Curation",
    "DomainSetup",
    "ExplainedItem",
    "ExplainedSlate",
    "Explanation",
    "KeptRule",
    "LoggedItem",
    "LoggedSlate",
    "Ranked",
    "RecommendationRequest",
    "Recommender",
    "SlateLog",
    "View",
    "logged",
    "read_logged",
]
