"""Several worker processes behind one address: what begins them, what ends them, and what nobody notices."""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from penchant.cli import app
from penchant.cli.forked import Worker
from penchant.cli.listening import bound, listen
from penchant.cli.serve import run
from penchant.cli.workers import STEADY_S, Place, Workers, quiet
from penchant.clock import FixedClock, SystemClock
from penchant.config import FILE_NAME
from penchant.engine import Engine
from penchant.errors import InvalidRequest

SECONDS = 300.0
COMMAND = (sys.executable, "-c", "from penchant.cli import main; main()")
ANSWERS = "__import__('os').write(1, b'r')"
PATIENT = f"{ANSWERS}; __import__('sys').stdin.read()"
"""What stands for a worker: it answers, and ends with its parent."""
FULL = "no room"
SITE = '[server]\nopen = true\n[domains.shop]\npack = "product"\n'


class Parent:
    """`penchant serve` in a process of its own, and what it says. A context manager."""

    def __init__(self, *words: str | Path) -> None:
        # With what it would say to its workers already said, it need not begin anew.
        environment = quiet({name: told for name, told in os.environ.items() if not name.lower().endswith("_proxy")})
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", *map(str, words)], stderr=subprocess.PIPE, text=True, env=environment
        )
        self.lines: list[str] = []
        self.told = threading.Condition()
        self.over = False
        self.reader = threading.Thread(target=self._read)

    def __enter__(self) -> Parent:
        self.reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(SECONDS)
        self.reader.join(SECONDS)

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                with self.told:
                    self.lines.append(line.rstrip())
                    self.told.notify_all()
        with self.told:
            self.over = True
            self.told.notify_all()

    def until(self, pattern: str, number: int = 1) -> str:
        """What the group of a pattern is in the so-manieth line that it fits."""

        def found() -> list[str]:
            return [match[1] for line in self.lines if (match := re.search(pattern, line))]

        with self.told:
            assert self.told.wait_for(lambda: self.over or len(found()) >= number, SECONDS), self.lines
            assert len(found()) >= number, self.lines
            return found()[number - 1]

    def answers(self, number: int, time: int = 1) -> int:
        """Wait for a worker to answer, for the so-manieth time; its process."""
        return int(self.until(rf"worker {number} answers after .* s, process (\d+)", time))

    def until_silent(self) -> None:
        """Wait until neither it nor any worker can say anything more: all of them have ended."""
        with self.told:
            assert self.told.wait_for(lambda: self.over, SECONDS), self.lines


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A shop of three things that needs no key."""
    (tmp_path / FILE_NAME).write_text(SITE, encoding="utf-8")
    with Engine.open(tmp_path, None, {}) as engine:
        engine.put_items("shop", [{"id": name, "title": name} for name in ("boot", "runner", "thin")])
    return tmp_path


def asked(address: str) -> tuple[str, str]:
    """A slate by a connection of its own, and which worker told its figures by another."""
    body = {"placement": "popular", "domain": "shop", "user_id": "ann"}
    slate = httpx.post(f"{address}v1/recommendations", json=body, trust_env=False, timeout=SECONDS)
    assert slate.status_code == 200 and len(slate.json()["items"]) == 3
    figures = httpx.get(f"{address}metrics", trust_env=False, timeout=SECONDS).text
    workers = set(re.findall(r'worker="(\d+)"', figures))
    assert len(workers) == 1 and len(re.findall("worker=", figures)) == len(re.findall("(?m)^[^#]", figures))
    return slate.json()["slate_id"], workers.pop()


def test_all_workers_answer_one_that_is_killed_is_replaced_and_none_is_left_behind(site: Path) -> None:
    with Parent("--workers", "2", "--config", site) as parent:
        address = parent.until(r"^Serving on (\S+)  with 2 workers")
        first, second = parent.answers(1), parent.answers(2)
        seen: dict[str, str] = {}
        for _ in range(100):
            slate, worker = asked(address)
            seen[worker] = slate
            if len(seen) == 2:
                break
        assert set(seen) == {"1", "2"}

        os.kill(second, signal.SIGKILL)
        lost = 0
        for _ in range(20):
            try:
                asked(address)
            except httpx.TransportError:  # it was given to the one that died
                lost += 1
        third = parent.answers(2, time=2)
        parent.process.send_signal(signal.SIGTERM)
        code = parent.process.wait(SECONDS)
        parent.until_silent()

    assert code == 0 and lost <= 1 and third not in (first, second)
    assert parent.until(r"(worker 2 .process \d+. was killed by signal 9; another one begins in 1 s)")
    # Notes of all are told by one.
    assert sum("no release: trained on nothing yet" in line for line in parent.lines) == 1
    assert not any("Traceback" in line for line in parent.lines)
    with Engine.open(site, None, {}) as engine:
        assert all(engine.store.slate(slate) is not None for slate in seen.values())


def test_workers_of_a_parent_that_was_killed_end_by_themselves(site: Path) -> None:
    (site / FILE_NAME).write_text(SITE.replace("open", "workers = 2\nopen"), encoding="utf-8")
    with Parent("--config", site) as parent:
        address = parent.until(r"^Serving on (\S+)")
        parent.answers(1)
        parent.process.kill()
        parent.until_silent()

    with pytest.raises(httpx.ConnectError):
        httpx.get(address, trust_env=False)


def test_workers_go_on_when_nobody_reads_what_is_said_of_them(site: Path) -> None:
    environment = quiet({name: told for name, told in os.environ.items() if not name.lower().endswith("_proxy")})
    command = [*COMMAND, "serve", "--workers", "2", "--port", "0", "--config", str(site)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    watch = threading.Timer(SECONDS, process.kill)
    watch.start()
    try:
        assert process.stderr is not None
        address, second = "", 0
        for line in process.stderr:
            address = line.split()[2] if line.startswith("Serving on ") else address
            if found := re.search(r"worker 2 answers after .* s, process (\d+)", line):
                second = int(found[1])
                break
        process.stderr.close()
        os.kill(second, signal.SIGKILL)
        worker = ""
        while worker != "2" and process.poll() is None:
            try:
                worker = asked(address)[1]
            except httpx.TransportError:
                continue  # it was given to the one that died
        process.send_signal(signal.SIGTERM)
        code = process.wait(SECONDS)
    finally:
        process.kill()
        process.wait(SECONDS)
        watch.cancel()

    assert (worker, code) == ("2", 0)


def test_what_keeps_all_workers_from_answering_is_told_once_and_ends_the_server(site: Path) -> None:
    (site / "penchant.db").write_bytes(b"no database" * 1000)
    with Parent("--workers", "3", "--config", site) as parent:
        assert parent.process.wait(SECONDS) == 1
        parent.until_silent()

    assert sum("error: " in line for line in parent.lines) == 1
    assert parent.lines[-1].endswith("with exit code 1 before it answered; no other is at work, and none can begin")


def test_a_port_that_is_taken_is_told_before_any_worker_is_begun(site: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        result = CliRunner().invoke(app, ["serve", "--workers", "2", "--port", port, "--config", str(site)])

    assert result.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port}: address already in use" in result.stderr
    assert "worker" not in result.stderr


def test_a_system_that_does_not_spread_connections_is_told_of_before_any_worker_is_begun(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "freebsd14")
    result = CliRunner().invoke(app, ["serve", "--workers", "2", "--port", "0", "--config", str(site)])

    assert result.exit_code == 1
    assert "several share a port on Linux alone" in result.stderr and "worker 1" not in result.stderr


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_was_told_to_end_closes_its_store_whatever_it_is_told_then(site: Path, kind: int) -> None:
    told = (signal.SIGTERM, signal.SIGINT)
    before = [signal.getsignal(one) for one in told]
    try:
        with Engine.open(site, None, {}) as engine:
            run(engine, "127.0.0.1", 0, Place(1, first=False), lambda: os.kill(os.getpid(), kind))
            assert [signal.getsignal(one) for one in told] == [signal.SIG_IGN, signal.SIG_IGN]
    finally:
        for one, handler in zip(told, before, strict=True):
            signal.signal(one, handler)


def test_workers_share_a_port_that_nobody_else_gets() -> None:
    with bound("127.0.0.1", 0) as kept:
        port = kept.getsockname()[1]
        with bound("127.0.0.1", port, shared=True) as one, bound("127.0.0.1", port, shared=True) as two:
            # Another site was begun at the same time and is ready first.
            with bound("127.0.0.1", port) as other:
                listen(other, "127.0.0.1")
                with pytest.raises(InvalidRequest, match="address already in use"):
                    listen(one, "127.0.0.1")
            listen(one, "127.0.0.1")
            listen(two, "127.0.0.1")
            with pytest.raises(InvalidRequest, match="address already in use"):
                bound("127.0.0.1", port)


class Told:
    """A parent within this process: what it says, and what it is told to do then."""

    def __init__(
        self, scripts: Mapping[int, list[str]], stop_at: str, last_s: float = SECONDS, begins_s: float | None = None
    ) -> None:
        self.scripts, self.stop_at, self.begins_s = scripts, stop_at, begins_s
        self.clock = FixedClock(0.0)
        self.lines: list[str] = []
        self.places: list[Place] = []
        self.begun = 0
        self.workers = Workers(
            len(scripts), self.begin, SystemClock() if begins_s is None else self.clock, self.tell, last_s=last_s
        )

    def begin(self, place: Place, others: Collection[int]) -> Worker:
        """A process of its own for a worker, as this one has threads."""
        self.places.append(place)
        mine = self.scripts[place.number]
        script = mine.pop(0) if len(mine) > 1 else mine[0]
        if script == FULL:
            raise OSError(errno.EAGAIN, "no room")
        hears, says = os.pipe()
        life, keeps = os.pipe()
        assert others and not {hears, keeps} & set(others)
        files = [(os.POSIX_SPAWN_DUP2, says, 1), (os.POSIX_SPAWN_DUP2, life, 0)]
        pid = os.posix_spawn(sys.executable, [sys.executable, "-S", "-c", script], os.environ, file_actions=files)
        os.close(says)
        os.close(life)
        self.clock.advance(self.begins_s or 0.0)
        return Worker(pid, hears, keeps)

    def tell(self, line: str) -> None:
        self.lines.append(re.sub(r"process \d+|after .* s", "…", line))
        if re.search(self.stop_at, line):
            os.kill(os.getpid(), signal.SIGTERM)

    def run(self) -> int:
        def begun() -> None:
            self.begun += 1

        kinds = (signal.SIGTERM, signal.SIGINT)
        before = [signal.getsignal(kind) for kind in kinds]
        code = self.workers.run(begun)
        assert [signal.getsignal(kind) for kind in kinds] == before
        return code


def test_the_first_worker_begins_alone_and_all_end_when_told() -> None:
    told = Told({1: [PATIENT], 2: [PATIENT]}, stop_at="worker 2 answers")

    assert told.run() == 0
    assert told.places == [Place(1, first=True), Place(2, first=False)]
    assert told.lines == ["worker 1 answers …, …", "worker 2 answers …, …"]
    assert told.begun == 1


def test_a_worker_that_dies_again_and_again_waits_longer_each_time() -> None:
    told = Told({1: [PATIENT], 2: [f"{ANSWERS}; raise SystemExit(3)", "raise SystemExit(4)", PATIENT]}, "begins in 2 s")

    assert told.run() == 0
    assert told.lines[1:] == [
        "worker 2 answers …, …",
        "worker 2 (…) ended with exit code 3; another one begins in 1 s",
        "worker 2 (…) ended with exit code 4 before it answered; another one begins in 2 s",
    ]
    assert [place.first for place in told.places] == [True, False, False]


def test_time_that_a_worker_took_to_begin_does_not_make_it_steady() -> None:
    script = f"{ANSWERS}; raise SystemExit(3)"
    told = Told({1: [PATIENT], 2: [script]}, stop_at="another one begins", begins_s=2.0 * STEADY_S)

    assert told.run() == 0
    assert told.lines[-1] == "worker 2 (…) ended with exit code 3; another one begins in 1 s"


def test_a_worker_that_the_system_has_no_room_for_waits_too() -> None:
    told = Told({1: [PATIENT], 2: [FULL, PATIENT]}, stop_at="begins in 1 s")

    assert told.run() == 0
    assert told.lines[1:] == ["worker 2 cannot begin: no room; another one begins in 1 s"]


def test_no_worker_at_work_and_none_that_can_begin_is_the_end() -> None:
    told = Told({1: ["raise SystemExit(2)"], 2: [PATIENT]}, stop_at="never")

    assert told.run() == 2
    assert told.lines == [
        "worker 1 (…) ended with exit code 2 before it answered; no other is at work, and none can begin"
    ]
    assert told.begun == 0


def test_a_worker_that_does_not_end_is_killed() -> None:
    deaf = f"import signal; signal.signal(15, signal.SIG_IGN); {ANSWERS}; signal.pause()"
    told = Told({1: [deaf]}, stop_at="answers", last_s=0.2)

    assert told.run() == 0
    assert told.lines[1:] == ["… did not end within 0.2 s, and is killed"]


def test_who_says_it_twice_does_not_want_to_wait() -> None:
    again = "import signal; signal.signal(15, lambda *_: (os.kill(os.getppid(), 2), signal.pause()))"
    told = Told({1: [f"import os; {again}; signal.signal(2, signal.SIG_DFL); {ANSWERS}; signal.pause()"]}, "answers")

    assert told.run() == 0
    assert told.lines == ["worker 1 answers …, …"]


def test_workers_use_a_thread_each_unless_something_else_is_said() -> None:
    made = quiet({"OMP_NUM_THREADS": "4", "HOME": "/home/ann"})

    assert made["OMP_NUM_THREADS"] == "4" and made["OPENBLAS_NUM_THREADS"] == "1" and made["HOME"] == "/home/ann"
    assert quiet(made) == made


def test_a_number_of_workers_that_makes_no_sense_is_a_mistake(site: Path) -> None:
    (site / FILE_NAME).write_text(SITE.replace("open", "workers = 0\nopen"), encoding="utf-8")

    result = CliRunner().invoke(app, ["serve", "--port", "0", "--config", str(site)])

    assert result.exit_code == 2 and "server.workers" in result.stderr
