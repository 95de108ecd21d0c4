"""A domain is made ready before it is asked: whatever only the first request would pay for is paid for beforehand.

The log is read on, and each placement is filled once, for nobody to see: what is read from disk, added up or worked out
once an hour is there then. On a large site that is seconds of work, which requests that come at once would all begin
with, and none would end in time.
"""

from __future__ import annotations

import logging
from functools import partial

from penchant.clock import Clock
from penchant.errors import PenchantError
from penchant.serving.golden import golden, nobody, seeds_of
from penchant.serving.recommender import Recommender
from penchant.serving.request import RecommendationRequest
from penchant.serving.statistics import Counted
from penchant.storage import Store

CATCH_UP_S = 120.0
"""Longest wait for the log to be read on. What takes longer goes on beside the requests."""

_log = logging.getLogger("penchant.serving")


def warm_up(recommender: Recommender, domain: str, store: Store, clock: Clock) -> float:
    """Make a domain ready, and see to it that counts of a new hour are ready before they serve.

    Whatever goes wrong goes to the log, and to whoever asks.

    Args:
        recommender: What is to answer.
        domain: One of its domains.
        store: Where slates are logged.
        clock: What time it is.

    Returns:
        Seconds that it took.
    """
    begun = clock.elapsed()
    try:
        recommender.serving(domain).statistics.before = partial(_rehearse, recommender, domain)
        recommender.catch_up(domain, CATCH_UP_S)
        placements = recommender.view(domain).setup.placements
        for request in golden(domain, placements, store, clock, seeds_of(recommender, domain)):
            _ask(recommender, request)
    except Exception as error:  # a server that starts slowly is better than none
        _log.warning("%s was not made ready", domain, exc_info=error)
    return clock.elapsed() - begun


def _rehearse(recommender: Recommender, domain: str, counted: Counted) -> None:
    """Let counts that are to serve pay for what the first request would."""
    try:
        seeds, placements = seeds_of(recommender, domain), recommender.view(domain).setup.placements
    except PenchantError as error:  # the counts are right, and serve all the same
        _log.warning("counts of %s were not made ready: %s", domain, type(error).__name__)
        return
    for placement in placements.values():
        for request in nobody(domain, placement, seeds):
            _ask(recommender, request, counted)


def _ask(recommender: Recommender, request: RecommendationRequest, counted: Counted | None = None) -> None:
    try:
        recommender.rehearse(request, counted)
    except Exception as error:  # a request that is no longer right, or a stage that breaks for others as well
        _log.info("%s could not be asked beforehand: %s", request.placement, type(error).__name__)
