"""Servers under an open loop: started, asked at one rate or at many, and what they take of memory."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

HERE = Path(__file__).resolve().parent
GOAL_MS = 50.0
"""Of what 99 of 100 answers must be quicker, so that a rate counts as served."""
MOST_LATE = 0.01
"""Share of answers that may have left a source out for want of time, so that a rate counts as served."""
START_S = 900.0
"""Longest that a server may take to load a release and a catalog."""

REST_S = 60.0
"""Longest wait for servers that still work on what nobody waits for any more."""
_LOOK_S, _IDLE = 0.5, 0.1
"""Servers rest when they take less than this share of a core for so many seconds."""

_log = Console(stderr=True)


def into_memory(file: Path) -> None:
    """Read a file through, so that it lies in the machine's memory as that of a site in use does."""
    with file.open("rb") as opened:
        while opened.read(1 << 24):
            pass


@dataclass(frozen=True)
class Servers:
    """Processes that answer, each on a port of its own, as behind a balancer.

    Attributes:
        ports: Where they listen.
        pids: Their processes.
    """

    ports: tuple[int, ...]
    pids: tuple[int, ...]

    def memory_mb(self) -> float:
        """Megabytes that a process has for itself alone: the mean over the processes."""
        return float(np.mean([_own_kb(pid) for pid in self.pids])) / 1024

    def processor_s(self) -> float:
        """Processor seconds that all of them took so far."""
        ticks = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13] for pid in self.pids)
        return sum(int(one) for both in ticks for one in both) / os.sysconf("SC_CLK_TCK")

    def rest(self) -> None:
        """Wait until they have done what an earlier rate left them, a minute at most."""
        until = time.perf_counter() + REST_S
        while time.perf_counter() < until:
            before = self.processor_s()
            time.sleep(_LOOK_S)
            if self.processor_s() - before < _IDLE * _LOOK_S:
                return


def _own_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    told = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
    return told["Private_Clean"] + told["Private_Dirty"]


@contextmanager
def serving(command: Sequence[str], ports: Sequence[int], env: Mapping[str, str]) -> Iterator[Servers]:
    """Start a server on each port, and end them with the block.

    Args:
        command: The program; `{port}` in it is the port.
        ports: Ports.
        env: Its environment.

    Raises:
        SystemExit: One does not start.
    """
    log = tempfile.TemporaryFile()  # noqa: SIM115 - it outlives this line
    started = [
        subprocess.Popen([part.format(port=port) for part in command], env=dict(env), stdout=log, stderr=log)
        for port in ports
    ]
    try:
        end = time.perf_counter() + START_S
        for process, port in zip(started, ports, strict=True):
            while not _answers(port, end - time.perf_counter()):
                if process.poll() is not None or time.perf_counter() > end:
                    log.seek(0)
                    sys.exit(f"{' '.join(command)} did not start:\n{log.read().decode()[-2000:]}")
                time.sleep(0.1)
        yield Servers(tuple(ports), tuple(process.pid for process in started))
    finally:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
        log.close()


def _answers(port: int, seconds: float) -> bool:
    """Whether somebody answers on a port; a server may listen long before it does."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=max(seconds, 1.0))
    try:
        connection.request("GET", "/health/live")
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True


class Asking:
    """Sends the same requests at any rate to the same servers."""

    def __init__(self, servers: Servers, requests: Iterable[Mapping[str, str]], folder: Path) -> None:
        """Write the requests down for the client's process."""
        self._servers = servers
        self._file = folder / f"requests-{servers.ports[0]}.jsonl"
        self._file.write_text("".join(json.dumps(one) + "\n" for one in requests))

    def at(self, rate: float, *, warm_s: float, run_s: float) -> dict[str, Any]:
        """What came of so many requests a second: percentiles in milliseconds, errors, and whether it was kept up."""
        ports = [str(port) for port in self._servers.ports]
        command = [sys.executable, str(HERE / "open_loop.py"), str(self._file), f"{rate}", f"{warm_s}", f"{run_s}"]
        self._servers.rest()
        began = self._servers.processor_s()
        ended = subprocess.run([*command, *ports], capture_output=True, check=True)
        told = json.loads(ended.stdout)
        cpu = 1e3 * (self._servers.processor_s() - began) / max(rate * (warm_s + run_s), 1.0)
        ms = np.array(told["ms"] or [np.nan])
        row = {f"p{q}_ms": round(float(np.percentile(ms, q)), 2) for q in (50, 95, 99)}
        if told["errors"]:
            _log.print(f"  first error: {told['first_error']}", style="yellow", markup=False)
        _log.print(
            f"  {rate:7.1f}/s  {row}  errors {told['errors']}, late {told['late']}, of {told['sent']}",
            style="dim",
            markup=False,
        )
        late = round(told["late"] / max(len(told["ms"]), 1), 4)
        errors = told["errors"] if told["complete"] else max(told["errors"], 1)
        return {"rate": rate, **row, "errors": errors, "late": late, "cpu_ms": round(cpu, 2)}

    def knee(self, *, low: float, high: float, run_s: float, most: float = 6_400.0, near: float = 0.05) -> float:
        """The highest rate with p99 under `GOAL_MS` and no error, by bisection to within 5 %.

        Args:
            low: A rate that was served, 0 for none.
            high: A rate that was not, or infinity.
            run_s: Seconds at each rate.
            most: Rates above this are not tried: the client itself would be in the way.
            near: How close, as a share.
        """
        if not low:
            low, high = 0.0, min(high, 50.0)
        while high == np.inf:
            rate = 2.0 * low
            if rate > most:
                return low
            low, high = (rate, high) if kept(self.at(rate, warm_s=1.0, run_s=run_s)) else (low, rate)
        while high - low > near * high and high > 2.0:
            rate = round((low + high) / 2.0, 1)
            low, high = (rate, high) if kept(self.at(rate, warm_s=1.0, run_s=run_s)) else (low, rate)
        return low


def kept(row: Mapping[str, Any]) -> bool:
    """Whether a rate was served."""
    return bool(row["errors"] == 0 and row["p99_ms"] < GOAL_MS and row["late"] <= MOST_LATE)


def bounds(rows: Iterable[Mapping[str, Any]]) -> tuple[float, float]:
    """Of measured rates, the highest below which all were served, and the lowest that was not (infinity for none)."""
    low = 0.0
    for row in sorted(rows, key=lambda one: float(one["rate"])):
        if not kept(row):
            return low, float(row["rate"])
        low = float(row["rate"])
    return low, float("inf")
