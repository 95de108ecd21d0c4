"""`penchant schedule`."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from penchant.cli.evaluate import Domains, chosen
from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, err, out, print_json, say, table
from penchant.config import read_environment
from penchant.engine import Engine
from penchant.training import LOOK_S, Freshness, Schedule, Trained, told

STALE = 3
"""Exit code of `--check` when something is stale or silent; other errors are 1 and 2."""
FAILED = 1
"""Exit code of `--once` when a training failed."""

_COMMAND = (sys.executable, "-c", "from penchant.cli import main; main()")
_NICE = 10
"""Trainings stand back: whoever serves on the same cores goes first."""
_LAST_S = 15.0
"""Seconds that a process has to end by itself."""
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_MINUTES = (5, 10, 15, 30)


def schedule(
    domains: Domains = None,
    once: Annotated[bool, typer.Option("--once", help="Train what is due now, and end; for cron.")] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help=f"Train nothing: say how fresh domains are; exit {STALE} if one is stale."),
    ] = False,
    cron: Annotated[bool, typer.Option("--cron", help="Print the lines for crontab, and end.")] = False,
    systemd: Annotated[bool, typer.Option("--systemd", help="Print a service and its timer, and end.")] = False,
    every: Annotated[float, typer.Option("--every", min=1.0, help="Seconds between two looks.")] = LOOK_S,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
    with_parent: Annotated[
        bool, typer.Option("--with-parent", hidden=True, help="End when the process that began it ends.")
    ] = False,
) -> None:
    """Train each domain when its freshness goal asks for it, until told to stop."""
    if check:
        _check(config, domains, as_json)
    elif cron or systemd:
        with Engine.open(config) as engine:
            goals = [engine.freshness_goal(name).train_s for name in chosen(engine, domains)]
            root = engine.workspace.root
        minutes = _often(min(goals))
        sys.stdout.write((_cron if cron else _systemd)(config.absolute(), root, domains or (), minutes))
    else:
        # Children inherit it, and so do the libraries' threads.
        os.nice(_NICE)
        stop = threading.Event()
        with _told_to_stop(stop, with_parent=with_parent), Engine.open(config) as engine:
            done = _run(engine, config, chosen(engine, domains), stop, None if once else every, as_json=as_json)
        if once and any(one.outcome == "failed" for one in done):
            raise typer.Exit(FAILED)


def _run(
    engine: Engine, config: Path, names: Sequence[str], stop: threading.Event, every: float | None, *, as_json: bool
) -> list[Trained]:
    said: dict[str, Trained] = {}

    def tell(trained: Trained) -> None:
        # What waits, waits for hours; it is said once.
        if not as_json and (trained.outcome in ("trained", "failed") or said.get(trained.domain) != trained):
            style = {"trained": "bold green", "failed": "bold red"}.get(trained.outcome, "dim")
            took = f" in {told(trained.seconds)}" if trained.seconds else ""
            say(f"{trained.domain}: ", (trained.outcome, style), f"{took}: {trained.why}", to=err)
        said[trained.domain] = trained

    threads = engine.settings.training.threads
    plan = Schedule(
        names,
        engine.freshness,
        lambda name: train_apart(config, name, threads, stop, engine.turns.handle(name)),
        engine.turns,
        engine.clock,
        tell,
    )
    if every is None:
        done = plan.once(stop)
        if as_json:
            print_json(done)
        return done
    if not as_json:
        _show([engine.freshness(name) for name in names])
    plan.run(stop, every)
    return []


def train_apart(config: Path, domain: str, threads: int, stop: threading.Event, turn: int | None = None) -> str | None:
    """Train a domain in a process of its own, so that its memory goes with it and no crash ends the schedule.

    Args:
        config: penchant.toml, or the folder it lies in.
        domain: The domain.
        threads: How many the libraries may use.
        stop: Ends the training when it is set.
        turn: The open file of the turn that was taken for it. It holds it too, so that nobody else trains the domain
            while it is under way, also when this process is killed.

    Returns:
        None when it went well, else what it said last.
    """
    environment = {**read_environment(), **dict.fromkeys(_THREADS, str(threads)), "OMP_WAIT_POLICY": "PASSIVE"}
    command = [*_COMMAND, "train", domain, "--config", str(config)]
    command += [] if turn is None else ["--turn", str(turn)]
    given = () if turn is None else (turn,)
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said, pass_fds=given
        )
        try:
            code = _awaited(child, stop)
        finally:
            _end(child)
        return None if code == 0 else _last(said, code)


def _awaited(child: subprocess.Popen[bytes], stop: threading.Event) -> int:
    """Its exit code, once it ends or has been ended."""
    while not stop.is_set():
        try:
            return child.wait(0.5)
        except subprocess.TimeoutExpired:
            continue
    _end(child)
    return child.returncode


def _end(child: subprocess.Popen[Any]) -> None:
    """End a process, kindly first; nothing when it ended by itself."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_LAST_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _last(said: IO[bytes], code: int) -> str:
    """The last thing a training said: one of our errors in words, of any other no more than its kind."""
    said.seek(0)
    lines = said.read().decode(errors="replace").splitlines()
    ours = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    # The text of an error that is not ours may hold somebody's data.
    kinds = [line.partition(":")[0].rpartition(".")[2] for line in lines[-1:] if "Error" in line.partition(":")[0]]
    how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
    return (ours or kinds or [how])[-1][:300]


@contextmanager
def _told_to_stop(stop: threading.Event, *, with_parent: bool) -> Iterator[None]:
    """SIGTERM and Ctrl-C set it; with `with_parent`, so does the end of whoever started this process."""

    def heard(*_: object) -> None:
        stop.set()

    before = [(kind, signal.signal(kind, heard)) for kind in (signal.SIGTERM, signal.SIGINT)]
    if with_parent:
        parent = os.getppid()

        def watch() -> None:
            while not stop.wait(1.0):
                if os.getppid() != parent:
                    stop.set()

        threading.Thread(target=watch, name="penchant-parent", daemon=True).start()
    try:
        yield
    finally:
        for kind, handler in before:
            signal.signal(kind, handler)


@contextmanager
def scheduling(config: Path) -> Iterator[None]:
    """A schedule in a process of its own, for as long as the block runs."""
    command = [*_COMMAND, "schedule", "--with-parent", "--config", str(config)]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        _end(child)


def _check(config: Path, domains: Sequence[str] | None, as_json: bool) -> None:
    with Engine.open(config) as engine:
        found = [engine.freshness(name) for name in chosen(engine, domains)]
    if as_json:
        print_json(found)
    else:
        _show(found)
    if any(one.alarm for one in found):
        raise typer.Exit(STALE)


def _show(found: Sequence[Freshness]) -> None:
    rows = [("domain", "state", "release", "why", "new events")]
    for one in found:
        events = "" if one.events is None else f"{one.events:,}"
        rows.append((one.domain, one.state, one.release or "none", one.why, events))
    out.print(table("", rows, right_from=4))
    for one in found:
        if one.failed:
            say((f"  {one.domain}: failed {one.failed} times, the last: {one.failure}", "bold red"))


def _often(goal_s: float) -> int:
    """Minutes between two looks: a twelfth of the goal, as a part of an hour."""
    return max((minutes for minutes in _MINUTES if minutes * 60 <= goal_s / 12), default=_MINUTES[0])


def _program() -> str:
    """How this program is called."""
    called = Path(sys.argv[0])
    return shlex.quote(str(called.absolute())) if called.is_file() else shlex.join(_COMMAND)


def _call(config: Path, domains: Sequence[str]) -> str:
    return f"{_program()} schedule --once --config {shlex.quote(str(config))}" + "".join(f" {name}" for name in domains)


def _cron(config: Path, root: Path, domains: Sequence[str], minutes: int) -> str:
    # An unquoted % ends a line of crontab.
    line = f"cd {shlex.quote(str(root))} && {_call(config, domains)}".replace("%", r"\%")
    alarm = f"{_program()} schedule --check --config {shlex.quote(str(config))}".replace("%", r"\%")
    return (
        "# Train what is due.\n"
        f"*/{minutes} * * * * {line}\n"
        "# Once an hour, say what is stale: cron sends what is printed by mail.\n"
        f"7 * * * * {alarm} > /dev/null || echo 'penchant: a release is stale or silent, or cannot be looked at'\n"
    )


_UNITS = """\
# penchant-schedule.service
[Unit]
Description=penchant: train what is due

[Service]
Type=oneshot
WorkingDirectory={root}
ExecStart={call}
Nice={nice}

# penchant-schedule.timer
[Unit]
Description=penchant: look for what is due

[Timer]
OnBootSec=5min
OnUnitInactiveSec={minutes}min

[Install]
WantedBy=timers.target
"""


def _systemd(config: Path, root: Path, domains: Sequence[str], minutes: int) -> str:
    # A unit reads % as the start of a specifier.
    call, home = _call(config, domains).replace("%", "%%"), str(root).replace("%", "%%")
    return _UNITS.format(root=home, call=call, nice=_NICE, minutes=minutes)
