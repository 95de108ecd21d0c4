"""Which model may be called the winner."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.evaluation.interval import SEED, Estimate, difference


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
    valid: Mapping[str, float], test: Mapping[str, NDArray[np.float64]], baselines: Collection[str], seed: int = SEED
) -> Verdict:
    """Choose on validation, confirm on test.

    The model with the best NDCG@10 on validation is the challenger (an earlier name wins a tie). It is the winner
    when it beats every baseline on test, that is, when the paired difference to the best of them has a mean above 0.
    Otherwise, and when a baseline itself leads on validation, the baseline that is best on test wins. The test
    window is looked at once, for the one challenger.

    Args:
        valid: Mean NDCG@10 in the validation window by name.
        test: NDCG@10 of the same people in the test window by name, shape (n,).
        baselines: Names that a winner must beat.
        seed: Seed of the interval.
    """
    means = {name: float(values.mean()) for name, values in test.items()}
    judged = [name for name in means if name in baselines]
    if not judged:
        return Verdict(None, "no baseline could be judged, so nothing can be called a winner")
    best = max(judged, key=lambda name: means[name])
    ranked = [name for name in valid if name in means]
    leader = max(ranked, key=lambda name: valid[name]) if ranked else best
    if leader in baselines:
        held = "and is the best of them on test" if leader == best else f"but on test the best of them is {best}"
        return Verdict(best, f"no model beats the baselines: {leader} leads on validation {held}")
    gap = difference(test[leader], test[best], seed=seed)
    if gap is None:
        return Verdict(best, f"nobody could be judged by both {leader} and {best}")
    led = f"{leader} leads on validation ({valid[leader]:.4f})"
    shown = f"{gap.signed} NDCG@10 against the best baseline, {best}"
    if gap.mean <= 0:
        return Verdict(best, f"no model beats the baseline {best}: {led}, but on test it has {shown}", gap)
    unsure = "; the interval holds 0, so the two may be level" if gap.low <= 0 else ""
    return Verdict(leader, f"{led} and holds on test: {shown}{unsure}", gap)
