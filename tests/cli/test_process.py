"""The command line as processes of their own: what a shell, a service manager and a load balancer see."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from typer.testing import CliRunner

from demo_workspace import NOW, Demo
from penchant.cli import app
from penchant.clock import FixedClock
from penchant.config import FILE_NAME
from penchant.engine import Engine
from penchant.keys import Kind

SECONDS = 60.0
COMMAND = (sys.executable, "-c", "from penchant.cli import main; main()")


def call(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, timeout=SECONDS, check=False)


def test_results_go_to_stdout_and_exit_with_0(demo: Demo, tmp_path: Path) -> None:
    done = call("recommend", "home", "--config", demo.copy(tmp_path / "workspace"), "--json")

    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)["items"]) == 10


def test_a_wrong_configuration_exits_with_2_and_says_so_on_stderr(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('[domains.shop]\npack = "produkt"\n', encoding="utf-8")

    done = call("check", "--config", tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == "1 problem in the configuration:"
    assert done.stderr.splitlines()[1].startswith("  penchant.toml:2 domains.shop.pack: ")


@contextmanager
def started(*words: str | Path) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """A server in a process of its own: the process, its address, and what it said before it was up."""
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    process = subprocess.Popen(
        [*COMMAND, "serve", *map(str, words)], stderr=subprocess.PIPE, text=True, env=environment
    )
    # Reading has no time limit of its own: the process that says nothing is ended, and the reading with it.
    watch = threading.Timer(SECONDS, process.kill)
    watch.start()
    try:
        assert process.stderr is not None
        said: list[str] = []
        for line in process.stderr:
            said.append(line.rstrip())
            if line.startswith("Serving on "):
                break
        assert said and said[-1].startswith("Serving on "), said
        yield process, said[-1].split()[2], said
    finally:
        process.kill()
        process.communicate()
        watch.cancel()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_stop_keeps_what_it_answered(demo: Demo, tmp_path: Path, how: signal.Signals) -> None:
    folder = demo.copy(tmp_path / "workspace")
    with Engine.open(folder, FixedClock(NOW), {}) as engine:
        key = engine.create_key(Kind.ADMIN)[0]
    with started("--port", "0", "--config", folder) as (process, address, said):
        assert process.stderr is not None
        asked = {"json": {"placement": "home"}, "auth": (key, ""), "trust_env": False}
        slate = httpx.post(f"{address}v1/recommendations", **asked).json()  # type: ignore[arg-type]
        page = httpx.get(address, auth=(key, ""), trust_env=False)

        process.send_signal(how)
        rest = process.stderr.read()
        assert process.wait(SECONDS) == 0

    assert page.status_code == 200
    assert "Traceback" not in rest
    assert any(line.startswith("  shop: shop-2025-11-22.1, ") for line in said)
    with Engine.open(folder, FixedClock(NOW), {}) as engine:
        assert engine.store.slate(slate["slate_id"]) is not None


def test_a_port_that_is_taken_is_a_mistake_in_words(demo: Demo, tmp_path: Path) -> None:
    folder = demo.copy(tmp_path / "workspace")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        result = CliRunner().invoke(app, ["serve", "--port", str(port), "--config", str(folder)])

    assert result.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port}: address already in use" in result.stderr


def listening(monkeypatch: pytest.MonkeyPatch, *words: str | Path) -> tuple[int, str, list[str]]:
    """Exit code and stderr of `penchant serve`, and the addresses it would have listened on."""
    listened: list[str] = []
    monkeypatch.setattr(uvicorn.Server, "run", lambda _, sockets: listened.extend(s.getsockname()[0] for s in sockets))
    result = CliRunner().invoke(app, ["serve", "--port", "0", *map(str, words)])
    return result.exit_code, result.stderr, listened


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "shop.example"])
def test_an_open_server_refuses_an_address_that_others_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    (tmp_path / FILE_NAME).write_text('[server]\nopen = true\n[domains.shop]\npack = "product"\n', encoding="utf-8")

    code, said, listened = listening(monkeypatch, "--host", host, "--config", tmp_path)

    assert (code, listened) == (2, [])
    assert "penchant keys create" in said


def test_an_open_server_serves_this_machine_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FILE_NAME).write_text('[server]\nopen = true\n[domains.shop]\npack = "product"\n', encoding="utf-8")

    code, said, listened = listening(monkeypatch, "--config", tmp_path)

    assert (code, listened) == (0, ["127.0.0.1"])
    assert "no key is needed" in said


def test_a_server_without_any_key_says_how_to_make_one_and_listens_for_everyone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE_NAME).write_text('[domains.shop]\npack = "product"\n', encoding="utf-8")

    code, said, listened = listening(monkeypatch, "--host", "0.0.0.0", "--config", tmp_path)
    assert (code, listened) == (0, ["0.0.0.0"])
    assert "`penchant keys create` makes one" in said

    with Engine.open(tmp_path, None, {}) as engine:
        engine.create_key(Kind.PUBLIC)
    assert "penchant keys create" not in listening(monkeypatch, "--config", tmp_path)[1]
