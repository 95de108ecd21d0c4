"""How a feed is pulled, and what a run leaves for the next one."""

from __future__ import annotations

import hashlib
import re
from importlib.metadata import version
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from penchant.clock import DAY
from penchant.errors import InvalidRequest

AUTO = "auto"
"""The dialect is told by the file."""
SITEMAP = "sitemap"
"""The dialect whose items stand on pages of their own."""
SHORTEST = 60
"""Seconds between two runs of a feed, at least."""
_LENGTH = re.compile(r"([1-9]\d{0,5})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": int(DAY)}
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")

Share = Annotated[float, Meta(ge=0, le=1)]


class FeedSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a feed is pulled. Texts may name variables of the environment, as `${TOKEN}`; these are kept as written.

    Attributes:
        url: Where it lies: an address, or a path that counts from the workspace.
        dialect: How it is written; `auto` asks the file.
        every: Seconds between two runs; None when it is run by hand alone.
        columns: Field = column, for tables without a dialect.
        separator: Separator of list values in one column.
        currency: Of prices that name none.
        timezone: Of times that carry none.
        headers: What is said to the server, such as `Authorization`.
        max_gone: Largest share of the items that may go in one run.
        max_refused: Largest share of the entries that may be wrong.
        gone: What becomes of an item that the feed no longer tells of; by the dialect when None.
        pages: Most pages that are read from a sitemap.
    """

    url: Annotated[str, Meta(min_length=1, max_length=2_000)]
    dialect: str = AUTO
    every: Annotated[int, Meta(ge=SHORTEST, le=90 * int(DAY))] | None = None
    columns: dict[str, str] = {}
    separator: Annotated[str, Meta(min_length=1)] = "|"
    currency: str | None = None
    timezone: str = "UTC"
    headers: dict[str, str] = {}
    max_gone: Share = 0.3
    max_refused: Share = 0.2
    gone: Literal["delete", "keep"] | None = None
    pages: Annotated[int, Meta(ge=1, le=100_000)] = 10_000

    @property
    def local(self) -> bool:
        """Whether it is a file of this machine."""
        return "://" not in self.url

    def digest(self) -> str:
        """Changes with everything that a file may be read differently by, penchant's version too."""
        told = (version("penchant"), self.url, self.dialect, self.columns, self.separator, self.currency, self.timezone)
        return hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()[:16]


class Page(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of a sitemap, as it was when it was read last.

    Attributes:
        ids: Items it told of.
        at: When it was read, Unix seconds.
        lastmod: When the sitemap says that it changed.
        etag: The server's mark of it.
        modified: When the server says that it changed.
    """

    ids: tuple[str, ...] = ()
    at: int = 0
    lastmod: str | None = None
    etag: str | None = None
    modified: str | None = None


class FeedState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a run leaves for the next one.

    Attributes:
        etag: The server's mark of the version that was taken last.
        modified: When the server says that this version changed.
        digest: Of the file that was taken last.
        options: Digest of the settings that it was read by.
        entries: How many items it told of.
        failures: Runs in a row that failed.
        pages: Of a sitemap, by address.
    """

    etag: str | None = None
    modified: str | None = None
    digest: str = ""
    options: str = ""
    entries: int = 0
    failures: int = 0
    pages: dict[str, Page] = {}


def check_name(name: str) -> None:
    """A feed is named as everything else is.

    Raises:
        InvalidRequest: This is no name.
    """
    if not _NAME.fullmatch(name):
        wanted = "must be a name of lower-case letters, digits, - and _ that starts with a letter (at most 63)"
        raise InvalidRequest("name", wanted, name)


def interval(text: str, field: str = "every") -> int:
    """A length of time as in 15m, 1h or 1d, in seconds.

    Raises:
        InvalidRequest: It is none, or shorter than a minute.
    """
    found = _LENGTH.fullmatch(text.strip())
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not SHORTEST <= seconds <= 90 * DAY:
        raise InvalidRequest(field, "must be a number and m, h or d, from 1m to 90d", text)
    return seconds
