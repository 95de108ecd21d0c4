"""`make bench-quality`: penchant beside implicit, LensKit, RecTools and simple baselines, in one run.

Every system gets the same folds, the same seconds to choose its settings in on the validation window, and is fitted
again on everything before the test window. Each runs in a process, and each library in an environment, of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))
from protocol import interval
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sets import SCENARIOS, Scenario, folds

from record import ROOT, data_folder, write

SIMPLE = ("popular", "popular-recent", "personal-top")
SYSTEMS = {
    **dict.fromkeys(SIMPLE, ("main", "peers.simple")),
    **{f"implicit-{name}": ("main", "peers.implicit_models") for name in ("als", "bpr", "cosine", "bm25")},
    **{f"lenskit-{name}": ("lenskit", "peers.lenskit_models") for name in ("als", "ease", "item-knn")},
    "rectools-ease": ("rectools", "peers.rectools_models"),
    "rectools-sasrec": ("rectools", "peers.rectools_models"),
    "penchant": ("penchant", "penchant_system"),
}
"""System to the environment it runs in, and the file that knows it."""

DEEP = ("rectools-sasrec",)
"""Slow on a processor: run when named, or with `--deep`."""

GOAL = {"all": "ndcg@10", "repeats": "ndcg@10", "new part": "ndcg@10", "new": "ndcg@10", "next": "mrr@20"}

METHOD = (
    "Training strictly before the cut, settings chosen on the validation window before the test window with the same"
    " seconds for every model family, then fitted again on all before the test. Every item with an event before the cut"
    " is ranked. Means over people (sessions: over clicks) with 95 % bootstrap intervals over people (sessions);"
    " differences are paired. `all` allows repeats, `new` takes out of list and target what a person had before, `next`"
    " asks for every next click of a session. Each system runs in a process of its own; peak memory is the whole"
    " process's, the reading of the folds and the choice of settings included."
)

console = Console(stderr=True)


def python_of(group: str, folder: Path) -> str:
    """The interpreter of an environment, made when it is missing.

    Raises:
        SystemExit: It cannot be made.
    """
    if group == "penchant":
        return sys.executable
    home = folder / group
    program = home / "bin" / "python"
    wanted = HERE / "peers" / f"{group}.txt"
    done = home / "installed"
    if not done.exists() or done.read_text() != wanted.read_text():
        console.print(f"environment of the peers in {wanted.name}: installing, once", style="dim")
        venv.create(home, with_pip=True, clear=True)
        made = subprocess.run([program, "-m", "pip", "install", "--quiet", "--requirement", wanted], check=False)
        if made.returncode:
            sys.exit(f"the packages of {wanted} could not be installed")
        done.write_text(wanted.read_text())
    return str(program)


def measured(system: str, scenario: Scenario, folder: Path, told: argparse.Namespace) -> dict[str, Any]:
    """What one system reached on one scenario, or why it did not."""
    group, module = SYSTEMS[system]
    out = folder / f"{system}.json"
    command = [python_of(group, told.environments), str(HERE / "worker.py"), system, module, str(folder), str(out)]
    command += ["--modes", ",".join(scenario.modes), "--tune-seconds", str(told.tune_seconds)]
    env = {**os.environ, "PYTHONPATH": str(HERE), "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "1"}
    env |= {
        "BENCH_DOMAIN": scenario.domain,
        "OMP_WAIT_POLICY": "PASSIVE",
        "GOMP_SPINCOUNT": "0",
        "MKL_NUM_THREADS": "2",
    }
    try:
        ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=told.timeout, check=False)
    except subprocess.TimeoutExpired:
        return {"failed": f"not done after {told.timeout:.0f} s"}
    if ended.returncode:
        return {"failed": (ended.stderr.strip().splitlines() or ["no output"])[-1][:300]}
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def rows_of(scenario: Scenario, system: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of quality.json."""
    library, _, model = system.partition("-")
    if library not in ("implicit", "lenskit", "rectools"):
        library, model = "simple" if system in SIMPLE else system, system
    told = {"dataset": scenario.id, "domain": scenario.domain, "system": library, "model": model}
    return [{**told, "peak_mb": found["peak_mb"], **row} for row in found["rows"]]


def gap(folder: Path, ours: str, other: str, part: str, metric: str) -> tuple[float, float, float]:
    """Ours minus another's, over the same rows."""
    with np.load(folder / f"{ours}.npz") as a, np.load(folder / f"{other}.npz") as b:
        key = f"{part}/{metric}"
        return interval(a[key].astype(float) - b[key].astype(float), a["group"])


def page(scenarios: list[Scenario], rows: list[dict[str, Any]], gaps: dict[Any, Any], failed: dict[Any, str]) -> str:
    """Markdown of every table."""
    lines = []
    for scenario in scenarios:
        parts = [p for mode in scenario.modes for p in ((mode, "repeats", "new part") if mode == "all" else (mode,))]
        for part in [p for p in parts if p in scenario.modes]:
            metric = GOAL[part]
            mine = [r for r in rows if r["dataset"] == scenario.id and r["part"] == part]
            if not mine:
                continue
            by = {r["name"]: {} for r in mine}
            for r in rows:
                if r["dataset"] == scenario.id and r["mode"] == part:
                    by.setdefault(r["name"], {})[r["part"], r["metric"]] = r
            ranked = sorted(by, key=lambda name: -by[name][part, metric]["value"])
            lines += [f"#### {scenario.id}, `{part}` ({scenario.domain})", "", scenario.about, ""]
            split = part == "all"
            head = ["system", metric, "penchant minus it", "recall@20", "coverage@10"]
            head += ["on repeats", "on new"] if split else []
            lines += ["| " + " | ".join([*head, "fit s", "lists s", "peak MB"]) + " |"]
            lines += ["|---" * (len(head)) + "|---:|---:|---:|"]
            for name in ranked:
                r = by[name][part, metric]
                d = gaps.get((scenario.id, part, name))
                told = (
                    "" if d is None else f"{d[0]:+.4f} [{d[1]:+.4f}, {d[2]:+.4f}]" + (" ≈" if d[1] <= 0 <= d[2] else "")
                )
                cells = [f"**{name}**" if name == "penchant" else name]
                cells += [f"{r['value']:.4f} [{r['low']:.4f}, {r['high']:.4f}]", told]
                cells += [f"{by[name][part, 'recall@20']['value']:.4f}", f"{r['coverage']:.2f}"]
                if split:
                    cells += [f"{by[name][p, metric]['value']:.4f}" for p in ("repeats", "new part")]
                cells += [f"{r['fit_s']:.1f}", f"{r['recommend_s']:.1f}", f"{r['peak_mb']:.0f}"]
                lines.append("| " + " | ".join(cells) + " |")
            lines += [f"| {name} | failed: {why} |" for (key, name), why in failed.items() if key == scenario.id]
            ours = by.get("penchant", {}).get((part, metric))
            if ours is not None and ours["settings"]:
                lines += ["", f"penchant chose: {ours['settings']}"]
            lines.append("")
    return "\n".join(lines)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = [s.id for s in SCENARIOS]
    parser.add_argument("--scenarios", help=f"by name, with commas between; all when missing: {', '.join(known)}")
    parser.add_argument("--systems", help=f"by name, with commas between: {', '.join(SYSTEMS)}")
    parser.add_argument("--deep", action="store_true", help="also the transformers, which are slow on a processor")
    parser.add_argument("--tune-seconds", type=float, default=60.0, help="to choose settings in, a model family")
    parser.add_argument("--timeout", type=float, default=3_000.0, help="seconds a system may take on a scenario")
    parser.add_argument(
        "--environments", type=Path, default=ROOT / ".venv-bench", help="where the peers' environments are made"
    )
    parser.add_argument(
        "--keep", type=Path, help="a folder to keep folds and results in; what lies there is not run again"
    )
    told = parser.parse_args()
    for what, have in (("scenarios", known), ("systems", list(SYSTEMS))):
        wanted = getattr(told, what)
        chosen = wanted.split(",") if wanted else [x for x in have if told.deep or x not in DEEP]
        for name in chosen:
            if name not in have:
                parser.error(f"no {what.removesuffix('s')} {name!r} (have: {', '.join(have)})")
        setattr(told, what, chosen)
    return told


def main() -> None:
    """Run everything, write the table."""
    told = arguments()
    data = data_folder()
    if data is None:
        sys.exit("no PENCHANT_DATA: there is nothing to measure on")
    scenarios = [s for s in SCENARIOS if s.id in told.scenarios]
    rows: list[dict[str, Any]] = []
    gaps: dict[Any, Any] = {}
    failed: dict[Any, str] = {}
    bar = Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console)
    with tempfile.TemporaryDirectory() as scratch, bar:
        task = bar.add_task("", total=len(scenarios) * len(told.systems))
        for scenario in scenarios:
            folder = (told.keep or Path(scratch)) / scenario.id
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / "test.npz").exists():
                bar.update(task, description=f"{scenario.id}: folds")
                for stage, fold in folds(scenario, data).items():
                    fold.save(folder / f"{stage}.npz")
            for system in told.systems:
                bar.update(task, description=f"{scenario.id}: {system}")
                kept = folder / f"{system}.json"
                found = json.loads(kept.read_text()) if kept.exists() else measured(system, scenario, folder, told)
                bar.advance(task)
                if "failed" in found:
                    failed[scenario.id, system] = found["failed"]
                    console.print(f"{scenario.id} {system}: {found['failed']}", style="yellow")
                    continue
                mine = [{"name": system, **row} for row in rows_of(scenario, system, found)]
                rows += mine
                for row in mine:
                    if row["part"] == row["mode"] and row["metric"] == GOAL[row["mode"]]:
                        console.print(f"{scenario.id:18s} {row['part']:4s} {system:16s} {row['value']:.4f}")
            for system in told.systems:
                for part in scenario.modes:
                    have = all((folder / f"{name}.npz").exists() for name in (system, "penchant"))
                    if system != "penchant" and have:
                        gaps[scenario.id, part, system] = gap(folder, "penchant", system, part, GOAL[part])
    figures: dict[str, Any] = {"rows_measured": len(rows), "failed": len(failed)}
    for scenario in scenarios:
        for part in scenario.modes:
            best = {r["name"]: r["value"] for r in rows
                    if r["dataset"] == scenario.id and r["part"] == part and r["metric"] == GOAL[part]}  # fmt: skip
            peers = {name: value for name, value in best.items() if name != "penchant"}
            if "penchant" in best and peers:
                name = f"{scenario.id}_{part}"
                figures[name] = best["penchant"]
                figures[f"{name}_best_peer"] = max(peers.values())
    about = {name: "of penchant" for name in figures if name.endswith(("_all", "_new", "_next"))}
    about |= {name: "of the best peer in the same run" for name in figures if name.endswith("_best_peer")}
    write("quality", figures, about, METHOD, page=page(scenarios, rows, gaps, failed), extra={"rows": rows})


if __name__ == "__main__":
    main()
