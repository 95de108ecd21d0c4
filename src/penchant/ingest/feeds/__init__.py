"""Feeds of items, pulled when they are due: each is taken whole, or not at all."""

from penchant.ingest.feeds.feeds import Feeds, FeedStatus
from penchant.ingest.feeds.report import Example, FeedReport, Refusal
from penchant.ingest.feeds.schedule import FeedSchedule
from penchant.ingest.feeds.settings import AUTO, FeedSettings, interval

__all__ = [
    "AUTO",
    "Example",
    "FeedReport",
    "FeedSchedule",
    "FeedSettings",
    "FeedStatus",
    "Feeds",
    "Refusal",
    "interval",
]
