"""The feeds of a workspace: added, listed, pulled, removed."""

from __future__ import annotations

import logging
import re
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from penchant import config
from penchant.catalog import CatalogWrite, Change, FeedEntry, KeptItem, Schema, apply_changes
from penchant.catalog.feeds import DIALECTS
from penchant.clock import Clock
from penchant.errors import FeedFailed, InvalidRequest, NotFound, PenchantError
from penchant.ingest.feeds.address import Guard, Resolve
from penchant.ingest.feeds.deadline import Deadline
from penchant.ingest.feeds.due import next_due
from penchant.ingest.feeds.fetch import parse_url, shown
from penchant.ingest.feeds.report import FeedReport
from penchant.ingest.feeds.run import READING, Around, Progress, Run
from penchant.ingest.feeds.settings import AUTO, FeedSettings, FeedState, check_name
from penchant.ingest.feeds.turn import turn
from penchant.storage import FeedRow, Store

_log = logging.getLogger("penchant.ingest")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OURS = frozenset(("host", "connection", "content-length", "transfer-encoding", "accept-encoding"))


class FeedStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A feed as it may be shown.

    Attributes:
        name: Its name.
        domain: Where its items go.
        url: Where it lies, without what may be secret.
        dialect: How it is written.
        every: Seconds between two runs; None for by hand alone.
        options: What else was set; of headers their names alone.
        created: Unix seconds.
        items: How many items it told of last.
        due: When it is pulled next, Unix seconds.
        last: The last run.
    """

    name: str
    domain: str
    url: str
    dialect: str
    every: int | None
    options: dict[str, Any]
    created: float
    items: int
    due: float | None
    last: FeedReport | None


class Feeds:
    """Feeds of a workspace; any number of processes may have one each."""

    def __init__(
        self,
        store: Store,
        schemas: Mapping[str, Schema],
        packs: Mapping[str, str],
        clock: Clock,
        settings: config.Feeds,
        root: Path,
        *,
        environment: Mapping[str, str] | None = None,
        resolve: Resolve | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Use this store.

        Args:
            store: Where feeds and items are kept.
            schemas: Of each domain.
            packs: Name of each domain's pack.
            clock: Tells the time.
            settings: How feeds are pulled.
            root: The workspace.
            environment: Variables that addresses and headers may name.
            resolve: Looks hosts up; the system's resolver when None.
            context: Which certificates are trusted; the usual ones when None.
        """
        guard = Guard(settings.private, resolve)
        self._around = Around(store, schemas, packs, clock, settings, root, dict(environment or {}), guard, context)
        self._store, self._clock = store, clock

    def add(self, name: str, domain: str, settings: FeedSettings, *, wait: float = 0.0) -> bool:
        """Keep a feed, or change how one is pulled. Whether it is new.

        Args:
            name: Its name.
            domain: Where its items go.
            settings: How it is pulled.
            wait: Seconds until it is due, when it is pulled on a schedule.

        Raises:
            InvalidRequest: A setting is wrong.
            NotFound: No such domain or dialect.
        """
        check_name(name)
        self._check(domain, settings)
        before = self._row(name) if name in self._rows() else None
        if before is not None and before.domain != domain:
            raise InvalidRequest("domain", f'of the feed "{name}" is "{before.domain}"; remove the feed first', domain)
        now = int(self._clock.now() * 1000)
        due = None if settings.every is None else now + int(wait * 1000)
        return self._store.put_feed(FeedRow(name, domain, msgspec.json.encode(settings), now, due=due))

    def all(self) -> list[FeedStatus]:
        """All feeds by name."""
        return [self._status(row) for row in self._rows().values()]

    def runs(self, name: str, *, limit: int = 20) -> list[FeedReport]:
        """Reports of a feed, the latest first.

        Raises:
            NotFound: No such feed.
        """
        self._row(name)
        return [msgspec.json.decode(body, type=FeedReport) for _, body in self._store.feed_runs(name, limit=limit)]

    def run(
        self,
        name: str,
        *,
        force: bool = False,
        dry: bool = False,
        stop: threading.Event | None = None,
        progress: Progress = lambda what, done, total: None,
    ) -> FeedReport:
        """Pull a feed now.

        Args:
            name: The feed.
            force: Pull also what has not changed, and take it however much it changes.
            dry: Only say what would become of it; nothing is kept, not even the report.
            stop: Ends the run early; nothing is taken then.
            progress: Told what is being done.

        Raises:
            NotFound: No such feed, or its domain is gone.
            FeedFailed: Nothing of it was taken; or somebody else pulls it right now.
            StorageError: Nothing of it was taken.
        """
        row = self._row(name)
        if row.domain not in self._around.schemas:
            raise NotFound("domain", row.domain, self._around.schemas)
        if dry:
            run = Run(row, self._around, force=force, dry=True, stop=stop, progress=progress)
            run.go()
            return run.report
        if not self._claim(name):
            raise FeedFailed(name, "fetch", "it is being pulled by somebody else right now")
        row = self._rows().get(name, row)  # what was kept between the first look and the claim counts
        return self._claimed(Run(row, self._around, force=force, stop=stop, progress=progress))

    def due(self) -> list[str]:
        """Feeds that are to be pulled by now, the one that waits longest first."""
        now = self._clock.now() * 1000
        rows = [row for row in self._rows().values() if row.due is not None and row.due <= now]
        return [row.name for row in sorted(rows, key=_waiting) if row.domain in self._around.schemas]

    def run_due(self, stop: threading.Event | None = None) -> list[FeedReport]:
        """Pull what is due, one feed after the other; what fails is logged, and its report is among the others."""
        reports = []
        for name in self.due():
            if stop is not None and stop.is_set():
                break
            if not self._claim(name):
                continue
            row = self._rows().get(name)
            if row is None or row.due is None or row.due > self._clock.now() * 1000:
                # Somebody else has done it, or removed it, between the look and the claim.
                if row is not None:
                    self._release(row)
                continue
            run = Run(row, self._around, stop=stop)
            try:
                self._claimed(run)
            except PenchantError as error:
                _log.warning("feed %s: %s", name, error.reason if isinstance(error, FeedFailed) else error.message)
            except Exception as error:
                _log.error("feed %s met a fault of ours: %s", name, type(error).__name__)
            reports.append(run.report)
        return reports

    def remove(self, name: str, *, items: bool = False) -> int:
        """Forget a feed.

        Args:
            name: The feed.
            items: Take its items out too, but for those that another feed of the domain tells of.

        Returns:
            How many items were taken out.

        Raises:
            NotFound: No such feed.
            FeedFailed: It is being pulled right now.
        """
        row = self._row(name)
        if not self._claim(name):
            raise FeedFailed(name, "fetch", "it is being pulled right now; try again when that is done")
        try:
            gone = self._take_out(row) if items else 0
        except BaseException:
            self._release(row)
            raise
        self._store.drop_feed(name)
        return gone

    def _take_out(self, row: FeedRow) -> int:
        store, schema = self._store, self._around.schemas.get(row.domain)
        if schema is None:
            raise NotFound("domain", row.domain, self._around.schemas)
        deadline = Deadline(self._clock, READING)
        with turn(store, row.domain, self._clock, deadline, row.name):
            ids = [id for batch in store.feed_entries(row.name) for id, _ in batch]
            telling = store.entries_of(ids, domain=row.domain) if ids else {}
            alone = [id for id in ids if not set(telling.get(id, ())) - {row.name}]
            at = int(self._clock.now() * 1000)
            gone = 0

            def decide(kept: Mapping[str, KeptItem]) -> CatalogWrite:
                nonlocal gone
                write, _ = apply_changes(schema, [Change(id=id, op="delete") for id in alone], kept, at)
                gone = len(write.gone)
                entries = [FeedEntry(row.name, id, None) for id in ids]
                return CatalogWrite(write.bodies, write.lives, write.gone, write.facts, entries)

            store.change_items(row.domain, alone, decide)
        return gone

    def _claim(self, name: str) -> bool:
        now = self._clock.now()
        until = now + self._around.settings.seconds + READING
        return self._store.claim_feed(name, now=int(now * 1000), until=int(until * 1000))

    def _release(self, row: FeedRow) -> None:
        """Give a claim back as if it had never been; the last report is kept once more, as there must be one."""
        report = FeedReport(feed=row.name, at=self._clock.now(), status="unchanged")
        at = int(self._clock.now() * 1000)
        self._store.end_feed(row.name, state=row.state, due=row.due, at=at, report=msgspec.json.encode(report))

    def _claimed(self, run: Run) -> FeedReport:
        """Do a run whose feed is claimed, and give the claim back whatever comes."""
        state, stopped = run.state, False
        try:
            state = run.go()
        except FeedFailed as error:
            stopped = run.stopped
            failed = state.failures + 1 if error.step == "fetch" and not stopped else 0
            state = msgspec.structs.replace(state, failures=failed)
            raise
        except BaseException:
            stopped = True
            raise
        finally:
            now = self._clock.now()
            due = next_due(run.feed.name, now, run.settings.every, failures=state.failures, wait=run.retry_after)
            if stopped and due is not None:
                due = int(now * 1000)
            self._store.end_feed(
                run.feed.name,
                state=msgspec.json.encode(state),
                due=due,
                at=int(run.report.at * 1000),
                report=msgspec.json.encode(run.report),
            )
        return run.report

    def _check(self, domain: str, settings: FeedSettings) -> None:
        """Whether a feed can be pulled by these settings, as far as that can be told beforehand."""
        if domain not in self._around.schemas:
            raise NotFound("domain", domain, self._around.schemas)
        if settings.dialect not in (AUTO, *DIALECTS):
            raise NotFound("dialect", settings.dialect, [AUTO, *DIALECTS])
        pack = self._around.packs[domain]
        dialect = DIALECTS.get(settings.dialect)
        if dialect is not None and pack not in dialect.kinds:
            kinds = " and ".join(dialect.kinds)
            raise InvalidRequest("dialect", f'"{settings.dialect}" tells of {kinds}, and the domain is {pack}')
        try:
            ZoneInfo(settings.timezone)
        except (KeyError, OSError, ValueError):
            raise InvalidRequest("timezone", "must be a zone as in Europe/Berlin", settings.timezone) from None
        code = settings.currency
        if code is not None and not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
            raise InvalidRequest("currency", "must be an ISO 4217 code as in EUR", code)
        for header, value in settings.headers.items():
            if not _HEADER.fullmatch(header) or header.lower() in _OURS:
                wanted = "must be one that may be set, as in Authorization: Bearer ${TOKEN}"
                raise InvalidRequest("header", wanted, header)
            if not value.isprintable():
                raise InvalidRequest("header", f"{header} must have a value of letters that can be seen")
        if not settings.local and "${" not in settings.url:
            try:
                parse_url(settings.url)
            except FeedFailed as error:
                raise InvalidRequest("url", error.reason) from None

    def _status(self, row: FeedRow) -> FeedStatus:
        settings = msgspec.json.decode(row.settings, type=FeedSettings)
        last = self._store.feed_runs(row.name, limit=1)
        return FeedStatus(
            name=row.name,
            domain=row.domain,
            url=shown(settings.url),
            dialect=settings.dialect,
            every=settings.every,
            options=_options(settings),
            created=row.created / 1000,
            items=msgspec.json.decode(row.state, type=FeedState).entries,
            due=None if row.due is None else row.due / 1000,
            last=msgspec.json.decode(last[0][1], type=FeedReport) if last else None,
        )

    def _rows(self) -> dict[str, FeedRow]:
        return {row.name: row for row in self._store.feeds()}

    def _row(self, name: str) -> FeedRow:
        rows = self._rows()
        if name not in rows:
            raise NotFound("feed", name, rows)
        return rows[name]


def _options(settings: FeedSettings) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(settings)
    told = {name: value for name, value in told.items() if name not in ("url", "dialect", "every")}
    return {name: list(value) if name == "headers" else value for name, value in told.items()}


def _waiting(row: FeedRow) -> int:
    return row.due or 0
