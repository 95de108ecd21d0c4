"""`make bench-order`: does order help? Order-aware models on histories as they were, and on the same ones shuffled.

A set whose models lose nothing when the order inside histories is lost has no sequence to learn, whatever the model is
called. What is shuffled is what models learn from and what they are asked with; targets stay as they are.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))
from protocol import Fold, interval, measure
from rich.console import Console
from rich.progress import track
from sets import SCENARIOS, folds
from world import PACKS, dataset, requests, seen_by, targets

from penchant.dataset import Dataset, shuffled
from penchant.errors import ExtraNotInstalled, FitFailed
from penchant.evaluation import Targets
from penchant.evaluation.lists import padded, propose
from penchant.models import SLIST, NextItems, Recipe, Retriever, Run, SASRec, SessionKNN
from record import data_folder, write

SETS = ("kuairand", "clothing-sessions", "online-retail", "moodle")
SEEDS = (1, 2, 3)
METRIC = {"clothing-sessions": "mrr@20"}
"""NDCG@10 where nothing stands."""

MODELS: dict[str, Recipe] = {
    "slist": SLIST(),
    "session-knn": SessionKNN(half_life_steps=3.0),
    "next-items": NextItems(),
    "next-items, last step": NextItems(steps=1, last=1),
}

METHOD = (
    "Each model is fitted before the test window and asked, once with histories in their own order and once for each of"
    " three seeds with the order inside each history (in sessions: inside each session and before each click) shuffled;"
    " items, times and targets stay. The difference is paired over people (sessions: over clicks, drawn by session),"
    " with a 95 % bootstrap interval; shuffled values are means over the seeds. Shuffling over a whole history also"
    " loses what was done lately, so for models that forget with age part of the difference is recency and not order;"
    " the times of KuaiRand's histories before the log are made up."
)


def judged(fold: Fold, data: Dataset, mode: str, seed: int | None) -> Targets:
    """Who is asked, with prefixes shuffled when there is a seed."""
    ptr, items = fold.goals(mode)
    if not fold.sessions:
        people = fold.asked.astype(np.int32)
        seen = seen_by(data, fold.asked) if mode == "new" else [fold.asked[:0]] * len(fold.asked)
        return targets(
            "new" if mode == "new" else "next", data, data.queries(people), fold.group, ptr, items,
            np.zeros(len(items), bool), seen,
        )  # fmt: skip
    rng = np.random.default_rng(seed)
    parts = fold.prefixes() if seed is None else [rng.permutation(part) for part in fold.prefixes()]
    queries = requests(parts, float(fold.now))
    none = [queries.seeds[:0]] * len(parts)
    # Seeds would tell which step was the last, whatever the order.
    return targets("following", data, queries, fold.group, ptr, items, np.zeros(len(items), bool), none)


def values(recipe: Recipe, data: Dataset, asked: Targets, metric: str, seed: int) -> Any:
    """The metric of every row."""
    model = recipe.fit(data, Run(seed=seed))
    assert isinstance(model, Retriever)
    return measure(padded(propose(model, asked, 20), 20), asked.ptr, asked.items)[metric]


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", help=f"by name, with commas between; all when missing: {', '.join(SETS)}")
    parser.add_argument("--neural", action="store_true", help='also the transformer: pip install "penchant[neural]"')
    told = parser.parse_args()
    folder = data_folder()
    if folder is None:
        sys.exit("no PENCHANT_DATA: there is nothing to measure on")
    chosen = told.sets.split(",") if told.sets else list(SETS)
    models = {**MODELS, **({"sasrec": SASRec()} if told.neural else {})}
    console, rows = Console(stderr=True), []
    for name in chosen:
        scenario = next((s for s in SCENARIOS if s.id == name), None)
        if scenario is None:
            parser.error(f"no set {name!r} (have: {', '.join(SETS)})")
        fold = folds(scenario, folder)["test"]
        mode = scenario.modes[0]
        metric = METRIC.get(name, "ndcg@10")
        known = dataset(
            PACKS[scenario.domain], fold.person, fold.item, fold.time, fold.goal, None,
            n_people=int(fold.n_people), n_items=int(fold.n_items), now=float(fold.now),
        )  # fmt: skip
        for model, recipe in track(models.items(), name, console=console):
            try:
                real = values(recipe, known, judged(fold, known, mode, None), metric, 7)
                lost = []
                for seed in SEEDS:
                    mixed = shuffled(known, seed)
                    lost.append(values(recipe, mixed, judged(fold, mixed, mode, seed), metric, 7))
            except (FitFailed, ExtraNotInstalled) as error:
                console.print(f"{name} {model}: {error}", style="yellow")
                continue
            without = np.mean(lost, axis=0)
            mean, low, high = interval(real - without, fold.group)
            row = {"dataset": name, "model": model, "metric": metric, "real": float(np.nanmean(real)),
                   "shuffled": float(np.nanmean(without)), "difference": mean, "low": low, "high": high}  # fmt: skip
            rows.append(row)
            console.print(row)
    lines = ["| set | model | metric | as it was | shuffled | what order adds |", "|---|---|---|---:|---:|---|"]
    for row in rows:
        verdict = "" if row["low"] > 0 else " (no)" if row["high"] < 0 else " (not shown)"
        lines.append(
            f"| {row['dataset']} | {row['model']} | {row['metric']} | {row['real']:.4f} | {row['shuffled']:.4f} |"
            f" {row['difference']:+.4f} [{row['low']:+.4f}, {row['high']:+.4f}]{verdict} |"
        )
    figures = {f"{name}_order_adds": max((r["difference"] for r in rows if r["dataset"] == name), default=None)
               for name in chosen}  # fmt: skip
    about = dict.fromkeys(figures, "by the model that gains most from it")
    write("order", figures, about, METHOD, page="\n".join(lines), extra={"rows": rows})


if __name__ == "__main__":
    main()
