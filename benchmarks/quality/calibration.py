"""How well calibrated heads are on held-out weeks of the three living worlds.

Each world shows what chance picks for some months; then heads are learned as a training learns them, and judged on the
weeks that neither their trees nor their calibration have seen.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from penchant.dataset import read_slates
from penchant.evaluation import HeadRow
from penchant.models import Run
from penchant.proof.engine_policy import Logged
from penchant.proof.lived import PACKS, START, world_of
from penchant.proof.site import WorldClock, configure, opened
from penchant.simulation.loop import live
from penchant.simulation.policies import Chance
from penchant.training import Sources, learn_heads
from record import write

METHOD = (
    "Worlds of `docs/worlds.md`, seed {seed}: {sizes}. All slates are chance's. Heads are learned as a"
    " training does: of what was shown, trees from the first 60 % of the requests, calibration from the next 20 %,"
    " figures from the rest; of heads that hang on a condition, from every moment at which it came true, parted by the"
    " same moments where enough is known by then, else by people. `ece` is the mean distance between what was said and"
    " what followed over 15 bins of equal weight, of amounts as a share of their mean, and `ece_in_unit` in their own"
    " unit. Of rows that are too young to tell, what came is held against as much of what was said as comes so soon."
    " Few rows have an error by chance alone: `ece_by_chance` is what a perfectly calibrated head is expected to show"
    " on as many rows, were they apart from each other; those of one person are not."
)

ABOUT = {
    "rows": "held-out rows",
    "mean_label": "mean of what followed",
    "mean_predicted": "mean prediction",
    "log_loss": "in nats a row",
    "log_loss_constant": "of the best constant in hindsight",
    "auc": "chance that a row where it happened stands above one where it did not",
    "ece": "calibration error, 15 bins of equal weight",
    "ece_in_unit": "of an amount, in its own unit: seconds, or share of right answers",
    "ece_by_chance": "what a perfectly calibrated head would show on as many rows",
    "calibrated_on": "rows it was calibrated on",
}


@dataclass(frozen=True)
class World:
    """One world's size."""

    site: str
    people: int
    days: int


WORLDS = (World("shop", 12_000, 90), World("channel", 12_000, 45), World("academy", 12_000, 90))
"""As large as a training's most rows: with fewer, chance alone makes errors of 0.02 and more."""


def heads_of(world: World, seed: int) -> tuple[HeadRow, ...]:
    """Live through a world and learn its heads."""
    site = world.site
    with tempfile.TemporaryDirectory(prefix="penchant-calibration-") as scratch:
        folder, clock = Path(scratch), WorldClock(START)
        configure(folder, {site: PACKS[site]})
        lived = world_of(site, seed, world.people, {})
        with opened(folder, clock) as engine:
            engine.put_items(site, lived.catalog())
            live(lived, Logged(engine, site, lived, clock, Chance(seed, lived.available)), world.days)
            engine.flush()
            data = engine.dataset(site)
            pages = engine.store.slates(site, until=int(clock.now() * 1000))
            logged = read_slates(pages, data.people, data.items, {}, lambda person: True)
            setup = engine.domains[site]
            pack = replace(setup.pack, placements=tuple(setup.placements.values()))
            learned = learn_heads(data, Sources(logged), pack, run=Run(seed=0, threads=2), serves=False)
    return learned.outcomes.heads


def figures_of(head: HeadRow) -> dict[str, Any]:
    """What is told of a head."""
    if head.figures is None:
        return {}
    told = {name: getattr(head.figures, name, None) for name in ABOUT}
    if head.figures.kind == "amount" and head.figures.ece is not None and head.figures.mean_label is not None:
        told["ece_in_unit"] = head.figures.ece * head.figures.mean_label
    return {name: value for name, value in told.items() if value is not None}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--worlds", default=",".join(world.site for world in WORLDS))
    parser.add_argument("--share", type=float, default=1.0, help="of the people")
    parser.add_argument("--dry", action="store_true", help="print, and write nothing")
    told = parser.parse_args()
    worlds = [replace(world, people=int(world.people * told.share)) for world in WORLDS if world.site in told.worlds]
    figures: dict[str, dict[str, Any]] = {}
    for world in worlds:
        for head in heads_of(world, told.seed):
            figures[head.name] = figures_of(head)
            Console(stderr=True).print(head.name, head.reason, figures[head.name])
    if not told.dry:
        sizes = ", ".join(f"{world.site} {world.people:,} people and {world.days} days" for world in worlds)
        write("calibration", figures, ABOUT, METHOD.format(seed=told.seed, sizes=sizes))


if __name__ == "__main__":
    main()
