"""What heads cost a request. A part of `make bench-ranking`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from penchant.features import Feature, matrix, matrix_in_chunks
from penchant.models import Run
from penchant.packs.product import PACK
from penchant.ranking import AnyHead, FittedHead, Rows, fit_head, heads_for, value, with_chains

FIT, REQUESTS, WARM = 50, 250, 30
"""Requests whose candidates heads learn from; that are measured, and of them that warm up."""
OBJECTIVE = "profit"
"""Its formula asks for all heads of the pack."""


def learned(shop: Any, features: Sequence[Feature]) -> dict[str, AnyHead]:
    """The pack's heads, learned from rows of requests; what followed is made up of some of the features.

    Args:
        shop: `Shop` of `ranking.py`.
        features: What heads read.
    """
    rng, names = np.random.default_rng(3), tuple(feature.name for feature in features)
    people, moments = rng.integers(0, len(shop.ptr) - 1, FIT), rng.uniform(30, 180, FIT) * 86_400
    values = matrix_in_chunks(features, shop.batch(people, moments)).values
    m = len(values)
    fitted: dict[str, FittedHead] = {}
    for head in PACK.heads:
        if head.of:
            continue
        own = tuple(name for name in names if name not in head.without)
        told = replace(
            head, features=own, **{at: tuple(n for n in getattr(head, at) if n in own) for at in ("rising", "falling")}
        )
        at = rng.choice(len(names), 12, replace=False)
        shown = np.nan_to_num(values[:, at].astype(np.float64))
        signal = ((shown - shown.mean(axis=0)) / (shown.std(axis=0) + 1e-9)) @ rng.normal(0.0, 0.6, 12)
        label = (rng.random(m) < 1.0 / (1.0 + np.exp(2.5 - signal))).astype(np.float32)
        every = Rows(names, values, label, np.ones(m, np.float32), np.zeros(m, np.int32), np.zeros(m))
        later = np.arange(m) % 4 == 0
        fitted[head.name] = fit_head(told, every.take(~later), every.take(later), Run(seed=0))
    return with_chains(fitted, PACK.heads)


def heads(shop: Any, features: Sequence[Feature]) -> dict[str, Any]:
    """Milliseconds of all heads of a request, and of its whole value: features, heads, formula, shares."""
    objective = next(one for one in PACK.objectives if one.name == OBJECTIVE)
    joined = heads_for([objective], learned(shop, features))
    by_name = {feature.name: feature for feature in PACK.features}
    rng = np.random.default_rng(4)
    whole = shop.batch(rng.integers(0, len(shop.ptr) - 1, REQUESTS), np.full(REQUESTS, 180.0 * 86_400))
    shop.statistics.snapshot(180.0 * 86_400)
    asked = [name for name in joined if name in ("p_purchase", "p_return")]
    group = joined.group(asked)
    if group is None or not group.joined:
        raise SystemExit("heads were not joined")
    read = [feature for feature in features if feature.name in group.features]
    order = [[feature.name for feature in read].index(name) for name in group.features]
    together, busy, values, worth = [], [], [], []
    with threadpool_limits(1):
        for n in range(REQUESTS):
            seen = np.ascontiguousarray(matrix(read, whole.take(n, n + 1)).values[:, order])
            began, spent = time.perf_counter(), time.thread_time()
            group.predict(seen)
            busy.append(time.thread_time() - spent)
            together.append(time.perf_counter() - began)
            batch = whole.take(n, n + 1)
            began, spent = time.perf_counter(), time.thread_time()
            made = value(objective, by_name, batch, joined, 0.1)
            worth.append(time.thread_time() - spent)
            values.append(time.perf_counter() - began)
            if made.by != "formula":
                raise SystemExit(f"the formula did not serve: {made.failed}")
    p50, p99 = _milliseconds(together, 50), _milliseconds(together, 99)
    return {
        "heads": sum(1 for head in PACK.heads if not head.of),
        "heads_trees": sum(head.trees for head in joined.values() if isinstance(head, FittedHead)),
        "heads_ms": p50,
        "heads_p99_ms": p99,
        "heads_cpu_ms": _milliseconds(busy, 50),
        "value_ms": _milliseconds(values, 50),
        "value_cpu_ms": _milliseconds(worth, 50),
    }


def _milliseconds(seconds: Sequence[float], share: float) -> float:
    found: NDArray[np.float64] = np.percentile(np.array(seconds[WARM:]), share) * 1e3
    return float(found)


ABOUT = {
    "heads": "heads of the product pack that are learned; formulas ask for them in one call",
    "heads_trees": "their trees",
    "heads_ms": "half the requests take less for all heads of all candidates, milliseconds",
    "heads_p99_ms": "99 of 100 take less",
    "heads_cpu_ms": "half take less processor time",
    "value_cpu_ms": "half take less processor time",
    "value_ms": f"half take less for the value by `{OBJECTIVE}`: its heads' features, heads, formula and shares",
}
"""What the figures mean."""
