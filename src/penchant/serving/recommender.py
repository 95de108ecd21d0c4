"""From a request to a slate: the domain as it stands, whoever asks, the placement's pipeline, and a line in the log."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from penchant.clock import Clock
from penchant.dataset import Reader
from penchant.errors import InvalidRequest, NotFound
from penchant.pack import Placement
from penchant.people import Rules
from penchant.placements import Answer, Ask, Parts, Texts, WhyNot, answer, why_not
from penchant.serving.ask import Visit, Wanted, actor_of, ask
from penchant.serving.explained import ExplainedSlate, explained
from penchant.serving.fields import ItemFields, Told
from penchant.serving.gates import gates
from penchant.serving.live import LiveDomain, View
from penchant.serving.logged import KEPT_EXCLUDED, Asked, logged
from penchant.serving.more import NOTHING_EARLIER, Earlier, earlier
from penchant.serving.person import People
from penchant.serving.request import RecommendationRequest
from penchant.serving.segments import LiveSegments
from penchant.serving.setup import DomainSetup
from penchant.serving.slate_log import SlateLog
from penchant.serving.statistics import LiveStatistics
from penchant.serving.tally import Tally
from penchant.slate import Slate
from penchant.storage import Releases, SlateRow, Store

_PATIENT_MS = 60_000


@dataclass(frozen=True)
class Serving:
    """What answers for one domain: the release over the catalog, and the counts that go on from it."""

    live: LiveDomain
    statistics: LiveStatistics


@dataclass(frozen=True)
class Made:
    """What came of a request.

    Attributes:
        slate: The slate, with its reasons in English.
        answer: How it came about.
        ask: What the placement was asked.
        parts: Of what it was made.
        wanted: What the client said.
        texts: What reasons say in other languages.
        actor: Whose it is, as far as that may be kept.
        at: When, milliseconds.
    """

    slate: Slate
    answer: Answer
    ask: Ask
    parts: Parts
    wanted: Wanted
    texts: Texts
    actor: str | None
    at: int


class Recommender:
    """Answers requests for every domain of a workspace. Safe to call from several threads.

    A request is answered in three steps, which others may take one by one: `find` says which placement is meant,
    `visit` looks at the domain and reads whoever asks, and `fill` fills a placement for this visit.
    """

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
        self._domains, self._clock, self._log = domains, clock, log
        self._people = People(store, consent)
        self.fields = ItemFields({name: d.schema for name, d in domains.items()}, store)
        self._live = {name: LiveDomain(name, d.pack, store, releases, setup=d) for name, d in domains.items()}
        self._statistics = {name: LiveStatistics(name, d.pack.signals, store, consent) for name, d in domains.items()}
        self._segments = {name: LiveSegments(name, d.pack.signals, store, consent) for name, d in domains.items()}
        self._readers = {name: Reader(d.pack.signals) for name, d in domains.items()}
        self.tallies = {name: Tally(d.placements) for name, d in domains.items()}
        for setup in domains.values():
            setup.check()

    def warm(self) -> dict[str, View]:
        """Load every domain, so that the first request does not wait."""
        return {name: live.view() for name, live in self._live.items()}

    def view(self, domain: str) -> View:
        """What serves a domain now."""
        return self._live[domain].view()

    def serving(self, domain: str) -> Serving:
        """What answers for a domain now."""
        return Serving(self._live[domain], self._statistics[domain])

    def adopt(self, domain: str, serving: Serving) -> None:
        """Let something else answer for a domain from the next request on; those under way end as they began."""
        self.tallies[domain] = Tally(serving.live.view().setup.placements)
        self._statistics[domain] = serving.statistics
        self._live[domain] = serving.live

    def configure(self, setup: DomainSetup) -> None:
        """Take other placements of a domain than those of before; the next request obeys.

        Args:
            setup: The domain as configuration makes it now, with the pack and the fields of before.

        Raises:
            StorageError: The store cannot be read.
        """
        self._live[setup.name].configure(setup)

    def recommend(self, request: RecommendationRequest, *, public: bool = False) -> Slate:
        """Answer one request.

        Whoever does not allow personalization is answered as if the request had not asked for it; whoever does not
        allow analytics leaves no trace in the log of slates.

        Args:
            request: What is asked.
            public: It is for a browser's key, which is told no private fields of items.

        Raises:
            NotFound: No such placement or domain.
            InvalidRequest: Something the placement needs is missing, or the filter or another field is wrong.
            NotAllowed: A browser's key is not told one of the fields.
        """
        setup, placement = self.find(request)
        told = self.fields.read(setup.name, request.fields, public=public)
        made = self._made(request, setup, placement)
        self.keep(made, request)
        return self.told(made, told)

    def explain(self, request: RecommendationRequest, why_not: Sequence[str] = ()) -> ExplainedSlate:
        """Answer one request, and say of every item how it came to its place. Nobody is shown it: it is not logged.

        Args:
            request: What is asked.
            why_not: Ids of items of which to say why they are not there.

        Raises:
            NotFound: No such placement or domain.
            InvalidRequest: Something the placement needs is missing, or the filter or another field is wrong.
        """
        setup, placement = self.find(request)
        told = self.fields.read(setup.name, request.fields, public=False)
        made = self._made(request, setup, placement)
        return explained(
            self.told(made, told),
            made.answer.trace,
            made.parts,
            made.answer.record,
            made.ask,
            self.why_not(made, why_not),
        )

    def told(self, made: Made, fields: Told | None) -> Slate:
        """A slate as it is answered: with fields of its items, and its reasons in the language that was asked for."""
        return self.fields.told(made.texts.said(made.slate, made.wanted.request.language), fields)

    def why_not(self, made: Made, ids: Sequence[str]) -> tuple[WhyNot, ...]:
        """Why items are not in an answer."""
        if not ids or made.answer.work is None:
            return ()
        outside = gates(made.wanted, made.ask, made.parts)
        return why_not(made.answer.work, ids, outside, len(made.wanted.earlier.items))

    def replay(
        self,
        request: RecommendationRequest,
        setup: DomainSetup,
        placement: Placement,
        moment: float,
        beside: Sequence[str] = (),
    ) -> Made:
        """Answer a request as of an earlier moment, without chance; nothing is logged or counted.

        The history is that up to the moment. Catalog, rules, consent and counts are as they are now.

        Args:
            request: What was asked.
            setup: The domain.
            placement: The placement.
            moment: Unix seconds.
            beside: Ids that other placements of the same call showed.

        Raises:
            InvalidRequest: The request fits the domain no longer.
        """
        setup = replace(setup, explore=0.0)
        # Whoever asks afterwards has the time to wait for what was late.
        patient = msgspec.structs.replace(placement, budget_ms=_PATIENT_MS)
        visit, (wanted,) = self.visit(setup, ((request, patient),), moment)
        return self._filled(visit, replace(wanted, beside=tuple(beside)))

    def flush(self) -> None:
        """Wait until the slates that were kept are in the store."""
        self._log.flush()

    def close(self) -> None:
        """Wait for what was begun beside the requests."""
        for statistics in self._statistics.values():
            statistics.wait()
        for segments in self._segments.values():
            segments.wait()

    def find(self, request: RecommendationRequest) -> tuple[DomainSetup, Placement]:
        """Which placement of which domain a request means.

        Raises:
            NotFound: No such placement or domain.
            InvalidRequest: Several domains have it, and none is named.
        """
        if request.domain is not None:
            if request.domain not in self._live:
                raise NotFound("domain", request.domain, self._domains)
            have = [self._live[request.domain].view().setup]
        else:
            have = [live.view().setup for live in self._live.values()]
        found = [setup for setup in have if request.placement in setup.placements]
        if len(found) > 1:
            raise InvalidRequest("domain", f"must say which: {', '.join(d.name for d in found)}")
        if not found:
            raise NotFound("placement", request.placement, {name for setup in have for name in setup.placements})
        return found[0], found[0].placements[request.placement]

    def visit(
        self,
        setup: DomainSetup,
        asked: Sequence[tuple[RecommendationRequest, Placement]],
        moment: float | None = None,
    ) -> tuple[Visit, tuple[Wanted, ...]]:
        """Look at a domain, and read whoever asks.

        Args:
            setup: The domain.
            asked: Requests of one person for placements of it; at least one.
            moment: When, Unix seconds; now when None.

        Returns:
            The visit, and what each request wants, in their order.

        Raises:
            InvalidRequest: Something a placement needs is missing, or a filter is wrong.
        """
        view = self._live[setup.name].view()
        for request, placement in asked:
            _check(request, placement)
        moment = self._clock.now() if moment is None else moment
        at = int(moment * 1000)
        now = at / 1000.0
        # What is said of a filter must not depend on what else is wrong.
        wanted = tuple(
            Wanted.of(request, placement, setup, view, now, self._earlier(request, setup, placement))
            for request, placement in asked
        )
        counted = self._statistics[setup.name].at(view.counted, view.parts.table.row, now)
        segments = self._segments[setup.name].at(view.parts.table.ids, view.parts.table.row, now)
        behind = (counted.note, self._segments[setup.name].note)
        actor = asked[0][0].actor
        allowed, told = self._people.allowed(actor, personalized=any(request.personalized for request, _ in asked))
        may = allowed["personalization"]
        traits = any(one.asks_person(setup, personalized=may and one.request.personalized) for one in wanted)
        person = self._people.read(setup, actor, until=at, traits=traits)
        return (
            Visit(
                setup,
                view,
                replace(view.parts, statistics=counted.statistics, segments=segments),
                moment,
                at,
                allowed,
                person,
                self._readers[setup.name].queries(person.events, view.codes, now, (), person.earlier),
                (*view.notes, *view.rule_notes, *(note for note in behind if note), *told, *person.notes),
            ),
            wanted,
        )

    def fill(self, visit: Visit, wanted: Wanted) -> Made:
        """Fill one placement; nothing is logged yet.

        Args:
            visit: Domain, moment and person.
            wanted: The request and its placement.
        """
        try:
            return self._filled(visit, wanted)
        except Exception:
            self.tallies[visit.setup.name].failed()
            raise

    def _filled(self, visit: Visit, wanted: Wanted) -> Made:
        asked, notes = ask(wanted, visit)
        setup, placement, view = visit.setup, wanted.placement, visit.view
        made = answer(placement, visit.parts, asked, self._clock)
        actor = actor_of(wanted.request, visit)
        body = (setup.name, placement.name, actor, visit.moment, view.release, [item.id for item in made.items])
        before = len(wanted.earlier.items)
        items = made.items
        if before:
            items = tuple(msgspec.structs.replace(item, position=before + item.position) for item in items)
        slate = Slate(
            slate_id=hashlib.blake2b(msgspec.json.encode(body), digest_size=16).hexdigest(),
            placement=placement.name,
            domain=setup.name,
            release=view.release,
            items=items,
            degraded=(*visit.notes, *notes, *made.degraded),
        )
        return Made(slate, made, asked, visit.parts, wanted, setup.texts, actor, visit.at)

    def keep(self, made: Made, request: RecommendationRequest) -> None:
        """Put an answer into the log of slates."""
        slate, asked = made.slate, made.ask
        self.tallies[slate.domain].answered(slate)
        told = Asked(
            items=tuple(request.items),
            device=asked.device,
            region=asked.facts.region,
            n=asked.size,
            personalized=asked.personalized,
            after=request.after,
        )
        if request.actor is None or made.actor is not None:
            told = msgspec.structs.replace(
                told,
                filter=request.filter,
                exclude=tuple(request.exclude[:KEPT_EXCLUDED]),
                excluded=len(request.exclude) if len(request.exclude) > KEPT_EXCLUDED else 0,
                beside=made.wanted.beside,
                boost=tuple(request.boost),
                # The device is told already, unless it was told in other words.
                context={k: v for k, v in request.context.items() if (k, v) != ("device", asked.device)},
            )
        else:
            told = msgspec.structs.replace(told, unkept=True)
        self._log.add(SlateRow(slate.slate_id, slate.domain, made.actor, made.at, logged(slate, made.answer, told)))

    def _made(self, request: RecommendationRequest, setup: DomainSetup, placement: Placement) -> Made:
        visit, (wanted,) = self.visit(setup, ((request, placement),))
        return self.fill(visit, wanted)

    def _earlier(self, request: RecommendationRequest, setup: DomainSetup, placement: Placement) -> Earlier:
        """What earlier pages of a slate showed."""
        if request.after is None:
            return NOTHING_EARLIER
        return earlier(self._log.find, request.after, setup.name, placement.name)


def _check(request: RecommendationRequest, placement: Placement) -> None:
    if "item" in placement.needs and not request.items:
        raise InvalidRequest("items", f'placement "{placement.name}" needs at least one item')
    if "person" in placement.needs and request.actor is None:
        raise InvalidRequest("user_id", f'placement "{placement.name}" needs user_id or anonymous_id')
