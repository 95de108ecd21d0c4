"""`make bench-ranking`: what features and heads cost, a request at a time and in training.

Every part adds its figures to one file: a function below that gives them, and a line in `PARTS` and `ABOUT`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from penchant.catalog import ItemTable
from penchant.dataset import Queries
from penchant.events import Role
from penchant.features import DEVICES, RELEVANCE, Batch, Feature, Moment, Statistics, matrix, matrix_in_chunks
from penchant.packs.product import PACK
from penchant.slate import Candidates

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from quality.calibration import World, figures_of, heads_of
from record import write
from speed.heads import ABOUT as OF_HEADS
from speed.heads import heads
from speed.training import ABOUT as OF_TRAINING
from speed.training import training

ITEMS, PEOPLE, EVENTS, DAYS = 20_000, 20_000, 1_000_000, 180
CANDIDATES, FEATURES = 300, 60
"""Of one request."""
REQUESTS, WARM = 400, 50
THREADS = 2
SEED = 7
WORLD_PEOPLE, WORLD_DAYS = 12_000, 90
"""Of the living shop whose heads are judged: with fewer people chance alone makes errors of 0.02 and more."""

METHOD = (
    f"A made-up shop: {ITEMS:,} products in 200 categories and 500 brands with prices, labels and stock, {EVENTS:,}"
    f" events of {PEOPLE:,} people with heavy tails over {DAYS} days. A request is a person's history of that time and"
    f" {CANDIDATES} candidates drawn by popularity; features are {FEATURES} of the product pack's, and all of them. One"
    f" thread, in process, {WARM} requests to warm up; the hour's statistics are there, as while serving. Rows: those"
    f" {FEATURES} features of hundreds of such requests at moments of their own, {THREADS} threads. Heads: the product"
    f" pack's, learned from rows of such requests with made-up outcomes. Calibration error: of a shop of"
    f" `docs/worlds.md` in which chance shows, {WORLD_PEOPLE:,} people for {WORLD_DAYS} days, on the weeks held out;"
    f" `ece_by_chance` is what a head without any error would show on as many rows. Training: the whole of it on those"
    f" events."
)

ABOUT = {
    "features": "features that were worked out",
    "candidates": "items of a request",
    "features_p99_ms": "99 of 100 take less",
    "all_features": "features that the pack has",
    "all_features_p50_ms": "half the requests take less for all of them, milliseconds",
    "rows_per_s": f"training rows a second, {THREADS} threads",
    "rows_per_s_one_thread": "and with one",
    "statistics_s": "seconds to count the events by item, role and hour",
    "snapshot_ms": "milliseconds to gather what was known of all items at a moment",
    "lookups_per_s": "items a second, each at a moment of its own",
    "features_ms": "half the requests take less for all features of all candidates, milliseconds",
    "features_cpu_ms": "the same in processor time, which what else runs on the machine disturbs less",
    "ece": "calibration error of each head on held-out weeks",
    "ece_by_chance": "what a perfectly calibrated head would show on as many rows",
}


class Shop:
    """What is asked about: a catalog, what happened, and requests."""

    def __init__(self, events: int = EVENTS) -> None:
        """Make it up.

        Args:
            events: How much happened.
        """
        rng = np.random.default_rng(SEED)
        kinds, brands = rng.integers(0, 200, ITEMS), rng.integers(0, 500, ITEMS)
        prices = np.exp(rng.normal(3.0, 0.4, ITEMS) + 0.1 * (kinds % 20))
        items = [
            PACK.item(
                **{
                    "id": f"p{n}",
                    "category": f"Top {kind % 20} > Kind {kind}",
                    "brand": f"brand-{brand}",
                    "group": f"group-{n // 3}",
                    "price": float(price),
                    "sale_price": float(price * 0.8) if n % 7 == 0 else None,
                    "cost": float(price * 0.6),
                    "margin": float(price * 0.4),
                    "stock": n % 50,
                    "rating": 3.0 + n % 3,
                    "reviews": n % 90,
                    "return_rate": 0.01 * (n % 30),
                    "shipping_days": 1.0 + n % 5,
                    "labels": (f"label-{n % 11}", f"label-{n % 7}"),
                    "color": f"color-{n % 12}",
                }
            )
            for n, (kind, brand, price) in enumerate(zip(kinds, brands, prices, strict=True))
        ]
        self.table = ItemTable([item.id for item in items], items)
        popular = 1.0 / np.arange(1, ITEMS + 1) ** 0.9
        self.chance = popular[rng.permutation(ITEMS)] / popular.sum()
        share = rng.lognormal(0.0, 1.2, PEOPLE)
        person = np.sort(rng.choice(PEOPLE, events, p=share / share.sum()))
        self.item = rng.choice(ITEMS, events, p=self.chance).astype(np.int32)
        time_s = np.floor(rng.uniform(0, DAYS, events)) * 86_400 + rng.exponential(1_200, events) + 36_000
        time_s = time_s[np.lexsort((time_s, person))]
        self.time = time_s
        roles = (Role.IMPRESSION, Role.WEAK, Role.STRONG, Role.GOAL, Role.NEGATIVE, Role.REVERSAL)
        self.role = rng.choice([int(r) for r in roles], events, p=[0.5, 0.3, 0.08, 0.07, 0.03, 0.02]).astype(np.int8)
        weights = np.zeros(len(Role), np.float32)
        weights[[int(r) for r in roles]] = (0.0, 0.1, 0.4, 1.0, -0.3, -1.0)
        self.weight = weights[self.role]
        self.ptr = np.searchsorted(person, np.arange(PEOPLE + 1)).astype(np.int64)
        self.rng = rng
        self.statistics = Statistics.of(self.item, self.time, self.role, ITEMS)

    def batch(self, people: NDArray[np.int64], now: NDArray[np.float64]) -> Batch:
        """Requests of people, at moments, with what they had done until then."""
        rng, size = self.rng, len(people) * CANDIDATES
        spans = [np.arange(a, a + np.searchsorted(self.time[a:b], t)) for a, b, t in
                 zip(self.ptr[people], self.ptr[people + 1], now, strict=True)]  # fmt: skip
        at = np.concatenate([np.zeros(0, np.int64), *spans])
        ptr = np.concatenate([[0], np.cumsum([len(span) for span in spans])]).astype(np.int64)
        queries = Queries(
            ptr, self.item[at], self.time[at], self.weight[at], self.role[at], now.astype(np.float64),
            np.arange(len(people) + 1, dtype=np.int64), rng.choice(ITEMS, len(people), p=self.chance).astype(np.int32),
        )  # fmt: skip
        items = rng.choice(ITEMS, size, p=self.chance).astype(np.int32)
        rows = np.arange(len(people) + 1, dtype=np.int64) * CANDIDATES
        moment = Moment(
            rng.integers(0, len(DEVICES), len(people)).astype(np.int8),
            np.zeros(len(people), np.int16),
            np.tile(np.arange(1, CANDIDATES + 1, dtype=np.int16), len(people)),
        )
        candidates = Candidates(rows, items, rng.random(size, np.float32))
        return Batch(queries, candidates, self.table, self.statistics, moment)


def asked() -> tuple[Feature, ...]:
    """`FEATURES` features of the pack, relevance among them."""
    own = tuple(feature for feature in PACK.features if feature.name != RELEVANCE.name)
    # Every so many-th, so that each family has its share.
    some = tuple(own[n * len(own) // (FEATURES - 1)] for n in range(min(FEATURES - 1, len(own))))
    return (RELEVANCE, *some)


def one_request(shop: Shop) -> dict[str, Any]:
    """How long the features of one request take."""
    whole = shop.batch(shop.rng.integers(0, PEOPLE, REQUESTS), np.full(REQUESTS, float(DAYS * 86_400)))
    shop.statistics.snapshot(float(DAYS * 86_400))
    some = asked()
    wall, busy = took(some, whole)
    p50, p99 = np.percentile(wall, [50, 99])
    return {
        "features": len(some),
        "candidates": CANDIDATES,
        "features_ms": float(p50),
        "features_p99_ms": float(p99),
        "features_cpu_ms": float(np.median(busy)),
        "all_features": len(PACK.features),
        "all_features_p50_ms": float(np.median(took(PACK.features, whole)[0])),
    }


def took(features: Sequence[Feature], whole: Batch) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Milliseconds of each request, without those that warm up: by the clock, and of the processor."""
    found, busy = [], []
    with threadpool_limits(1):
        for n in range(len(whole.queries)):
            batch = whole.take(n, n + 1)
            began, spent = time.perf_counter(), time.thread_time()
            made = matrix(features, batch)
            busy.append(time.thread_time() - spent)
            found.append(time.perf_counter() - began)
            if made.failed:
                sys.exit(f"features failed: {made.failed}")
    return np.array(found[WARM:]) * 1e3, np.array(busy[WARM:]) * 1e3


def training_rows(shop: Shop) -> dict[str, Any]:
    """How many rows a second."""
    features, n = asked(), 600
    batch = shop.batch(shop.rng.integers(0, PEOPLE, n), shop.rng.uniform(30, DAYS, n) * 86_400)
    found = {}
    with threadpool_limits(1):
        matrix_in_chunks(features, batch.take(0, 100))
        for name, threads in (("rows_per_s", THREADS), ("rows_per_s_one_thread", 1)):
            began = time.perf_counter()
            matrix_in_chunks(features, batch, threads=threads)
            found[name] = len(batch.candidates.items) / (time.perf_counter() - began)
    return found


def statistics(shop: Shop) -> dict[str, Any]:
    """What counting costs, and looking up."""
    began = time.perf_counter()
    fresh = Statistics.of(shop.item, shop.time, shop.role, ITEMS)
    counted = time.perf_counter() - began
    fresh.at(shop.item[:1], shop.time[:1])
    began = time.perf_counter()
    fresh.snapshot(DAYS * 43_200.0)
    gathered = time.perf_counter() - began
    items, moments = shop.item, shop.rng.permutation(shop.time)
    began = time.perf_counter()
    for first in range(0, len(items), 65_536):
        fresh.at(items[first : first + 65_536], moments[first : first + 65_536])
    looked_up = len(items) / (time.perf_counter() - began)
    return {"statistics_s": counted, "snapshot_ms": 1e3 * gathered, "lookups_per_s": looked_up}


def calibration(_: Shop) -> dict[str, Any]:
    """How far from what followed the heads of a living shop are, on weeks they have not seen."""
    world = World("shop", WORLD_PEOPLE, WORLD_DAYS)
    told = {head.name: figures_of(head) for head in heads_of(world, SEED)}
    return {
        group: {name: figures[group] for name, figures in told.items() if group in figures}
        for group in ("ece", "ece_by_chance")
    }


PARTS: dict[str, Callable[[Shop], dict[str, Any]]] = {
    "features": one_request,
    "rows": training_rows,
    "statistics": statistics,
    "heads": lambda shop: heads(shop, asked()),
    "ece": calibration,
    "training": training,
}
"""What is measured, in this order; each gives its figures."""


def main() -> None:
    """Measure the parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", help=f"with commas between; all of {', '.join(PARTS)} when missing")
    parser.add_argument("--events", type=int, default=EVENTS, help="of the made-up shop")
    parser.add_argument("--dry", action="store_true", help="print the figures, and write nothing")
    parser.add_argument("--slowest", action="store_true", help="tell which features of a request take longest, and end")
    told = parser.parse_args()
    shop = Shop(told.events)
    if told.slowest:
        return slowest(shop)
    chosen = told.parts.split(",") if told.parts else list(PARTS)
    figures: dict[str, Any] = {}
    for name in chosen:
        if name not in PARTS:
            parser.error(f"no part {name!r} (have: {', '.join(PARTS)})")
        figures |= PARTS[name](shop)
    if told.dry:
        sys.stdout.write(json.dumps(figures, indent=1) + "\n")
        return None
    write("ranking", figures, ABOUT | OF_HEADS | OF_TRAINING, METHOD)


def slowest(shop: Shop) -> None:
    """Print the cost of each feature of a request alone, in their order: the first to ask for something pays for all.

    Asked together they take less, as `features_ms` has it: those of a kind are worked out in one go.
    """
    features = PACK.features
    whole = shop.batch(shop.rng.integers(0, PEOPLE, REQUESTS), np.full(REQUESTS, float(DAYS * 86_400)))
    shop.statistics.snapshot(float(whole.queries.now[0]))
    cost = np.zeros((REQUESTS, len(features)))
    with np.errstate(divide="ignore", invalid="ignore"):
        for n in range(REQUESTS):
            batch = whole.take(n, n + 1)
            for place, feature in enumerate(features):
                began = time.perf_counter()
                feature.compute(batch)
                cost[n, place] = time.perf_counter() - began
    middle = np.percentile(cost, 20, axis=0) * 1e6
    for place in np.argsort(-middle):
        sys.stdout.write(f"{middle[place]:8.1f} µs  {features[place].name}\n")
    sys.stdout.write(f"{middle.sum():8.1f} µs  all {len(features)}\n")


if __name__ == "__main__":
    main()
