"""The whole training of a shop, without the store: judging, fits, rows, heads. A part of `make bench-ranking`."""

from __future__ import annotations

import resource
import time
from typing import Any

import numpy as np

from penchant.catalog import ItemTable
from penchant.clock import SystemClock
from penchant.config.settings import Evaluation
from penchant.dataset import Dataset, IdMap, Interactions, Shown
from penchant.evaluation import evaluate, resolve
from penchant.events import Role
from penchant.models import Run
from penchant.packs.product import PACK
from penchant.training import FittedModels, Sources, fit, learn_heads, served


def dataset(shop: Any) -> Dataset:
    """The made-up shop's events, with its impressions as what senders say was shown.

    Args:
        shop: `Shop` of `ranking.py`.
    """
    n, n_people = len(shop.item), len(shop.ptr) - 1
    person = np.repeat(np.arange(n_people, dtype=np.int32), np.diff(shop.ptr))
    fresh = (np.diff(person, prepend=-1) != 0) | (np.diff(shop.time, prepend=0.0) > 1_800)
    session = (np.cumsum(fresh) - 1).astype(np.int32)
    goal = shop.role == Role.GOAL
    rows = Interactions(
        person=person,
        item=shop.item,
        time=shop.time,
        weight=shop.weight,
        role=shop.role,
        quantity=np.ones(n, np.float32),
        price=np.full(n, 20.0, np.float32),
        basket=np.where(goal, session, -1).astype(np.int32),
        session=session,
        reversed_at=np.where(goal & (shop.rng.random(n) < 0.1), shop.time + 5 * 86_400, np.inf),
        progress=np.full(n, np.nan, np.float32),
        seconds=np.full(n, np.nan, np.float32),
        event=np.full(n, -1, np.int16),
    )
    seen = shop.role == Role.IMPRESSION
    count = int(seen.sum())
    untold = np.full(count, np.nan), np.full(count, -1, np.int32)
    shown = Shown.of_impressions(person[seen], shop.item[seen], shop.time[seen], *untold, ())
    people, items = IdMap([f"u{code}" for code in range(n_people)]), IdMap(shop.table.ids)
    table: ItemTable = shop.table
    return Dataset("shop", people, items, rows, table, float(shop.time.max()) + 1.0, shown=shown)


def training(shop: Any) -> dict[str, Any]:
    """Seconds of a training, by part, and the most memory the process ever had."""
    data, run, clock = dataset(shop), Run(), SystemClock()
    settings = Evaluation(windows=1)
    wall, busy = [time.perf_counter()], [time.process_time()]

    def passed() -> None:
        wall.append(time.perf_counter())
        busy.append(time.process_time())

    windows = resolve(settings, float(data.interactions.time.min()), float(data.interactions.time.max()))
    report = evaluate(data, windows, PACK, PACK.models, settings=settings, run=run, clock=clock)
    passed()
    blends = {name: one.blend for name, one in report.placements.items() if one.blend is not None}
    needed = served(PACK, PACK.placements, blends)
    made: FittedModels = fit(data, {name: PACK.models[name] for name in needed}, run, clock)
    passed()
    learned = learn_heads(data, Sources(), PACK, run=run)
    passed()
    told = learned.outcomes.learned
    return {
        "train_s": round(wall[-1] - wall[0], 1),
        "train_cpu_s": round(busy[-1] - busy[0], 1),
        **{
            f"train_{part}_{clock}": round(float(seconds), 1)
            for clock, told_by in (("s", wall), ("cpu_s", busy))
            for part, seconds in zip(("judging", "fits", "heads"), np.diff(told_by), strict=True)
        },
        "train_models": len(made.models),
        "train_heads": len(learned.heads),
        "train_rows": 0 if told is None else told.rows,
        "train_peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "train_ece": {
            row.name: round(row.figures.ece, 4)
            for row in learned.outcomes.heads
            if row.figures is not None and row.figures.ece is not None
        },
    }


ABOUT = {
    "train_s": "seconds of a whole training on these events: judging, fits, rows and heads; without the store",
    "train_cpu_s": "seconds of processor time it took, of all threads together, which what else runs disturbs less",
    "train_judging_s": "of the former, for judging the models",
    "train_fits_s": "for fitting what serves",
    "train_heads_s": "for rows, heads and their figures",
    "train_judging_cpu_s": "processor time of judging",
    "train_fits_cpu_s": "of fitting what serves",
    "train_heads_cpu_s": "of rows, heads and their figures",
    "train_models": "models that were fitted to serve",
    "train_heads": "heads that were learned to serve",
    "train_rows": "rows they learned from",
    "train_peak_mb": "most memory the process ever had, MiB, the made-up data among it",
    "train_ece": "calibration error of each head on held-out rows of the made-up shop, where outcomes are chance",
}
"""What the figures mean."""
