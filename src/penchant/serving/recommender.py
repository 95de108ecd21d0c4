"""From a request to a slate: history from the store, parts from the release and the catalog, then the pipeline."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import msgspec
import numpy as np

from penchant.catalog import About, Filter, FreeKind, Schema, parse_filter
from penchant.clock import Clock
from penchant.dataset import Reader
from penchant.errors import InvalidRequest, NotFound, StorageError
from penchant.events import Event, Role
from penchant.pack import Facts, Pack, Placement
from penchant.people import Rules, decide, profile
from penchant.placements import Answer, Ask, CompiledRule, Parts, answer
from penchant.ranking import Objective
from penchant.serving.explained import ExplainedSlate, explained
from penchant.serving.live import LiveDomain, View
from penchant.serving.logged import Asked, logged
from penchant.serving.request import RecommendationRequest
from penchant.serving.slate_log import SlateLog
from penchant.serving.statistics import LiveStatistics
from penchant.slate import Slate
from penchant.storage import Releases, SlateRow, Store

HISTORY = 500
"""Latest events of a person that a request reads; of older ones it still asks which items the goal was reached with."""
LONG_HISTORY = 2_000
"""Latest events that it reads when most of the first are a player's: five hours, told every ten seconds. A viewing of
any length is a few interactions, so there are not more of them for it."""

CONTEXT = "context."
"""What stands before a word of the request's context where the person is asked about."""
NOT_ALLOWED = "not personalized: this person does not allow it"
NOT_KNOWN = "not personalized: what this person allows cannot be read now"


@dataclass(frozen=True)
class DomainSetup:
    """One domain, as configuration made it.

    Attributes:
        name: Domain name.
        pack: Its pack, with configured hyper-parameters.
        placements: Its placements by name, with configured changes.
        objective: Objective of placements that name none.
        region: Region of requests that name none.
        attributes: Free fields of items that can be filtered by, and what each holds.
        explore: Share of all places that is left to chance.
    """

    name: str
    pack: Pack
    placements: Mapping[str, Placement]
    objective: str
    region: str | None
    attributes: Mapping[str, FreeKind] = field(default_factory=dict)
    explore: float = 0.0

    @cached_property
    def schema(self) -> Schema:
        """Columns of its items."""
        return Schema.of(self.pack.item, self.attributes)


@dataclass(frozen=True)
class _Made:
    """What came of a request: the slate, how, of what, whose it is as far as that may be kept, and when (ms)."""

    slate: Slate
    answer: Answer
    ask: Ask
    parts: Parts
    actor: str | None
    at: int


class Recommender:
    """Answers requests for every domain of a workspace. Safe to call from several threads."""

    def __init__(
        self,
        domains: Mapping[str, DomainSetup],
        store: Store,
        releases: Releases,
        clock: Clock,
        log: SlateLog,
        consent: Rules,
    ) -> None:
        """Take the parts; nothing is loaded yet.

        Args:
            domains: By name.
            store: Histories, catalogs and what people allow.
            releases: Fitted models.
            clock: The moment of each request.
            log: Where slates go.
            consent: What holds for people who have said nothing.

        Raises:
            InvalidRequest: The filter of a placement is wrong.
        """
        self._domains, self._store, self._clock, self._log = domains, store, clock, log
        self._consent = consent
        self._live = {
            name: LiveDomain(name, d.pack, store, releases, schema=d.schema, placements=d.placements)
            for name, d in domains.items()
        }
        self._statistics = {name: LiveStatistics(name, d.pack.signals, store, consent) for name, d in domains.items()}
        self._readers = {name: Reader(d.pack.signals) for name, d in domains.items()}
        self._filters = {
            (name, placement.name): parse_filter(placement.filter, setup.schema, f"placements.{placement.name}.filter")
            for name, setup in domains.items()
            for placement in setup.placements.values()
            if placement.filter is not None
        }

    def warm(self) -> dict[str, View]:
        """Load every domain, so that the first request does not wait."""
        return {name: live.view() for name, live in self._live.items()}

    def view(self, domain: str) -> View:
        """What serves a domain now."""
        return self._live[domain].view()

    def recommend(self, request: RecommendationRequest) -> Slate:
        """Answer one request.

        Whoever does not allow personalization is answered as if the request had not asked for it; whoever does not
        allow analytics leaves no trace in the log of slates.

        Raises:
            NotFound: No such placement or domain.
            InvalidRequest: Something the placement needs is missing, or the filter is wrong.
        """
        made = self._made(request)
        slate, ask = made.slate, made.ask
        asked = Asked(
            items=tuple(request.items),
            device=ask.device,
            region=ask.facts.region,
            n=ask.size,
            personalized=ask.personalized,
        )
        body = logged(slate, made.answer, asked)
        self._log.add(SlateRow(slate.slate_id, slate.domain, made.actor, made.at, body))
        return slate

    def explain(self, request: RecommendationRequest) -> ExplainedSlate:
        """Answer one request, and say of every item how it came to its place. Nobody is shown it: it is not logged.

        Raises:
            NotFound: No such placement or domain.
            InvalidRequest: Something the placement needs is missing, or the filter is wrong.
        """
        made = self._made(request)
        return explained(made.slate, made.answer.trace, made.parts)

    def close(self) -> None:
        """Wait for what was begun beside the requests."""
        for statistics in self._statistics.values():
            statistics.wait()

    def _made(self, request: RecommendationRequest) -> _Made:
        setup, placement = self._find(request)
        view = self._live[setup.name].view()
        self._check(request, placement)
        # What is said of a filter must not depend on what else is wrong.
        wanted = None if request.filter is None else parse_filter(request.filter, setup.schema)
        shown = self._filters.get((setup.name, placement.name))
        moment_now = self._clock.now()
        at = int(moment_now * 1000)
        now = at / 1000.0  # as the log tells it: whoever reads the slate there works out the same features
        notes = [*view.notes, *view.rule_notes]
        counted = self._statistics[setup.name].at(view.counted, view.parts.table.row, now)
        if counted.note:
            notes.append(counted.note)
        parts = replace(view.parts, statistics=counted.statistics)
        allowed = self._allowed(request, notes)
        personalized = request.personalized and allowed["personalization"]
        rules = tuple(rule for rule in view.rules if rule.runs(placement.name, now))
        known = self._known(setup, placement, request, personalized, shown, wanted, rules)
        actors, person = self._person(request, known, notes)
        events, earlier = self._history(setup, actors, at, notes)
        seeds = np.array([view.codes[i] for i in request.items if i in view.codes], np.int32)
        notes += [f"unknown item: {i}" for i in request.items if i not in view.codes]
        region = request.region or setup.region
        moment: dict[str, Any] = {f"{CONTEXT}{name}": value for name, value in request.context.items()}
        if region is not None:
            moment["region"] = region
        facts = Facts(
            self._readers[setup.name].queries(events, view.codes, now, seeds, earlier),
            region,
            request.context,
            {**person, **moment},
        )
        about = About(seeds, facts.person if personalized else moment, now)
        eligible = np.ones(len(parts.table), bool)
        if shown is not None:
            eligible &= shown.mask(parts.table, About(seeds, facts.person, now))
        if wanted is not None:
            eligible &= wanted.mask(parts.table, about)
        eligible[[view.codes[name] for name in request.exclude if name in view.codes]] = False
        actor = request.actor if allowed["analytics"] else None
        ask = Ask(
            facts,
            request.n or placement.size,
            self._objective(setup, placement),
            eligible,
            personalized,
            rules,
            about,
            request.device,
            # Nothing is learned from what must not be kept or read, so nothing is tried there either.
            setup.explore if personalized and allowed["analytics"] else 0.0,
            msgspec.json.encode((setup.name, placement.name, actor, moment_now, view.release)),
        )
        made = answer(placement, parts, ask, self._clock)
        body = (setup.name, placement.name, actor, moment_now, view.release, [item.id for item in made.items])
        slate = Slate(
            slate_id=hashlib.blake2b(msgspec.json.encode(body), digest_size=16).hexdigest(),
            placement=placement.name,
            domain=setup.name,
            release=view.release,
            items=made.items,
            degraded=(*notes, *made.degraded),
        )
        return _Made(slate, made, ask, parts, actor, at)

    def _find(self, request: RecommendationRequest) -> tuple[DomainSetup, Placement]:
        if request.domain is not None:
            setup = self._domains.get(request.domain)
            if setup is None:
                raise NotFound("domain", request.domain, self._domains)
            found = [setup]
        else:
            found = [d for d in self._domains.values() if request.placement in d.placements]
        if len(found) > 1:
            raise InvalidRequest("domain", f"must say which: {', '.join(d.name for d in found)}")
        if not found or request.placement not in found[0].placements:
            have = {name for d in (found or self._domains.values()) for name in d.placements}
            raise NotFound("placement", request.placement, have)
        return found[0], found[0].placements[request.placement]

    def _check(self, request: RecommendationRequest, placement: Placement) -> None:
        if "item" in placement.needs and not request.items:
            raise InvalidRequest("items", f'placement "{placement.name}" needs at least one item')
        if "person" in placement.needs and request.actor is None:
            raise InvalidRequest("user_id", f'placement "{placement.name}" needs user_id or anonymous_id')

    def _allowed(self, request: RecommendationRequest, notes: list[str]) -> Rules:
        """What the person of a request allows; nothing while that cannot be read."""
        if request.actor is None:
            return {"analytics": True, "personalization": True}
        try:
            said = self._store.consents([request.actor]).get(request.actor, ())
        except StorageError:
            if request.personalized:
                notes.append(NOT_KNOWN)
            return {"analytics": False, "personalization": False}
        allowed = decide(said, self._consent)
        if request.personalized and not allowed["personalization"]:
            notes.append(NOT_ALLOWED)
        return allowed

    @staticmethod
    def _known(
        setup: DomainSetup,
        placement: Placement,
        request: RecommendationRequest,
        personalized: bool,
        shown: Filter | None,
        wanted: Filter | None,
        rules: tuple[CompiledRule, ...],
    ) -> bool:
        """Whether anything asks for what is known of the person.

        Hard constraints and the placement's own filter may, in every case; rules and the request's filter where the
        answer is personal.
        """
        if request.actor is None:
            return False
        hard = any(c.needs_person for c in setup.pack.constraints if c.name in placement.constraints)
        if hard or (shown is not None and shown.needs_person):
            return True
        return personalized and (
            any(rule.needs_person for rule in rules) or (wanted is not None and wanted.needs_person)
        )

    def _person(
        self, request: RecommendationRequest, known: bool, notes: list[str]
    ) -> tuple[list[str], dict[str, Any]]:
        """All ids of the person, and (with `known`) their traits by name."""
        if request.actor is None:
            return [], {}
        try:
            actors = self._store.actors(request.actor)
        except StorageError as error:
            notes.append(f"history: {error.public}")
            return [], {}
        if not known:
            return actors, {}
        try:
            facts = profile(self._store.traits(actors))
        except StorageError as error:
            notes.append(f"traits: {error.public}")
            return actors, {}
        # What a trait is called must not make it a word of the request.
        traits = ((name, fact.value) for name, fact in facts.items() if not name.startswith(CONTEXT))
        return actors, {name: msgspec.json.decode(value) for name, value in traits}

    def _history(
        self, setup: DomainSetup, actors: list[str], until: int, notes: list[str]
    ) -> tuple[list[Event], list[str]]:
        """The latest events up to a moment (milliseconds), and the items of goals before them."""
        if not actors:
            return [], []
        try:
            events = self._store.history(setup.name, actors, until=until, limit=HISTORY)
            if len(events) < HISTORY:
                return events, []
            # A player tells every few seconds where it is, and would crowd out what else a person did.
            if 2 * sum(event.playhead is not None for event in events) > HISTORY:
                events = self._store.history(setup.name, actors, until=until, limit=LONG_HISTORY)
                if len(events) < LONG_HISTORY:
                    return events, []
            goals = [s.event for s in setup.pack.signals if s.role is Role.GOAL and s.reads_untold]
            before = self._store.reached(setup.name, actors, goals, until=events[0].time - 1)
        except StorageError as error:
            notes.append(f"history: {error.public}")
            return [], []
        return events, before

    @staticmethod
    def _objective(setup: DomainSetup, placement: Placement) -> Objective:
        name = placement.objective or setup.objective
        return next(o for o in setup.pack.objectives if o.name == name)
