"""What an engine logs under chance tells what it would be worth without: in a world, asked as a server asks it.

The estimator is the item-position one of tests/placements/test_off_policy.py: each click weighs one over the chance
that its item came to its place. Here everything is real: the propensities are those of the whole pipeline, for a
trained release, read back from the store.
"""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from penchant.proof.engine_policy import EnginePolicy, Logged, trained
from penchant.proof.question import Arm
from penchant.proof.site import WorldClock, configure, opened
from penchant.serving import read_logged
from penchant.simulation.loop import live
from penchant.simulation.market import Market
from penchant.simulation.policies import Chance

START = 1_780_012_800.0 // 86_400 * 86_400
WIDE = Arm("wide", "Leaves a fifth of all places to chance.", "explore = 0.2\n")
NONE = Arm("none", "Leaves none.", "explore = 0.0\n")


class _Counting(EnginePolicy):
    """Counts what is clicked of each slate."""

    def __init__(self, *told: Any) -> None:
        super().__init__(*told)
        self.clicked: list[tuple[str, int]] = []

    def observe(self, events: pa.Table) -> None:
        for event in events.select(["event", "slate", "position"]).to_pylist():
            if event["event"] == "Recommendation Clicked" and event["slate"]:
                self.clicked.append((event["slate"], event["position"]))
        super().observe(events)


def _lived(folder: Path, arm: Arm, world: Market, clock: WorldClock, days: int) -> tuple[Any, Any]:
    """Days on a site of some arm.

    Returns:
        Propensities of home's slates, shape (slates, places), NaN where nothing stands; and which were clicked.
    """
    configure(folder, {"shop": "product"}, arm)
    with opened(folder, clock) as engine:
        since = int(clock.at * 1000)
        policy = _Counting(engine, "shop", world, clock)
        live(world, policy, days)
        engine.flush()
        rows = [row for batch in engine.store.slates("shop", after=since, until=2**62) for row in batch]
    slates = [slate for slate in (read_logged(row.body) for row in rows) if slate.placement == "home" and slate.items]
    places = max(len(slate.items) for slate in slates)
    propensity, clicks = np.full((len(slates), places), np.nan), np.zeros((len(slates), places))
    at = {slate.slate_id: row for row, slate in enumerate(slates)}
    for row, slate in enumerate(slates):
        propensity[row, : len(slate.items)] = [item.propensity for item in slate.items]
    for slate_id, position in policy.clicked:
        if slate_id in at:
            clicks[at[slate_id], position - 1] = 1.0
    return propensity, clicks


def _mean(each: Any) -> tuple[float, float]:
    """A mean, and how far off it may be (1.96 standard errors)."""
    return float(each.mean()), float(1.96 * each.std() / np.sqrt(len(each)))


@pytest.mark.slow
def test_the_log_of_an_engine_that_explores_tells_the_clicks_of_one_that_does_not(tmp_path: Path) -> None:
    world, clock = Market(1_500, 7, START), WorldClock(START)
    history = tmp_path / "history"
    configure(history, {"shop": "product"}, NONE)
    with opened(history, clock) as engine:
        engine.put_items("shop", world.catalog())
        live(world, Logged(engine, "shop", world, clock, Chance(7, world.available)), 10)
        trained(engine, "shop")
    copies = {}
    for arm in (WIDE, NONE):
        shutil.copytree(history, tmp_path / arm.name)
        copies[arm.name] = _lived(tmp_path / arm.name, arm, copy.deepcopy(world), WorldClock(clock.at), 2)

    propensity, clicks = copies["wide"]
    # A place that chance gave to another item holds what it would not hold without: its weight is 0 there.
    kept = propensity > 0.5
    value, off = _mean(np.where(kept, clicks / propensity, 0.0).sum(axis=1))
    truth, luck = _mean(copies["none"][1].sum(axis=1))

    assert np.nanmin(copies["none"][0]) == 1.0
    assert 0.02 < 1.0 - kept[~np.isnan(propensity)].mean() < 0.25
    assert abs(value - truth) < np.hypot(off, luck)
    assert np.where(kept, clicks, 0.0).sum(axis=1).mean() < truth - luck  # which the log does not tell without weights
