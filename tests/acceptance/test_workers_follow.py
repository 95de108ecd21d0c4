"""Workers of one server, on models that use the libraries' own threads: all see a new release, and answer with it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from asking import Slowness, published, somebody
from demo_workspace import Demo
from penchant.clock import SystemClock
from penchant.engine import Engine
from penchant.keys import Kind

SECONDS = 300.0
FOLLOWED_S = 2.0
"""Within this time all workers serve a new release, where the machine has a core for each."""
COMMAND = (sys.executable, "-c", "from penchant.cli import main; main()")

pytestmark = pytest.mark.slow


def serves(address: str, key: str) -> tuple[str, str]:
    """Which worker answered just now, and the release of the shop that it serves."""
    told = httpx.get(f"{address}metrics", auth=(key, ""), trust_env=False, timeout=SECONDS).text
    found = re.search(r'penchant_release_info\{worker="(\d)",domain="shop",release="([^"]+)"', told)
    assert found is not None, told
    return found[1], found[2]


def test_all_workers_answer_from_a_new_release_within_two_seconds(demo: Demo, tmp_path: Path) -> None:
    folder = demo.copy(tmp_path / "workspace")
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    with Engine.open(folder, SystemClock(), {}) as engine:
        key, person = engine.create_key(Kind.ADMIN)[0], somebody(engine)
        process = subprocess.Popen(
            [*COMMAND, "serve", "--workers", "2", "--port", "0", "--config", str(folder)],
            stderr=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        watch = threading.Timer(3 * SECONDS, process.kill)
        watch.start()
        try:
            assert process.stderr is not None
            address = ""
            for line in process.stderr:
                address = line.split()[2] if line.startswith("Serving on ") else address
                if "worker 2 answers" in line:
                    break
            body = {"placement": "home", "domain": "shop", "user_id": person, "n": 5}
            slates = [
                httpx.post(f"{address}v1/recommendations", json=body, auth=(key, ""), trust_env=False, timeout=SECONDS)
                for _ in range(20)
            ]
            since: dict[str, float] = {}
            with Slowness() as slowness:
                second = published(engine.releases, engine.clock.now()).id
                begun = time.monotonic()
                while len(since) < 2 and time.monotonic() - begun < SECONDS:
                    worker, release = serves(address, key)
                    if release == second:
                        since.setdefault(worker, time.monotonic() - begun)
            process.send_signal(signal.SIGTERM)
            rest = process.stderr.read()
            assert process.wait(SECONDS) == 0
        finally:
            process.kill()
            process.communicate()
            watch.cancel()

    assert {slate.status_code for slate in slates} == {200}
    assert all(len(slate.json()["items"]) == 5 and slate.json()["degraded"] == [] for slate in slates)
    assert set(since) == {"1", "2"} and max(since.values()) < FOLLOWED_S * slowness.times, (since, slowness.times)
    assert "Traceback" not in rest
