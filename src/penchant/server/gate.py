"""Who may do what: every route declares a scope, and every request passes here before its handler runs.

The key is the user name of Basic authorization, a Bearer token, `writeKey` of the query, or, for events, `writeKey` of
the body, whichever is found first. A route that declares no scope answers nobody.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request

from penchant.clock import Clock
from penchant.config import Settings
from penchant.errors import EventRejected, InvalidRequest, KeyRejected, NotAllowed, NotFound, TooLarge
from penchant.keys import FRESH, SCOPES, Key, KeyRing, Kind, Scope, verify
from penchant.server.answering import answering
from penchant.server.body import BoundedRequest
from penchant.server.origins import Origins, host_of, loopback
from penchant.server.rates import Rates

_MOST_HEADERS = 4_096
"""Authorization headers that are remembered."""
_LONGEST_HEADER = 512
_NAMED = {Kind.PUBLIC: "a browser key (pk_)", Kind.SERVER: "a server key (sk_)", Kind.ADMIN: "an admin key"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls.

    Attributes:
        key: The key; None where the server is open and none was sent.
        domain: The one domain the caller may speak of; None for any.
        source: The source its events belong to, unless the request says another of that domain; None when it must.
        trusted: May speak for any user id.
        user: The user id that an identity token proved.
    """

    key: Key | None
    domain: str | None
    source: str | None
    trusted: bool
    user: str | None = None


class Gate:
    """Lets callers in, or says why not. For the one thread of the event loop."""

    def __init__(self, ring: KeyRing, settings: Settings, clock: Clock) -> None:
        """Read no key yet."""
        self._ring, self._clock = ring, clock
        self._open = settings.server.open
        self._origins = Origins(settings.server.origins)
        self._rates = Rates(clock)
        limits = settings.limits
        self._rate = dict.fromkeys(Kind, limits.server_rate) | {Kind.PUBLIC: limits.public_rate}
        self._domains = {name: name for name in settings.domains} | {
            name: source.domain for name, source in settings.sources.items()
        }
        self._only = next(iter(settings.domains)) if len(settings.domains) == 1 else None
        self._admitted: dict[bytes, Key] = {}
        """Authorization headers that were good; they hold as long as the ring's keys stay the same."""
        self._version = ring.version

    async def admit(self, request: Request[Any, Any, Any]) -> None:
        """Let a request in, or raise.

        Raises:
            KeyRejected: No key, or one that opens nothing.
            NotAllowed: The key is good, but not for this.
            NotFound: The key's domain or source is no longer configured.
            TooMany: It asks too often.
            StorageError: Keys cannot be read.
        """
        scope = request.scope
        wanted = request.route_handler.opt.get("scope")
        if wanted is Scope.OPEN or scope["method"] == "OPTIONS":  # OPTIONS says which methods there are
            return
        if not isinstance(wanted, Scope):
            raise NotAllowed("none", "this route declares no scope, so nobody may call it")
        header = origin = None
        host = b""
        for name, value in scope["headers"]:
            if name == b"authorization":
                header = value
            elif name == b"origin":
                origin = value
            elif name == b"host":
                host = value
        key = await self._key(request, wanted, header)
        if key is None:
            found, rate = self._without_key(origin, host), self._rate[Kind.ADMIN]
        else:
            found, rate = self._with_key(key, wanted), self._rate[key.kind]
            if origin is not None and found.trusted and not self._origins.trusts(_text(origin), _text(host)):
                raise NotAllowed(
                    wanted, f"{_NAMED[key.kind]} is for servers: this page's origin is not named in [server] origins"
                )
        self._rates.take("" if key is None else key.id, rate)
        scope["state"]["caller"] = found

    async def _key(self, request: Request[Any, Any, Any], wanted: Scope, header: bytes | None) -> Key | None:
        """The key that came, or None where none did."""
        ring = self._ring
        if ring.stale():
            await answering(ring.refresh, FRESH)
        if self._version != ring.version:
            self._version = ring.version
            self._admitted.clear()
        if header is None:
            return await self._elsewhere(request, wanted)
        key = self._admitted.get(header)
        if key is not None and key.works(self._clock.now()):
            return key
        key = await self._find(_of_header(header))
        if len(header) <= _LONGEST_HEADER:
            if len(self._admitted) >= _MOST_HEADERS:
                self._admitted.clear()
            self._admitted[header] = key
        return key

    async def _elsewhere(self, request: Request[Any, Any, Any], wanted: Scope) -> Key | None:
        """The key of the address or, where events come, of the body."""
        text = asked(request).get("writeKey") or request.scope["path_params"].get("write_key")
        if isinstance(text, str) and text:
            key = await self._find(text)
            if key.kind is not Kind.PUBLIC:
                raise NotAllowed(wanted, f"{_NAMED[key.kind]} must not stand in an address, as addresses are logged")
            return key
        if wanted is Scope.EVENTS and request.scope["method"] == "POST":
            text = await _of_body(request)
            if text:
                return await self._find(text)
        return None

    async def _find(self, text: str) -> Key:
        # What is not at hand is looked for in the store, which may take its time.
        key = self._ring.known(text)
        return key if key is not None else await answering(self._ring.find, text)

    def _without_key(self, origin: bytes | None, host: bytes) -> Caller:
        if not self._open:
            raise KeyRejected("a key is needed: as user name of Basic authorization, or as Bearer token")
        # Any page on the web can send this machine's browser here, under any name: only this machine's own are heard.
        if not loopback(host_of(_text(host))) or (origin is not None and not loopback(host_of(_text(origin)))):
            raise KeyRejected(
                "a key is needed: without one, `open = true` answers this machine's own pages and programs"
            )
        return Caller(None, self._only, self._only, True)

    def _with_key(self, key: Key, wanted: Scope) -> Caller:
        if wanted not in SCOPES[key.kind]:
            raise NotAllowed(wanted, f"{_NAMED[key.kind]} may not do this: it lacks the scope {wanted}")
        domain = self._only if key.domain is None else key.domain
        if key.source is not None:
            domain = self.domain_of(key.source)
        if domain is not None and domain not in self._domains:
            raise NotFound("domain", domain)
        return Caller(key, domain, key.source or domain, key.kind is not Kind.PUBLIC)

    def domain_of(self, source: str) -> str:
        """The domain of a source.

        Raises:
            NotFound: There is no such source.
        """
        found = self._domains.get(source)
        if found is None:
            raise NotFound("source", source)
        return found

    def domain_named(self, name: str) -> str:
        """The domain of a name: itself.

        Raises:
            NotFound: There is no such domain.
        """
        if self._domains.get(name) != name:
            raise NotFound("domain", name)
        return name

    def proved(self, token: str, domain: str | None) -> str:
        """The user id that an identity token proves.

        Raises:
            KeyRejected: It proves none.
        """
        return verify(token, self._ring, self._clock.now(), domain)


def asked(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The query by name; of two of one name the last holds."""
    query = request.scope["query_string"]
    return dict(parse_qsl(query.decode("latin-1"))) if query else {}


def _of_header(header: bytes) -> str:
    scheme, _, value = header.decode("latin-1").strip().partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer" and value:
        return value
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise KeyRejected("the Authorization header is no Basic authorization") from None
        if user or password:
            return user or password
    raise KeyRejected("the Authorization header holds no key: it must be Basic, with the key as user name, or Bearer")


async def _of_body(request: Request[Any, Any, Any]) -> str | None:
    assert isinstance(request, BoundedRequest)
    try:
        body = await request.messages()
    except TooLarge:
        raise
    except (EventRejected, InvalidRequest):  # what is no JSON holds no key
        return None
    text = body.get("writeKey") if isinstance(body, dict) else None
    return text if isinstance(text, str) else None


def _text(value: bytes) -> str:
    return value.decode("latin-1")
