"""What every benchmark shares: measuring a command, and writing its figures down."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
LIBRARIES = ("penchant", "numpy", "scipy", "pyarrow", "duckdb", "ibis-framework", "implicit", "apsw", "litestar")


def data_folder() -> Path | None:
    """The shared data sets, or None when there are none."""
    folder = Path(os.environ.get("PENCHANT_DATA", ROOT.parent / "shared" / "data"))
    return folder if folder.is_dir() else None


@dataclass(frozen=True)
class Measured:
    """One finished command: wall seconds, peak resident memory, and what it printed."""

    seconds: float
    peak_mb: float
    stdout: str


def run(*command: str, env: dict[str, str] | None = None) -> Measured:
    """Run a command to its end and measure it; its progress goes to this terminal.

    Raises:
        SystemExit: The command failed.
    """
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **(env or {})})
    peak = Peak(process.pid)
    out, _ = process.communicate()
    seconds = time.perf_counter() - began
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}\n{out}")
    return Measured(seconds, peak.stop(), out)


class Peak:
    """Watches the highest resident memory of a process, from the kernel's own high-water mark."""

    def __init__(self, pid: int) -> None:
        """Start watching."""
        self._status, self._kb, self._end = Path(f"/proc/{pid}/status"), 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._end.wait(0.02):
            try:
                text = self._status.read_text()
            except OSError:
                return
            line = next((li for li in text.splitlines() if li.startswith("VmHWM")), None)
            if line is not None:
                self._kb = max(self._kb, int(line.split()[1]))

    def stop(self) -> float:
        """Megabytes at the highest."""
        self._end.set()
        self._thread.join()
        return self._kb / 1024


def shown(value: object) -> str:
    """A figure as people read it: shares with four places, other fractions with two."""
    if value is None:
        return "not measured"
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 1 else f"{value:,.2f}"
    return f"{value:,}"


def flat(figures: dict[str, Any]) -> dict[str, Any]:
    """Figures of groups as `group.figure`."""
    found: dict[str, Any] = {}
    for key, value in figures.items():
        found |= {f"{key}.{inner}": v for inner, v in value.items()} if isinstance(value, dict) else {key: value}
    return found


def write(
    name: str,
    figures: dict[str, Any],
    about: dict[str, str],
    method: str,
    page: str = "",
    extra: dict[str, Any] | None = None,
) -> None:
    """Print a table and write `benchmarks/results/NAME.json`.

    Args:
        name: Of the benchmark.
        figures: Numbers by name; a table of them is a group, such as all figures of one store.
        about: What each number is, by name; the names of a group's figures are explained once for all groups.
        method: How it was measured.
        page: Markdown for docs/benchmarks.md beside the figures.
        extra: What the file holds beside the figures, such as rows of a table.
    """
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    body = {
        **figures,
        **(extra or {}),
        "method": method,
        "about": about,
        "page": page,
        "commit": commit.stdout.strip() or None,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {library: version(library) for library in LIBRARIES},
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(body, indent=1) + "\n")
    table = Table(title=f"bench-{name}", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("what it is")
    for key, value in flat(figures).items():
        table.add_row(key, shown(value), about.get(key.rpartition(".")[2], ""))
    console = Console()
    console.print(table)
    console.print(method, style="dim")
    console.print(f"written to benchmarks/results/{name}.json", style="dim")
