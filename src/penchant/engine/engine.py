"""A configured system: the only place that knows every concrete part.

engine = Engine.open(Path("penchant.toml"))
engine.import_data()
engine.train("shop")
engine.recommend(RecommendationRequest(placement="home", user_id="42"))
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from penchant.catalog import KEPT_OUT, Change, ChangeVerdict, History, Item, ItemTable, KeptItem, join
from penchant.clock import Clock, SystemClock
from penchant.config import SourceSettings, Workspace, read_environment
from penchant.config.settings import Evaluation
from penchant.dataset import Dataset, Shown, build, read_slates
from penchant.engine.assembly import installed_packs, read_workspace, set_up
from penchant.errors import ArtifactError, InvalidRequest, ItemRejected, NotFound
from penchant.evaluation import Report, Windows, evaluate, resolve
from penchant.events import Reading
from penchant.ingest import CatalogWriter, Collector, Feeds, ImportReport, Sender, Verdict, find_files, import_file
from penchant.keys import Key, KeyRing, Kind, digest, key_id, new_key
from penchant.models import Run
from penchant.people import Rules
from penchant.privacy import Privacy
from penchant.serving import Curation, DomainSetup, ExplainedSlate, RecommendationRequest, Recommender, SlateLog
from penchant.slate import Candidates, Codes, Slate
from penchant.storage import Lake, Manifest, Releases
from penchant.storage.open import open_store
from penchant.training import (
    Counted,
    LearnedHeads,
    Sources,
    fit,
    learn_heads,
    permitted,
    publish,
    served,
    tuned,
)

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done, 0 to 1."""


def silent(what: str, share: float) -> None:
    """A `Progress` that shows nothing."""


class Engine:
    """A workspace at work. Close it, or use it as a context."""

    def __init__(
        self, workspace: Workspace, clock: Clock | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        """Open the store of a checked workspace; see `open`."""
        self.workspace = workspace
        self.settings = workspace.settings
        self.clock: Clock = clock or SystemClock()
        packs = installed_packs()
        self.domains = {
            name: set_up(name, packs[domain.pack], workspace) for name, domain in self.settings.domains.items()
        }
        self.sources: dict[str, SourceSettings] = {
            **{name: SourceSettings(domain=name) for name in self.domains},
            **self.settings.sources,
        }
        self.consent: Rules = msgspec.to_builtins(self.settings.consent)
        self.store = open_store(self.settings.storage.url, workspace.root)
        self.lake = Lake(workspace.lake)
        self.releases = Releases(workspace.releases)
        self.keys = KeyRing(self.store.keys, self.clock)
        self._log = SlateLog(self.store)
        self.recommender = Recommender(self.domains, self.store, self.releases, self.clock, self._log, self.consent)
        self.schemas = {name: setup.schema for name, setup in self.domains.items()}
        self.catalog = CatalogWriter(self.store, self.schemas, self.clock, limit=self.settings.limits.queue)
        self.feeds = Feeds(
            self.store,
            self.schemas,
            {name: setup.pack.name for name, setup in self.domains.items()},
            self.clock,
            self.settings.feeds,
            workspace.root,
            environment=read_environment() if environment is None else environment,
        )
        self.curation = Curation(self.store, self.domains, self.clock)
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

    def close(self) -> None:
        """Write what is pending and let go of all files."""
        self.recommender.close()
        self.catalog.close()
        self.collector.close()
        self._log.close()
        self.store.close()

    def flush(self) -> None:
        """Wait until the events, items and slates that are under way are in the store."""
        self.catalog.flush()
        self.collector.flush()
        self._log.flush()

    # data in

    def import_data(
        self,
        names: Sequence[str] = (),
        progress: Callable[[str, int, int | None], None] = lambda name, done, total: None,
    ) -> list[ImportReport]:
        """Run imports.

        Args:
            names: Imports by name; all of them, items first, when empty.
            progress: Called with the import's name, rows done and rows in all (None while unknown).

        Raises:
            NotFound: No such import.
            ImportFailed: A file cannot be read; imports before it are done and kept.
        """
        have = {spec.name: spec for spec in self.settings.imports}
        for name in names:
            if name not in have:
                raise NotFound("import", name, have)
        chosen = [have[name] for name in names] or sorted(have.values(), key=lambda spec: spec.kind != "items")
        reports = []
        for spec in chosen:
            pack = self.domains[spec.domain].pack
            reports.append(
                import_file(
                    spec,
                    find_files(spec.path, self.workspace.root),
                    sink=self.store,
                    catalog=self.catalog,
                    kind=pack.item,
                    known_events={signal.event for signal in pack.signals},
                    rejected_folder=self.workspace.rejected,
                    clock=self.clock,
                    progress=partial(progress, spec.name),
                    threads=self.settings.training.threads,
                )
            )
        return reports

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
        """Make a key; its text is told here and never again.

        Args:
            kind: What it is for.
            domain: The one domain it is good for; None for all.
            source: Source of the events it sends; the domain's own when None and a domain is told.
            label: Words for people.
            expires: Unix seconds.
            value: A text that is in use already, such as the write key of another tracker.

        Raises:
            NotFound: No such domain or source.
            InvalidRequest: The source belongs to another domain, or the text is too short to be a key.
            StorageError: There is such a key already, or the store cannot be written.
        """
        if domain is not None:
            self._setup(domain)
        if source is not None and source not in self.sources:
            raise NotFound("source", source, self.sources)
        if source is not None and domain is not None and self.sources[source].domain != domain:
            raise InvalidRequest("source", f'belongs to the domain "{self.sources[source].domain}"', source)
        if value is not None and not 8 <= len(value) <= 200:
            raise InvalidRequest("value", "must have 8 to 200 characters")
        text = value if value is not None else new_key(kind)
        key = Key(
            id=key_id(text),
            digest=digest(text),
            kind=kind,
            domain=self.sources[source].domain if source is not None else domain,
            source=source or domain,
            label=label,
            created=int(self.clock.now() * 1000),
            expires=None if expires is None else int(expires * 1000),
        )
        self.store.put_key(key)
        self.keys.refresh()
        return text, key

    def put_items(self, domain: str, items: Iterable[dict[str, Any]]) -> int:
        """Say items of a domain anew, all or none; the next request obeys.

        Returns:
            How many.

        Raises:
            NotFound: No such domain.
            ItemRejected: One is wrong; none was kept.
        """
        changes = []
        for position, fields in enumerate(items):
            name = fields.get("id")
            if not isinstance(name, str):
                raise ItemRejected("", "is needed, as text", f"items[{position}].id")
            changes.append(Change(id=name, fields=fields))
        for position, verdict in enumerate(self.change_items(domain, changes, atomic=True)):
            if verdict.status == "rejected" and verdict.reason != KEPT_OUT:
                place = f"items[{position}]" + (f".{verdict.field}" if verdict.field else "")
                raise ItemRejected(verdict.id, verdict.reason, place)
        return len(changes)

    def change_items(self, domain: str, changes: Sequence[Change], *, atomic: bool = False) -> list[ChangeVerdict]:
        """Change items of a domain; what is not rejected is on disk, and the next request obeys.

        Args:
            domain: Domain name.
            changes: In the order in which they hold.
            atomic: One that is rejected keeps all out.

        Returns:
            One verdict a change, in order.

        Raises:
            NotFound: No such domain.
            Overloaded: Too many changes wait for the disk.
            StorageError: Nothing of it was kept.
        """
        self._setup(domain)
        return self.catalog.write(domain, changes, atomic=atomic)

    def items_of(self, domain: str, ids: Sequence[str]) -> dict[str, Item]:
        """Those of these items that the catalog has, whole; what cannot be read is left out, as it is in answers.

        Raises:
            NotFound: No such domain.
        """
        read = self._reader(self._setup(domain).pack.item)
        kept = self.store.items_of(domain, ids)
        return {name: item for name, one in kept.items() if (item := read(one)) is not None}

    @staticmethod
    def _reader(kind: type[Item]) -> Callable[[KeptItem], Item | None]:
        decoder: msgspec.json.Decoder[Item] = msgspec.json.Decoder(kind)

        def read(kept: KeptItem) -> Item | None:
            try:
                return decoder.decode(join(kept.body, kept.live)) if kept.body and kept.live else None
            except msgspec.DecodeError:
                return None

        return read

    # learning

    def dataset(self, domain: str, progress: Progress = silent) -> Dataset:
        """Everything known of a domain up to now, with the lake brought up to the end of the log."""
        return self._known(domain, progress)[0]

    def _known(self, domain: str, progress: Progress) -> tuple[Dataset, int]:
        """Everything known of a domain, and the last sequence number of the log that is in it."""
        pack = self._setup(domain).pack
        progress("events into the lake", 0.0)
        self.lake.roll(self.store, progress=lambda done, total: progress("events into the lake", done / total))
        progress("dataset", 0.0)
        items = self._catalog(domain)
        persons = self.store.persons()
        learned = permitted(self.store.every_consent(), persons, self.consent)
        with self.lake.reading(domain) as files:
            seq = self.lake.seq
            data = build(
                domain,
                files,
                pack.signals,
                persons,
                items,
                threads=self.settings.training.threads,
                excluded=learned.excluded,
                only=learned.only,
                history=History.read(self.store.facts(domain), items.ids),
            )
        progress("dataset", 1.0)
        return data, seq

    def _slates(self, data: Dataset, until: int, progress: Progress) -> Shown:
        """Slates of people who may be learned from, before a moment in milliseconds."""
        progress("slates", 0.0)
        persons = self.store.persons()
        learned = permitted(self.store.every_consent(), persons, self.consent)
        pages = self.store.slates(data.domain, until=until)
        return read_slates(pages, data.people, data.items, persons, learned.allows)

    def _catalog(self, domain: str) -> ItemTable:
        """The catalog as columns, with its texts; what cannot be read is left out."""
        schema = self._setup(domain).schema
        read = self._reader(schema.kind)
        batches = ([item for kept in batch if (item := read(kept))] for batch in self.store.items(domain))
        return ItemTable.stream(schema, batches, texts=True)

    def evaluate(
        self, domain: str, progress: Progress = silent, *, budget_s: float | None = None, windows: int | None = None
    ) -> Report:
        """Judge a domain's models on global temporal splits of what is known.

        Args:
            domain: Domain name.
            progress: Told what is being done.
            budget_s: Seconds to search for better settings with, on the first validation window; None takes the
                recipes as they are.
            windows: Test windows, 1 to 12; as configured when None.

        Raises:
            NotFound: No such domain.
            InvalidRequest: The windows do not fit the data.
        """
        if windows is not None and not 1 <= windows <= 12:
            raise InvalidRequest("windows", "must be 1 to 12", windows)
        self.flush()
        data = self.dataset(domain, progress)
        proposed: list[Shown] = []
        report = self._evaluate(data, progress, budget_s, windows, proposed)
        until = int(self.clock.now() * 1000)
        learned = self._heads(data, self._slates(data, until, progress), proposed, progress, serves=False)
        return msgspec.structs.replace(report, outcomes=learned.outcomes)

    def _heads(
        self, data: Dataset, logged: Shown, proposed: Sequence[Shown], progress: Progress, *, serves: bool = True
    ) -> LearnedHeads:
        setup = self._setup(data.domain)
        pack = replace(setup.pack, placements=tuple(setup.placements.values()))
        sources = Sources(logged, proposed)
        return learn_heads(data, sources, pack, run=self._run(), serves=serves, progress=progress)

    def _evaluate(
        self,
        data: Dataset,
        progress: Progress,
        budget_s: float | None,
        windows: int | None,
        proposed: list[Shown],
    ) -> Report:
        setup, settings = self._setup(data.domain), self.settings.domains[data.domain].evaluation
        if windows is not None:
            settings = msgspec.structs.replace(settings, windows=windows)
        return evaluate(
            data,
            self._windows(data, settings),
            replace(setup.pack, placements=tuple(setup.placements.values())),
            setup.pack.models,
            settings=settings,
            run=self._run(),
            clock=self.clock,
            progress=progress,
            budget_s=budget_s,
            propose=lambda cut, people, lists: proposed.append(_proposed(cut, people, lists)),
        )

    @staticmethod
    def _windows(data: Dataset, settings: Evaluation) -> Windows:
        times = data.interactions.time
        if not len(times):
            raise InvalidRequest("domain", f'"{data.domain}" has no events to judge by; import some first')
        return resolve(settings, float(times.min()), float(times.max()))

    def train(
        self, domain: str, *, judge: bool = True, budget_s: float | None = None, progress: Progress = silent
    ) -> Manifest:
        """Fit a domain's models on everything known, and let them serve as a new release.

        Only models that something serves are fitted: the sources and fallbacks of placements, what their learned
        blends are made of, and the baselines.

        Args:
            domain: Domain name.
            judge: Evaluate first, on the last window alone; the report goes into the release as its evidence, and what
                it chose for each placement is what serves. Data that nobody can be judged on is no reason not to
                train: the evidence then says why there is none.
            budget_s: Seconds to search for better settings with; None takes the recipes as they are.
            progress: Told what is being done.

        Raises:
            NotFound: No such domain.
            InvalidRequest: There are no events at all, and judging was asked for.
        """
        setup = self._setup(domain)
        catalog = self.store.versions(domain).catalog  # before it is read: what changes meanwhile is read again
        self.flush()
        until = int(self.clock.now() * 1000)
        data, seq = self._known(domain, progress)
        proposed: list[Shown] = []
        report: Report | None = None
        not_judged: str | None = None if judge else "not asked for"
        if judge:
            try:
                report = self._evaluate(data, progress, budget_s, 1, proposed)
            except InvalidRequest as error:
                if not len(data.interactions):
                    raise
                not_judged = error.message
        recipes = tuned(setup.pack.models, report.settings if report is not None else {})
        chosen = report.placements if report is not None else {}
        blends = {name: choice.blend for name, choice in chosen.items() if choice.blend is not None}
        needed = served(setup.pack, setup.placements.values(), blends)
        fitted = fit(
            data,
            {name: recipes[name] for name in needed},
            self._run(),
            self.clock,
            lambda name, share: progress(f"fit {name}", share),
        )
        learned = self._heads(data, self._slates(data, until, progress), proposed, progress)
        return publish(
            self.releases,
            data,
            setup.pack,
            fitted,
            report,
            not_judged,
            catalog=catalog,
            now=self.clock.now(),
            config=self.workspace.digest,
            version=version("penchant"),
            keep=self.settings.training.keep,
            learned=learned,
            counted=Counted(seq, until),
        )

    def _run(self) -> Run:
        return Run(seed=self.settings.training.seed, threads=self.settings.training.threads)

    # answers

    def recommend(self, request: RecommendationRequest) -> Slate:
        """Answer one request; see `Recommender.recommend`."""
        return self.recommender.recommend(request)

    def explain(self, request: RecommendationRequest) -> ExplainedSlate:
        """Answer one request and say how it came about; see `Recommender.explain`."""
        return self.recommender.explain(request)

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


def _proposed(cut: float, people: Codes, lists: Candidates) -> Shown:
    """Lists of one moment, as if they had been shown."""
    return Shown.of(people, np.full(len(people), cut), lists.ptr, lists.items, relevance=lists.scores)
