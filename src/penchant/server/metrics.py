"""`GET /metrics`: figures of this process, and of what it serves, for Prometheus. No ids of people or items."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from litestar import Request, Response, get
from litestar.datastructures import State

from penchant.engine import Engine
from penchant.errors import PenchantError
from penchant.keys import Scope
from penchant.server.authorize import caller
from penchant.server.counts import Requests
from penchant.server.exposition import MEDIA_TYPE, Page
from penchant.server.problems import documented
from penchant.server.state import engine_of
from penchant.serving import Answers

_LOOKED = 10_000
"""Latest events of the log that are looked through for the last of each domain."""
_STATM = Path("/proc/self/statm")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4_096
_ANSWERED: tuple[tuple[str, str, Callable[[Answers], int]], ...] = (
    ("answers_total", "Requests of a placement that were answered.", lambda one: one.answered),
    ("answers_failed_total", "Requests of a placement that could not be answered.", lambda one: one.failed),
    ("answers_degraded_total", "Answers that say that something did not work.", lambda one: one.degraded),
    ("answers_fallback_total", "Answers that begin with an item of the fallback chain.", lambda one: one.fallback),
    ("answers_empty_total", "Answers without an item.", lambda one: one.empty),
)


class Seen:
    """What one look at the figures leaves for the next one. For one thread at a time, or a little behind."""

    def __init__(self) -> None:
        """Nothing was seen."""
        self._seq = 0
        self._events: dict[str, float] = {}
        self._catalogs: dict[str, tuple[int, float]] = {}

    def events(self, engine: Engine) -> Mapping[str, float]:
        """When the last event of each domain happened, Unix seconds; as far as the latest of the log tell."""
        last = engine.store.last_seq()
        for batch in engine.store.scan(max(self._seq, last - _LOOKED), _LOOKED) if last > self._seq else ():
            for name in engine.domains:
                newest = pc.max(batch["time"].filter(pc.equal(batch["domain"], name))).as_py()
                if newest is not None:
                    self._events[name] = max(self._events.get(name, 0.0), newest / 1000.0)
        self._seq = max(self._seq, last)
        return dict(self._events)  # another scrape may go on with it

    def unchanged_s(self, domain: str, version: int, now: float) -> float:
        """Seconds since a look first saw this version of a catalog."""
        known = self._catalogs.get(domain)
        if known is None or known[0] != version:
            known = self._catalogs[domain] = (version, now)
        return now - known[1]


@get(
    "/metrics",
    sync_to_thread=True,
    media_type=MEDIA_TYPE,
    tags=["health"],
    responses=documented(),
    opt={"scope": Scope.METRICS},
)
def metrics(request: Request[Any, Any, Any], state: State) -> Response[str]:
    """Figures for Prometheus: requests, answers, what did not work, and how old all is that serves.

    A key of one domain is told of that domain alone, and nothing of other routes than it may see.
    """
    engine, only = engine_of(state), caller(request).domain
    domains = [name for name in engine.domains if only in (None, name)]
    worker = state["worker"]
    page = Page(() if worker is None else (("worker", str(worker)),))
    if len(domains) == len(engine.domains):
        _process(page, engine, state["requests"])
    _answers(page, engine, domains)
    try:
        engine.waits.catalog.ask(engine.store.last_seq)  # a store that hangs raises nothing by itself
        _store(page, engine, domains, state["seen"])
        up = 1
    except PenchantError:  # figures of the process are worth the most when something is broken
        up = 0
    page.family("penchant_store_up", "gauge", "Whether the store could be read just now.")
    page.add(up)
    # Over the same connection the next look would find the same worker, and never another.
    headers = {} if worker is None else {"connection": "close"}
    return Response(str(page), media_type=MEDIA_TYPE, headers=headers)


def _process(page: Page, engine: Engine, requests: Requests) -> None:
    """What passed through the server, and its memory."""
    page.family("penchant_requests_total", "counter", "HTTP requests by route, method and status.")
    for (route, method, status), count in sorted(requests.answered.copy().items()):
        page.add(count, (("route", route), ("method", method), ("status", str(status))))
    page.family("penchant_request_seconds", "histogram", "Time from a request to the end of its answer.")
    for route, times in sorted(requests.times.copy().items()):
        page.times(times, (("route", route),))
    page.family("penchant_slates_dropped_total", "counter", "Slates that could not be kept in the log.")
    page.add(engine.recommender.dropped)
    try:
        resident = int(_STATM.read_text(encoding="ascii").split()[1]) * _PAGE_BYTES
    except (OSError, ValueError, IndexError):  # another system tells it otherwise
        return
    page.family("process_resident_memory_bytes", "gauge", "Memory of this process, shared parts included.")
    page.add(resident)


def _answers(page: Page, engine: Engine, domains: list[str]) -> None:
    """What came of requests, by placement."""
    found = [
        ((("domain", name), ("placement", placement)), answers)
        for name in domains
        for placement, answers in sorted(engine.recommender.tallies[name].meter.read().items())
    ]
    for ends, about, count in _ANSWERED:
        page.family(f"penchant_{ends}", "counter", about)
        for labels, answers in found:
            page.add(count(answers), labels)
    page.family("penchant_degraded_total", "counter", "What did not work, by kind; an answer counts once a kind.")
    for labels, answers in found:
        for code, number in sorted(answers.notes.items()):
            page.add(number, (*labels, ("code", code)))
    page.family("penchant_placement_seconds", "histogram", "Time to fill a placement, the person being read.")
    for labels, answers in found:
        page.times(answers.times, labels)
    page.family("penchant_release_answers", "gauge", "Answers since the release took over, by what came of them.")
    for name in domains:
        counts = engine.recommender.tallies[name].counts
        for kind in ("answers", "errors", "degraded", "fallback"):
            page.add(getattr(counts, kind), (("domain", name), ("kind", kind)))


def _store(page: Page, engine: Engine, domains: list[str], seen: Seen) -> None:
    """What serves, and how old it is.

    Raises:
        PenchantError: The store or the releases cannot be read; families before are on the page.
    """

    def of_domains(name: str, about: str, figures: Mapping[str, float | None]) -> None:
        page.family(f"penchant_{name}", "gauge", about)
        for domain in domains:
            value = figures.get(domain)
            if value is not None:
                page.add(value, (("domain", domain),))

    page.family("penchant_release_info", "gauge", "The release that serves; always 1.")
    for name in domains:
        page.add(1, (("domain", name), ("release", engine.recommender.view(name).release or "none")))
    page.family("penchant_release_switch_seconds", "gauge", "Time that the last new release took, by what came of it.")
    for name in domains:
        last = engine.switch.last(name)
        if last is not None:
            page.add(last.seconds, (("domain", name), ("outcome", last.outcome)))
    ages = {name: engine.freshness(name, exact=False) for name in domains}
    of_domains("release_age_seconds", "Age of the release that should serve.", {n: a.age_s for n, a in ages.items()})
    alarms = {name: float(age.alarm) for name, age in ages.items()}
    of_domains("release_stale", "1 where a release is too old, or nothing happens any more.", alarms)
    if len(domains) == len(engine.domains):  # it counts the events of all of them
        events = {name: age.events for name, age in ages.items()}
        of_domains(
            "release_unlearned_events", "Events of the log, of any domain, that the release does not know.", events
        )
    failed = {name: age.failed for name, age in ages.items()}
    of_domains("trainings_failed", "Trainings by schedule that failed since the last that did not.", failed)
    now, latest = engine.clock.now(), seen.events(engine)
    silent = {name: max(now - at, 0.0) for name, at in latest.items()}
    of_domains("last_event_age_seconds", "Time since the latest event happened.", silent)
    versions = {name: engine.store.versions(name).catalog for name in domains}
    of_domains("catalog_version", "How often the catalog was changed.", versions)
    elapsed = engine.clock.elapsed()
    unchanged = {name: seen.unchanged_s(name, version, elapsed) for name, version in versions.items()}
    of_domains("catalog_unchanged_seconds", "Time since this page first told the catalog's version.", unchanged)
    if len(domains) == len(engine.domains):
        page.family("penchant_failed_messages", "gauge", "Messages that could not be taken and wait for somebody.")
        for kind, count in sorted(engine.store.failed_counts().items()):
            page.add(count, (("kind", kind),))
