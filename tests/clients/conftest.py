"""A real server, and a relay before it that knows what a client really sent."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clients.relay import Relay, relaying
from live_server import serving
from penchant.engine import Engine
from penchant.events import Event
from penchant.keys import Kind

SETTINGS = """
[domains.shop]
pack = "product"

[domains.academy]
pack = "learning"

[sources.app]
domain = "shop"
user_ids = "trusted"
"""
SECONDS = 60.0
"""Longest a client may take."""


@dataclass
class Site:
    """A server that takes events, and the keys a site would have.

    Attributes:
        engine: What is behind it.
        port: Where it listens.
        secret: A server's key for the shop.
        public: A browser's key for the shop, that may speak for nobody who is known.
        app: A browser's key of a source whose word is believed.
        lessons: A server's key for the academy.
    """

    engine: Engine
    port: int
    secret: str
    public: str
    app: str
    lessons: str

    def kept(self, relay: Relay, source: str = "shop") -> list[Event]:
        """What the log has of every message that came through."""
        return self.engine.store.find(source, sorted({message["messageId"] for message in relay.messages}))

    def rows(self) -> int:
        """Events in the log."""
        return self.engine.store.count()["events"]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("collecting")
    (folder / "penchant.toml").write_text(SETTINGS, encoding="utf-8")
    with Engine.open(folder, environment={}) as engine, serving(engine) as client:
        yield Site(
            engine,
            client.base_url.port or 0,
            engine.create_key(Kind.SERVER, domain="shop")[0],
            engine.create_key(Kind.PUBLIC, domain="shop")[0],
            engine.create_key(Kind.PUBLIC, source="app")[0],
            engine.create_key(Kind.SERVER, domain="academy")[0],
        )


@pytest.fixture
def relay(site: Site) -> Iterator[Relay]:
    with relaying("127.0.0.1", site.port) as made:
        yield made


@pytest.fixture
def run(relay: Relay) -> Callable[..., dict[str, Any]]:
    """Runs a client's script; gives the line it reports."""

    def call(command: Sequence[str], *, environment: dict[str, str], folder: Path, until: int = 0) -> dict[str, Any]:
        """Run it in a folder; its input ends once so many messages have their answer."""
        with subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, encoding="utf-8",
        ) as process:  # fmt: skip
            try:
                arrived = relay.wait_for(until)
                said, complaints = process.communicate(timeout=SECONDS)
            finally:
                process.kill()
        assert process.returncode == 0, complaints
        assert arrived, f"only {len(relay.messages)} messages came; {complaints}"
        report: dict[str, Any] = json.loads(said.splitlines()[-1])
        return report

    return call
