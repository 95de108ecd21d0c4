"""`make bench-models`: what fitting and asking each model costs, growing, beside the same models of other libraries.

Data is made up: people and items with heavy tails, sessions of some steps inside a taste. What a model proposes is not
judged here, only what it costs.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
QUALITY = HERE.parent / "quality"
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(QUALITY))

SCALES = ((100_000, 10_000), (300_000, 30_000), (1_000_000, 100_000), (1_000_000, 20_000))
"""Events and items; the last holds many events an item, which is what item-item models pay for."""

ASKED = 200
"""Single requests whose median is told."""

SEED = 7

PEERS = {
    **{f"implicit-{name}": ("main", "peers.implicit_models") for name in ("als", "bpr", "cosine", "bm25")},
    **{f"lenskit-{name}": ("lenskit", "peers.lenskit_models") for name in ("als", "ease", "item-knn")},
    "rectools-ease": ("rectools", "peers.rectools_models"),
}

METHOD = (
    "Made-up events with heavy tails (a person's activity log-normal, an item's popularity by Zipf's law with exponent"
    " 0.9, sessions inside one of a hundred tastes), a fifth as many people as events over ten. One process a model and"
    " size, two threads to fit in. A request is one person's 100 best items, one thread, in process: the median of"
    " 200 after 20 to warm up. For `path` and `mastery` the same events are a curriculum's: a hundred series in which"
    " each module needs the one before, and half of what is no goal is a failed answer. Peers are asked for 20 items of"
    " one person at a time with default settings. Peak memory"
    " is the whole process's at its highest, the data included."
)


def made(events: int, items: int) -> dict[str, Any]:
    """Rows sorted by person, then time: `person, item, time, goal, basket`."""
    rng = np.random.default_rng(SEED)
    people = max(events // 50, 10)
    share = rng.lognormal(0.0, 1.2, people)
    person = np.sort(rng.choice(people, events, p=share / share.sum()))
    # A taste is a slice of the items, every hundredth; inside it the popular ones come more often.
    tastes = 100
    per_taste = items // tastes
    weight = 1.0 / np.arange(1, per_taste + 1) ** 0.9
    place = rng.choice(per_taste, events, p=weight / weight.sum())
    own = rng.integers(0, tastes, (people, 3))
    taste = np.where(rng.random(events) < 0.8, own[person, rng.integers(0, 3, events)], rng.integers(0, tastes, events))
    item = (place * tastes + taste).astype(np.int64)
    time_s = rng.uniform(0, 180 * 86_400, events)
    visit = np.floor(time_s / 86_400) * 86_400
    order = np.lexsort((time_s, person))
    # Events of one day stand close together, as in a visit.
    time_s = visit + (time_s - visit) / 40
    return {
        "person": person[order],
        "item": item[order],
        "time": time_s[order],
        "goal": rng.random(events) < 0.7,
        "basket": None,
        "n_people": people,
        "n_items": items,
        "now": 180.0 * 86_400,
    }


def ours() -> dict[str, Any]:
    """Every kind of model that the packs use, with the first pack's settings."""
    from world import PACKS

    found: dict[str, Any] = {}
    for pack in PACKS.values():
        for name, recipe in pack.models.items():
            found.setdefault(recipe.kind if name not in ("co-visitation",) else name, (pack, recipe))
    return found


def course(data: Any, pack: Any, labels: Any) -> Any:
    """The same events as a curriculum's: a label is a series, and half of what is no goal is a failed answer."""
    from dataclasses import replace

    from penchant.catalog import ItemTable
    from penchant.events import Role

    ids, rows, step = data.items.ids, data.interactions, len(set(labels.tolist()))
    modules = [
        pack.item(
            id=name, topic=str(labels[i]), series=str(labels[i]), position=i // step + 1,
            prerequisites=(ids[i - step],) if i >= step else (),
        )
        for i, name in enumerate(ids)
    ]  # fmt: skip
    failed = (rows.role != int(Role.GOAL)) & (np.random.default_rng(SEED).random(len(rows.role)) < 0.5)
    role = np.where(failed, int(Role.NEGATIVE), rows.role).astype(np.int8)
    return replace(data, interactions=replace(rows, role=role), table=ItemTable(list(ids), modules))


def one_of_ours(model: str, events: int, items: int) -> dict[str, Any]:
    """Fit and ask one of penchant's models."""
    from threadpoolctl import threadpool_limits
    from world import dataset

    from penchant.errors import ExtraNotInstalled, FitFailed
    from penchant.models import Retriever, Run

    pack, recipe = ours()[model]
    rows = made(events, items)
    labels = np.array([f"c{i % 100}" for i in range(items)])
    texts = np.array([f"thing {i % 997} of sort {i % 100}" for i in range(items)])
    data = dataset(pack, **rows, texts=texts, labels=labels)
    if model in ("path", "mastery"):
        data = course(data, pack, labels)
    began = time.perf_counter()
    try:
        fitted = recipe.fit(data, Run(seed=SEED, threads=2))
    except (FitFailed, ExtraNotInstalled) as error:
        return {"failed": str(error)}
    fit_s = time.perf_counter() - began
    kept = sum(array.nbytes for array in fitted.state().arrays.values()) / 1e6
    people = np.random.default_rng(SEED).integers(0, rows["n_people"], ASKED + 20).astype(np.int32)
    queries = data.queries(people)
    took = []
    with threadpool_limits(1):
        for i in range(len(people)):
            began = time.perf_counter()
            if isinstance(fitted, Retriever):
                fitted.retrieve(queries.take(i, i + 1), 100)
            else:
                fitted.similar(queries.items[i : i + 1], 100)
            took.append(time.perf_counter() - began)
    return {"fit_s": fit_s, "retrieve_p50_ms": 1e3 * float(np.median(took[20:])), "kept_mb": kept}


def one_of_theirs(model: str, module: str, events: int, items: int) -> dict[str, Any]:
    """Fit and ask a peer's."""
    import importlib

    from protocol import Fold

    rows = made(events, items)
    none = np.zeros(0, np.int64)
    fold = Fold(
        **{**rows, "basket": none}, asked=none, prefix_ptr=none, prefix=none, target_ptr=none, target=none, repeat=none,
        group=none, texts=none, labels=none,
    )  # fmt: skip
    make, grid = importlib.import_module(module).SYSTEMS[model]
    system = make(**grid[0])
    began = time.perf_counter()
    system.fit(fold)
    fit_s = time.perf_counter() - began
    people = np.random.default_rng(SEED).choice(np.unique(rows["person"][rows["goal"]]), ASKED + 20)
    took = []
    for person in people:
        began = time.perf_counter()
        system.lists(Fold(**{**vars(fold), "asked": person[None]}), "all")
        took.append(time.perf_counter() - began)
    return {"fit_s": fit_s, "retrieve_p50_ms": 1e3 * float(np.median(took[20:]))}


def child(model: str, events: int, items: int) -> None:
    """Measure one and print it."""
    if model in PEERS:
        found = one_of_theirs(model, PEERS[model][1], events, items)
    else:
        found = one_of_ours(model, events, items)
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


def page(rows: list[dict[str, Any]]) -> str:
    """Markdown."""
    head = [f"{events / 1e3:,.0f}k × {items / 1e3:,.0f}k" for events, items in SCALES]
    lines = ["Fit seconds (and peak MB) by events × items:", ""]
    lines += ["| model | " + " | ".join(head) + " |", "|---" + "|---:" * len(SCALES) + "|"]
    names = list(dict.fromkeys(row["model"] for row in rows))
    by = {(row["model"], row["events"], row["items"]): row for row in rows}

    def table(cell: Any) -> list[str]:
        out = []
        for name in names:
            cells = [cell(by.get((name, *scale), {})) for scale in SCALES]
            out.append(f"| {name} | " + " | ".join(cells) + " |")
        return out

    lines += table(lambda r: "–" if "fit_s" not in r else f"{r['fit_s']:.1f} ({r['peak_mb']:.0f})")
    lines += ["", "One request, median milliseconds:", ""]
    lines += ["| model | " + " | ".join(head) + " |", "|---" + "|---:" * len(SCALES) + "|"]
    lines += table(lambda r: "–" if "fit_s" not in r else f"{r['retrieve_p50_ms']:.2f}")
    failed = [f"- {r['model']}, {r['events']:,} × {r['items']:,}: {r['failed']}" for r in rows if "failed" in r]
    return "\n".join([*lines, "", *failed])


def main() -> None:
    """Measure everything, each in a process of its own."""
    from rich.console import Console
    from rich.progress import track
    from run import python_of

    from record import RESULTS, ROOT, write

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", help="by name, with commas between; all of penchant's and implicit's when missing")
    parser.add_argument("--peers", action="store_true", help="also LensKit's and RecTools', in their own environments")
    parser.add_argument("--more", action="store_true", help="with --models: what is written of others stays")
    parser.add_argument("--timeout", type=float, default=600.0, help="seconds one may take")
    parser.add_argument("--environments", type=Path, default=ROOT / ".venv-bench")
    told = parser.parse_args()
    mine = list(ours())
    theirs = [name for name, (group, _) in PEERS.items() if told.peers or group == "main"]
    chosen = told.models.split(",") if told.models else [*mine, *theirs]
    for name in chosen:
        if name not in mine and name not in PEERS:
            parser.error(f"no model {name!r} (have: {', '.join([*mine, *PEERS])})")
    console, rows = Console(stderr=True), []
    todo = [(name, events, items) for name in chosen for events, items in SCALES]
    env = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "OPENBLAS_NUM_THREADS": "1"}
    for name, events, items in track(todo, "models", console=console):
        group = PEERS[name][0] if name in PEERS and PEERS[name][0] != "main" else "penchant"
        program = python_of(group, told.environments)
        command = [program, str(HERE / "models.py"), "--one", name, str(events), str(items)]
        row: dict[str, Any] = {"model": name, "events": events, "items": items}
        try:
            ended = subprocess.run(
                command, env={**env, "PYTHONPATH": str(QUALITY)}, capture_output=True, text=True, timeout=told.timeout,
                check=False,
            )  # fmt: skip
            why = (ended.stderr.strip().splitlines() or ["no output"])[-1][:200]
            row |= json.loads(ended.stdout.splitlines()[-1]) if ended.returncode == 0 else {"failed": why}
        except subprocess.TimeoutExpired:
            row |= {"failed": f"not done after {told.timeout:.0f} s"}
        rows.append(row)
        console.print({key: round(v, 2) if isinstance(v, float) else v for key, v in row.items()})
    if told.more and (RESULTS / "models.json").exists():
        before = json.loads((RESULTS / "models.json").read_text())["rows"]
        rows = [row for row in before if row["model"] not in chosen] + rows
        rows.sort(key=lambda row: [*mine, *PEERS].index(row["model"]))
    million = [row for row in rows if row["events"] == 1_000_000 and "fit_s" in row and row["model"] not in PEERS]
    figures = {
        "slowest_fit_s": max((row["fit_s"] for row in million), default=None),
        "highest_peak_mb": max((row["peak_mb"] for row in million), default=None),
        "slowest_retrieve_p50_ms": max(
            (row["retrieve_p50_ms"] for row in million if row["items"] == 100_000), default=None
        ),
    }
    about = {
        "slowest_fit_s": "penchant's slowest model on 1 M events, seconds",
        "highest_peak_mb": "and the one that takes most memory, MB",
        "slowest_retrieve_p50_ms": "and the slowest answer among 100,000 items, milliseconds",
    }
    write("models", figures, about, METHOD, page=page(rows), extra={"rows": rows})


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        child(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
