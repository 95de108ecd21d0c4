"""One system on one scenario in one process: settings chosen on the validation fold, then judged on the test fold.

python worker.py SYSTEM MODULE FOLDER OUT.json --modes all,new --tune-seconds 60

MODULE is a file of `peers/` (or `penchant_system`), whose `SYSTEMS` names classes with `fit(fold)` and
`lists(fold, mode)`. FOLDER holds `valid.npz` and `test.npz`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from protocol import Fold, coverage, interval, measure

GOAL = {"all": "ndcg@10", "new": "ndcg@10", "next": "mrr@20"}
"""The metric settings are chosen by."""


def judge(system: Any, fold: Fold, mode: str) -> tuple[dict[str, Any], Any]:
    """Values of every row, and the lists."""
    lists = system.lists(fold, mode)
    return measure(lists, *fold.goals(mode)), lists


def tuned(make: Any, grid: list[dict[str, Any]], fold: Fold, modes: list[str], seconds: float) -> dict[str, Any]:
    """The best setting of each mode, as far as the time reaches; the first is tried in any case."""
    best: dict[str, tuple[float, dict[str, Any]]] = dict.fromkeys(modes, (-1.0, grid[0]))
    began = time.perf_counter()
    for settings in grid if len(grid) > 1 else []:
        system = make(**settings)
        try:
            system.fit(fold)
            for mode in modes:
                values, _ = judge(system, fold, mode)
                value = float(np.nanmean(values[GOAL[mode]]))
                best[mode] = max(best[mode], (value, settings), key=lambda pair: pair[0])
        except (MemoryError, ValueError, np.linalg.LinAlgError) as error:
            print(f"{settings}: {error!r}", file=sys.stderr)
        if time.perf_counter() - began > seconds:
            break
    return best


def main() -> None:
    """Tune, fit, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("system")
    parser.add_argument("module")
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--modes", required=True)
    parser.add_argument("--tune-seconds", type=float, default=60.0)
    told = parser.parse_args()
    modes = told.modes.split(",")
    make, grid = importlib.import_module(told.module).SYSTEMS[told.system]
    valid, test = Fold.load(told.folder / "valid.npz"), Fold.load(told.folder / "test.npz")
    began = time.perf_counter()
    if hasattr(make, "learn"):  # chooses by itself, from the same validation fold
        chosen = {mode: (None, {}) for mode in modes}
        shared = make.learn(valid, modes, told.tune_seconds * make.families)
    else:
        chosen, shared = tuned(make, grid, valid, modes, told.tune_seconds), None
    tune_s = time.perf_counter() - began
    rows, fitted, arrays = [], {}, {}
    for mode in modes:
        settings = chosen[mode][1]
        key = json.dumps(settings, sort_keys=True)
        if key not in fitted:
            began = time.perf_counter()
            system = shared if shared is not None else make(**settings)
            system.fit(test)
            fitted[key] = system, time.perf_counter() - began
        system, fit_s = fitted[key]
        began = time.perf_counter()
        values, lists = judge(system, test, mode)
        recommend_s = time.perf_counter() - began
        parts = {mode: values}
        if mode == "all":
            for name, mask in (("repeats", test.repeat), ("new part", ~test.repeat)):
                ptr = np.concatenate([[0], np.cumsum(mask)])[test.target_ptr]
                parts[name] = measure(lists, ptr, test.target[mask])
        about = getattr(system, "about", {}).get(mode)
        for part, found in parts.items():
            for metric, value in found.items():
                mean, low, high = interval(value, test.group)
                rows.append(
                    {"mode": mode, "part": part, "metric": metric, "value": mean, "low": low, "high": high,
                     "people": int((~np.isnan(value)).sum()), "coverage": coverage(lists, int(test.n_items)),
                     "settings": settings or about, "valid": chosen[mode][0], "fit_s": round(fit_s, 3),
                     "recommend_s": round(recommend_s, 3), "tune_s": round(tune_s, 1)}
                )  # fmt: skip
                arrays[f"{part}/{metric}"] = value.astype(np.float32)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told.out.write_text(json.dumps({"peak_mb": round(peak, 1), "cores": os.cpu_count(), "rows": rows}, default=str))
    np.savez_compressed(told.out.with_suffix(".npz"), group=test.group, **arrays)


if __name__ == "__main__":
    main()
