"""Bodies: read and unpacked up to a limit, and JSON whatever the headers call it.

Browsers send JSON as `text/plain`, and one tracker sends it packed as `application/x-www-form-urlencoded`, so what
counts is what is in the body: a gzip stream begins with two bytes that no JSON begins with.
"""

from __future__ import annotations

import zlib
from typing import Any, ClassVar

import msgspec
from litestar import Request
from litestar.concurrency import sync_to_thread
from litestar.exceptions import HTTPException
from litestar.status_codes import HTTP_415_UNSUPPORTED_MEDIA_TYPE

from penchant import events
from penchant.errors import InvalidRequest, TooLarge

_GZIP = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_GZIP_FORM = 31
"""zlib's word for: a gzip header, and the largest window."""
_UNPACKED_HERE = 16_384
"""Packed bytes that are unpacked on the event loop; a thousand times as many may come out."""
_MOST_STREAMS = 32
"""gzip streams in one body: each costs a copy of the rest."""
_DEEPEST = 100
"""Deepest nesting of a body, beyond which nothing that walks through it could be sure of its stack."""
_ABSENT = object()


class BoundedRequest(Request[Any, Any, Any]):
    """A request whose body is never larger in memory than the limit, however small it came."""

    most_bytes: ClassVar[int] = 4 * 1024 * 1024
    """Largest body, before and after unpacking."""
    _most: int | None = None

    _packed: bytes | None = None
    _unpacked: bytes | None = None
    _decoded: Any = _ABSENT
    _nearly: Any = _ABSENT

    async def body(self) -> bytes:
        """The body, unpacked.

        Raises:
            TooLarge: It is above the limit.
            InvalidRequest: It is packed and broken.
            HTTPException: 415: it is packed in a way nobody here unpacks.
        """
        if self._unpacked is None:
            # Whoever asks again after an error must not wait for what has come already.
            if self._packed is None:
                self._packed = await self._read()
            packed = self._packed
            if packed[:2] != _GZIP:
                _check_encoding(self.scope["headers"])
                self._unpacked = packed
            elif len(packed) > _UNPACKED_HERE:
                self._unpacked = await sync_to_thread(unpack, packed, self._limit)
            else:
                self._unpacked = unpack(packed, self._limit)
        return self._unpacked

    async def body_up_to(self, most_bytes: int) -> bytes:
        """The body, unpacked, of a route with a limit of its own.

        Raises:
            TooLarge: It is above that limit.
            InvalidRequest: It is packed and broken.
            HTTPException: 415: it is packed in a way nobody here unpacks.
        """
        self._most = most_bytes
        return await self.body()

    async def json(self) -> Any:
        """The body as JSON; None when it is empty.

        Raises:
            InvalidRequest: It is no JSON, or nested too deeply.
        """
        if self._decoded is _ABSENT:
            body = await self.body()
            self._decoded = decode(body) if body else None
        return self._decoded

    async def messages(self) -> Any:
        """The body as JSON, also where it is a little more than JSON allows, as some trackers write; None when empty.

        Raises:
            EventRejected: It is no JSON, not even nearly, or nested too deeply.
        """
        if self._nearly is _ABSENT:
            body = await self.body()
            self._nearly = events.decode(body) if body else None
        return self._nearly

    @property
    def _limit(self) -> int:
        return self.most_bytes if self._most is None else self._most

    async def _read(self) -> bytes:
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await self.receive()
            if message["type"] != "http.request":
                raise InvalidRequest("body", "broke off before its end")
            chunk = message["body"]
            size += len(chunk)
            if size > self._limit:
                raise too_large(self._limit)
            if not message.get("more_body"):
                return b"".join((*chunks, chunk)) if chunks else chunk
            chunks.append(chunk)


def bounded(most_bytes: int) -> type[BoundedRequest]:
    """The request class of an application with this limit."""
    return type("BoundedRequest", (BoundedRequest,), {"most_bytes": most_bytes})


def unpack(packed: bytes, most_bytes: int) -> bytes:
    """What is in a gzip stream; stops as soon as it is too much.

    Raises:
        TooLarge: It is above the limit.
        InvalidRequest: It is broken.
    """
    found: list[bytes] = []
    left = most_bytes
    for _ in range(_MOST_STREAMS):
        stream = zlib.decompressobj(_GZIP_FORM)
        try:
            found.append(stream.decompress(packed, left + 1))
        except zlib.error:
            raise InvalidRequest("body", "is no whole gzip stream") from None
        left -= len(found[-1])
        if left < 0:
            raise too_large(most_bytes)
        if not stream.eof:
            raise InvalidRequest("body", "is no whole gzip stream")
        packed = stream.unused_data  # RFC 1952: one stream may follow another
        if not packed:
            return found[0] if len(found) == 1 else b"".join(found)
    raise InvalidRequest("body", f"is made of more than {_MOST_STREAMS} gzip streams")


def decode(body: bytes) -> Any:
    """JSON as plain objects; of two members of one name the last holds.

    Raises:
        InvalidRequest: It is no JSON, or nested too deeply.
    """
    try:
        return msgspec.json.decode(body.removeprefix(_BYTE_ORDER_MARK))
    except RecursionError:
        raise InvalidRequest("body", "is nested too deeply") from None
    except ValueError as error:  # msgspec.DecodeError, and text that is no UTF-8
        raise InvalidRequest("body", f"is not JSON ({error})") from None


def check_depth(value: Any, deepest: int = _DEEPEST) -> None:
    """Refuse what is nested more deeply than anything meant for this server is.

    Raises:
        InvalidRequest: It is nested too deeply.
    """
    level = [value]
    for _ in range(deepest):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise InvalidRequest("body", "is nested too deeply")


def too_large(most_bytes: int) -> TooLarge:
    """What is said of a body above the limit."""
    return TooLarge("body", f"must be at most {most_bytes / (1024 * 1024):g} MB, unpacked")


def _check_encoding(headers: Any) -> None:
    for name, value in headers:
        # What is called gzip and is none is taken as it is: some clients set the header and forget to pack.
        if name == b"content-encoding" and value.strip().lower() not in (b"", b"identity", b"gzip", b"x-gzip"):
            raise HTTPException(
                status_code=HTTP_415_UNSUPPORTED_MEDIA_TYPE,
                detail="a body may be packed with gzip, or not at all",
                headers={"Accept-Encoding": "gzip, identity"},
            )
