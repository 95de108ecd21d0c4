"""Requests at a constant rate, whatever the server does: an open-loop client in a process of its own.

Latency counts from the moment a request was meant to leave, so a server that falls behind is charged for all who wait
(no coordinated omission). It uses nothing but the standard library: it shares the machine with what it measures.

    python open_loop.py REQUESTS RATE WARM_S RUN_S PORT [PORT ...]

REQUESTS is a file of lines, each the JSON of a path and a body; they are sent in turn, over and over, to the ports in
turn. Written to standard output, as JSON: `rate`, `sent`, `errors`, `first_error`, `late` (answers that say that a
source was left out for want of time), and the milliseconds of each answer.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

GRACE_S = 3.0
"""After the last arrival, answers are waited for so long; what has none by then is an error."""
MOST = 256
"""Connections to one port; a request that finds none free waits, and its latency counts on."""
BEHIND_S = 2.0
"""A run ends early when so many seconds of arrivals wait: it will not get better."""


class Connection:
    """One keep-alive connection, with at most one request under way."""

    def __init__(self, port: int) -> None:
        """Connect."""
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.intended, self.counts, self.busy, self.got = 0.0, False, False, b""

    def send(self, request: bytes, intended: float, *, counts: bool) -> None:
        """Send a request that was meant to leave at a moment."""
        self.intended, self.counts, self.busy, self.got = intended, counts, True, b""
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """The whole answer once it is there; empty when the server closed the connection."""
        more = self.socket.recv(1 << 18)
        if not more:
            return b""
        self.got += more
        head, found, body = self.got.partition(b"\r\n\r\n")
        if not found:
            return None
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        return self.got if len(body) >= length else None


class OpenLoop:
    """One run against one or several servers."""

    def __init__(self, requests: list[bytes], ports: list[int]) -> None:
        """Take whole HTTP requests, and the ports they go to in turn."""
        self._requests, self._ports = requests, ports
        self._selector = selectors.DefaultSelector()
        self._free: dict[int, list[Connection]] = {port: [] for port in ports}
        self._open = dict.fromkeys(ports, 0)
        self._waiting: dict[int, deque[tuple[int, float, bool]]] = {port: deque() for port in ports}
        self._under_way = 0
        self.latencies: list[float] = []
        self.sent = self.errors = self.late = 0
        self.first_error = ""

    def run(self, rate: float, warm_s: float, run_s: float) -> dict[str, Any]:
        """Send for so long at so many requests a second; what arrives in the first seconds does not count."""
        began = time.perf_counter() + 0.05
        total, n = int(rate * (warm_s + run_s)), 0
        first, step = int(rate * warm_s), 1.0 / rate
        while n < total:
            now = time.perf_counter()
            while n < total and began + n * step <= now:
                self._arrive(n, began + n * step, counts=n >= first)
                n += 1
            if sum(map(len, self._waiting.values())) > rate * BEHIND_S + MOST:
                break
            self._listen(max(0.0, began + n * step - time.perf_counter()))
        end = time.perf_counter() + GRACE_S
        while (self._under_way or any(self._waiting.values())) and time.perf_counter() < end:
            self._listen(0.05)
        lost = sum(one.counts for one in self._busy()) + sum(c for w in self._waiting.values() for *_, c in w)
        for key in list(self._selector.get_map().values()):
            key.data.socket.close()
        self._selector.close()
        if lost:
            self._wrong(f"{lost} without an answer when the run ended".encode(), lost)
        return {
            "rate": rate,
            "sent": self.sent + sum(c for w in self._waiting.values() for *_, c in w),
            "errors": self.errors,
            "late": self.late,
            "first_error": self.first_error,
            "complete": n >= total,
            "ms": [round(1e3 * one, 3) for one in self.latencies],
        }

    def _arrive(self, n: int, intended: float, *, counts: bool) -> None:
        port = self._ports[n % len(self._ports)]
        self._waiting[port].append((n, intended, counts))
        self._serve(port)

    def _serve(self, port: int) -> None:
        """Send what waits, as far as there are connections."""
        waiting, free = self._waiting[port], self._free[port]
        while waiting:
            if not free:
                if self._open[port] >= MOST:
                    return
                try:
                    made = Connection(port)
                except OSError as error:
                    _, _, counts = waiting.popleft()
                    self._wrong(str(error).encode(), int(counts))
                    continue
                self._open[port] += 1
                self._selector.register(made.socket, selectors.EVENT_READ, made)
                free.append(made)
            connection = free.pop()
            n, intended, counts = waiting.popleft()
            self.sent += counts
            self._under_way += 1
            try:
                connection.send(self._requests[n % len(self._requests)], intended, counts=counts)
            except OSError as error:
                self._drop(connection, str(error).encode())

    def _listen(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            connection: Connection = key.data
            try:
                answer = connection.receive()
            except OSError as error:
                answer, connection.got = b"", str(error).encode()
            if answer is None:
                continue
            if answer == b"":
                self._drop(connection, connection.got or b"the server closed the connection")
            else:
                self._under_way -= 1
                if connection.counts:
                    self.latencies.append(time.perf_counter() - connection.intended)
                    self.late += b'"late:' in answer
                    if not answer.startswith(b"HTTP/1.1 200"):
                        self._wrong(answer)
                connection.counts = connection.busy = False
                self._free[connection.port].append(connection)
            self._serve(connection.port)

    def _drop(self, connection: Connection, why: bytes) -> None:
        """A connection is gone: an error if a request was under way, and else none, as servers end idle ones."""
        self._selector.unregister(connection.socket)
        connection.socket.close()
        self._open[connection.port] -= 1
        if connection in self._free[connection.port]:
            self._free[connection.port].remove(connection)
        if connection.busy:
            self._under_way -= 1
            self._wrong(why, int(connection.counts))

    def _busy(self) -> list[Connection]:
        return [key.data for key in self._selector.get_map().values() if key.data.busy]

    def _wrong(self, what: bytes, count: int = 1) -> None:
        self.errors += count
        if count and not self.first_error:
            self.first_error = what[-300:].decode(errors="replace")


def whole(path: str, body: str, key: str) -> bytes:
    """A whole HTTP request."""
    sent = body.encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench.test\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {key}\r\nContent-Length: {len(sent)}\r\n\r\n"
    )
    return head.encode() + sent


def main() -> None:
    """Run once."""
    file, rate, warm_s, run_s, *ports = sys.argv[1:]
    lines = [json.loads(line) for line in Path(file).read_text().splitlines()]
    requests = [whole(one["path"], one["body"], one.get("key", "")) for one in lines]
    made = OpenLoop(requests, [int(port) for port in ports]).run(float(rate), float(warm_s), float(run_s))
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    main()
