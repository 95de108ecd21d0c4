"""`make bench-serving`: answers a second and how long they take, of whole servers on a large site, beside others.

A site is made once and kept (`--keep`), and so are the figures of each part, so that a run can go on where it was
stopped: `--parts site,peers,ours,growth,ryw`. `--small` is a tenth of everything, to try things out.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from read_your_writes import pairs
from request import measured
from serving_run import Asking, Servers, bounds, into_memory, serving
from serving_site import MIX, Site, made, requests

from quality.run import python_of
from record import ROOT, write

PENCHANT = str(Path(sys.executable).parent / "penchant")
PARTS = ("site", "ours", "ryw", "stages", "peers", "growth")
PORT = 18_480
PEERS = {
    "implicit + FastAPI, precomputed lists": "precomputed",
    "implicit + FastAPI, ALS at request time": "als",
    "Litestar, a constant": "constant",
}
_QUIET = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

METHOD = (
    "A made-up site (`benchmarks/speed/serving_site.py`): a shop and a stream in one workspace, {items:,} products and"
    " {pieces:,} pieces, {people:,} people, {events:,} events in the SQLite store, in the order of time. Models of both"
    " packs are fitted on {fitted:,} events of whole people; heads are grown to their full number of trees over all"
    " features of the pack, on made-up rows, so they cost no less than trained ones; statistics count all events."
    " {workers} `penchant serve` processes on ports of their own, asked in turn; every answer is ranked at request time"
    " and its slate goes to the log, which is flushed to disk in groups. Open loop: arrivals at a constant rate,"
    " latency from the intended moment of sending, {run_s:g} s after {warm_s:g} s to warm up. `mixed` is what pages of"
    " both domains ask for ({mix}); people are drawn by how often they come. The knee is the highest rate with"
    " p99 under 50 ms, no error, and a source left out for want of time in no more than one answer of 100, by bisection"
    " with {knee_s:g} s at each rate. The client is one process on the same cores. Before each rate the servers have"
    " come to rest, and the store's file was read through once, so that it lies in memory."
    " Beside it, in the same run and with as many processes: `implicit` behind FastAPI with a dict of precomputed"
    " lists; the same with ALS at request time, from the person's latest 200 events in the same store; and Litestar"
    " answering a constant. They know no stock, rules, heads, reasons or log. `stages` is one thread in process"
    " without HTTP, by processor time. `read_your_writes`: an event is acknowledged by one process, the next request"
    " of that person goes to the next one, and must not show what was bought, or taken in to the end."
)
ABOUT = {
    "knee_rps": "requests a second with p99 under 50 ms and no error",
    "worker_mb": "memory of a server process of its own (USS), after the load",
    "cpu_ms": "processor milliseconds of all server processes for each request at 200 a second",
    "p50_ms": "half the answers at 200 a second are faster",
    "p99_ms": "99 of 100 answers at 200 a second are faster",
    "pairs": "events acknowledged, each followed by a request of the same person to another process",
    "reflected": "pairs whose answer knew of the event",
    "changed": "pairs whose answer was another than before",
}


def command_of(folder: Path) -> list[str]:
    """How a site is served."""
    return [PENCHANT, "serve", "--config", str(folder), "--port", "{port}"]


class Bench:
    """One run: its options, where the site lies, and what was measured so far."""

    def __init__(self, told: argparse.Namespace) -> None:
        """Take up what an earlier run of the same site left."""
        self.told, self.folder = told, told.keep / "site"
        self.file: Path = told.keep / "serving-parts.json"
        self.found: dict[str, Any] = json.loads(self.file.read_text()) if self.file.exists() else {}
        self.site: Site | None = None
        self.ports = tuple(PORT + n for n in range(told.workers))

    def of_site(self) -> Site:
        """The site, made where it is not there."""
        if self.site is None:
            told = self.told
            wanted = Site(told.items, told.items // 5, told.people, told.events, told.fitted)
            self.site = made(self.folder, wanted)
            into_memory(self.folder / "penchant.db")
        return self.site

    def keep(self, part: str, found: Any) -> None:
        """Write a part down."""
        self.found[part] = found
        self.file.write_text(json.dumps(self.found, indent=1))

    def rates(self, asking: Asking, row: Mapping[str, Any], rates: list[float], run_s: float) -> list[dict[str, Any]]:
        """A row for each rate; after one that is far from being served, higher ones are left out."""
        rows: list[dict[str, Any]] = []
        for rate in rates:
            rows.append({**row, **asking.at(rate, warm_s=self.told.warm, run_s=run_s)})
            if rows[-1]["errors"] and rows[-1]["p50_ms"] > 1_000:
                break
        return rows

    def sites(self) -> None:
        """Make the site, and those of other sizes."""
        site = self.of_site()
        for items in self.told.growth:
            self.grown(items)
        self.keep("site", {"items": site.items, "events": site.events})

    def grown(self, items: int) -> tuple[Path, Site]:
        """A shop of so many products, with fewer people and events; the site itself where it is as large."""
        told, site = self.told, self.of_site()
        if items == site.items:
            return self.folder, site
        folder = told.keep / f"items-{items}"
        wanted = Site(items, 0, min(told.people, 20_000), min(told.events, 1_000_000), told.fitted)
        grown = made(folder, wanted)
        into_memory(folder / "penchant.db")
        return folder, grown

    def ours(self) -> None:
        """Rates, the knee and memory of penchant."""
        site, told = self.of_site(), self.told
        row = {"system": "penchant", "mode": "mixed", "items": site.items}
        with serving(command_of(self.folder), self.ports, _environment()) as servers:
            asking = Asking(servers, requests(site, self.folder, "mixed"), told.keep)
            asking.at(20.0, warm_s=0.0, run_s=15.0)  # the hour's figures are read meanwhile
            rows = self.rates(asking, row, told.rates, told.seconds)
            low, high = bounds(rows)
            knee = asking.knee(low=low, high=high, run_s=told.knee_seconds)
            home = Asking(servers, requests(site, self.folder, "home"), told.keep)
            rows += self.rates(home, {**row, "mode": "home"}, [200.0], told.seconds)
            memory = servers.memory_mb()
        self.keep("ours", {"rows": rows, "knee_rps": knee, "worker_mb": memory, "run": _run(told)})

    def peers(self) -> None:
        """The same of the others."""
        site, told = self.of_site(), self.told
        python = python_of("serving", ROOT / ".venv-bench")
        services = [python, str(HERE / "serving_peers.py")]
        subprocess.run([*services, "fit", str(self.folder)], env=_environment(), check=True)
        found: dict[str, Any] = {}
        for system, what in PEERS.items():
            row = {"system": system, "mode": "home", "items": site.items}
            command = [*services, what, "{port}", str(self.folder)]
            if what == "constant":
                command = [sys.executable, str(HERE / "bare_server.py"), "{port}"]
            with serving(command, self.ports, _environment()) as servers:
                asking = Asking(servers, requests(site, self.folder, "home"), told.keep)
                asking.at(20.0, warm_s=0.0, run_s=2.0)
                rows = self.rates(asking, row, told.rates, told.seconds / 2)
                knee = asking.knee(low=bounds(rows)[0], high=bounds(rows)[1], run_s=told.knee_seconds / 2)
                found[system] = {"rows": rows, "knee_rps": knee, "worker_mb": servers.memory_mb()}
        self.keep("peers", found)

    def stages(self) -> None:
        """Where the time of a request goes, in process."""
        site = self.of_site()
        _, rows = measured(self.folder, site.items, site.people, site.now)
        self.keep("stages", rows)

    def ryw(self) -> None:
        """Read-your-writes over two processes."""
        site = self.of_site()
        with serving(command_of(self.folder), self.ports, _environment()) as servers:
            self.keep("ryw", pairs(servers.ports, site, self.told.pairs))

    def growth(self) -> None:
        """More items, and longer histories."""
        site, told = self.of_site(), self.told
        rows: list[dict[str, Any]] = []
        memory: dict[str, float] = {}
        for items in told.growth:
            folder, grown = self.grown(items)
            modes = ["home", "history-20", "history-200"] if grown is site else ["home"]
            # Two processes of a million items would need more memory than small machines have.
            ports = self.ports[:1] if items >= 1_000_000 else self.ports
            with serving(command_of(folder), ports, _environment()) as servers:
                for mode in modes:
                    rows += self._grown(servers, grown, folder, mode)
                memory[str(items)] = servers.memory_mb()
        self.keep("growth", {"rows": rows, "worker_mb": memory})

    def _grown(self, servers: Servers, site: Site, folder: Path, mode: str) -> list[dict[str, Any]]:
        told = self.told
        asking = Asking(servers, requests(site, folder, mode), told.keep)
        asking.at(20.0, warm_s=0.0, run_s=15.0)
        row = {"system": "penchant", "mode": mode, "items": site.items}
        return self.rates(asking, row, [told.growth_rate], told.seconds / 2)

    def write(self) -> None:
        """Put the parts together; what was not measured is missing."""
        told, found = self.told, self.found
        site = self.of_site()
        ours, peers = found.get("ours"), found.get("peers", {})
        figures: dict[str, Any] = {}
        rows: list[dict[str, Any]] = []
        if ours:
            at = next((row for row in ours["rows"] if row["mode"] == "mixed" and row["rate"] == 200.0), {})
            figures["penchant"] = {"knee_rps": ours["knee_rps"], "worker_mb": ours["worker_mb"], **_few(at)}
            rows += ours["rows"]
        for system, one in peers.items():
            at = next((row for row in one["rows"] if row["rate"] == 200.0), {})
            figures[system] = {"knee_rps": one["knee_rps"], "worker_mb": one["worker_mb"], **_few(at)}
            rows += one["rows"]
        rows += found.get("growth", {}).get("rows", [])
        seen = found.get("ryw")
        extra: dict[str, Any] = {"rows": rows, "stages": found.get("stages", []), "load": os.getloadavg()[0]}
        extra["worker_mb_by_items"] = found.get("growth", {}).get("worker_mb", {})
        if ours:
            figures |= {"knee_rps": ours["knee_rps"], "worker_mb": ours["worker_mb"]}
        if seen:
            figures["read_your_writes"] = seen
        mix = ", ".join(f"{name} {share:.0%}" for _, name, share in MIX)
        run = (ours or {}).get("run") or _run(told)
        method = METHOD.format(
            items=site.items,
            pieces=site.pieces,
            people=site.people,
            events=site.events,
            fitted=site.fitted,
            mix=mix,
            **run,
        )
        name = "serving-small" if told.small else "serving"
        write(name, figures, ABOUT, method, page=page(rows, extra["stages"]), extra=extra)


def page(rows: Sequence[Mapping[str, Any]], stages: Sequence[Mapping[str, Any]]) -> str:
    """Markdown of the rows and the stages."""
    lines = ["| system | mode | items | requests/s | p50 ms | p95 ms | p99 ms | errors | late | processor ms |"]
    lines.append("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        told = " | ".join(f"{row[name]:,.2f}" for name in ("p50_ms", "p95_ms", "p99_ms"))
        lines.append(
            f"| {row['system']} | {row['mode']} | {row['items']:,} | {row['rate']:g} | {told} | {row['errors']} |"
            f" {row.get('late', 0.0):.1%} | {row.get('cpu_ms', 0.0):.2f} |"
        )
    if stages:
        names = list(dict.fromkeys(name for row in stages for name in row if name not in ("items", "placement")))
        lines += ["", "Processor milliseconds of one request in process, by stage:", ""]
        lines.append("| stage | " + " | ".join(str(row["placement"]) for row in stages) + " |")
        lines.append("|---|" + "---:|" * len(stages))
        for name in names:
            lines.append(f"| {name} | " + " | ".join(f"{row.get(name, 0.0):.2f}" for row in stages) + " |")
    return "\n".join(lines)


def _few(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("cpu_ms", "p50_ms", "p99_ms") if name in row}


def _run(told: argparse.Namespace) -> dict[str, Any]:
    """How rates were asked, for the method."""
    return {
        "workers": told.workers,
        "run_s": told.seconds,
        "warm_s": told.warm,
        "knee_s": told.knee_seconds,
    }


def _environment() -> dict[str, str]:
    return {**os.environ, **_QUIET}


def main() -> None:
    """Measure what is asked for, and write what there is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, default=ROOT / "benchmarks" / "results" / "serving-site")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"with commas between, of {', '.join(PARTS)}")
    parser.add_argument("--small", action="store_true", help="a tenth of the site, and shorter runs")
    parser.add_argument("--items", type=int, default=100_000, help="products; the stream has a fifth as many pieces")
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--fitted", type=int, default=1_000_000, help="events that each domain's models are fitted on")
    parser.add_argument("--workers", type=int, default=2, help="server processes of each system")
    parser.add_argument("--rates", type=_numbers, default=[50.0, 100.0, 200.0, 400.0])
    parser.add_argument("--seconds", type=float, default=20.0, help="of each rate")
    parser.add_argument("--warm", type=float, default=3.0, help="seconds before that do not count")
    parser.add_argument("--knee-seconds", type=float, default=8.0, help="of each rate while the knee is looked for")
    parser.add_argument("--pairs", type=int, default=1_000)
    parser.add_argument("--growth", type=_sizes, default=[10_000, 100_000, 1_000_000], help="catalogs")
    parser.add_argument("--growth-rate", type=float, default=50.0)
    told = parser.parse_args()
    if told.small:
        told.keep = told.keep / "small"
        told.items, told.people, told.events = told.items // 10, told.people // 10, told.events // 10
        told.growth = [size // 10 for size in told.growth]
        told.seconds, told.warm, told.knee_seconds = 6.0, 1.0, 4.0
        told.pairs = min(told.pairs, 200)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the servers end with whoever started them
    told.keep.mkdir(parents=True, exist_ok=True)
    bench = Bench(told)
    do = {
        "site": bench.sites,
        "ours": bench.ours,
        "ryw": bench.ryw,
        "stages": bench.stages,
        "peers": bench.peers,
        "growth": bench.growth,
    }
    for part in told.parts.split(","):
        if part not in do:
            parser.error(f"no part {part!r} (have: {', '.join(do)})")
    for part in told.parts.split(","):
        print(f"serving: {part}", file=sys.stderr, flush=True)
        do[part]()
    if "ours" in bench.found:  # before that there is nothing to tell
        bench.write()


def _numbers(text: str) -> list[float]:
    return [float(one) for one in text.split(",")]


def _sizes(text: str) -> list[int]:
    return [int(one) for one in text.split(",")]


if __name__ == "__main__":
    main()
