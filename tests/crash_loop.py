"""Kills a real server again and again while it takes in events, and counts what became of them.

The server is `penchant serve` in a process of its own. Several clients send batches; at a random moment the process
gets SIGKILL, is started anew, and what was not acknowledged is sent again with the same ids. In the end every
acknowledged event must be in the log, once.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from penchant.storage import Store

PENCHANT = str(Path(sys.executable).parent / "penchant")
START_SECONDS = 60.0
SERVING = re.compile(r"Serving on http://127\.0\.0\.1:(\d+)/")


@dataclass
class Figures:
    """What a crash loop saw.

    Attributes:
        cycles: Kills.
        acked: Events acknowledged before the last kill or after.
        lost: Of those, not in the log in the end.
        duplicated: Events that are in the log more than once.
        restart_s: Seconds from starting the process to its first answer, median over the cycles.
        slowest_restart_s: The longest of them.
        problems: What the store's own check found.
    """

    cycles: int
    acked: int
    lost: int
    duplicated: int
    restart_s: float
    slowest_restart_s: float
    problems: list[str]


class Server:
    """`penchant serve` on a free port."""

    def __init__(self, workspace: Path) -> None:
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [PENCHANT, "serve", "--config", str(workspace), "--port", "0"],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200"},
        )
        self.port = 0
        said: list[str] = []
        assert self.process.stderr is not None
        for line in self.process.stderr:
            said.append(line)
            if found := SERVING.search(line):
                self.port = int(found[1])
                break
        if not self.port:
            raise AssertionError(f"the server did not start: {''.join(said)}")
        # Whatever it says further must be read, or it would wait for a full pipe.
        self._reader = threading.Thread(target=self.process.stderr.read, daemon=True)
        self._reader.start()
        self._wait()
        self.seconds = time.perf_counter() - began

    def _wait(self) -> None:
        until = time.perf_counter() + START_SECONDS
        while time.perf_counter() < until:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/health/live")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.01)
            finally:
                connection.close()
        raise AssertionError("the server does not answer")

    def end(self, how: signal.Signals) -> None:
        """End it by a signal: SIGKILL is to a process what a power cut is to a machine."""
        self.process.send_signal(how)
        self.process.wait(30)
        self._reader.join(30)
        assert self.process.stderr is not None
        self.process.stderr.close()


@dataclass
class Clients:
    """Clients that send batches until the server is gone; what was not acknowledged is sent first the next time."""

    key: str
    count: int = 4
    size: int = 50
    acked: list[str] = field(default_factory=list)
    _next: int = 0
    _waiting: list[list[str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, port: int, stop: threading.Event, *, only_waiting: bool = False) -> list[threading.Thread]:
        """Start them."""
        threads = [threading.Thread(target=self._send, args=(port, stop, only_waiting)) for _ in range(self.count)]
        for thread in threads:
            thread.start()
        return threads

    @property
    def waiting(self) -> int:
        """Batches that nobody acknowledged."""
        return len(self._waiting)

    def _take(self, only_waiting: bool) -> list[str] | None:
        with self._lock:
            if self._waiting:
                return self._waiting.pop(0)
            if only_waiting:
                return None
            batch = [f"m{self._next + n:09d}" for n in range(self.size)]
            self._next += self.size
            return batch

    def _send(self, port: int, stop: threading.Event, only_waiting: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            while not stop.is_set() and (batch := self._take(only_waiting)) is not None:
                try:
                    connection.request("POST", "/v1/batch", self._body(batch), {"Content-Type": "application/json"})
                    answer = connection.getresponse()
                    text = answer.read()
                    verdicts = json.loads(text)["events"] if answer.status == 200 else []
                except (OSError, http.client.HTTPException, ValueError):
                    verdicts = []
                good = [v["message_id"] for v in verdicts if v["status"] in ("accepted", "duplicate")]
                with self._lock:
                    if sorted(good) == batch:
                        self.acked += batch
                        continue
                    self._waiting.append(batch)
                return
        finally:
            connection.close()

    def _body(self, batch: list[str]) -> str:
        messages = [
            {
                "type": "track",
                "event": "Product Viewed",
                "messageId": name,
                "userId": f"u{hash(name) % 997}",
                "anonymousId": f"a{hash(name) % 997}",
                "properties": {"product_id": f"i{hash(name) % 101}", "price": 9.5},
            }
            for name in batch
        ]
        return json.dumps({"writeKey": self.key, "batch": messages})


def crash_loop(workspace: Path, key: str, open_store: Callable[[], Store], *, cycles: int, seed: int = 1) -> Figures:
    """Kill and restart a server while it takes in events.

    Args:
        workspace: Folder with a penchant.toml; its store must be empty.
        key: A server key of it.
        open_store: Opens its store, to look at what is there in the end.
        cycles: Kills.
        seed: Of the moments at which it is killed.
    """
    chance = random.Random(seed)
    clients = Clients(key)
    starts: list[float] = []
    for _ in range(cycles):
        server = Server(workspace)
        starts.append(server.seconds)
        stop = threading.Event()
        threads = clients.run(server.port, stop)
        time.sleep(chance.uniform(0.02, 0.8))
        server.end(signal.SIGKILL)
        stop.set()
        for thread in threads:
            thread.join(60)
    last = Server(workspace)
    try:
        for thread in clients.run(last.port, threading.Event(), only_waiting=True):
            thread.join(60)
        assert not clients.waiting, f"{clients.waiting} batches could not be sent again"
    finally:
        last.end(signal.SIGTERM)
    store = open_store()
    try:
        found = Counter(store_ids(store))
        return Figures(
            cycles=cycles,
            acked=len(clients.acked),
            lost=sum(name not in found for name in clients.acked),
            duplicated=sum(times - 1 for times in found.values()) + len(clients.acked) - len(set(clients.acked)),
            restart_s=statistics.median(starts),
            slowest_restart_s=max(starts),
            problems=store.check(),
        )
    finally:
        store.close()


def store_ids(store: Store) -> list[str]:
    """Message ids of the whole log, by the people that the clients made up."""
    ids: list[str] = []
    for number in range(997):
        after = 0
        while page := store.events_of([f"user:u{number}"], after=after):
            ids += [event.message_id for _, event in page]
            after = page[-1][0]
    return ids
