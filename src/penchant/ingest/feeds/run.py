"""One run of a feed: pull, read, compare, check, write. All of it or nothing."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

import msgspec

from penchant import config
from penchant.catalog import Schema
from penchant.catalog.feeds import DIALECTS, ItemKind, Options
from penchant.clock import Clock
from penchant.config.environment import expand
from penchant.errors import FeedFailed
from penchant.ingest.feeds.address import Guard
from penchant.ingest.feeds.deadline import Deadline
from penchant.ingest.feeds.diff import Diff
from penchant.ingest.feeds.fetch import MB, Fetched, Fetcher, copy_file
from penchant.ingest.feeds.network import GuardedTransport
from penchant.ingest.feeds.pages import Crawl, Crawled
from penchant.ingest.feeds.report import SHOWN, FeedReport, Refusal
from penchant.ingest.feeds.settings import AUTO, SITEMAP, FeedSettings, FeedState
from penchant.ingest.feeds.sniff import HEAD, sniff
from penchant.ingest.feeds.stage import Staged, temporary
from penchant.ingest.feeds.turn import turn
from penchant.ingest.feeds.writing import Writing
from penchant.storage import FeedRow, Store

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how many are done, and how many there are (None while unknown)."""

READING = 1_800
"""Seconds that reading and writing may take, beside pulling."""
_STEP = 1_000


@dataclass(frozen=True)
class Around:
    """What every run needs.

    Attributes:
        store: Where feeds and items are kept.
        schemas: Of each domain.
        packs: Name of each domain's pack.
        clock: Tells the time.
        settings: How feeds are pulled.
        root: The workspace, for files of this machine and temporary ones.
        environment: Variables that addresses and headers may name.
        guard: Says which addresses may be asked.
        context: Which certificates are trusted; the usual ones when None.
    """

    store: Store
    schemas: Mapping[str, Schema]
    packs: Mapping[str, str]
    clock: Clock
    settings: config.Feeds
    root: Path
    environment: Mapping[str, str]
    guard: Guard
    context: ssl.SSLContext | None = None


class Run:
    """One run. `go` does it; `report` says what became of it, also when it fails."""

    def __init__(
        self,
        feed: FeedRow,
        around: Around,
        *,
        force: bool = False,
        dry: bool = False,
        stop: threading.Event | None = None,
        progress: Progress = lambda what, done, total: None,
    ) -> None:
        """Prepare it.

        Args:
            feed: The feed.
            around: What every run needs.
            force: Pull also what has not changed, and take it however much it changes.
            dry: Write nothing.
            stop: Ends the run early.
            progress: Told what is being done.
        """
        self.feed, self.around = feed, around
        self.settings = msgspec.json.decode(feed.settings, type=FeedSettings)
        self.state = msgspec.json.decode(feed.state, type=FeedState)
        self.retry_after: float | None = None
        """Seconds that the server wants us to wait, when it said so."""
        self._force, self._dry, self._progress = force, dry, progress
        self._began = around.clock.elapsed()
        self.report = FeedReport(feed=feed.name, at=around.clock.now(), status="refused")
        self._pulling = Deadline(around.clock, around.settings.seconds, stop)
        self._whole = Deadline(around.clock, around.settings.seconds + READING, stop)
        self._step: Literal["fetch", "read", "check"] = "fetch"

    @property
    def stopped(self) -> bool:
        """Whether it ended because somebody wanted it to."""
        return self._whole.stopped

    def go(self) -> FeedState:
        """Do it; what it leaves for the next run.

        Raises:
            FeedFailed: Nothing was taken; the report says why.
            StorageError: Nothing was taken.
        """
        root = self.around.root
        try:
            schema = self.around.schemas[self.feed.domain]
            with (
                temporary(root) as file,
                Staged(root, schema, self.around.packs[self.feed.domain]) as staged,
                Diff(staged, root, schema.kind) as diff,
            ):
                state = self._go(file, staged, diff)
        except FeedFailed as error:
            failed = FeedFailed(self.feed.name, error.step, error.reason)
            self._tell(status="refused", step=failed.step, reason=failed.reason)
            raise failed from None
        except OSError as error:
            reason = f"there is no room for it in the workspace ({error.strerror})"
            self._tell(status="refused", step=self._step, reason=reason)
            raise FeedFailed(self.feed.name, self._step, reason) from None
        except BaseException as error:
            self._tell(status="refused", step=self._step, reason=f"the run ended early ({type(error).__name__})")
            raise
        return state

    def _go(self, file: BinaryIO, staged: Staged, diff: Diff) -> FeedState:
        url = self._expanded(self.settings.url)
        if "://" not in url:  # asked of what the variables hold: a whole address may be one
            path = self.around.root / url
            return self._taken(copy_file(path, file, most=self._most, deadline=self._pulling), None, file, staged, diff)
        with self._fetcher(url) as fetcher:
            # A sitemap that is as it was says nothing of its pages.
            same = not (self._force or self.state.pages or self.settings.digest() != self.state.options)
            etag, modified = (self.state.etag, self.state.modified) if same else (None, None)
            self._progress("pull", 0, None)
            try:
                return self._taken(fetcher.get(url, file, etag=etag, modified=modified), fetcher, file, staged, diff)
            finally:
                self.retry_after = fetcher.retry_after

    def _taken(self, got: Fetched, fetcher: Fetcher | None, file: BinaryIO, staged: Staged, diff: Diff) -> FeedState:
        """Read, compare, check and write what was pulled."""
        self._tell(bytes=got.size)
        options = self.settings.digest()
        same = got.digest == self.state.digest and options == self.state.options
        if not got.new or (same and not self._force and not self.state.pages):
            self._tell(status="unchanged", entries=self.state.entries, unchanged=self.state.entries)
            marks = {"etag": got.etag, "modified": got.modified} if got.new else {}
            return msgspec.structs.replace(self.state, failures=0, **marks)
        self._step = "read"
        dialect = self._dialect(file)
        crawled = self._read(dialect, got, fetcher, file, staged)
        self._check_read(staged)
        self._step = "check"
        self._progress("compare", 0, None)
        window = self.settings.gone == "keep" or (self.settings.gone is None and not DIALECTS[dialect].whole)
        diff.compare(self.around.store.feed_entries(self.feed.name), crawled.stays, window=window)
        entries = len(staged) + diff.kept
        self._tell_diff(diff, entries)
        self._check_diff(diff, entries)
        if not self._dry and diff:
            self._write(diff)
        self._tell(status="applied" if diff else "unchanged")
        return FeedState(
            etag=got.etag,
            modified=got.modified,
            digest=got.digest,
            options=options,
            entries=entries,
            pages=crawled.pages,
        )

    @property
    def _most(self) -> int:
        return self.around.settings.most_mb * MB

    def _fetcher(self, url: str) -> Fetcher:
        around = self.around
        headers = {name: self._expanded(value).strip() for name, value in self.settings.headers.items()}
        transport = GuardedTransport(around.guard, self._pulling, context=around.context)
        return Fetcher(transport, self._pulling, home=url, most=self._most, headers=headers, now=around.clock.now())

    def _expanded(self, text: str) -> str:
        told, unset = expand(text, self.around.environment)
        if unset:
            raise FeedFailed(self.feed.name, "fetch", f"the variable {unset[0]} is not set in the environment")
        return told

    def _dialect(self, file: BinaryIO) -> str:
        """Which dialect the file is of."""
        name: str | None = self.settings.dialect
        if name == AUTO:
            file.seek(0)
            name = sniff(file.read(HEAD), DIALECTS)
        if name is None:
            raise FeedFailed(
                self.feed.name,
                "read",
                "no dialect is recognized in the file (an HTML page?); name one with --dialect; a table of your own is "
                "tabular, with --column field=column",
            )
        if name not in DIALECTS:
            raise FeedFailed(self.feed.name, "read", f'there is no dialect "{name}"')
        self._tell(dialect=name)
        return name

    def _read(self, dialect: str, got: Fetched, fetcher: Fetcher | None, file: BinaryIO, staged: Staged) -> Crawled:
        options = Options(
            columns=self.settings.columns,
            separator=self.settings.separator,
            currency=self.settings.currency,
            timezone=self.settings.timezone,
            encoding=got.charset,
            url=got.url,
            kind=cast("ItemKind", self.around.packs[self.feed.domain]),
        )
        file.seek(0)
        if dialect == SITEMAP:
            return self._crawl(options, fetcher, file, staged)
        for done, told in enumerate(DIALECTS[dialect].read(file, options), 1):
            staged.add(told)
            if done % _STEP == 0:
                self._whole.check(self.feed.name)
                self._progress("read", done, None)
        return Crawled()

    def _crawl(self, options: Options, fetcher: Fetcher | None, file: BinaryIO, staged: Staged) -> Crawled:
        if fetcher is None:
            raise FeedFailed(self.feed.name, "read", "a sitemap is pulled from its site, not read from the disk")
        crawl = Crawl(fetcher, self._pulling, options, self.state.pages, self.settings, self.around.clock.now())
        again = self._force or self.settings.digest() != self.state.options
        try:
            crawl.go(file, staged, force=again, progress=partial(self._progress, "pages"))
        finally:
            told = crawl.crawled
            self._tell(
                bytes=told.bytes,
                pages=told.read,
                pages_same=told.same,
                pages_failed=told.failed,
                pages_left=told.left,
                page_failures=tuple(told.failures),
                notes=tuple(told.notes),
            )
        return crawl.crawled

    def _check_read(self, staged: Staged) -> None:
        """Few enough entries must be wrong."""
        self._tell(refused=staged.refused, skipped=staged.skipped, refusals=tuple(staged.refusals))
        share = staged.refused / max(1, len(staged) + staged.refused)
        if share > self.settings.max_refused and not self._force:
            first = staged.refusals[0]
            raise FeedFailed(
                self.feed.name,
                "read",
                f"{staged.refused:,} of {len(staged) + staged.refused:,} entries are wrong, more than "
                f"{self.settings.max_refused:.0%}; the first, at {first.place}: {first.field and first.field + ': '}"
                f"{first.reason}; run again with --force to take the rest",
            )

    def _check_diff(self, diff: Diff, entries: int) -> None:
        """The feed must not be empty, nor shrink too much."""
        if self._force:
            return
        if not entries:
            why = "it tells of no item; run again with --force to take it"
            if self.report.skipped:
                why = f"it tells of no item for this domain: {self.report.skipped:,} are of another kind or come twice"
            raise FeedFailed(self.feed.name, "check", why)
        if diff.gone_share > self.settings.max_gone:
            raise FeedFailed(
                self.feed.name,
                "check",
                f"{len(diff.gone):,} of {diff.before:,} items are gone, more than {self.settings.max_gone:.0%}; "
                f"run again with --force to take it",
            )

    def _write(self, diff: Diff) -> None:
        """Write everything at once."""
        store, name, domain = self.around.store, self.feed.name, self.feed.domain
        schema = self.around.schemas[domain]
        with turn(store, domain, self.around.clock, self._whole, name):
            telling = store.entries_of(diff.gone, domain=domain) if diff.gone else {}
            delete = [id for id in diff.gone if not set(telling.get(id, ())) - {name}]
            writing = Writing(schema, diff, delete, int(self.around.clock.now() * 1000), name)
            self._progress("write", len(writing.ids), None)
            self._whole.check(name)  # from here on it is too late to stop
            store.change_items(domain, writing.ids, writing.decide)
        self._tell_written(writing, elsewhere=len(diff.gone) - len(delete))

    def _tell_written(self, writing: Writing, *, elsewhere: int) -> None:
        notes = list(self.report.notes)
        if elsewhere:
            notes.append(f"{elsewhere:,} of the gone items stay, as another feed tells of them")
        if writing.absent:
            notes.append(f"{writing.absent:,} changed items stay out of the catalog, as somebody took them out")
        more = (
            Refusal(place=0, id=verdict.id, field=verdict.field, reason=verdict.reason)
            for verdict in islice(writing.rejected.values(), SHOWN)
        )
        self._tell(
            notes=tuple(notes),
            refused=self.report.refused + len(writing.rejected),
            refusals=(*self.report.refusals, *more)[:SHOWN],
        )

    def _tell_diff(self, diff: Diff, entries: int) -> None:
        self._tell(
            entries=entries,
            added=len(diff.added),
            changed=len(diff.changed),
            unchanged=diff.unchanged,
            gone=len(diff.gone),
            kept=diff.kept,
            added_examples=tuple(diff.added_examples),
            changed_examples=tuple(diff.changed_examples),
            gone_examples=tuple(diff.gone_examples),
        )

    def _tell(self, **told: Any) -> None:
        seconds = round(self.around.clock.elapsed() - self._began, 3)
        self.report = msgspec.structs.replace(self.report, seconds=seconds, **told)
