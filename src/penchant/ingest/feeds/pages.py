"""A sitemap's pages are read, those that may have changed alone, a few at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from queue import SimpleQueue
from typing import BinaryIO, cast

import httpx

from penchant.catalog.feeds import Entry, Options, Refused
from penchant.catalog.feeds.json_ld import read_page
from penchant.catalog.feeds.sitemap import Listed, read_sitemap
from penchant.errors import FeedFailed
from penchant.ingest.feeds.deadline import Deadline
from penchant.ingest.feeds.fetch import MB, Fetched, Fetcher, parse_url
from penchant.ingest.feeds.report import SHOWN
from penchant.ingest.feeds.robots import Robots
from penchant.ingest.feeds.settings import FeedSettings, Page
from penchant.ingest.feeds.stage import Staged

THREADS = 4
MOST_SITEMAPS = 500
"""Sitemaps that a sitemap may lead to."""
MOST_PAGE = 5 * MB
"""Largest page, in bytes."""
DELAY = 0.1
"""Seconds that each thread waits after a page."""
_IN_MEMORY = 1 << 18
_ABSENT = (404, 410)


@dataclass
class Crawled:
    """What became of the pages.

    Attributes:
        pages: By address, for the next run.
        stays: Items that are not gone, though nothing was read of them: those of pages that have not changed, that
            could not be read, or for which there was no time.
        bytes: Size of what was pulled.
        read: Pages read.
        same: Pages that had not changed.
        failed: Pages that could not be read.
        left: Pages for which there was no time.
        failures: Some of those that failed, with the reason.
        notes: What is worth to be known.
    """

    pages: dict[str, Page] = field(default_factory=dict)
    stays: set[str] = field(default_factory=set)
    bytes: int = 0
    read: int = 0
    same: int = 0
    failed: int = 0
    left: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Came:
    """A page that was asked for: what came, and what it tells; or why nothing did."""

    url: str
    got: Fetched | None
    told: tuple[Entry | Refused, ...] = ()
    reason: str = ""


class Crawl:
    """One round through the pages of a sitemap."""

    def __init__(
        self,
        fetcher: Fetcher,
        deadline: Deadline,
        options: Options,
        before: Mapping[str, Page],
        settings: FeedSettings,
        now: float,
    ) -> None:
        """Prepare it.

        Args:
            fetcher: Pulls sitemaps and pages.
            deadline: When everything ends.
            options: How pages are read; the address is that of the sitemap.
            before: The pages as they were in the last round.
            settings: Of the feed.
            now: Unix seconds.
        """
        self.crawled = Crawled()
        self._fetcher, self._deadline, self._options = fetcher, deadline, options
        self._before, self._settings, self._now = before, settings, now
        self._home = parse_url(options.url)
        self._robots = Robots(fetcher)

    def go(self, file: BinaryIO, staged: Staged, *, force: bool, progress: Callable[[int, int | None], None]) -> None:
        """Read what may have changed.

        Args:
            file: The sitemap.
            staged: Takes what the pages tell of.
            force: Read every page, also one that has not changed.
            progress: Told how many pages are done, and how many there are.

        Raises:
            FeedFailed: A sitemap cannot be read, too many pages fail, or the site wants no robots.
        """
        crawled = self.crawled
        listed = self._pages(file)
        allowed = {url: lastmod for url, lastmod in listed.items() if self._allows(url)}
        if listed and not allowed:
            raise FeedFailed(self._home.host, "fetch", f"robots.txt of {self._home.host} closes its pages to robots")
        if len(allowed) < len(listed):
            crawled.notes.append(f"robots.txt closes {len(listed) - len(allowed):,} pages to robots")
        asked = []
        for url, lastmod in allowed.items():
            page = self._before.get(url)
            if page is not None and page.lastmod is not None and page.lastmod == lastmod and not force:
                self._keep(url, page)
                crawled.same += 1
            else:
                asked.append(url)
        asked.sort(key=self._last_read)
        for done, came in enumerate(self._came(asked, force), 1):
            self._take(came, allowed[came.url], staged)
            progress(done, len(asked))
        self._check(len(asked))

    def _allows(self, url: str) -> bool:
        # Many pages against many rules take long, and nothing else looks at the time meanwhile.
        self._deadline.check(self._home.host)
        return self._robots.allows(parse_url(url))

    def _pages(self, file: BinaryIO) -> dict[str, str | None]:
        """The pages of the site, each with the moment the sitemap says it changed."""
        pages: dict[str, str | None] = {}
        others = beyond = 0
        for told in self._listed(file):
            url = self._own(told.url)
            if url is None:
                others += 1
            elif url in pages:
                continue
            elif len(pages) < self._settings.pages:
                pages[url] = told.lastmod
            else:
                beyond += 1
                if url in self._before:
                    self._keep(url, self._before[url])
        if others:
            self.crawled.notes.append(f"{others:,} pages of other sites are passed over")
        if beyond:
            self.crawled.notes.append(f"only the first {self._settings.pages:,} pages are read, {beyond:,} are not")
        return pages

    def _listed(self, file: BinaryIO) -> Iterator[Listed]:
        """What a sitemap lists, and the sitemaps it leads to, one level deep as the standard has it."""
        below: dict[str, None] = {}
        for told in read_sitemap(file, self._options):
            if not told.sitemap:
                yield told
            elif len(below) < MOST_SITEMAPS and (url := self._own(told.url)) is not None:
                below[url] = None
            else:
                self.crawled.notes.append("a sitemap of another site, or one too many, is passed over")
        for url in below:
            # Without it, it is not known which pages there still are.
            with cast("BinaryIO", tempfile.SpooledTemporaryFile(_IN_MEMORY)) as child:
                got = self._fetcher.get(url, child, within=self._is_own)
                self.crawled.bytes += got.size
                child.seek(0)
                options = replace(self._options, encoding=got.charset, url=got.url)
                yield from (one for one in read_sitemap(child, options) if not one.sitemap)

    def _own(self, text: str) -> str | None:
        """The address of a page, if it is of the site."""
        try:
            url = parse_url(text)
        except FeedFailed:
            return None
        return str(url.copy_with(fragment=None, userinfo=b"")) if self._is_own(url) else None

    def _is_own(self, url: httpx.URL) -> bool:
        """Whether it is of the sitemap's own site; `www.` makes no difference."""
        same = url.host.removeprefix("www.") == self._home.host.removeprefix("www.")
        return same and url.port in (None, self._home.port)

    def _last_read(self, url: str) -> int:
        return self._before[url].at if url in self._before else 0

    def _came(self, urls: list[str], force: bool) -> Iterator[_Came]:
        """Ask for pages, a few at a time; what comes, as it comes. Those for which there is no time are left."""
        delay = self._robots.delay(self._home)
        threads = 1 if delay > DELAY else THREADS
        waiting: SimpleQueue[Future[_Came]] = SimpleQueue()
        rest = iter(urls)
        with ThreadPoolExecutor(threads, thread_name_prefix="penchant-pages") as pool:

            def ask(url: str) -> None:
                pool.submit(self._ask, url, force, max(delay, DELAY)).add_done_callback(waiting.put)

            under_way = 0
            for url in islice(rest, threads):
                ask(url)
                under_way += 1
            while under_way:
                came = waiting.get().result()
                under_way -= 1
                yield came
                for url in () if self._is_over() else islice(rest, 1):
                    ask(url)
                    under_way += 1
        for url in rest:
            self._leave(url)

    def _is_over(self) -> bool:
        return (
            self._deadline.left <= 0.0
            or self._fetcher.retry_after is not None
            or self.crawled.bytes > self._fetcher.most
        )

    def _ask(self, url: str, force: bool, delay: float) -> _Came:
        page = None if force else self._before.get(url)
        etag, modified = (page.etag, page.modified) if page else (None, None)
        try:
            with cast("BinaryIO", tempfile.SpooledTemporaryFile(_IN_MEMORY)) as file:
                got = self._fetcher.get(
                    url, file, etag=etag, modified=modified, most=MOST_PAGE, absent=_ABSENT, within=self._is_own
                )
                file.seek(0)
                options = replace(self._options, encoding=got.charset, url=got.url)
                told = tuple(read_page(file.read(), options)) if got.new else ()
        except FeedFailed as error:
            return _Came(url, None, reason=error.reason)
        self._deadline.pause(delay)
        return _Came(url, got, told)

    def _take(self, came: _Came, lastmod: str | None, staged: Staged) -> None:
        crawled, before, got = self.crawled, self._before.get(came.url), came.got
        if got is None:
            if self._deadline.left <= 0.0:
                self._leave(came.url)
                return
            crawled.failed += 1
            if len(crawled.failures) < SHOWN:
                crawled.failures.append((came.url, came.reason))
            if before is not None:
                self._keep(came.url, before)
        elif got.absent:
            crawled.read += 1
        elif not got.new and before is not None:
            crawled.same += 1
            self._keep(came.url, replace_page(before, lastmod, int(self._now)))
        else:
            crawled.read += 1
            crawled.bytes += got.size
            for told in came.told:
                staged.add(told, came.url)
            ids = tuple(told.id for told in came.told if isinstance(told, Entry))
            crawled.pages[came.url] = Page(
                ids=ids, at=int(self._now), lastmod=lastmod, etag=got.etag, modified=got.modified
            )

    def _keep(self, url: str, page: Page) -> None:
        self.crawled.pages[url] = page
        self.crawled.stays.update(page.ids)

    def _leave(self, url: str) -> None:
        self.crawled.left += 1
        if url in self._before:
            self._keep(url, self._before[url])

    def _check(self, asked: int) -> None:
        """Enough pages must have come."""
        crawled = self.crawled
        if self._deadline.stopped:
            self._deadline.check(self._home.host)
        tried = asked - crawled.left
        if crawled.failed > self._settings.max_refused * max(1, tried):
            url, reason = crawled.failures[0]
            raise FeedFailed(
                self._home.host,
                "fetch",
                f"{crawled.failed:,} of {tried:,} pages cannot be read, more than {self._settings.max_refused:.0%}; "
                f"the first, {url}: {reason}",
            )
        if crawled.left:
            crawled.notes.append(f"{crawled.left:,} pages are left for the next run, as there was no time for them")
            if not crawled.read and not crawled.same:
                raise FeedFailed(self._home.host, "fetch", self._deadline.reason)


def replace_page(page: Page, lastmod: str | None, at: int) -> Page:
    """A page that has not changed, as it was seen now."""
    return Page(ids=page.ids, at=at, lastmod=lastmod, etag=page.etag, modified=page.modified)
