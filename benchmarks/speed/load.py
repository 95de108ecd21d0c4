"""A closed-loop HTTP client for benchmarks: many keep-alive connections in one thread, as cheap as Python allows.

Each connection sends its next request as soon as the answer to the last one is there. The client shares the machine
with the server, so it must cost little: bodies are made beforehand, and of an answer only status and length are read.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Loaded:
    """What a run saw.

    Attributes:
        seconds: Length of the part that counts.
        latencies: Seconds of each answer in that part.
        answered: Answers in all, also those that do not count.
        wrong: Answers that were not as wanted, cut short; at most ten.
    """

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    answered: int = 0
    wrong: list[bytes] = field(default_factory=list)


class _Connection:
    """One keep-alive connection with one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self.got = b""

    def send(self, request: bytes) -> None:
        self.got = b""
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """The whole answer once it is there."""
        self.got += self.socket.recv(1 << 18)
        head, found, body = self.got.partition(b"\r\n\r\n")
        if not found:
            if not self.got:
                raise ConnectionError("the server closed the connection")
            return None
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        return self.got if len(body) >= length else None


def load(
    port: int, requests: Iterator[bytes], *, connections: int, warm_s: float, run_s: float, wanted: bytes
) -> Loaded:
    """Send requests over many connections at once.

    Args:
        port: Of the server on this machine.
        requests: Whole HTTP requests; the run ends early when they run out.
        connections: How many requests are under way.
        warm_s: Seconds that do not count.
        run_s: Seconds that count.
        wanted: What each answer must contain.
    """
    selector = selectors.DefaultSelector()
    result = Loaded()
    for _ in range(connections):
        made = _Connection(port)
        selector.register(made.socket, selectors.EVENT_READ, made)
        made.send(next(requests))
    began = time.perf_counter()
    start, stop = began + warm_s, began + warm_s + run_s
    now = began
    try:
        while now < stop:
            for key, _ in selector.select(1.0):
                connection: _Connection = key.data
                answer = connection.receive()
                if answer is None:
                    continue
                now = time.perf_counter()
                result.answered += 1
                if wanted not in answer and len(result.wrong) < 10:
                    result.wrong.append(answer[:400])
                if start <= now < stop:
                    result.latencies.append(now - connection.began)
                connection.send(next(requests))
            now = time.perf_counter()
    except StopIteration:
        stop = time.perf_counter()
    # What is still under way is answered before the server goes, so that it is not cut off in the middle.
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    selector.close()
    result.seconds = stop - start
    return result


def post(path: str, body: bytes, key: str) -> bytes:
    """A whole POST request."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: penchant.test\r\nContent-Type: application/json\r\n"
        f"Authorization: Basic {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
