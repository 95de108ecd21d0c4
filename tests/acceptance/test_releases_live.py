"""Several servers on one workspace: a new release is followed by all of them, and no request is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from asking import Asking, Slowness, published, somebody
from demo_workspace import Demo
from penchant.clock import SystemClock
from penchant.engine import Engine
from penchant.keys import Kind

SECONDS = 300.0
FOLLOWED_S = 2.0
"""Within this time all servers serve a new release, where the machine has a core for each."""
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


def test_two_servers_follow_each_release_and_lose_no_request(demo: Demo, tmp_path: Path) -> None:
    folder = demo.copy(tmp_path / "workspace")
    with Engine.open(folder, SystemClock(), {}) as engine, ExitStack() as stack:
        key, person = engine.create_key(Kind.ADMIN)[0], somebody(engine)
        first = engine.releases.order("shop")[0]
        pointer = engine.releases.folder / "shop" / "current.json"
        asking = [stack.enter_context(Asking(stack.enter_context(served(folder)), key, person)) for _ in range(2)]
        for one in asking:
            one.until(first, 60)

        with Slowness() as slowness:
            second = published(engine.releases, engine.clock.now()).id
            moved = pointer.stat().st_mtime
            behind = [one.until(second) - moved for one in asking]
        for one in asking:
            one.until(second, 60)

        third = published(engine.releases, engine.clock.now(), spoiled=True).id
        # Whichever server first knows that it does badly says so to the other; that one may never have served it.
        with asking[0].changed:
            assert asking[0].changed.wait_for(lambda: engine.releases.refusal("shop", third) is not None, SECONDS)
        for one in asking:
            one.until(second, len(one.seen) + 10 - sum(release != second for _, _, release in one.seen))

        fourth = published(engine.releases, engine.clock.now()).id
        for one in asking:
            one.until(fourth, 10)
        engine.roll_back("shop", first)
        for one in asking:
            one.until(first, 80)

    for one in asking:
        assert one.statuses == {200}
        assert [release for release in one.order if release != third][-2:] == [fourth, first]
    refusal = engine.releases.refusal("shop", third)
    assert refusal is not None and "rolled back: degraded" in refusal.why
    assert any(third in one.order for one in asking)
    assert max(behind) < FOLLOWED_S * slowness.times, (behind, slowness.times)
