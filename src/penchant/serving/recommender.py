"""From a request to a slate: the domain as it stands, whoever asks, the placement's pipeline, and a line in the log."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import msgspec

from penchant.clock import Clock
from penchant.dataset import Reader
from penchant.errors import InvalidRequest, NotFound, StorageLate
from penchant.pack import Placement
from penchant.people import Rules
from penchant.placements import Segments, WhyNot, answer, why_not
from penchant.serving.ask import Visit, Wanted, actor_of, ask, shut
from penchant.serving.charts import LiveCharts
from penchant.serving.explained import ExplainedSlate, explained
from penchant.serving.fields import ItemFields, Told
from penchant.serving.gates import gates
from penchant.serving.live import LiveDomain, View
from penchant.serving.made import Made
from penchant.serving.more import NOTHING_EARLIER, Earlier, earlier
from penchant.serving.patience import Waits
from penchant.serving.person import NOT_KNOWN, NOTHING_ALLOWED, People, Person
from penchant.serving.request import RecommendationRequest
from penchant.serving.segments import LiveSegments
from penchant.serving.setup import DomainSetup
from penchant.serving.slate_log import SlateLog
from penchant.serving.statistics import Counted, LiveStatistics
from penchant.serving.tally import WAITED, Tally
from penchant.slate import Slate
from penchant.storage import Releases, Store

_PATIENT_MS = 60_000
_log = logging.getLogger("penchant.serving")


@dataclass(frozen=True)
class Serving:
    """What answers for one domain: the release over the catalog, and the counts and charts that go on from it."""

    live: LiveDomain
    statistics: LiveStatistics
    charts: LiveCharts


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
        waits: Waits | None = None,
    ) -> None:
        """Take the parts; nothing is loaded yet.

        Args:
            domains: By name.
            store: Histories, catalogs and what people allow.
            releases: Fitted models.
            clock: The moment of each request.
            log: Where slates go.
            consent: What holds for people who have said nothing.
            waits: How long requests wait for the store; as long as it takes when None.

        Raises:
            InvalidRequest: The filter of a placement is wrong.
        """
        self._waits = waits
        self._domains, self._clock, self._log = dict(domains), clock, log
        self._people = People(store, consent)
        self.fields = ItemFields({name: d.schema for name, d in domains.items()}, store)
        self._live = {
            name: LiveDomain(name, d.pack, store, releases, setup=d, waits=waits) for name, d in domains.items()
        }
        self._statistics = {name: LiveStatistics(name, d.pack.signals, store, consent) for name, d in domains.items()}
        self._segments = {
            name: LiveSegments(name, d.pack.signals, store, consent, d.segments) for name, d in domains.items()
        }
        self._charts = {
            name: LiveCharts(name, d.pack.models, d.pack.signals, store, consent) for name, d in domains.items()
        }
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
        return Serving(self._live[domain], self._statistics[domain], self._charts[domain])

    def begin_as(self, domain: str, other: Recommender) -> None:
        """Take a domain's catalog and what segments did as another has them, so that they are not read again."""
        self._live[domain].begin_as(other._live[domain])
        self._segments[domain] = other._segments[domain].beside()

    def adopt(self, domain: str, serving: Serving) -> None:
        """Let something else answer for a domain from the next request on; those under way end as they began."""
        serving.live.configure(self._domains[domain])  # it may have been made ready before a change
        self.tallies[domain] = Tally(serving.live.view().setup.placements, self.tallies[domain].meter)
        serving.statistics.before = self._statistics[domain].before
        self._statistics[domain].only = self._charts[domain].only = self._live[domain].view().release
        serving.statistics.only = serving.charts.only = serving.live.view().release
        self._statistics[domain], self._charts[domain] = serving.statistics, serving.charts
        self._live[domain] = serving.live
        serving.live.configure(self._domains[domain])

    def catch_up(self, domain: str, seconds: float) -> None:
        """Read the log on, one after the other, and wait for it; what takes longer goes on beside the requests.

        Args:
            domain: Domain name.
            seconds: Longest wait.

        Raises:
            StorageError: The catalog was never seen.
        """
        view, now = self._live[domain].view(), self._clock.now()
        table, until = view.parts.table, self._clock.elapsed() + seconds
        self._charts[domain].at(view.parts.models, view.counted, table.row, now)
        self._charts[domain].wait(until - self._clock.elapsed())
        self._segments[domain].at(table.ids, table.row, now)
        self._segments[domain].wait(until - self._clock.elapsed())
        self._statistics[domain].at(view.counted, table.row, now)
        self._statistics[domain].wait(until - self._clock.elapsed())

    def rehearse(self, request: RecommendationRequest, counted: Counted | None = None) -> Made:
        """Answer a request for nobody to see: it takes its time, and nothing is logged or counted.

        Args:
            request: What is asked.
            counted: Counts to answer with; those that serve when None.

        Raises:
            NotFound: No such placement or domain.
            InvalidRequest: It fits the domain no longer.
        """
        setup, placement, view = self._look(request)
        visit, (wanted,) = self.visit(setup, ((request, patient(placement)),), view=view)
        if counted is not None:
            visit = replace(visit, parts=replace(visit.parts, statistics=counted.statistics))
        return self._filled(visit, wanted)

    def configure(self, setup: DomainSetup) -> None:
        """Take other placements of a domain than those of before; the next request obeys.

        Args:
            setup: The domain as configuration makes it now, with the pack and the fields of before.

        Raises:
            StorageError: The store cannot be read.
        """
        # In this order: what takes over meanwhile finds it.
        self._domains[setup.name] = setup
        self._live[setup.name].configure(setup)
        self.tallies[setup.name].follow(self._live[setup.name].view().setup.placements)

    def recommend(self, request: RecommendationRequest, *, public: bool = False, arrived: float | None = None) -> Slate:
        """Answer one request.

        Whoever does not allow personalization is answered as if the request had not asked for it; of whoever does not
        allow analytics the log of slates does not say whose an answer was.

        Args:
            request: What is asked.
            public: It is for a browser's key, which is told no private fields of items.
            arrived: When it came, on the clock that never runs backwards: what it waited since then is taken off the
                placement's time budget. None where it waited for nobody.

        Raises:
            NotFound: No such placement or domain.
            InvalidRequest: Something the placement needs is missing, or the filter or another field is wrong.
            NotAllowed: A browser's key is not told one of the fields.
        """
        late_s = self.waited(arrived)
        setup, placement, view = self._look(request)
        told = self.fields.read(setup.name, request.fields, public=public)
        visit, (wanted,) = self.visit(setup, ((request, placement),), view=view)
        made = self.fill(visit, wanted.hurried(late_s))
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
        setup, placement, view = self._look(request)
        told = self.fields.read(setup.name, request.fields, public=False)
        visit, (wanted,) = self.visit(setup, ((request, placement),), view=view)
        made = self.fill(visit, wanted)
        return explained(
            self.told(made, told),
            made.answer.trace,
            made.parts,
            made.answer.record,
            made.ask,
            self.why_not(made, why_not),
        )

    def waited(self, arrived: float | None) -> float:
        """Seconds since a request came, on the clock that never runs backwards; 0 where that is not known."""
        return 0.0 if arrived is None else self._clock.elapsed() - arrived

    def told(self, made: Made, fields: Told | None) -> Slate:
        """A slate as it is answered: with fields of its items, and its reasons in the language that was asked for."""
        slate = made.texts.said(made.slate, made.wanted.request.language)
        if fields is None or self._waits is None:
            return self.fields.told(slate, fields)
        try:
            return self._waits.people.ask(partial(self.fields.told, slate, fields))
        except StorageLate as error:
            items = tuple(msgspec.structs.replace(item, fields={}) for item in slate.items)
            degraded = (*slate.degraded, f"fields: {error.public}")
            return msgspec.structs.replace(slate, items=items, degraded=degraded)

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
        visit, (wanted,) = self.visit(setup, ((request, patient(placement)),), moment)
        return self._filled(visit, replace(wanted, beside=tuple(beside)))

    @property
    def dropped(self) -> int:
        """Slates that could not be kept since the process began."""
        return self._log.dropped

    def flush(self) -> None:
        """Wait until the slates that were kept are in the store."""
        self._log.flush()

    def close(self) -> None:
        """Wait for what was begun beside the requests."""
        for statistics in self._statistics.values():
            statistics.wait()
        for segments in self._segments.values():
            segments.wait()
        for charts in self._charts.values():
            charts.wait()

    def find(self, request: RecommendationRequest) -> tuple[DomainSetup, Placement]:
        """Which placement of which domain a request means.

        Raises:
            NotFound: No such placement or domain.
            InvalidRequest: Several domains have it, and none is named.
        """
        setup, placement, _ = self._look(request)
        return setup, placement

    def _look(self, request: RecommendationRequest) -> tuple[DomainSetup, Placement, View]:
        """Which placement of which domain a request means, and the domain as it stands."""
        if request.domain is not None:
            if request.domain not in self._live:
                raise NotFound("domain", request.domain, self._domains)
            have = [self._live[request.domain].view()]
        else:
            have = [live.view() for live in self._live.values()]
        found = [view for view in have if request.placement in view.setup.placements]
        if len(found) > 1:
            raise InvalidRequest("domain", f"must say which: {', '.join(view.setup.name for view in found)}")
        if not found:
            raise NotFound("placement", request.placement, {name for view in have for name in view.setup.placements})
        return found[0].setup, found[0].setup.assigned(request).placement, found[0]

    def visit(
        self,
        setup: DomainSetup,
        asked: Sequence[tuple[RecommendationRequest, Placement]],
        moment: float | None = None,
        view: View | None = None,
    ) -> tuple[Visit, tuple[Wanted, ...]]:
        """Look at a domain, and read whoever asks, as long as the placements' time budget lasts.

        Args:
            setup: The domain.
            asked: Requests of one person for placements of it; at least one.
            moment: When, Unix seconds; now when None.
            view: The domain, where it was looked at already.

        Returns:
            The visit, and what each request wants, in their order.

        Raises:
            InvalidRequest: Something a placement needs is missing, or a filter is wrong.
        """
        if view is None:
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
        table = view.parts.table
        behind = [self._log.note]
        try:
            counted = self._statistics[setup.name].at(view.counted, table.row, now)
            segments = self._segments[setup.name].at(table.ids, table.row, now)
            models = self._charts[setup.name].at(view.parts.models, view.counted, table.row, now)
            behind += [counted.note, self._segments[setup.name].note, self._charts[setup.name].note]
        except Exception as error:  # what the release knew of items serves
            counted, segments, models = view.counted, Segments.empty(), view.parts.models
            behind.append(f"statistics: {type(error).__name__}")
        wait_s = max(placement.budget_ms for _, placement in asked) / 1000.0
        allowed, told, person = self._read(setup, wanted, at, wait_s)
        reader = self._readers[setup.name]
        try:
            history = reader.queries(person.events, view.codes, now, (), person.earlier)
        except Exception as error:  # whatever it is of the history that cannot be understood
            history = reader.queries((), view.codes, now, (), ())
            notes = (*person.notes, f"history: {type(error).__name__}")
            person = replace(person, notes=notes, unread=person.unread | {"history"})
        return (
            Visit(
                setup,
                view,
                replace(view.parts, models=models, statistics=counted.statistics, segments=segments),
                moment,
                at,
                allowed,
                person,
                history,
                (*view.notes, *view.rule_notes, *(note for note in behind if note), *told, *person.notes),
            ),
            wanted,
        )

    def _read(
        self, setup: DomainSetup, wanted: Sequence[Wanted], at: int, wait_s: float
    ) -> tuple[Rules, tuple[str, ...], Person]:
        """What whoever asks allows, what is to be noted of that, and what is known of them."""
        actor = wanted[0].request.actor
        personalized = any(one.request.personalized for one in wanted)

        def read() -> tuple[Rules, tuple[str, ...], Person]:
            allowed, told = self._people.allowed(actor, personalized=personalized)
            may = allowed["personalization"]
            traits = any(one.asks_person(setup, personalized=may and one.request.personalized) for one in wanted)
            return allowed, told, self._people.read(setup, actor, until=at, traits=traits)

        if actor is None or self._waits is None:
            return read()
        try:
            return self._waits.people.ask(read, wait_s)
        except StorageLate as error:
            return NOTHING_ALLOWED, (NOT_KNOWN,) if personalized else (), Person.unreadable(error)

    def fill(self, visit: Visit, wanted: Wanted) -> Made:
        """Fill one placement; nothing is logged yet.

        Args:
            visit: Domain, moment and person.
            wanted: The request and its placement.
        """
        try:
            return self._filled(visit, wanted)
        except Exception:
            self.tallies[visit.setup.name].failed(wanted.request.placement)
            raise

    def _filled(self, visit: Visit, wanted: Wanted) -> Made:
        begun = self._clock.elapsed()
        try:
            asked, notes = ask(wanted, visit)
        except Exception as error:  # an empty answer is one; what may be shown, nobody can say
            _log.error("what is asked of %s cannot be made out", wanted.placement.name, exc_info=error)
            asked, notes = shut(wanted, visit), (f"failed: {type(error).__name__}",)
        setup, placement, view = visit.setup, wanted.placement, visit.view
        made = answer(placement, visit.parts, asked, self._clock)
        if wanted.crowded and any(note.startswith("late:") for note in made.degraded):
            notes = (*notes, WAITED)
        actor = actor_of(wanted.request, visit)
        body = (setup.name, placement.name, actor, visit.moment, view.release, [item.id for item in made.items])
        before = len(wanted.earlier.items)
        items = made.items
        if before:
            items = tuple(msgspec.structs.replace(item, position=before + item.position) for item in items)
        slate = Slate(
            slate_id=hashlib.blake2b(msgspec.json.encode(body), digest_size=16).hexdigest(),
            placement=wanted.request.placement,
            domain=setup.name,
            release=view.release,
            items=items,
            experiment=dict(setup.tried(wanted.request, placement)),
            degraded=(*visit.notes, *notes, *made.degraded),
        )
        took = self._clock.elapsed() - begun
        return Made(slate, made, asked, visit.parts, wanted, setup.texts, actor, visit.at, took)

    def keep(self, made: Made, request: RecommendationRequest) -> None:
        """Put an answer into the log of slates."""
        # What broke was answered all the same, by nothing that a release is made for.
        self.tallies[made.slate.domain].answered(made.slate, made.seconds, broken=made.answer.broken)
        try:
            self._log.add(made.line(request))
        except Exception as error:  # what cannot be kept is answered all the same
            _log.error("a slate of %s cannot be kept", made.slate.domain, exc_info=error)

    def _earlier(self, request: RecommendationRequest, setup: DomainSetup, placement: Placement) -> Earlier:
        """What earlier pages of a slate showed."""
        if request.after is None:
            return NOTHING_EARLIER

        def find(after: str) -> bytes | None:
            if self._waits is None:
                return self._log.find(after)
            return self._waits.people.ask(partial(self._log.find, after), placement.budget_ms / 1000.0)

        return earlier(find, request.after, setup.name, request.placement)


def patient(placement: Placement) -> Placement:
    """A placement for those who have the time to wait for what would be late."""
    return msgspec.structs.replace(placement, budget_ms=_PATIENT_MS)


def _check(request: RecommendationRequest, placement: Placement) -> None:
    if "item" in placement.needs and not request.items:
        raise InvalidRequest("items", f'placement "{request.placement}" needs at least one item')
    if "person" in placement.needs and request.actor is None:
        raise InvalidRequest("user_id", f'placement "{request.placement}" needs user_id or anonymous_id')
