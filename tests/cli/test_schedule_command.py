"""`penchant schedule` and `penchant drift`, as processes and in place."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from demo_workspace import NOW, Demo
from penchant.cli import app
from penchant.cli.schedule import FAILED, STALE, train_apart
from penchant.clock import DAY, FixedClock, iso
from penchant.engine import Engine

SECONDS = 120.0
COMMAND = (sys.executable, "-c", "from penchant.cli import main; main()")


@pytest.fixture
def folder(demo: Demo, tmp_path: Path) -> Path:
    return demo.copy(tmp_path / "workspace")


def called(*words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    return done.exit_code, done.stdout


def look(folder: Path, *, at: float = NOW, happened: Sequence[str] = ()) -> str:
    """The state of the shop at a moment, after these views."""
    with Engine.open(folder, FixedClock(at), {}) as engine:
        for number, item in enumerate(happened):
            message = {
                "type": "track", "messageId": f"m{number}", "event": "Product Viewed", "userId": "ann",
                "timestamp": iso(at - 1), "properties": {"product_id": item},
            }  # fmt: skip
            engine.collect([message], "shop")
        engine.flush()
        return engine.freshness("shop").state


def test_a_release_goes_from_fresh_to_due_to_stale(folder: Path) -> None:
    assert look(folder) == "fresh"
    assert look(folder, at=NOW + 3 * DAY) == "silent"
    assert look(folder, at=NOW + DAY, happened=["x"]) == "due"
    assert look(folder, at=NOW + 2 * DAY) == "stale"


def test_events_of_other_domains_make_nothing_due(folder: Path) -> None:
    assert look(folder, at=NOW + 60, happened=["x", "y"]) == "fresh"

    with Engine.open(folder, FixedClock(NOW + 60), {}) as engine:
        assert [engine.freshness(name).events for name in ("shop", "channel")] == [2, 0]
        # What costs nothing is at most too many.
        assert engine.freshness("channel", exact=False).events == 2


def test_check_says_what_is_stale_by_its_exit_code(folder: Path) -> None:
    code, out = called("schedule", "--check", "--json", "--config", folder)

    # Made in the past, and nothing happened since.
    assert code == STALE
    assert {one["domain"]: one["state"] for one in json.loads(out)}["shop"] == "silent"


def test_lines_for_cron_name_the_program_and_the_workspace(folder: Path) -> None:
    code, out = called("schedule", "--cron", "shop", "--config", folder / "penchant.toml")

    assert code == 0
    lines = [line for line in out.splitlines() if not line.startswith("#")]
    assert lines[0].startswith("*/30 * * * * cd ") and "schedule --once" in lines[0] and lines[0].endswith(" shop")
    assert "schedule --check" in lines[1]


def test_a_timer_for_systemd_stands_back(folder: Path) -> None:
    code, out = called("schedule", "--systemd", "--config", folder)

    assert code == 0
    assert "Nice=10" in out and "[Timer]" in out and f"WorkingDirectory={folder}" in out


def test_a_training_that_fails_says_why_and_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "penchant.toml").write_text('[domains.shop]\npack = "product"\n', encoding="utf-8")

    why = train_apart(tmp_path, "shop", 1, threading.Event())

    assert why is not None and "no events" in why


@pytest.mark.slow
def test_once_trains_what_is_due_in_a_process_of_its_own(demo: Demo, folder: Path) -> None:
    module = next(iter(demo.items["academy"]))
    with Engine.open(folder, FixedClock(NOW + 8 * DAY), {}) as engine:
        view = {
            "type": "track", "messageId": "m", "event": "Content Viewed", "userId": "ann",
            "properties": {"content_id": module},
        }  # fmt: skip
        engine.collect([view], "academy")
        engine.flush()
        assert engine.freshness("academy").state == "due"
    done = subprocess.run(
        [*COMMAND, "schedule", "academy", "--once", "--json", "--config", str(folder)],
        capture_output=True, text=True, timeout=4 * SECONDS, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert [(one["domain"], one["outcome"]) for one in json.loads(done.stdout)] == [("academy", "trained")]
    with Engine.open(folder, environment={}) as engine:
        assert engine.freshness("academy").state == "fresh"


@pytest.mark.slow
def test_once_says_by_its_exit_code_that_a_training_failed(tmp_path: Path) -> None:
    (tmp_path / "penchant.toml").write_text('[domains.shop]\npack = "product"\n', encoding="utf-8")
    (tmp_path / "lake").write_text("no folder", encoding="utf-8")
    assert look(tmp_path, happened=["x"]) == "due"
    done = subprocess.run(
        [*COMMAND, "schedule", "--once", "--config", str(tmp_path)],
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip

    assert done.returncode == FAILED, done.stderr
    assert "shop: failed" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_schedule_that_is_told_to_stop_ends_at_once(folder: Path, how: signal.Signals) -> None:
    process = subprocess.Popen(
        [*COMMAND, "schedule", "academy", "--config", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline()
        assert os.getpriority(os.PRIO_PROCESS, process.pid) >= 10
        process.send_signal(how)
        process.communicate(timeout=30.0)
    finally:
        process.kill()
        process.communicate()

    assert process.returncode == 0


def test_drift_says_that_a_signal_ended(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "drift.html"
    code, out = called("drift", "academy", "--json", "--check", "--html", page, "--config", folder)

    assert code == 3
    (found,) = json.loads(out)
    assert found["domain"] == "academy"
    assert {row["level"] for row in found["rows"] if row["kind"] == "volume"} <= {"far", "steady"}
    text = page.read_text(encoding="utf-8")
    assert "Is a tracker broken?" in text and "<svg" in text and "http" not in text.replace("http://www.w3.org", "")


def test_without_a_release_there_is_nothing_to_drift_from(tmp_path: Path) -> None:
    (tmp_path / "penchant.toml").write_text('[domains.shop]\npack = "product"\n', encoding="utf-8")

    assert called("drift", "--config", tmp_path)[0] == 1
