"""When exploration pays: policies that know tastes and count what items are worth, in the living channel.

Each knows all that the world knows of a person's taste, of age, trends and tiredness, and nothing of an item's own
worth: that it learns by counting what is completed against what tastes alone would bring. What they differ in is what
they believe of an item that nobody was shown (as good as the others, or worse), and what they leave to chance.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import expit

from penchant.placements.exploration import RARE, SHARE_OF_ALL, SHARE_OF_RARE
from penchant.proof.lived import START
from penchant.simulation.channel import Channel
from penchant.simulation.channel.choosing import LEAVES_FEED
from penchant.simulation.loop import Answers, Asks, live
from penchant.simulation.policies import Chance

LOGGED_DAYS = 16
"""Days of chance before."""
LOOKED_AT = 0.9
"""Each place is looked at so much less often than the one above."""
PRIOR = 3.0
"""Completions that a belief counts for."""
POOL = 100
"""Candidates that chance draws from: those that taste likes best."""

Way = Literal["best", "exploring", "thompson"]


class Counting:
    """Ranks by taste and by what an item is worth, counted.

    Worth is completions over those that tastes alone would bring, both with a prior: Gamma-Poisson shrinkage.
    """

    def __init__(self, channel: Channel, seed: int, way: Way, belief: float, share: float = 0.03) -> None:
        """Know nothing of items yet.

        Args:
            channel: The world.
            seed: Of the policy's luck.
            way: `best` first; `exploring`: a share of places is left to chance, as the engine does it; `thompson`:
                all are ranked by a draw of what they may be worth.
            belief: What an item is worth that nothing is known of; the average one has 1.
            share: Of the places, for `exploring`.
        """
        self._channel, self._way, self._belief, self._share = channel, way, belief, share
        self._rng = np.random.default_rng(seed)
        self._code = {name: code for code, name in enumerate(channel.ids)}
        self._completed, self._expected = np.zeros(len(channel.ids)), np.zeros(len(channel.ids))
        self.shown = np.zeros(len(channel.ids))

    def answer(self, asks: Asks) -> Answers:
        """The best of all that may be shown, and perhaps one by chance."""
        there = np.flatnonzero(self._channel.available())
        taste = self._channel.tastes(asks.person.astype(np.int64), asks.time, there)
        taste[asks.seed[:, None] == there] = -np.inf
        came, wanted = self._known(there)
        score = taste + np.log(came / wanted)
        if self._way == "thompson":
            score = taste + np.log(self._rng.gamma(np.broadcast_to(came, taste.shape)) / wanted + 1e-9)
        order = np.argsort(-score, axis=1, kind="stable")[:, : asks.size]
        if self._way == "exploring":
            for row in np.flatnonzero(self._rng.random(len(asks)) < self._share * asks.size).tolist():
                order[row, self._rng.integers(1, asks.size)] = self._drawn(taste[row], order[row], there, came, wanted)
        items = there[order].astype(np.int32)
        self.saw(items, np.take_along_axis(taste, order, axis=1))
        return Answers(items, np.ones(items.shape, np.float32))

    def saw(self, items: NDArray[np.int32], taste: NDArray[np.float64]) -> None:
        """Count what was shown."""
        np.add.at(self._expected, items, expit(taste - LEAVES_FEED) * LOOKED_AT ** np.arange(items.shape[1]))
        np.add.at(self.shown, items, 1)

    def observe(self, events: pa.Table) -> None:
        """Count what was completed."""
        led = pc.and_(pc.equal(events["event"], "Content Completed"), pc.is_valid(events["position"]))
        for item in events["item"].filter(led).to_pylist():
            self._completed[self._code[item]] += 1

    def change(self, items: Sequence[dict[str, Any]]) -> None:
        """The world is asked each time."""

    def end_of_day(self, now: float) -> None:
        """Nothing to train."""

    def _known(self, there: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        rate = (1.0 + self._completed.sum()) / (1.0 + self._expected.sum())
        return self._completed[there] + PRIOR * self._belief, self._expected[there] * rate + PRIOR

    def _drawn(
        self,
        taste: NDArray[np.float64],
        slate: NDArray[np.int64],
        there: NDArray[np.int64],
        came: NDArray[np.float64],
        wanted: NDArray[np.float64],
    ) -> int:
        """What chance shows: in the shares of `penchant.placements.exploration`."""
        pool = np.argsort(-taste, kind="stable")[:POOL]
        pool = pool[~np.isin(pool, slate)]
        luck = self._rng.random()
        if luck < SHARE_OF_ALL:
            return int(self._rng.choice(pool))
        if luck < SHARE_OF_ALL + SHARE_OF_RARE:
            return int(self._rng.choice(pool[np.argsort(self.shown[there[pool]], kind="stable")[:RARE]]))
        worth = taste[pool] + np.log(self._rng.gamma(came[pool]) / wanted[pool] + 1e-9)
        return int(pool[np.argmax(worth)])


class Watched(Chance):
    """Chance, whose slates a counting policy learns from."""

    def __init__(self, channel: Channel, seed: int, by: Counting) -> None:
        """Both see the same world."""
        super().__init__(seed, channel.available)
        self._channel, self._by = channel, by

    def answer(self, asks: Asks) -> Answers:
        """What chance picks."""
        found = super().answer(asks)
        there = np.arange(len(self._channel.ids))
        taste = self._channel.tastes(asks.person.astype(np.int64), asks.time, there)
        self._by.saw(found.items, np.take_along_axis(taste, found.items.astype(np.int64), axis=1))
        return found

    def observe(self, events: pa.Table) -> None:
        """Tell the other."""
        self._by.observe(events)


def told(people: int, seed: int, days: int, way: Way, belief: float) -> dict[str, float]:
    """What comes of a policy, by person, and how it treats what came new meanwhile."""
    channel = Channel(people=people, seed=seed, start=START, days=LOGGED_DAYS + days + 1)
    policy = Counting(channel, seed, way, belief)
    live(channel, Watched(channel, seed, policy), LOGGED_DAYS)
    policy.shown[:] = 0
    known = {item["id"] for item in channel.catalog()}
    outcome = live(channel, policy, days)
    new = np.array([name not in known for name in channel.ids])
    came = np.array([name in {item["id"] for item in channel.catalog()} for name in channel.ids]) & new
    return {
        "satisfaction": float(outcome.sums["satisfaction"].mean()),
        "retained": float(outcome.states["retained"].mean()),
        "new": float(policy.shown[new].sum() / policy.shown.sum()),
        "median": float(np.median(policy.shown[came])),
    }


def main() -> None:
    """Print the table of docs/proof.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=600)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--days", type=int, default=60)
    asked = parser.parse_args()
    names = ("a new item is believed to be", "ranks", "satisfaction", "lift", "retained", "new items", "times shown")
    print(f"| {' | '.join(names)} |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for belief, words in ((1.0, "as good as the others"), (0.2, "a fifth as good")):
        best: NDArray[np.float64] | None = None
        for way in ("best", "exploring", "thompson"):
            rows = [told(asked.people, seed, asked.days, way, belief) for seed in range(1, asked.seeds + 1)]
            found = {name: np.array([row[name] for row in rows]) for name in rows[0]}
            best = found["satisfaction"] if best is None else best
            lift = found["satisfaction"] / best - 1.0
            print(
                f"| {words} | {way} | {found['satisfaction'].mean():.1f} | {lift.mean():+.1%} ({lift.min():+.1%} to"
                f" {lift.max():+.1%}) | {found['retained'].mean():.3f} | {found['new'].mean():.0%} |"
                f" {found['median'].mean():.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
