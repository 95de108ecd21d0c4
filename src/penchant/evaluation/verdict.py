"""Which model may be called the winner."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.evaluation.interval import SEED, Estimate, difference
from penchant.pack import BLEND
from penchant.slate import Codes

SEVERAL = 3
"""Windows from which on a winner must be ahead in most of them."""

KEPT = 0.5
"""Share of the best baseline's coverage that a winner must have."""


@dataclass(frozen=True)
class Verdict:
    """The winner and why.

    Attributes:
        winner: Its name; None when no baseline could be judged.
        reason: A sentence.
        against_baseline: NDCG@10 of the challenger minus that of the best baseline on test, paired; None without a
            challenger.
    """

    winner: str | None
    reason: str
    against_baseline: Estimate | None = None


def decide(
    valid: Mapping[str, float],
    test: Mapping[str, NDArray[np.float64]],
    baselines: Collection[str],
    seed: int = SEED,
    *,
    group: Codes | None = None,
    coverage: Mapping[str, float] | None = None,
    earlier: Sequence[Mapping[str, float]] = (),
) -> Verdict:
    """Choose on validation, confirm on test.

    The blend is the challenger where one was learned: it has been held against the best list by people it was not
    learned from, while the model with the best NDCG@10 on validation is also the luckiest of all that were tried there.
    Without a blend that model is the challenger (an earlier name wins a tie). The challenger is the winner
    when it beats the baselines on test in three ways: the paired difference to the best of them has a mean above 0;
    of three windows or more it is ahead of the best baseline in most; its lists cover at least half of the items that
    those of the best baseline cover. Otherwise, and when a baseline itself leads on validation, the baseline that is
    best on test wins. The test window is looked at once, for the one challenger.

    Args:
        valid: Mean NDCG@10 in the validation window by name.
        test: NDCG@10 of the same rows in the test window by name, shape (n,).
        baselines: Names that a winner must beat.
        seed: Seed of the interval.
        group: Person of each row; each row is a person of its own when None.
        coverage: Coverage in the test window by name; not looked at when None.
        earlier: Mean NDCG@10 by name in each earlier test window.
    """
    means = {name: float(values.mean()) for name, values in test.items()}
    judged = [name for name in means if name in baselines]
    if not judged:
        return Verdict(None, "no baseline could be judged, so nothing can be called a winner")
    best = max(judged, key=lambda name: means[name])
    ranked = [name for name in valid if name in means]
    leader = BLEND if BLEND in ranked else max(ranked, key=lambda name: valid[name], default=best)
    if leader in baselines:
        held = "and is the best of them on test" if leader == best else f"but on test the best of them is {best}"
        return Verdict(best, f"no model beats the baselines: {leader} leads on validation {held}")
    gap = difference(test[leader], test[best], seed=seed, group=group)
    if gap is None:
        return Verdict(best, f"nobody could be judged by both {leader} and {best}")
    led = f"{leader} {'was chosen' if leader == BLEND else 'leads'} on validation ({valid[leader]:.4f})"
    shown = f"{gap.signed} NDCG@10 against the best baseline, {best}"
    if gap.mean <= 0:
        return Verdict(best, f"no model beats the baseline {best}: {led}, but on test it has {shown}", gap)
    held = f"{led} and holds on test: {shown}"
    ahead, windows = _ahead(leader, baselines, earlier)
    if windows + 1 >= SEVERAL:
        if 2 * (ahead + 1) <= windows + 1:
            lost = f"but it is ahead of the best baseline in {ahead + 1} of {windows + 1} windows only"
            return Verdict(best, f"no model beats the baselines in most windows: {held}, {lost}", gap)
        held += f"; ahead of the best baseline in {ahead + 1} of {windows + 1} windows"
    if coverage is not None and coverage[leader] < KEPT * coverage[best]:
        few = f"but it shows {_share(coverage[leader])} of the items, where {best} shows {_share(coverage[best])}"
        return Verdict(best, f"no model beats the baseline {best} and shows half as much: {held}, {few}", gap)
    unsure = "; the interval holds 0, so the two may be level" if gap.low <= 0 else ""
    return Verdict(leader, held + unsure, gap)


def _ahead(leader: str, baselines: Collection[str], earlier: Sequence[Mapping[str, float]]) -> tuple[int, int]:
    """In how many earlier windows the leader was ahead of every baseline, and in how many both could be judged."""
    ahead = windows = 0
    for means in earlier:
        best = max((mean for name, mean in means.items() if name in baselines), default=None)
        if best is not None and leader in means:
            windows += 1
            ahead += means[leader] > best
    return ahead, windows


def _share(value: float) -> str:
    return f"{value:.1%}".replace("%", " %")
