"""A schedule that is killed leaves a training behind: it goes on alone, and nobody trains the domain beside it."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from demo_workspace import NOW, Demo
from penchant.cli import app
from penchant.clock import DAY, FixedClock
from penchant.engine import Engine
from penchant.training import Attempts, Freshness, Schedule, Turns

SECONDS = 120.0
COMMAND = (sys.executable, "-c", "from penchant.cli import main; main()")
# What stands for `penchant train`: says that it began, and goes on until it is told to end.
TRAINING = """
import os, sys
with open(sys.argv[4] + "/begun", "w") as begun:
    begun.write(str(os.getpid()))
open(sys.argv[4] + "/end").read()
"""
SCHEDULE = """
import sys, threading
from importlib import import_module
from pathlib import Path
from penchant.training import Turns
schedule = import_module("penchant.cli.schedule")
schedule._COMMAND = (sys.executable, "-c", sys.argv[2])
turns = Turns(Path(sys.argv[1]))
with turns.taken("shop") as mine:
    assert mine
    schedule.train_apart(Path(sys.argv[1]), "shop", 1, threading.Event(), turns.handle("shop"))
"""


@pytest.fixture
def training(tmp_path: Path) -> Iterator[int]:
    """Process id of a training whose schedule was killed with SIGKILL."""
    for name in ("begun", "end"):
        os.mkfifo(tmp_path / name)
    begun = os.open(tmp_path / "begun", os.O_RDONLY | os.O_NONBLOCK)
    end = os.open(tmp_path / "end", os.O_RDWR)
    schedule = subprocess.Popen([sys.executable, "-c", SCHEDULE, str(tmp_path), TRAINING])
    child = 0
    try:
        assert select.select([begun], [], [], SECONDS)[0], "the training did not begin"
        child = int(os.read(begun, 100))
        schedule.kill()
        schedule.wait(SECONDS)
        yield child
    finally:
        schedule.kill()
        schedule.wait(SECONDS)
        os.close(end)
        os.close(begun)
        if child:
            finish(tmp_path, child)


def finish(folder: Path, child: int) -> None:
    """Wait until a process that is not ours gives its lock back, which it does by ending."""
    watch = threading.Timer(SECONDS, os.kill, (child, signal.SIGKILL))
    watch.start()
    try:
        with (folder / "shop" / "training.lock").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
    finally:
        watch.cancel()


def test_a_training_that_outlives_its_schedule_keeps_its_turn(training: int, tmp_path: Path) -> None:
    trained: list[str] = []
    due = Freshness(domain="shop", state="due", why="old")
    other = Schedule(["shop"], lambda _: due, trained.append, Turns(tmp_path), FixedClock(0.0))

    assert [one.outcome for one in other.once()] == ["elsewhere"]
    assert trained == []

    os.kill(training, signal.SIGKILL)
    finish(tmp_path, training)
    assert [one.outcome for one in other.once()] == ["trained"]
    assert trained == ["shop"]


def test_who_trains_by_hand_does_not_train_beside_another(tmp_path: Path) -> None:
    (tmp_path / "penchant.toml").write_text('[domains.shop]\npack = "product"\n', encoding="utf-8")
    with Turns(tmp_path / "releases").taken("shop") as mine:
        assert mine
        done = CliRunner().invoke(app, ["train", "--config", str(tmp_path)])

    assert done.exit_code != 0
    assert "is being trained by another process" in " ".join(done.output.split())


def test_a_turn_that_was_given_is_the_same_turn(tmp_path: Path) -> None:
    turns = Turns(tmp_path)
    with turns.taken("shop") as mine:
        handle = turns.handle("shop")
        assert mine and handle is not None
        with Turns(tmp_path).taken("shop", os.dup(handle)) as given:
            assert given
        # It was closed there, and is still held here.
        with Turns(tmp_path).taken("shop") as other:
            assert not other
    assert turns.handle("shop") is None
    with Turns(tmp_path).taken("shop") as other:
        assert other


def test_a_file_that_is_no_turn_is_not_taken_for_one(tmp_path: Path) -> None:
    with (tmp_path / "other").open("wb") as file, pytest.raises(OSError, match="is not"):
        with Turns(tmp_path).taken("shop"):
            pass
        with Turns(tmp_path).taken("shop", file.fileno()):
            pass


@pytest.mark.slow
def test_a_real_training_ends_alone_and_is_the_only_one(demo: Demo, tmp_path: Path) -> None:
    folder = demo.copy(tmp_path / "workspace")
    module = next(iter(demo.items["academy"]))
    with Engine.open(folder, FixedClock(NOW + 8 * DAY), {}) as engine:
        view = {
            "type": "track", "messageId": "m", "event": "Content Viewed", "userId": "ann",
            "properties": {"content_id": module},
        }  # fmt: skip
        engine.collect([view], "academy")
        engine.flush()
        before = engine.releases.order("academy")
        engine.turns.keep("academy", Attempts(1, "killed", 1.0))
    call = [*COMMAND, "schedule", "academy", "--once", "--json", "--config", str(folder)]
    schedule = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    children = Path(f"/proc/{schedule.pid}/task/{schedule.pid}/children")
    pause = threading.Event()
    try:
        for _ in range(int(SECONDS * 20)):
            if children.read_text(encoding="ascii").split() or pause.wait(0.05):
                break
        else:
            pytest.fail("no training began")
    finally:
        schedule.kill()
        schedule.wait(SECONDS)
    second = subprocess.run(call, capture_output=True, text=True, timeout=4 * SECONDS, check=False)
    with (folder / "releases" / "academy" / "training.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)

    assert second.returncode == 0 and '"elsewhere"' in second.stdout, (second.stdout, second.stderr)
    with Engine.open(folder, environment={}) as engine:
        assert len(engine.releases.order("academy")) == len(before) + 1
        assert engine.freshness("academy").state == "fresh"
        assert engine.turns.read("academy") == Attempts()
