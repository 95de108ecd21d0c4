"""A relay between a client and a server: it writes down what the client sent, and can spoil the way back."""

from __future__ import annotations

import gzip
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECONDS = 20.0
"""Longest wait for the server behind."""
BUSY = b'{"status": 503, "code": "overloaded", "message": "come again"}'
HOP_BY_HOP = frozenset(("connection", "keep-alive", "transfer-encoding", "content-length"))


@dataclass
class Sent:
    """One request of the client, and what was answered.

    Attributes:
        method: As in `POST`.
        path: With its query.
        headers: Names in lower case.
        body: As it came, unpacked.
        status: The server's status.
        answer: The server's body.
        delivered: Whether the client was let have the answer.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int = 0
    answer: bytes = b""
    delivered: bool = True

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages it carried."""
        if self.method not in ("POST", "PUT"):
            return []
        body = json.loads(self.body)
        if isinstance(body, list):
            return body
        batch: list[dict[str, Any]] | None = body.get("batch")
        return [body] if batch is None else batch


@dataclass
class Relay:
    """What came through, and what is to be spoiled.

    Attributes:
        address: Of the relay, as in `http://127.0.0.1:4711`.
        sent: Every request, in the order of arrival.
        drop: So many answers to events are thrown away, with the connection, once the server has given them.
        busy: So many requests with events are not passed on but answered as a server does that has too much to do.
        delay: Seconds that the next answer to events waits; the one after it does not.
        ending: Set when the relay ends, so that no answer waits longer.
    """

    address: str = ""
    sent: list[Sent] = field(default_factory=list)
    drop: int = 0
    busy: int = 0
    delay: float = 0.0
    ending: threading.Event = field(default_factory=threading.Event)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def host(self) -> str:
        """Host and port."""
        return self.address.removeprefix("http://")

    @property
    def posts(self) -> list[Sent]:
        """Requests that carried events."""
        return [sent for sent in self.sent if sent.method in ("POST", "PUT") and not sent.path.endswith("/m")]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Every message, as often as it came."""
        return [message for sent in self.posts for message in sent.messages]

    def wait_for(self, count: int) -> bool:
        """Wait until so many different messages have an answer that the client was let have; False after too long."""
        with self._changed:
            return self._changed.wait_for(lambda: self._answered() >= count, SECONDS)

    def _answered(self) -> int:
        return len({m.get("messageId") for sent in self.posts if sent.delivered and sent.status for m in sent.messages})

    def _spoil(self) -> tuple[bool, float]:
        """Whether this answer is to be thrown away, and how long it waits."""
        with self._changed:
            self.drop -= 1
            delay, self.delay = self.delay, 0.0
            return self.drop >= 0, delay

    def _refuses(self) -> bool:
        with self._changed:
            self.busy -= 1
            return self.busy >= 0

    def _note(self) -> None:
        with self._changed:
            self._changed.notify_all()


def _handler(relay: Relay, upstream: tuple[str, int]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            raw = self._read()
            headers = {name.lower(): value for name, value in self.headers.items()}
            unpacked = gzip.decompress(raw) if headers.get("content-encoding") == "gzip" else raw
            sent = Sent(self.command, self.path, headers, unpacked)
            relay.sent.append(sent)
            if any(sent is post for post in relay.posts) and relay._refuses():
                sent.status, sent.delivered = 503, False
                self._answer(503, "Service Unavailable", [("Retry-After", "1")], BUSY)
                return
            there = http.client.HTTPConnection(*upstream, timeout=SECONDS)
            try:
                there.request(self.command, self.path, raw, {**headers, "content-length": str(len(raw))})
                answer = there.getresponse()
                sent.answer = answer.read()
                sent.status = answer.status
            finally:
                there.close()
            if any(sent is post for post in relay.posts):
                dropped, delay = relay._spoil()
                if dropped:
                    sent.delivered = False
                    self.close_connection = True
                    return
                relay.ending.wait(delay)
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
            self._answer(answer.status, answer.reason, kept, sent.answer)
            relay._note()

        do_GET = do_POST = do_PUT = do_OPTIONS = do_HEAD = handle_any

        def _answer(self, status: int, reason: str, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response_only(status, reason)
            for name, value in headers:
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _read(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "") == "chunked":
                parts = []
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                self.headers.replace_header("Transfer-Encoding", "identity")
                return b"".join(parts)
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no error of the relay."""


@contextmanager
def relaying(host: str, port: int) -> Iterator[Relay]:
    """Relay to a server on this machine until the block ends."""
    relay = Relay()
    server = _Listener(("127.0.0.1", 0), _handler(relay, (host, port)))
    relay.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield relay
    finally:
        relay.ending.set()
        server.shutdown()
        thread.join(SECONDS)
        server.server_close()
