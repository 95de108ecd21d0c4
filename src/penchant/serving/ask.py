"""From what a request says, and what is known of whoever it is for, to what a placement is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.catalog import About, Filter, parse_filter
from penchant.dataset import Queries
from penchant.pack import CHOSEN, SEGMENT, Facts, Placement
from penchant.people import Rules, likes_of
from penchant.placements import Ask, CompiledRule, Parts, declared, segments_of
from penchant.serving.boosts import boosts
from penchant.serving.live import View
from penchant.serving.more import NOTHING_EARLIER, Earlier
from penchant.serving.person import CONTEXT, Person
from penchant.serving.request import RecommendationRequest
from penchant.serving.setup import DomainSetup

CROWDED = 0.25
"""Share of its time that a request has waited from which on what is late is no fault of the release."""


@dataclass(frozen=True)
class Visit:
    """What the placements of one call have in common: a domain at a moment, and whoever asks.

    Attributes:
        setup: The domain.
        view: It, as it stands.
        parts: What answers: the view's parts, with the counts of this hour.
        moment: When, Unix seconds, as the clock told it.
        at: The same in whole milliseconds, as the log tells it.
        allowed: What the person allows.
        person: What is known of them.
        history: Their history as a request without seeds, whose moment is `at`.
        notes: What is not as it should be, for `degraded`.
    """

    setup: DomainSetup
    view: View
    parts: Parts
    moment: float
    at: int
    allowed: Rules
    person: Person
    history: Queries
    notes: tuple[str, ...]

    @property
    def now(self) -> float:
        """The moment as whoever reads the slate in the log has it, so that they work out the same features."""
        return self.at / 1000.0

    def personalized(self, request: RecommendationRequest) -> bool:
        """Whether a request may be answered by the person's history."""
        return request.personalized and self.allowed["personalization"]


@dataclass(frozen=True)
class Wanted:
    """One placement of a call, looked at before the person is.

    Attributes:
        request: What the client said.
        placement: Which slot.
        shown: The placement's own filter.
        filter: The request's.
        rules: Rules that run for it now, and the request's own boosts.
        earlier: What earlier pages of it showed.
        beside: Ids that other placements of the same call show.
        crowded: It waited for a good part of its time before anybody could begin: what is late then is late for that.
    """

    request: RecommendationRequest
    placement: Placement
    shown: Filter | None
    filter: Filter | None
    rules: tuple[CompiledRule, ...]
    earlier: Earlier = NOTHING_EARLIER
    beside: tuple[str, ...] = ()
    crowded: bool = False

    def hurried(self, late_s: float) -> Wanted:
        """The same with less time: by what it waited, in seconds, before anybody could begin with it."""
        late_ms = int(1_000.0 * late_s)
        if late_ms <= 0:
            return self
        whole = self.placement.budget_ms
        placement = msgspec.structs.replace(self.placement, budget_ms=max(whole - late_ms, 0))
        return replace(self, placement=placement, crowded=late_ms >= CROWDED * whole)

    @classmethod
    def of(
        cls,
        request: RecommendationRequest,
        placement: Placement,
        setup: DomainSetup,
        view: View,
        now: float,
        earlier: Earlier = NOTHING_EARLIER,
    ) -> Wanted:
        """Read a request.

        Args:
            request: What the client said.
            placement: Which slot.
            setup: The domain.
            view: It, as it stands.
            now: Unix seconds.
            earlier: What earlier pages showed.

        Raises:
            InvalidRequest: Its filter or a boost is wrong.
        """
        return cls(
            request,
            placement,
            setup.filters.get(placement.name),
            None if request.filter is None else parse_filter(request.filter, setup.schema),
            (*(rule for rule in view.rules if rule.runs(request.placement, now)), *boosts(request.boost, setup.schema)),
            earlier,
        )

    def asks_person(self, setup: DomainSetup, *, personalized: bool) -> bool:
        """Whether anything asks for traits of the person.

        Hard constraints and the placement's own filter may, in every case; rules, the request's filter, and the source
        of what people said they like, or that of declared segments, where the answer is personal.
        """
        if self.request.actor is None:
            return False
        if setup.asks_person(self.placement):
            return True
        return personalized and (
            any(rule.needs_person for rule in self.rules)
            or (self.filter is not None and self.filter.needs_person)
            or any(source.model == CHOSEN for source in self.placement.sources)
            or (bool(setup.segments) and any(source.model == SEGMENT for source in self.placement.sources))
        )


def ask(wanted: Wanted, visit: Visit) -> tuple[Ask, tuple[str, ...]]:
    """What a placement is asked, in codes of the item space; and what is to be noted.

    Args:
        wanted: The request and its placement.
        visit: Domain, moment and person.
    """
    request, placement, setup, view = wanted.request, wanted.placement, visit.setup, visit.view
    seeds = np.array([view.codes[i] for i in request.items if i in view.codes], np.int32)
    notes = (*(f"unknown item: {i}" for i in request.items if i not in view.codes), *wanted.earlier.notes)
    region = request.region or setup.region
    moment: dict[str, Any] = {f"{CONTEXT}{name}": value for name, value in request.context.items()}
    if region is not None:
        moment["region"] = region
    personalized = visit.personalized(request)
    queries = replace(visit.history, seed_ptr=np.array([0, len(seeds)], np.int64), seeds=seeds)
    facts = Facts(queries, region, request.context, {**visit.person.traits, **moment}, visit.person.unread)
    about = About(seeds, facts.person if personalized else moment, visit.now)
    learns = personalized and visit.allowed["analytics"]
    of_person = declared(visit.person.traits, setup.segments)
    try:
        eligible = _eligible(wanted, visit, facts, about)
    except Exception as error:  # a filter that cannot be asked lets nothing pass
        eligible, notes = np.zeros(len(visit.parts.table), bool), (*notes, f"filter: {type(error).__name__}")
    made = Ask(
        facts,
        request.n or placement.size,
        setup.objective_of(placement),
        eligible,
        personalized,
        wanted.rules,
        about,
        request.device,
        # Nothing is learned from what must not be kept or read, so nothing is tried there either.
        setup.explore_of(placement) if learns else 0.0,
        msgspec.json.encode((setup.name, placement.name, actor_of(request, visit), visit.moment, view.release)),
        likes_of(setup.name, visit.person.traits) if personalized else {},
        (*segments_of(region, request.device, visit.now), *(of_person if personalized else ())),
        request.placement,
    )
    return made, notes


def shut(wanted: Wanted, visit: Visit) -> Ask:
    """What is asked where nobody can say what a request asks for: nothing may be shown.

    Args:
        wanted: The request and its placement.
        visit: Domain, moment and person.
    """
    placement, nobody = wanted.placement, Queries.single(visit.now)
    nothing = np.zeros(len(visit.parts.table), bool)
    objective = visit.setup.objective_of(placement)
    return Ask(Facts(nobody), wanted.request.n or placement.size, objective, nothing, personalized=False)


def actor_of(request: RecommendationRequest, visit: Visit) -> str | None:
    """Whose the answer is, as far as that may be kept."""
    return request.actor if visit.allowed["analytics"] else None


def _eligible(wanted: Wanted, visit: Visit, facts: Facts, about: About) -> NDArray[np.bool_]:
    """Rows that the placement's filter, the request's, and what it excludes leave; `gates` says why a row is none."""
    table, codes = visit.parts.table, visit.view.codes
    eligible = np.ones(len(table), bool)
    if wanted.shown is not None:
        eligible &= wanted.shown.mask(table, About(about.seeds, facts.person, visit.now))
    if wanted.filter is not None:
        eligible &= wanted.filter.mask(table, about)
    left_out = (*wanted.request.exclude, *wanted.beside, *wanted.earlier.items)
    eligible[[codes[name] for name in left_out if name in codes]] = False
    shown = wanted.shown
    asks_unread = shown is not None and shown.needs_person and "traits" in facts.unread
    if wanted.earlier.ended or visit.view.closed or asks_unread:
        eligible[:] = False
    return eligible
