"""The server is killed at random moments under load; nothing acknowledged is lost, nothing is there twice."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from crash_loop import PENCHANT, Figures, crash_loop
from penchant.storage import open_store


def survive(folder: Path, url: str, cycles: int, seed: int) -> Figures:
    """Run a crash loop in a new workspace over a store."""
    folder.mkdir(exist_ok=True)
    (folder / "penchant.toml").write_text(f'[storage]\nurl = "{url}"\n[domains.shop]\npack = "product"\n')
    made = subprocess.run(
        [PENCHANT, "keys", "create", "--kind", "sk", "--json", "--config", str(folder)], capture_output=True, check=True
    )
    return crash_loop(folder, json.loads(made.stdout)["key"], lambda: open_store(url, folder), cycles=cycles, seed=seed)


def unharmed(figures: Figures) -> bool:
    """Something was acknowledged, and all of it is there once, in a sound store."""
    return figures.acked > 0 and (figures.lost, figures.duplicated, figures.problems) == (0, 0, [])


def test_no_acknowledged_event_is_lost_or_doubled_by_twenty_kills_on_sqlite(tmp_path: Path) -> None:
    figures = survive(tmp_path, "sqlite:///penchant.db", 20, seed=1)

    assert unharmed(figures), figures


def test_no_acknowledged_event_is_lost_or_doubled_by_twenty_kills_on_postgresql(
    tmp_path: Path, postgres_url: str
) -> None:
    figures = survive(tmp_path, postgres_url, 20, seed=2)

    assert unharmed(figures), figures


@pytest.mark.slow
def test_three_hundred_kills_on_sqlite(tmp_path: Path) -> None:
    figures = survive(tmp_path, "sqlite:///penchant.db", 300, seed=3)

    assert unharmed(figures), figures


@pytest.mark.slow
def test_three_hundred_kills_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    figures = survive(tmp_path, postgres_url, 300, seed=4)

    assert unharmed(figures), figures
