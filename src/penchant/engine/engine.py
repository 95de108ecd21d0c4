"""A configured system: the only place that knows every concrete part.

engine = Engine.open(Path("penchant.toml"))
engine.import_data()
engine.train("shop")
engine.recommend(RecommendationRequest(placement="home", user_id="42"))
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from penchant.catalog import Change, ChangeVerdict, Item
from penchant.clock import Clock, SystemClock
from penchant.config import SourceSettings, Workspace, read_environment
from penchant.dataset import Dataset
from penchant.engine.ages import Ages
from penchant.engine.assembly import installed_packs, read_workspace, set_up
from penchant.engine.importing import Rows, run_imports, unseen
from penchant.engine.issuing import Issuer
from penchant.engine.items import Items
from penchant.engine.learning import Learning, Progress, silent
from penchant.engine.reload import taken
from penchant.errors import ArtifactError, NotFound
from penchant.evaluation import Report
from penchant.events import Reading
from penchant.ingest import CatalogWriter, Collector, Feeds, ImportReport, Sender, Verdict
from penchant.keys import Key, KeyRing, Kind
from penchant.people import Rules
from penchant.privacy import Privacy
from penchant.serving import (
    Curation,
    DomainSetup,
    ExplainedSlate,
    Listed,
    Pinned,
    Preferences,
    RecommendationRequest,
    Recommender,
    Replay,
    SetupsNow,
    SlateLog,
    Slates,
    SlatesRequest,
    Slots,
    Switch,
    Waits,
    everybody,
    explain_several,
    recommend_all,
    recommend_several,
    warm_up,
)
from penchant.slate import Slate
from penchant.storage import Lake, Manifest, Releases
from penchant.storage.open import open_store
from penchant.training import (
    Drift,
    Freshness,
    Goal,
    Turns,
)


class Engine:
    """A workspace at work. Close it, or use it as a context."""

    def __init__(
        self, workspace: Workspace, clock: Clock | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        """Open the store of a checked workspace; see `open`."""
        self.workspace = workspace
        self.settings = workspace.settings
        self.clock: Clock = clock or SystemClock()
        self._environment = environment
        self._packs = installed_packs()
        self.domains = {
            name: set_up(name, self._packs[domain.pack], workspace) for name, domain in self.settings.domains.items()
        }
        self.sources: dict[str, SourceSettings] = {
            **{name: SourceSettings(domain=name) for name in self.domains},
            **self.settings.sources,
        }
        self.consent: Rules = msgspec.to_builtins(self.settings.consent)
        self.store = open_store(self.settings.storage.url, workspace.root)
        self.lake = Lake(workspace.lake)
        self.releases = Releases(workspace.releases)
        self.turns = Turns(workspace.releases)
        goals = {n: Goal.of(self.settings.domains[n].freshness, d.pack.freshness) for n, d in self.domains.items()}
        self._ages = Ages(goals, self.releases, self.store, self.turns, self.clock)
        self.waits = Waits.of(self.store.url, self.clock)
        self.keys = KeyRing(partial(self.waits.keys.ask, self.store.keys), self.clock)
        self._log = SlateLog(self.store)
        pinned = Pinned(self.releases)
        self.recommender = Recommender(
            self.domains, self.store, pinned, self.clock, self._log, self.consent, self.waits
        )
        self.switch = Switch(self.recommender, pinned, self.store, self.clock, self._beside)
        self.replay = Replay(self.recommender, self._log, self.releases, self._beside)
        self.schemas = {name: setup.schema for name, setup in self.domains.items()}
        self.catalog = CatalogWriter(self.store, self.schemas, self.clock, limit=self.settings.limits.queue)
        self._items = Items(self.domains, self.store, self.catalog)
        self.feeds = Feeds(
            self.store,
            self.schemas,
            {name: setup.pack.name for name, setup in self.domains.items()},
            self.clock,
            self.settings.feeds,
            workspace.root,
            environment=read_environment() if environment is None else environment,
        )
        self.slots = Slots(self.store, self.domains, self.clock)
        self.setups = SetupsNow(self.store, self.domains)
        self.learning = Learning(
            self.setups,
            self.store,
            self.lake,
            self.releases,
            settings=self.settings,
            digest=workspace.digest,
            clock=self.clock,
            consent=self.consent,
            flush=self.flush,
        )
        self.curation = Curation(self.store, self.setups, self.clock)
        self.preferences = Preferences(self.store, self.domains, self.recommender.view, self.clock)
        self.collector = Collector(
            self.store, self.clock, limits=self.settings.limits, consent=self.consent, items=self._known_items
        )
        self.privacy = Privacy(
            self.store,
            self.lake,
            self.releases,
            workspace.rejected,
            clock=self.clock,
            flush=self.flush,
            consent=self.consent,
            domain=next(iter(self.domains)),
        )
        self.privacy.finish()
        self._readings = {name: self._reading(name, source) for name, source in self.sources.items()}

    def _beside(self, domain: str, releases: Releases) -> Recommender:
        """A recommender of one domain on other releases."""
        own = {domain: self.domains[domain]}
        return Recommender(own, self.store, releases, self.clock, self._log, self.consent, self.waits)

    def _reading(self, name: str, source: SourceSettings) -> Reading:
        known = frozenset(signal.event for signal in self.domains[source.domain].pack.signals)
        return Reading(source.domain, name, known, source.item_ids, source.page_views, source.consent)

    def _known_items(self, domain: str) -> Container[str]:
        return self.recommender.view(domain).codes

    @classmethod
    def open(
        cls,
        path: Path,
        clock: Clock | None = None,
        environment: Mapping[str, str] | None = None,
        *,
        imports: bool = False,
    ) -> Engine:
        """Read a configuration and open its workspace.

        Args:
            path: penchant.toml, or the folder it lies in.
            clock: The system's when None.
            environment: Variables by name; the process's when None.
            imports: Files will be imported, so variables in their paths must be set.

        Raises:
            ConfigError: With every problem there is.
            StorageError: The store cannot be opened.
        """
        return cls(read_workspace(path, environment, imports=imports), clock, environment)

    def __enter__(self) -> Engine:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def reload(self) -> tuple[str, ...]:
        """Read penchant.toml again; its placements and experiments are obeyed by the next request.

        Returns:
            Tables in which something else was changed, which only a new start obeys.

        Raises:
            ConfigError: With every problem there is; what held before goes on to hold.
            StorageError: The store cannot be read.
        """
        now = read_workspace(self.workspace.file, self._environment, imports=False)
        self.workspace, others = taken(self.workspace, now)
        self.settings = self.workspace.settings
        for name, domain in self.settings.domains.items():
            setup = set_up(name, self._packs[domain.pack], self.workspace)
            before = self.domains[name]
            if (setup.placements, setup.experiments) != (before.placements, before.experiments):
                self.domains[name] = setup
                self.recommender.configure(setup)
        return others

    def close(self) -> None:
        """Write what is pending and let go of all files."""
        # First what must not be lost: whoever stops a server does not wait for long.
        self.catalog.close()
        self.collector.close()
        self._log.close()
        self.switch.close()
        self.recommender.close()
        self.store.close()

    def flush(self) -> None:
        """Wait until the events, items and slates that are under way are in the store."""
        self.catalog.flush()
        self.collector.flush()
        self._log.flush()

    # data in

    def import_data(self, names: Sequence[str] = (), progress: Rows = unseen) -> list[ImportReport]:
        """Run imports by name, or all of them; see `penchant.engine.importing.run_imports`."""
        return run_imports(names, self.workspace, self.domains, self.store, self.catalog, self.clock, progress)

    def sender(self, source: str, *, trusted: bool = True, user: str | None = None) -> Sender:
        """Who sends the messages of a source.

        Args:
            source: A domain's name, or one of `[sources.NAME]`.
            trusted: May speak for any user id.
            user: The one user id that an identity token proved.

        Raises:
            NotFound: No such source.
        """
        if source not in self.sources:
            raise NotFound("source", source, self.sources)
        told = self.sources[source]
        return Sender(
            source=source,
            domain=told.domain,
            reading=self._readings[source],
            trusted=trusted or told.user_ids == "trusted",
            user=user,
            unknown_items=told.unknown_items,
        )

    def collect(self, messages: Sequence[object], source: str) -> list[Verdict]:
        """Take in messages in Segment form, of a sender that may speak for anybody.

        Args:
            messages: Plain JSON objects.
            source: Who sends them: a domain's name, or one of `[sources.NAME]`.

        Returns:
            One verdict a message, in order; what is `accepted` is on disk.

        Raises:
            NotFound: No such source.
            Overloaded: Too many messages wait for the disk.
            StorageError: Nothing of it was kept.
        """
        return self.collector.collect(messages, self.sender(source))

    def create_key(
        self,
        kind: Kind,
        *,
        domain: str | None = None,
        source: str | None = None,
        label: str = "",
        expires: float | None = None,
        value: str | None = None,
    ) -> tuple[str, Key]:
        """Make a key; its text is told here and never again; see `penchant.engine.issuing.Issuer`."""
        issuer = Issuer(self.store, self.keys, self.domains, self.sources, self.clock)
        return issuer.create(kind, domain=domain, source=source, label=label, expires=expires, value=value)

    def put_items(self, domain: str, items: Iterable[dict[str, Any]]) -> int:
        """Say items of a domain anew, all or none; see `penchant.engine.items.Items`."""
        return self._items.put(domain, items)

    def change_items(self, domain: str, changes: Sequence[Change], *, atomic: bool = False) -> list[ChangeVerdict]:
        """Change items of a domain; see `penchant.engine.items.Items`."""
        return self._items.change(domain, changes, atomic=atomic)

    def items_of(self, domain: str, ids: Sequence[str]) -> dict[str, Item]:
        """Those of these items that the catalog has, whole; see `penchant.engine.items.Items`."""
        return self._items.of(domain, ids)

    # learning

    def dataset(self, domain: str, progress: Progress = silent) -> Dataset:
        """Everything known of a domain up to now; see `Learning.dataset`."""
        return self.learning.dataset(domain, progress)

    def evaluate(
        self, domain: str, progress: Progress = silent, *, budget_s: float | None = None, windows: int | None = None
    ) -> Report:
        """Judge a domain's models on what is known; see `Learning.evaluate`."""
        return self.learning.evaluate(domain, progress, budget_s=budget_s, windows=windows)

    def train(
        self, domain: str, *, judge: bool = True, budget_s: float | None = None, progress: Progress = silent
    ) -> Manifest:
        """Fit a domain's models, and let them serve as a new release; see `Learning.train`."""
        return self.learning.train(domain, judge=judge, budget_s=budget_s, progress=progress)

    def drift(self, domain: str, progress: Progress = silent) -> Drift:
        """What moved since the release that serves was trained; see `Learning.drift`."""
        return self.learning.drift(domain, progress)

    # answers

    def warm_up(self, domain: str) -> float:
        """Make a domain ready before it is asked, and say how many seconds it took; see `penchant.serving.warm_up`.

        Raises:
            NotFound: No such domain.
        """
        self._setup(domain)
        return warm_up(self.recommender, domain, self.store, self.clock)

    def recommend(self, request: RecommendationRequest, *, public: bool = False, arrived: float | None = None) -> Slate:
        """Answer one request; see `Recommender.recommend`."""
        return self.recommender.recommend(request, public=public, arrived=arrived)

    def explain(self, request: RecommendationRequest, why_not: Sequence[str] = ()) -> ExplainedSlate:
        """Answer one request and say how it came about; see `Recommender.explain`."""
        return self.recommender.explain(request, why_not)

    def recommend_all(
        self, request: RecommendationRequest, actors: Iterable[str], *, log: bool = False
    ) -> Iterator[Listed]:
        """Fill one placement for each of many people; see `penchant.serving.recommend_all`."""
        return recommend_all(self.recommender, request, actors, log=log)

    def everybody(self, domain: str, progress: Progress = silent) -> list[str]:
        """Everybody a domain has heard of, `user:…` or `anon:…`, each person once.

        The lake is brought up to the end of the log for it.

        Raises:
            NotFound: No such domain.
        """
        self._setup(domain)
        self.flush()
        self.lake.roll(self.store, progress=lambda done, total: progress("events into the lake", done / total))
        with self.lake.reading(domain) as files:
            return everybody(files, self.store.persons())

    def recommend_several(self, call: SlatesRequest, *, public: bool = False, arrived: float | None = None) -> Slates:
        """Fill several placements in one call; see `penchant.serving.recommend_several`."""
        return recommend_several(self.recommender, call, public=public, arrived=arrived)

    def explain_several(self, call: SlatesRequest) -> tuple[ExplainedSlate, ...]:
        """Fill several placements and say how they came about; see `penchant.serving.explain_several`."""
        return explain_several(self.recommender, call)

    def freshness(self, domain: str, *, exact: bool = True) -> Freshness:
        """How old what serves a domain is, against how old it may be; see `Ages.of`."""
        self._setup(domain)
        return self._ages.of(domain, exact=exact)

    def freshness_goal(self, domain: str) -> Goal:
        """How old what serves a domain may be."""
        self._setup(domain)
        return self._ages.goals[domain]

    def release_list(self, domain: str) -> list[Manifest | ArtifactError]:
        """A domain's releases, the one that should serve first; a damaged one is its error."""
        self._setup(domain)
        found: list[Manifest | ArtifactError] = []
        for name in self.releases.order(domain):
            try:
                found.append(self.releases.read(domain, name).manifest)
            except ArtifactError as error:
                found.append(error)
        return found

    def roll_back(self, domain: str, to: str | None = None) -> str:
        """Let an earlier release of a domain serve again; its name."""
        self._setup(domain)
        return self.releases.roll_back(domain, to)

    def _setup(self, domain: str) -> DomainSetup:
        if domain not in self.domains:
            raise NotFound("domain", domain, self.domains)
        return self.domains[domain]
