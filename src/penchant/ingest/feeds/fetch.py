"""A file is pulled from a server, or read from the disk, into a temporary file: whole, or not at all."""

from __future__ import annotations

import codecs
import hashlib
from base64 import b64encode
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

import httpcore
import httpx

from penchant.errors import FeedFailed
from penchant.ingest.feeds.deadline import Deadline
from penchant.ingest.feeds.unpack import Broken, unpacked

MOST_HOPS = 5
"""Redirects that are followed."""
MB = 1_000_000
_PAUSED = (429, 503)
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_ETAG = 1_000
# Python reads texts in them too, but no site means them, and some take a time that grows with the square of the text.
_NO_CHARSETS = frozenset(("idna", "punycode", "raw-unicode-escape", "unicode-escape"))
_STATUS = {
    401: "wants to know who asks (401); credentials are given with --header",
    403: "does not let us have it (403)",
    404: "has nothing at this address (404)",
    407: "wants to know who asks (407)",
    410: "says that it is gone for good (410)",
    429: "asks us to come less often (429)",
}


@dataclass(frozen=True)
class Fetched:
    """What came.

    Attributes:
        new: False when there is nothing to read: the server says that it is what we have already, or has nothing.
        absent: The server has nothing at this address.
        url: Where it came from in the end.
        size: Bytes, unpacked.
        digest: SHA-256 of them, in hexadecimal.
        etag: The server's mark of this version.
        modified: When the server says that it changed, as it spells it.
        charset: Encoding that the server told, if there is such a one.
    """

    new: bool
    absent: bool = False
    url: str = ""
    size: int = 0
    digest: str = ""
    etag: str | None = None
    modified: str | None = None
    charset: str | None = None


class Fetcher:
    """Pulls files, all in one run; a context manager.

    Credentials, those in the address and those in headers, go to the server of the feed's own address alone.
    """

    def __init__(
        self,
        transport: httpx.BaseTransport,
        deadline: Deadline,
        *,
        home: str,
        most: int,
        headers: Mapping[str, str] | None = None,
        now: float = 0.0,
    ) -> None:
        """Make one.

        Args:
            transport: Sends the requests.
            deadline: When everything ends.
            home: The feed's own address.
            most: Largest file, unpacked, in bytes.
            headers: What is said to the feed's own server.
            now: Unix seconds, to read from `Retry-After` how long to wait.

        Raises:
            FeedFailed: The address is none.
        """
        self.retry_after: float | None = None
        """Seconds that the last server wants us to wait, when it said so."""
        self._transport, self._deadline, self.most, self._now = transport, deadline, most, now
        self._home = parse_url(home)
        self._secret = dict(headers or {})
        if self._home.userinfo and not any(name.lower() == "authorization" for name in self._secret):
            pair = f"{self._home.username}:{self._home.password}".encode()
            self._secret["Authorization"] = f"Basic {b64encode(pair).decode()}"

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.close()

    def get(
        self,
        url: str,
        into: BinaryIO,
        *,
        etag: str | None = None,
        modified: str | None = None,
        most: int | None = None,
        absent: Container[int] = (),
        within: Callable[[httpx.URL], bool] = lambda url: True,
    ) -> Fetched:
        """Pull a file.

        Args:
            url: Where it lies.
            into: Where it goes, from the present place on.
            etag: Mark of the version that we have.
            modified: When that version changed.
            most: Largest size in bytes, when it is less than usual.
            absent: Answers that are no failure: the server has nothing there.
            within: Where a redirect may lead.

        Raises:
            FeedFailed: It cannot be had, or is too large, or the time is up.
        """
        asked = {"If-None-Match": etag, "If-Modified-Since": modified}
        known = {name: value for name, value in asked.items() if value}
        at = parse_url(url)
        try:
            for _ in range(MOST_HOPS + 1):
                response = self._transport.handle_request(self._request(at, known))
                try:
                    if response.status_code in absent:
                        return Fetched(new=False, absent=True)
                    if response.status_code not in _REDIRECTS:
                        return self._taken(response, at, into, bool(known), most or self.most)
                    at, before = _next(at, response), at
                    if not within(at):
                        raise FeedFailed(before.host, "fetch", f"it is redirected to another site ({at.host})")
                finally:
                    response.close()
        except FeedFailed:
            raise
        except httpcore.LocalProtocolError:  # its words would repeat the header
            raise FeedFailed(at.host, "fetch", "a header has letters that no header may have") from None
        except httpcore.RemoteProtocolError as error:
            raise FeedFailed(
                at.host, "fetch", f"the server {at.host} breaks off, or does not speak HTTP: {error}"
            ) from None
        except (httpx.HTTPError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise FeedFailed(
                at.host, "fetch", f"the server {at.host} cannot be reached: {str(error) or 'no answer'}"
            ) from None
        except Broken as error:
            raise FeedFailed(at.host, "fetch", f"what {at.host} sends is damaged: {error}") from None
        raise FeedFailed(at.host, "fetch", f"it is redirected more than {MOST_HOPS} times")

    def _request(self, url: httpx.URL, known: Mapping[str, str]) -> httpx.Request:
        headers = {
            "User-Agent": f"penchant/{version('penchant')}",
            "Accept": "*/*",
            "Accept-Encoding": "gzip, deflate",
            **known,
        }
        if self._is_home(url):
            headers = {**headers, **self._secret}
        try:
            return httpx.Request("GET", url.copy_with(userinfo=b"", fragment=None), headers=headers)
        except UnicodeEncodeError:
            raise FeedFailed(url.host, "fetch", "a header has letters that no header may have") from None

    def _is_home(self, url: httpx.URL) -> bool:
        """Whether it is the feed's own server, also when that has moved from http to https."""
        home = self._home
        moved = home.scheme == "http" and url.scheme == "https" and home.port is None and url.port is None
        same = url.scheme == home.scheme and _port(url) == _port(home)
        return url.host == home.host and (same or moved)

    def _taken(self, response: httpx.Response, url: httpx.URL, into: BinaryIO, known: bool, most: int) -> Fetched:
        code = response.status_code
        if code == 304 and known:
            return Fetched(new=False, url=str(url))
        if code != 200:
            raise FeedFailed(url.host, "fetch", f"the server {url.host} {self._words(code, response)}")
        told = response.headers.get("Content-Length", "")
        if told.isascii() and told.isdigit() and int(told) > most:
            raise _too_large(url.host, most)
        encoding = response.headers.get("Content-Encoding", "")
        size, digest = pump(unpacked(response.iter_raw(), encoding), into, url.host, most, self._deadline)
        return Fetched(
            new=True,
            url=str(url.copy_with(userinfo=b"")),
            size=size,
            digest=digest,
            etag=_mark(response.headers.get("ETag")),
            modified=_mark(response.headers.get("Last-Modified")),
            charset=_charset(response),
        )

    def _words(self, code: int, response: httpx.Response) -> str:
        wait = _seconds(response.headers.get("Retry-After"), self._now) if code in _PAUSED else None
        self.retry_after = wait
        words = _STATUS.get(code) or (f"has a fault of its own ({code})" if code >= 500 else f"answers with {code}")
        return words + (f", in {wait:,.0f} seconds" if wait else "")


def parse_url(text: str) -> httpx.URL:
    """An address of the open network.

    Raises:
        FeedFailed: It is none.
    """
    try:
        url = httpx.URL(text)
        host = url.host  # read here, as a name that only looks like an encoded one is found out no sooner
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise FeedFailed("feed", "fetch", "the address is none") from None
    if url.scheme not in ("http", "https") or not host:
        raise FeedFailed(host or "feed", "fetch", "the address must begin with http:// or https:// and name a host")
    return url


def copy_file(path: Path, into: BinaryIO, *, most: int, deadline: Deadline) -> Fetched:
    """Read a file of this machine, unpacked.

    Raises:
        FeedFailed: It cannot be read, or is too large.
    """
    if path.exists() and not path.is_file():
        raise FeedFailed(path.name, "fetch", f"{path.name} is no file")
    try:
        with path.open("rb") as file:
            size, digest = pump(unpacked(iter(lambda: file.read(1 << 16), b"")), into, path.name, most, deadline)
    except OSError as error:
        raise FeedFailed(path.name, "fetch", f"{path.name} cannot be read: {error.strerror}") from None
    except Broken as error:
        raise FeedFailed(path.name, "fetch", f"{path.name} is damaged: {error}") from None
    return Fetched(new=True, size=size, digest=digest)


def pump(chunks: Iterable[bytes], into: BinaryIO, name: str, most: int, deadline: Deadline) -> tuple[int, str]:
    """Write what comes, as long as it is not too much and there is time; its size and digest.

    Raises:
        FeedFailed: It is too much, or the time is up.
    """
    size, digest = 0, hashlib.sha256()
    for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise _too_large(name, most)
        deadline.check(name)
        digest.update(chunk)
        into.write(chunk)
    return size, digest.hexdigest()


def shown(url: str) -> str:
    """An address without what may be secret: user and password go, values of its query become `…`."""
    try:
        parsed = httpx.URL(url)
        name = parsed.host
    except (httpx.InvalidURL, UnicodeError, ValueError):
        return "…"
    if not parsed.scheme:
        return url
    query = "&".join(_pairs(parsed.query.decode("ascii", "replace")))
    host = f"[{name}]" if ":" in name else name
    port = f":{parsed.port}" if parsed.port is not None else ""
    return f"{parsed.scheme}://{host}{port}{parsed.path}" + (f"?{query}" if query else "")


def _pairs(query: str) -> Iterator[str]:
    for pair in filter(None, query.split("&")):
        name, equals, _ = pair.partition("=")
        yield f"{name}=…" if equals else "…"


def _next(at: httpx.URL, response: httpx.Response) -> httpx.URL:
    """Where a redirect leads.

    Raises:
        FeedFailed: Nowhere that we go.
    """
    try:
        to = at.join(response.headers.get("Location", ""))
        host = to.host
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise FeedFailed(at.host, "fetch", f"the server {at.host} redirects to an address that is none") from None
    if "Location" not in response.headers:
        raise FeedFailed(at.host, "fetch", f"the server {at.host} redirects without saying where to")
    if to.scheme not in ("http", "https") or not host:
        raise FeedFailed(at.host, "fetch", f"the server {at.host} redirects to something that is not http or https")
    if at.scheme == "https" and to.scheme == "http":
        raise FeedFailed(at.host, "fetch", f"the server {at.host} redirects from https to http")
    return to


def _port(url: httpx.URL) -> int:
    return url.port or {"http": 80, "https": 443}[url.scheme]


def _mark(text: str | None) -> str | None:
    return text if text is not None and text.isascii() and text.isprintable() and len(text) <= _MOST_ETAG else None


def _charset(response: httpx.Response) -> str | None:
    name = response.charset_encoding or ""
    try:
        b"a".decode(name)
        known = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return None if known.replace("_", "-") in _NO_CHARSETS else name


def _seconds(text: str | None, now: float) -> float | None:
    """How long `Retry-After` asks to wait: seconds, or a moment."""
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _too_large(name: str, most: int) -> FeedFailed:
    return FeedFailed(name, "fetch", f"it is larger than {most / MB:,.10g} MB ([feeds] most_mb)")
