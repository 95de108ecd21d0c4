"""Learning: from what the store knows to a judged release, and what moved since."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version

import msgspec
import numpy as np

from penchant.catalog import History, ItemTable, reader
from penchant.clock import Clock
from penchant.config import Settings
from penchant.config.settings import Evaluation
from penchant.dataset import Dataset, Shown, build, read_slates
from penchant.engine.drifting import drifted, referenced
from penchant.errors import InvalidRequest, NotFound
from penchant.evaluation import Report, Windows, evaluate, resolve
from penchant.models import Run
from penchant.pack import Pack
from penchant.people import Rules
from penchant.serving import DomainSetup
from penchant.slate import Candidates, Codes
from penchant.storage import Lake, Manifest, Releases, Store
from penchant.training import (
    Counted,
    Drift,
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


class Learning:
    """The learning half of an engine: data sets, evaluations, trainings, drift."""

    def __init__(
        self,
        setups: Mapping[str, DomainSetup],
        store: Store,
        lake: Lake,
        releases: Releases,
        *,
        settings: Settings,
        digest: str,
        clock: Clock,
        consent: Rules,
        flush: Callable[[], None],
    ) -> None:
        """Take the parts.

        Args:
            setups: Domains, with their placements as they are at each look.
            store: What is known.
            lake: The log as Parquet.
            releases: Where what was fitted goes.
            settings: Of the workspace.
            digest: Of the settings, for releases.
            clock: The moment up to which things are known.
            consent: What holds for people who have said nothing.
            flush: Waits until what is under way is in the store.
        """
        self._setups, self._store, self._lake, self._releases = setups, store, lake, releases
        self._settings, self._digest, self._clock = settings, digest, clock
        self._consent, self._flush = consent, flush

    def dataset(self, domain: str, progress: Progress = silent) -> Dataset:
        """Everything known of a domain up to now, with the lake brought up to the end of the log."""
        return self._known(domain, progress)[0]

    def _known(self, domain: str, progress: Progress) -> tuple[Dataset, int]:
        """Everything known of a domain, and the last sequence number of the log that is in it."""
        pack = self._setup(domain).pack
        progress("events into the lake", 0.0)
        self._lake.roll(self._store, progress=lambda done, total: progress("events into the lake", done / total))
        progress("dataset", 0.0)
        items = self._catalog(domain)
        persons = self._store.persons()
        learned = permitted(self._store.every_consent(), persons, self._consent)
        with self._lake.reading(domain) as files:
            seq = self._lake.seq
            data = build(
                domain,
                files,
                pack.signals,
                persons,
                items,
                threads=self._settings.training.threads,
                excluded=learned.excluded,
                only=learned.only,
                history=History.read(self._store.facts(domain), items.ids),
            )
        progress("dataset", 1.0)
        return data, seq

    def _slates(self, data: Dataset, until: int, progress: Progress) -> Shown:
        """Slates of people who may be learned from, before a moment in milliseconds."""
        progress("slates", 0.0)
        persons = self._store.persons()
        learned = permitted(self._store.every_consent(), persons, self._consent)
        pages = self._store.slates(data.domain, until=until)
        return read_slates(pages, data.people, data.items, persons, learned.allows)

    def _catalog(self, domain: str) -> ItemTable:
        """The catalog as columns, with its texts; what cannot be read is left out."""
        schema = self._setup(domain).schema
        read = reader(schema.kind)
        batches = ([item for kept in batch if (item := read(kept))] for batch in self._store.items(domain))
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
        self._flush()
        data = self.dataset(domain, progress)
        proposed: list[Shown] = []
        report = self._evaluate(data, progress, budget_s, windows, proposed)
        until = int(self._clock.now() * 1000)
        learned = self._heads(data, self._slates(data, until, progress), proposed, progress, serves=False)
        return msgspec.structs.replace(report, outcomes=learned.outcomes)

    def _heads(
        self, data: Dataset, logged: Shown, proposed: Sequence[Shown], progress: Progress, *, serves: bool = True
    ) -> LearnedHeads:
        sources = Sources(logged, proposed)
        return learn_heads(data, sources, self._placed(data.domain), run=self._run(), serves=serves, progress=progress)

    def _evaluate(
        self,
        data: Dataset,
        progress: Progress,
        budget_s: float | None,
        windows: int | None,
        proposed: list[Shown],
    ) -> Report:
        setup, settings = self._setup(data.domain), self._settings.domains[data.domain].evaluation
        if windows is not None:
            settings = msgspec.structs.replace(settings, windows=windows)
        return evaluate(
            data,
            self._windows(data, settings),
            self._placed(data.domain),
            setup.pack.models,
            settings=settings,
            run=self._run(),
            clock=self._clock,
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
        catalog = self._store.versions(domain).catalog  # before it is read: what changes meanwhile is read again
        self._flush()
        until = int(self._clock.now() * 1000)
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
            self._clock,
            lambda name, share: progress(f"fit {name}", share),
        )
        slates = self._slates(data, until, progress)
        learned = self._heads(data, slates, proposed, progress)
        progress("reference", 0.0)
        reference = referenced(
            self._store, data, slates, self._placed(domain), learned, now=self._clock.now(), **self._drawn()
        )
        return publish(
            self._releases,
            data,
            setup.pack,
            fitted,
            report,
            not_judged,
            catalog=catalog,
            now=self._clock.now(),
            config=self._digest,
            version=version("penchant"),
            keep=self._settings.training.keep,
            learned=learned,
            counted=Counted(seq, until),
            reference=reference,
        )

    def drift(self, domain: str, progress: Progress = silent) -> Drift:
        """What moved since the release that serves was trained: signals, labels, features, coverage.

        Args:
            domain: Domain name.
            progress: Told what is being done.

        Raises:
            NotFound: No such domain, no release, or one that holds nothing to compare with.
        """
        self._setup(domain)
        release, _ = self._releases.load(domain)
        if release is None:
            raise NotFound("release of domain", domain)
        self._flush()
        now = self._clock.now()
        data = self.dataset(domain, progress)
        slates = self._slates(data, int(now * 1000), progress)
        progress("features", 0.0)
        return drifted(self._store, release, data, slates, self._placed(domain), now=now, **self._drawn())

    def _drawn(self) -> dict[str, int]:
        return {"seed": self._settings.training.seed, "threads": self._settings.training.threads}

    def _placed(self, domain: str) -> Pack:
        """A domain's pack, with its own placements."""
        setup = self._setup(domain)
        return replace(setup.pack, placements=tuple(setup.placements.values()))

    def _run(self) -> Run:
        return Run(seed=self._settings.training.seed, threads=self._settings.training.threads)

    def _setup(self, domain: str) -> DomainSetup:
        if domain not in self._setups:
            raise NotFound("domain", domain, self._setups)
        return self._setups[domain]


def _proposed(cut: float, people: Codes, lists: Candidates) -> Shown:
    """Lists of one moment, as if they had been shown."""
    return Shown.of(people, np.full(len(people), cut), lists.ptr, lists.items, relevance=lists.scores)
