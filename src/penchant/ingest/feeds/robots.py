"""What robots.txt lets us read (RFC 9309)."""

from __future__ import annotations

import tempfile
from typing import BinaryIO, cast
from urllib.parse import unquote, urlsplit
from urllib.robotparser import RobotFileParser

import httpx

from penchant.ingest.feeds.fetch import Fetcher

AGENT = "penchant"
_MOST = 500_000
"""Bytes of robots.txt that are read; the standard asks for as many."""
_SLOWEST = 30.0
_LONGEST_NUMBER = 20
_ABSENT = frozenset(range(400, 500)) - {429}


class Robots:
    """The rules of the sites of one run, each asked for once."""

    def __init__(self, fetcher: Fetcher) -> None:
        """Ask with this fetcher."""
        self._fetcher = fetcher
        self._rules: dict[str, RobotFileParser] = {}

    def allows(self, url: httpx.URL) -> bool:
        """Whether a page may be read.

        Raises:
            FeedFailed: The site's rules cannot be had, which means no.
        """
        return self._of(url).can_fetch(AGENT, str(url))

    def delay(self, url: httpx.URL) -> float:
        """Seconds that the site wants between two pages; half a minute at most."""
        return min(float(self._of(url).crawl_delay(AGENT) or 0.0), _SLOWEST)

    def _of(self, url: httpx.URL) -> RobotFileParser:
        origin = str(url.copy_with(raw_path=b"/robots.txt", fragment=None, userinfo=b""))
        if origin not in self._rules:
            parser = RobotFileParser()
            with cast("BinaryIO", tempfile.SpooledTemporaryFile(_MOST)) as file:
                got = self._fetcher.get(origin, file, most=_MOST, absent=_ABSENT)
                file.seek(0)
                text = file.read().decode("utf-8-sig", "replace") if got.new else ""
            parser.parse([line for line in text.splitlines() if _is_sound(line)])
            self._rules[origin] = parser
        return self._rules[origin]


def _is_sound(line: str) -> bool:
    """Whether the parser can read a line; it raises for addresses that are none and for what only looks like digits."""
    name, _, value = line.partition("#")[0].partition(":")
    if name.strip().lower() in ("crawl-delay", "request-rate"):
        return value.isascii() and len(value) < _LONGEST_NUMBER
    try:
        urlsplit(unquote(value.strip()))
    except ValueError:
        return False
    return True
