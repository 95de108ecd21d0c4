"""Several servers on one workspace: a new release is followed by all of them, and no request is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from demo_workspace import NOW, Demo
from penchant.clock import FixedClock
from penchant.engine import Engine
from penchant.keys import Kind

SECONDS = 120.0
COMMAND = (sys.executable, "-c", "from penchant.cli import main; main()")

pytestmark = pytest.mark.slow


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A server in a process of its own; its address."""
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", "--config", str(folder)],
        stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    watch = threading.Timer(3 * SECONDS, process.kill)
    watch.start()
    try:
        assert process.stderr is not None
        line = next((line for line in process.stderr if line.startswith("Serving on ")), "")
        assert line, "the server did not start"
        yield line.split()[2]
    finally:
        process.terminate()
        try:
            process.communicate(timeout=SECONDS)
        finally:
            process.kill()
            watch.cancel()


class Asking:
    """Asks one server for the start page again and again, and keeps what came."""

    def __init__(self, address: str, key: str) -> None:
        self.address, self.key = address, key
        self.seen: list[tuple[float, int, str | None]] = []
        self.changed = threading.Condition()
        self.over = False
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        with httpx.Client(base_url=self.address, auth=(self.key, ""), trust_env=False, timeout=SECONDS) as client:
            while not self.over:
                answer = client.post("/v1/recommendations", json={"placement": "home", "domain": "shop", "n": 5})
                release = answer.json().get("release") if answer.status_code == 200 else None
                with self.changed:
                    self.seen.append((time.time(), answer.status_code, release))
                    self.changed.notify_all()

    def until(self, release: str) -> float:
        """The moment at which it first answered from a release."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.seen and self.seen[-1][2] == release, SECONDS), self.seen[-1]
            return next(at for at, _, one in self.seen if one == release)


def test_two_servers_follow_a_release_and_lose_no_request(demo: Demo, tmp_path: Path) -> None:
    folder = demo.copy(tmp_path / "workspace")
    with Engine.open(folder, FixedClock(NOW), {}) as engine, ExitStack() as stack:
        key = engine.create_key(Kind.ADMIN)[0]
        first = engine.releases.order("shop")[0]
        asking = [Asking(stack.enter_context(served(folder)), key) for _ in range(2)]
        try:
            for one in asking:
                one.thread.start()
            for one in asking:
                one.until(first)
            second = engine.train("shop", judge=False).id
            published = (engine.releases.folder / "shop" / "current.json").stat().st_mtime
            behind = [one.until(second) - published for one in asking]
        finally:
            for one in asking:
                one.over = True
            for one in asking:
                one.thread.join(SECONDS)

    for one in asking:
        assert {status for _, status, _ in one.seen} == {200}
        order = [release for _, _, release in one.seen]
        assert set(order) == {first, second} and order == sorted(order, key=[first, second].index)
    # Two seconds where nothing else runs; how loaded the machine of a test is, nobody knows.
    assert max(behind) < SECONDS, behind
