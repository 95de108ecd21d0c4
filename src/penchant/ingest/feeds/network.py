"""Connections that go where the guard has looked, and end when the run's time is up."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore
import httpx

from penchant.errors import FeedFailed
from penchant.ingest.feeds.address import Guard
from penchant.ingest.feeds.deadline import Deadline

_SLICE = 0.5
"""Longest wait for bytes before it is asked again whether the run is to go on, seconds."""
_CONNECT = 15.0
"""Longest wait for a connection to one address, seconds."""


class GuardedTransport(httpx.BaseTransport):
    """HTTP/1.1 over connections of `GuardedNetwork`; a pool of its own, and no proxy."""

    def __init__(
        self,
        guard: Guard,
        deadline: Deadline,
        *,
        network: httpcore.NetworkBackend | None = None,
        context: ssl.SSLContext | None = None,
        connections: int = 4,
    ) -> None:
        """Make one.

        Args:
            guard: Says which addresses a host may be reached at.
            deadline: When everything ends.
            network: Opens the connections; the system's sockets when None.
            context: Which certificates are trusted; the usual ones when None.
            connections: Most at a time.
        """
        self._pool = httpcore.ConnectionPool(
            ssl_context=context or httpx.create_ssl_context(),
            max_connections=connections,
            network_backend=GuardedNetwork(guard, deadline, network or httpcore.SyncBackend()),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request.

        Raises:
            FeedFailed: The host must not be asked, or the time is up.
            httpcore.NetworkError, httpcore.ProtocolError: It did not work.
        """
        assert isinstance(request.stream, httpx.SyncByteStream)
        told = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        assert isinstance(told.stream, Iterable)
        return httpx.Response(
            status_code=told.status, headers=told.headers, stream=_Body(told.stream), extensions=told.extensions
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class GuardedNetwork(httpcore.NetworkBackend):
    """Resolves, checks and connects in one step: what was checked is what is connected to."""

    def __init__(self, guard: Guard, deadline: Deadline, inner: httpcore.NetworkBackend) -> None:
        """Guard another network."""
        self._guard, self._deadline, self._inner = guard, deadline, inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that answers.

        Raises:
            FeedFailed: The host must not be asked, or the time is up.
            httpcore.ConnectError, httpcore.ConnectTimeout: No address answers.
        """
        failure: Exception = httpcore.ConnectError(f"the host {host} has no address")
        for address in self._guard.addresses(host, port):
            self._deadline.check(host)
            try:
                stream = self._inner.connect_tcp(
                    address,
                    port,
                    timeout=min(_CONNECT, self._deadline.left),
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, host, self._deadline)
        raise failure

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Nothing is pulled over a socket file.

        Raises:
            FeedFailed: Always.
        """
        raise FeedFailed(path, "fetch", "feeds are not pulled over socket files")


class _Stream(httpcore.NetworkStream):
    """A connection that waits no longer than the run may take, however slowly bytes come."""

    def __init__(self, inner: httpcore.NetworkStream, host: str, deadline: Deadline) -> None:
        self._inner, self._host, self._deadline = inner, host, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            self._deadline.check(self._host)
            try:
                return self._inner.read(max_bytes, timeout=self._wait(_SLICE))
            except httpcore.ReadTimeout:
                continue

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._deadline.check(self._host)
        self._inner.write(buffer, timeout=self._wait(_CONNECT))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        self._deadline.check(self._host)
        stream = self._inner.start_tls(ssl_context, server_hostname, self._wait(_CONNECT))
        return _Stream(stream, self._host, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def _wait(self, most: float) -> float:
        """Seconds to wait; never 0, which would mean not to wait at all."""
        return max(0.01, min(most, self._deadline.left))


class _Body(httpx.SyncByteStream):
    """A response's bytes as they come."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        yield from self._parts

    def close(self) -> None:
        close = getattr(self._parts, "close", None)
        if close is not None:
            close()
