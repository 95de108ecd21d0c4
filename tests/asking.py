"""Somebody who asks a server again and again, while releases take over from each other."""

from __future__ import annotations

import collections
import threading
import time
from dataclasses import replace

import httpx
import numpy as np

from penchant.engine import Engine
from penchant.storage import Manifest, Part, Releases

SECONDS = 300.0
PAUSE_S = 0.02


class Asking:
    """Asks one server for the start page of one person, and keeps what came. A context manager."""

    def __init__(self, address: str, key: str, person: str) -> None:
        """Ask nothing yet."""
        self.address, self.key, self.person = address, key, person
        self.seen: list[tuple[float, int, str | None]] = []
        """When, status, and release of each answer."""
        self.changed = threading.Condition()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self) -> Asking:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join(SECONDS)

    def _run(self) -> None:
        body = {"placement": "home", "domain": "shop", "user_id": self.person, "n": 5}
        with httpx.Client(base_url=self.address, auth=(self.key, ""), trust_env=False, timeout=SECONDS) as client:
            while not self.over.wait(PAUSE_S):
                try:
                    answer = client.post("/v1/recommendations", json=body)
                    status, release = answer.status_code, answer.json().get("release")
                except httpx.HTTPError as error:  # a connection that broke is a request that was lost
                    status, release = 0, type(error).__name__
                with self.changed:
                    self.seen.append((time.time(), status, release))
                    self.changed.notify_all()

    def until(self, release: str, number: int = 1) -> float:
        """Wait for so many answers of a release, the last of them the latest of all; when the first of them came."""

        def there() -> bool:
            return sum(one == release for _, _, one in self.seen) >= number and self.seen[-1][2] == release

        with self.changed:
            assert self.changed.wait_for(there, SECONDS), self.seen[-1]
            return next(at for at, _, one in self.seen if one == release)

    @property
    def statuses(self) -> set[int]:
        """Of all answers."""
        return {status for _, status, _ in self.seen}

    @property
    def order(self) -> list[str | None]:
        """Releases in the order in which they served."""
        releases = [release for _, _, release in self.seen]
        return [one for n, one in enumerate(releases) if n == 0 or releases[n - 1] != one]


class Slowness:
    """How much longer work takes than it should, as others use the machine too. A context manager."""

    def __init__(self) -> None:
        """Measure nothing yet."""
        self.times = 1.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self) -> Slowness:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def _run(self) -> None:
        wall = worked = 0.0
        while not self.over.wait(0.05):
            begun, before = time.monotonic(), time.thread_time()
            sum(range(100_000))
            wall, worked = wall + time.monotonic() - begun, worked + time.thread_time() - before
            self.times = max(wall / worked, 1.0)


def somebody(engine: Engine) -> str:
    """The user who did most in the shop."""
    told: collections.Counter[str] = collections.Counter()
    for batch in engine.store.scan(0, 50_000):
        pairs = zip(batch["domain"].to_pylist(), batch["actor"].to_pylist(), strict=True)
        told.update(actor for domain, actor in pairs if domain == "shop" and actor.startswith("user:"))
    return told.most_common(1)[0][0].removeprefix("user:")


def published(releases: Releases, now: float, *, spoiled: bool = False) -> Manifest:
    """Publish what serves the shop once more; spoiled, one of its models raises for whoever has a history."""
    parts = dict(releases.read("shop", releases.order("shop")[0]).parts)
    if spoiled:
        als = parts["als"]
        parts["als"] = replace(als, arrays={**als.arrays, "gram": np.eye(3)})
    kept: dict[str, Part] = parts
    return releases.publish("shop", "product", kept, now=now, config="", version="0", evidence={})
