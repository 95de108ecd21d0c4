"""One placement for many people at once, for e-mail and caches: the same answers as one by one, sooner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import msgspec
import numpy as np

from penchant.dataset import Queries
from penchant.pack import Placement
from penchant.serving.ask import Visit, Wanted, ask
from penchant.serving.fields import Told
from penchant.serving.made import Made
from penchant.serving.prefetched import Prefetched
from penchant.serving.recommender import Recommender, patient
from penchant.serving.request import RecommendationRequest
from penchant.serving.setup import DomainSetup
from penchant.slate import Slate

TOGETHER = 256
"""People whose models are asked at once."""


@dataclass(frozen=True)
class Listed:
    """What one person would be shown.

    Attributes:
        actor: The person, `user:…` or `anon:…`.
        slate: The answer; its id is empty where it was not logged.
    """

    actor: str
    slate: Slate


def recommend_all(
    recommender: Recommender,
    request: RecommendationRequest,
    actors: Iterable[str],
    *,
    log: bool = False,
    together: int = TOGETHER,
) -> Iterator[Listed]:
    """Fill one placement for each of many people.

    Consent, constraints and rules hold as they do in a request. A list is what a request of that moment would be
    answered with: models are asked about many people at once, which gives the same items, save where two items are
    worth the same but for the last bits of a number.

    Args:
        recommender: Who fills it.
        request: What is asked for each; whose it is does not count.
        actors: Whom for, `user:…` and `anon:…`, in the order of the answers.
        log: Keep the answers in the log of slates, as if they had been shown.
        together: People whose models are asked at once.

    Raises:
        NotFound: No such placement or domain.
        InvalidRequest: Something is wrong in the request.
        StorageError: The catalog cannot be read.
    """
    setup, _ = recommender.find(request)
    told = recommender.fields.read(setup.name, request.fields, public=False)
    waiting = iter(actors)
    while some := list(islice(waiting, together)):
        by: dict[str, list[str]] = {}
        for actor in some:
            by.setdefault(setup.assigned(for_actor(request, actor)).placement.name, []).append(actor)
        lists = {
            one.actor: one
            for name, arm in by.items()
            for one in _chunk(recommender, setup, patient(setup.placements[name]), request, told, arm, log=log)
        }
        yield from map(lists.__getitem__, some)


def for_actor(request: RecommendationRequest, actor: str) -> RecommendationRequest:
    """The same request for somebody else."""
    kind, _, name = actor.partition(":")
    user = name if kind == "user" else None
    return msgspec.structs.replace(request, user_id=user, anonymous_id=None if user is not None else name)


def _chunk(
    recommender: Recommender,
    setup: DomainSetup,
    placement: Placement,
    request: RecommendationRequest,
    told: Told | None,
    actors: list[str],
    *,
    log: bool,
) -> Iterator[Listed]:
    visits: list[tuple[Visit, Wanted]] = []
    for actor in actors:
        visit, (wanted,) = recommender.visit(setup, ((for_actor(request, actor), placement),))
        visits.append((visit, wanted))
    first = visits[0][0]
    queries: list[Queries] = []
    open_ = np.zeros(len(first.parts.table), bool)
    for visit, wanted in visits:
        asked, _ = ask(wanted, visit)
        facts = asked.facts.queries
        queries.append(facts if asked.personalized else Queries.single(visit.now, seeds=facts.seeds))
        if visit.view is first.view:
            open_ |= asked.eligible
    prefetched = Prefetched(placement, first.parts, queries, open_ & first.parts.table.active)
    made: list[Made] = []
    for person, (visit, wanted) in enumerate(visits):
        # Whoever was looked at after the catalog or the release changed is answered alone, from what is true since.
        same = visit.view is first.view
        made.append(recommender.fill(replace(visit, parts=prefetched.parts(person)) if same else visit, wanted))
    if log:
        for (_, wanted), one in zip(visits, made, strict=True):
            recommender.keep(one, wanted.request)
        recommender.flush()  # the log's queue is made for answers, and drops what comes faster than it writes
    for actor, one in zip(actors, made, strict=True):
        slate = recommender.told(one, told)
        yield Listed(actor, slate if log else msgspec.structs.replace(slate, slate_id=""))
