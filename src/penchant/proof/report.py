"""What a proof found: one row a question and measure, with an interval over seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
from scipy.special import stdtrit


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One measure of one question: the right arm against a wrong one.

    Attributes:
        domain: `product`, `content` or `learning`.
        question: What was swapped, in a few words.
        measure: What was measured in the truth of the world, per person.
        better: Which way is better.
        right: Mean of the right arm over seeds.
        wrong: Mean of the wrong arm over seeds.
        lift: Mean over seeds of (right - wrong) / |wrong|; where the wrong arm is 0, of right - wrong.
        low: Lower end of the 95 % interval of the lift over seeds (Student's t, paired by seed).
        high: Upper end.
        seeds: How many worlds.
        without: Mechanisms of the world that were turned off; empty for the world as it is.
        each: Lift of each seed.
    """

    domain: str
    question: str
    measure: str
    better: str
    right: float
    wrong: float
    lift: float
    low: float
    high: float
    seeds: int
    without: tuple[str, ...] = ()
    each: tuple[float, ...] = ()

    @property
    def wins(self) -> bool:
        """Whether the right arm is better with an interval that excludes zero."""
        return self.low > 0 if self.better == "higher" else self.high < 0


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run.

    Attributes:
        rows: The worlds as they are.
        without: The same questions with the mechanism turned off that makes the difference: there the gap closes.
        method: How it was measured, in sentences.
        seconds: Seconds it took.
        notes: What is to be known of single runs, as a release without heads.
    """

    rows: tuple[Row, ...]
    without: tuple[Row, ...]
    method: str
    seconds: float
    notes: tuple[str, ...] = ()


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean of values and its 95 % interval by Student's t; with one value the interval is unbounded."""
    n = len(values)
    mean = math.fsum(values) / n
    if n < 2:
        return mean, -math.inf, math.inf
    spread = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1) / n)
    reach = float(stdtrit(n - 1, 0.975)) * spread
    return mean, mean - reach, mean + reach


def lift(right: float, wrong: float) -> float:
    """How much more, as a share of the wrong arm; the plain difference where that is 0."""
    return (right - wrong) / abs(wrong) if wrong else right - wrong
