"""`make faults`: everything that may break, alone and two at a time, while stock, rights and eligibility change."""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "tests")]
from demo_workspace import NOW
from fault_injection import FAULTS
from fault_matrix import CONSTANT_MS, Block, cases, in_process, over_http, run
from fault_world import TRUSTED_S, Site, site
from live_server import serving
from penchant.clock import DAY, FixedClock
from penchant.config import FILE_NAME
from penchant.engine import Engine
from penchant.keys import Kind
from penchant.simulation import academy, configuration, shop, stream, write
from record import shown
from record import write as write_figures

LOOK_S = 5.0
SERVED = 0.05
"""Share of the requests that go to a real server over a socket."""

METHOD = (
    "Three trained sites (products, videos, lessons) in one engine over SQLite. A second engine over the same workspace"
    " changes stock, regions, rights windows, age ratings, dates, eligibility, consent and completed lessons all the"
    " time. Every fault alone and every two of them hold for a block of requests of all placements; one request in"
    " twenty goes to a real server over a socket. An answer must obey all that was acknowledged before it was asked"
    " for; where it says itself that the catalog may be stale, all that was acknowledged more than"
    f" {TRUSTED_S:g} s before, which is how long such a catalog is believed here (ten minutes outside of tests)."
    " `rows` and `pairs` of benchmarks/results/faults.json have the same by fault and by pair."
)
ABOUT = {
    "requests": "requests, with no fault, with each and with each two of them",
    "non_200": "answers with anything but 200",
    "violations": "items shown that were surely barred, and personal answers to people who surely do not allow them",
    "late": f"answers beyond twice the time budget of their placement and {CONSTANT_MS:g} ms",
    "served": "of the requests, those to a real server over a socket",
    "changes": "changes of stock, rights, eligibility and consent meanwhile",
    "items": "items in all answers",
}


def workspace(folder: Path) -> None:
    """Make and train three small worlds."""
    for make, people in ((shop, 300), (stream, 200), (academy, 200)):
        world = make(7, NOW - DAY / 2, people=people)
        write(world, folder / "data" / world.domain)
    (folder / FILE_NAME).write_text(configuration(), encoding="utf-8")
    with Engine.open(folder, FixedClock(NOW), {}) as engine:
        engine.import_data()
        for name in engine.domains:
            engine.train(name, judge=False)


def plan(requests: int) -> Iterator[tuple[tuple[str, ...], str, int]]:
    """Every block: its faults, how it is asked, and how often; single faults get a third of all requests."""
    every = cases()
    single, double = [one for one in every if len(one) < 2], [one for one in every if len(one) == 2]
    for some, share in ((single, 1 / 3), (double, 2 / 3)):
        each = requests * share / len(some)
        for faults in some:
            served = max(1, round(each * SERVED))
            yield faults, "socket", served
            yield faults, "process", max(1, round(each) - served)


@contextmanager
def opened(folder: Path, to: Path) -> Iterator[tuple[Site, dict[str, Any]]]:
    """A site, and ways to ask it."""
    with site(folder, NOW, to) as made:
        key, _ = made.other.create_key(Kind.ADMIN)
        with serving(made.engine, key=key) as client:
            client.get("/v1/status").raise_for_status()  # keys that were seen once are believed
            yield made, {"process": in_process(made), "socket": over_http(client)}


def work(folder: Path, kept: Path, requests: int, part: int, parts: int) -> None:
    """The blocks of one process; each is kept when it is done, and not done again."""
    logging.getLogger("penchant").setLevel(logging.CRITICAL)
    logging.getLogger("httpx").setLevel(logging.CRITICAL)
    done = {line["block"] for line in lines(kept)}
    blocks = list(plan(requests))
    # Both ways of one case go to one process: asked in turn, all that take long would go to the same.
    mine = [number for number in range(len(blocks)) if number // 2 % parts == part and number not in done]
    if not mine:
        return
    with (
        tempfile.TemporaryDirectory() as scratch,
        opened(folder, Path(scratch) / "w") as (made, ways),
        kept.open("a") as file,
    ):
        for number in mine:
            faults, way, count = blocks[number]
            block = run(made, faults, count, ways[way], seed=number, threads=2 if way == "socket" else 1)
            told = {**dataclasses.asdict(block), "block": number, "way": way, "ms": [round(ms, 2) for ms in block.ms]}
            file.write(json.dumps(told) + "\n")
            file.flush()


def lines(kept: Path) -> list[dict[str, Any]]:
    """Blocks that were done; a line that was cut off is left out."""
    found = []
    for line in kept.read_text().splitlines() if kept.is_file() else []:
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


def counts(some: Sequence[Block]) -> dict[str, int]:
    """What came of some blocks."""
    return {
        "requests": sum(one.requests for one in some),
        "non_200": sum(len(one.non_200) for one in some),
        "violations": sum(len(one.violations) for one in some),
        "late": sum(one.late for one in some),
    }


def rows(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """Figures by fault: of its blocks alone, and of those with another."""
    found = []
    for name in ("", *FAULTS):
        alone = [one for one in blocks if tuple(one.faults) == ((name,) if name else ())]
        ms = [each for one in alone for each in one.ms]
        told: dict[str, Any] = {"fault": name or "none", **counts(alone)}
        for share in (50, 99):
            told[f"p{share}_ms"] = round(float(np.percentile(ms, share)), 1) if ms else None
        if name:
            named = sum(one.named.get(name, 0) for one in alone)
            told["degraded_named"] = round(named / max(told["requests"], 1), 3)
            told["paired"] = counts([one for one in blocks if name in one.faults and len(one.faults) == 2])
        found.append(told)
    return found


def page(some: Sequence[dict[str, Any]]) -> str:
    """The same as a table."""
    lines_ = [
        "| fault | requests | not 200 | violations | p50 ms | p99 ms | named in `degraded` | with another: not 200 |"
        " violations |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in some:
        paired = row.get("paired", {})
        about = FAULTS[row["fault"]].about if row["fault"] in FAULTS else "nothing is broken"
        cells = [f"{about} (`{row['fault']}`)"]
        cells += [shown(row[key]) for key in ("requests", "non_200", "violations", "p50_ms", "p99_ms")]
        cells += [f"{row['degraded_named']:.0%}" if "degraded_named" in row else ""]
        cells += [shown(paired[key]) if paired else "" for key in ("non_200", "violations")]
        lines_.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines_)


def main() -> None:
    """Break, ask, count and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000, help="in all")
    parser.add_argument("--parts", type=int, default=2, help="processes")
    parser.add_argument("--keep", type=Path, help="folder that keeps what is done, to go on from there")
    parser.add_argument("--part", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = options.keep or Path(scratch)
        home.mkdir(parents=True, exist_ok=True)
        folder = home / "workspace"
        if options.part is not None:
            work(folder, home / f"part-{options.part}.jsonl", options.requests, options.part, options.parts)
            return
        if not (home / "ready").is_file():
            workspace(folder)
            (home / "ready").touch()
        parts = [home / f"part-{part}.jsonl" for part in range(options.parts)]
        command = [sys.executable, __file__, "--keep", str(home), "--requests", str(options.requests)]
        processes = [
            subprocess.Popen([*command, "--parts", str(options.parts), "--part", str(part)])
            for part in range(options.parts)
        ]
        with Progress(console=Console(stderr=True)) as progress, ThreadPoolExecutor() as pool:
            bar = progress.add_task("blocks", total=len(list(plan(options.requests))))
            ends = [pool.submit(process.wait) for process in processes]
            while not all(end.done() for end in ends):
                progress.update(bar, completed=sum(len(lines(part)) for part in parts))
                wait(ends, timeout=LOOK_S)
            progress.update(bar, completed=sum(len(lines(part)) for part in parts))
        if any(process.returncode for process in processes):
            sys.exit("a part ended with an error")
        told = [line for part in parts for line in lines(part)]
    names = {one.name for one in dataclasses.fields(Block)}
    blocks = [Block(**{key: value for key, value in line.items() if key in names}) for line in told]
    by_fault = rows(blocks)
    found = {
        **counts(blocks),
        "served": sum(line["requests"] for line in told if line["way"] == "socket"),
        "changes": sum(one.changes for one in blocks),
        "items": sum(one.items for one in blocks),
    }
    pairs = [
        {"faults": list(case), **counts([one for one in blocks if tuple(one.faults) == case])}
        for case in cases()
        if len(case) == 2
    ]
    wrong = [text for one in blocks for text in (*one.non_200, *one.violations)]
    write_figures("faults", found, ABOUT, METHOD, page=page(by_fault), extra={"rows": by_fault, "pairs": pairs})
    if wrong:
        sys.exit("\n".join(["an answer failed, or showed what it may not:", *wrong[:20]]))


if __name__ == "__main__":
    main()
