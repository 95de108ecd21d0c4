"""Charts that follow what people do: models that only count are brought up to now between trainings.

Nobody waits for it. At once, and then once a minute, beside the requests, the log is read on from where the release
ends, and recipes that can (`penchant.models.Follows`) count it in; until that is done the models of before serve.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penchant.events import Signal
from penchant.models import Fitted, Follows, News, Recipe, follows
from penchant.people import Rules
from penchant.serving.counting import CodesSeen, counted_of
from penchant.serving.statistics import Counted, said
from penchant.storage import Store

EVERY_S = 60.0
"""Seconds between two looks at the log."""
MOST = 500_000
"""Events since the fit that are kept; of more, the older half is counted in for good."""
_BATCH = 20_000


@dataclass(frozen=True)
class _Told:
    """How far one release's charts are.

    Attributes:
        release: Its name.
        fitted: Its models that follow, as they are without `news`.
        models: The same, with them.
        seq: Last sequence number of the log that is counted.
        news: What happened since, as far as it is not in `fitted` for good.
    """

    release: str | None = None
    fitted: Mapping[str, Fitted] = field(default_factory=dict)
    models: Mapping[str, Fitted] = field(default_factory=dict)
    seq: int = 0
    news: News = field(default_factory=lambda: News.none(0.0))


class LiveCharts:
    """One domain's charts. Safe to ask from several threads."""

    def __init__(
        self, domain: str, recipes: Mapping[str, Recipe], signals: Sequence[Signal], store: Store, consent: Rules
    ) -> None:
        """Know nothing yet.

        Args:
            domain: Domain name.
            recipes: Its models by name.
            signals: How its events are read.
            store: The log.
            consent: What holds for people who have said nothing.
        """
        self._domain, self._signals, self._store, self._consent = domain, signals, store, consent
        self._recipes: dict[str, Follows[Fitted]] = {name: one for name, one in recipes.items() if follows(one)}
        self.note = ""
        """What went wrong last time; empty when nothing did."""
        self.only: str | None = None
        """The one release that these are for; a request under way that looked at another gets what that began with."""
        self._lock = threading.Lock()
        self._told = _Told()
        self._due = np.inf
        self._behind: threading.Thread | None = None
        self._joined: tuple[object, object, Mapping[str, Fitted]] = (None, None, {})

    def at(
        self, models: Mapping[str, Fitted], begun: Counted, row: Callable[[str], int], now: float
    ) -> Mapping[str, Fitted]:
        """The models as they are; once a minute this begins to bring them up to date, and does not wait for it.

        The first time that it is asked about a release it begins at once.

        Args:
            models: Those of the release that serves.
            begun: How far the release goes in the log.
            row: Code of an item id in the live catalog; -1 for none.
            now: Unix seconds.
        """
        told = self._told
        if told.release != begun.release:
            if self.only not in (None, begun.release):
                return models
            with self._lock:
                if self._told.release != begun.release:
                    self._told = self._start(models, begun)
                    self._due = now if self._told.fitted else np.inf
                told = self._told
        if now >= self._due:
            with self._lock:
                if now >= self._due and (self._behind is None or not self._behind.is_alive()):
                    self._due = now + EVERY_S  # whatever comes of it, the next try is a minute away
                    self._behind = threading.Thread(
                        target=self._grow, args=(told, row, now), name="penchant-charts", daemon=True
                    )
                    self._behind.start()
        if not told.models or told.models is told.fitted:
            return models
        whole, followed, joined = self._joined
        if whole is not models or followed is not told.models:
            joined = {**models, **{name: one for name, one in told.models.items() if name in models}}
            self._joined = (models, told.models, joined)
        return joined

    def wait(self, seconds: float | None = None) -> None:
        """Wait until what was begun is done."""
        behind = self._behind
        if behind is not None:
            behind.join(seconds)

    def _start(self, models: Mapping[str, Fitted], begun: Counted) -> _Told:
        if begun.seq is None or begun.until is None:  # nobody wrote down where the release ends
            return _Told(begun.release)
        fitted = {name: models[name] for name in self._recipes if name in models}
        return _Told(begun.release, fitted, fitted, begun.seq, News.none(begun.until / 1000.0))

    def _grow(self, told: _Told, row: Callable[[str], int], now: float) -> None:
        try:
            grown = self._grown(told, row, now)
            self.note = ""
        except Exception as error:  # charts that are a minute older still serve; the answers say so
            self.note = f"charts: not brought up to date: {type(error).__name__}"
            return
        with self._lock:
            if self._told.release == told.release:
                self._told = grown

    def _grown(self, told: _Told, row: Callable[[str], int], now: float) -> _Told:
        if not told.fitted:
            return told
        seq, news, fitted = told.seq, told.news, told.fitted
        codes = CodesSeen(row)
        found: list[News] = []
        for batch in self._store.scan(seq, _BATCH):
            seq = int(batch["seq"][-1].as_py())
            events = pa.Table.from_batches([batch]).filter(
                pc.and_(pc.equal(batch["domain"], self._domain), pc.is_valid(batch["item"]))
            )
            if len(events):
                events = events.filter(pa.array(counted_of(self._store, events["actor"].to_pylist(), self._consent)))
                found.append(self._read(events, codes, news.since))
            if sum(map(len, found)) > MOST:
                fitted, news = self._kept(fitted, news.joined(*found), now)
                found = []
        fitted, news = self._kept(fitted, news.joined(*found), now)
        if not len(news):
            return _Told(told.release, fitted, fitted, seq, news)
        models = {name: self._recipes[name].followed(one, news, now) for name, one in fitted.items()}
        return _Told(told.release, fitted, models, seq, news)

    def _kept(self, fitted: Mapping[str, Fitted], news: News, now: float) -> tuple[Mapping[str, Fitted], News]:
        """No more news than are kept, and the models with the rest."""
        while len(news) > MOST:
            fitted, news = self._counted_in(fitted, news, now)
        return fitted, news

    def _read(self, events: pa.Table, codes: CodesSeen, since: float) -> News:
        item = np.array([codes[name] for name in events["item"].to_pylist()], np.int64)
        whose = np.array([_number(name) for name in events["actor"].to_pylist()], np.int64)
        at, roles = said(events, self._signals, item)
        times = events["time"].to_numpy(zero_copy_only=False) / 1000.0
        return News(since, whose[at], item[at].astype(np.int32), times[at], roles.astype(np.int8))

    def _counted_in(self, fitted: Mapping[str, Fitted], news: News, now: float) -> tuple[dict[str, Fitted], News]:
        """The older half of what happened, in the models for good."""
        order = np.argsort(news.times, kind="stable")
        half = len(order) // 2
        # What was told late happened before the fit; that does not make the fit older than it is.
        until = min(max(float(news.times[order[half]]), news.since), now)
        older, newer = news.where(order[:half]), news.where(order[half:])
        counted = {name: self._recipes[name].followed(one, older, until) for name, one in fitted.items()}
        return counted, News(until, newer.people, newer.items, newer.times, newer.roles)


def _number(actor: str) -> int:
    """A number that stands for a person, as long as the process runs."""
    return hash(actor)
