"""How much room the academy leaves between policies that know its truth: the tables of docs/worlds.md."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from penchant.simulation.loop import Policy, live
from penchant.simulation.policies import Chance
from penchant.simulation.school import AcademyMechanisms, Oracle, School
from penchant.simulation.school.oracle import Popular

Make = Callable[[School, int], Policy]
POLICIES: dict[str, Make] = {
    "chance": lambda school, seed: Chance(seed, school.available),
    "popular": lambda school, seed: Popular(school),
    "start": lambda school, seed: Oracle(school, "start"),
    "complete": lambda school, seed: Oracle(school, "complete"),
    "gain": lambda school, seed: Oracle(school, "gain"),
}
MEASURES = ("starts", "completions", "failures", "mastery_gain", "actions", "violations", "mastery_won", "alive")
OFF = ((), ("prerequisites",), ("attraction",), ("prerequisites", "attraction"), ("forgetting",), ("dropout",))


def means(make: Make, people: int, seeds: int, **factors: float) -> dict[str, float]:
    """What comes of a policy in 30 days, by person."""
    found: dict[str, list[float]] = {}
    for seed in range(seeds):
        school = School(people=people, seed=seed, mechanisms=AcademyMechanisms(**factors))
        outcome = live(school, make(school, seed), days=30)
        for name, values in {**outcome.states, **outcome.sums}.items():
            found.setdefault(name, []).append(float(values.mean()))
    return {name: float(np.mean(values)) for name, values in found.items()}


def main() -> None:
    """Print both tables."""
    print("|".join(["", " policy ", *(f" `{name}` " for name in MEASURES), ""]))
    print("|---" + "|---:" * len(MEASURES) + "|")
    for name, make in POLICIES.items():
        told = means(make, 500, 4)
        print("|".join(["", f" {name} ", *(f" {told[measure]:.3g} " for measure in MEASURES), ""]))
    print("\n| off | `mastery_gain` | `actions` |\n|---|---:|---:|")
    for off in OFF:
        factors = dict.fromkeys(off, 0.0)
        gain, start = (means(POLICIES[name], 400, 2, **factors) for name in ("gain", "start"))
        lifts = [f" {100 * (gain[name] / start[name] - 1):+.0f} % " for name in ("mastery_gain", "actions")]
        print("|".join(["", f" {', '.join(f'`{name}`' for name in off) or 'none'} ", *lifts, ""]))


if __name__ == "__main__":
    main()
