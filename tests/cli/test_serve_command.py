"""What `penchant serve` sets going beside the requests, and ends with them."""

from __future__ import annotations

import socket
import threading
from importlib import import_module
from pathlib import Path

import pytest
import uvicorn

from penchant.config import FILE_NAME
from penchant.engine import Engine


def test_releases_and_the_configuration_are_followed_while_it_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve = import_module("penchant.cli.serve")
    (tmp_path / FILE_NAME).write_text('[domains.shop]\npack = "product"\n', encoding="utf-8")
    beside: set[str] = set()

    def answer(*_: object, **__: object) -> None:
        beside.update(thread.name for thread in threading.enumerate())

    monkeypatch.setattr(uvicorn.Server, "run", answer)
    monkeypatch.setattr(serve, "_settle", lambda: None)
    with Engine.open(tmp_path, environment={}) as engine:
        serve.run(engine, "127.0.0.1", 0)

    assert {"penchant-releases", "penchant-config"} <= beside
    after = {thread.name for thread in threading.enumerate()}
    assert not {"penchant-releases", "penchant-config"} & after


def test_nobody_can_connect_before_all_domains_are_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve = import_module("penchant.cli.serve")
    (tmp_path / FILE_NAME).write_text(
        '[domains.shop]\npack = "product"\n[domains.channel]\npack = "content"\n', encoding="utf-8"
    )
    addresses: list[tuple[str, int]] = []
    seen: list[str] = []
    bound, warm_up = serve.bound, Engine.warm_up

    def noted(host: str, port: int, *, shared: bool) -> socket.socket:
        made: socket.socket = bound(host, port, shared=shared)
        addresses.append(made.getsockname())
        return made

    def connects(what: str) -> None:
        with socket.socket() as client:
            client.settimeout(10.0)
            seen.append(f"{what}: {client.connect_ex(addresses[0]) == 0}")

    def warming(self: Engine, domain: str) -> float:
        connects(domain)
        return warm_up(self, domain)

    monkeypatch.setattr(serve, "bound", noted)
    monkeypatch.setattr(Engine, "warm_up", warming)
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: connects("serving"))
    monkeypatch.setattr(serve, "_settle", lambda: None)
    with Engine.open(tmp_path, environment={}) as engine:
        serve.run(engine, "127.0.0.1", 0)

    assert seen == ["shop: False", "channel: False", "serving: True"]
