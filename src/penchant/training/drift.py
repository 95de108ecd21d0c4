"""Drift: this period held against the period that a release was trained on, in figures and in plain words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
import numpy as np
from scipy.special import chdtri

from penchant.training.reference import Binned, Period, Reference

MOVED, FAR = 0.10, 0.25
"""Population stability index from which a distribution has moved, and moved far: the rule of thumb of credit scoring
(Siddiqi, Credit Risk Scorecards, 2006)."""
RATIO, FAR_RATIO = 1.5, 3.0
"""How many times more or less of a signal a day has moved, and moved far."""
POINTS, FAR_POINTS = 0.05, 0.15
"""The same for shares, in points."""
SHARE, FAR_SHARE = 0.20, 0.50
"""The same for the mean of a label, against what it was."""
LEAST_SLATES = 100
"""Slates, or events, below which nothing is said of a share."""
SURE = 3.0
"""Standard errors that a difference must have, so that it is no luck."""

Level = Literal["steady", "moved", "far", "unknown"]
Kind = Literal["volume", "label", "feature", "coverage", "unseen"]
_ORDER: dict[str, int] = {"unknown": 0, "steady": 1, "moved": 2, "far": 3}


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is watched.

    Attributes:
        kind: What it is about.
        name: Which, as in `goal` or `p_purchase`.
        level: How far it moved; `unknown` where too little is known.
        words: The same in a sentence.
        before: In the period of the training; None where unknown.
        now: In this period.
        measure: By what it is judged: of features the population stability index, of volumes the ratio, of shares the
            difference.
    """

    kind: Kind
    name: str
    level: Level
    words: str
    before: float | None = None
    now: float | None = None
    measure: float | None = None


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """What moved in one domain.

    Attributes:
        domain: Domain name.
        release: The release whose training period is what was before.
        before: That period.
        now: This one.
        rows: Everything that is watched, what moved farthest first.
    """

    domain: str
    release: str
    before: Period
    now: Period
    rows: tuple[Moved, ...]

    @property
    def level(self) -> Level:
        """Of what moved farthest."""
        return max((row.level for row in self.rows), key=_ORDER.__getitem__, default="unknown")


def stability(before: Binned, now: Binned) -> dict[str, float]:
    """The population stability index of every feature that both have.

    It is the sum of (b − a) ln(b / a) over bins, with a and b the shares of before and now (Siddiqi 2006; the symmetric
    divergence of Jeffreys 1946). An empty share is taken for one in ten thousand.
    """
    found = {}
    for at, name in enumerate(now.names):
        a = np.maximum(before.shares[before.names.index(name)].astype(np.float64), 1e-4)
        b = np.maximum(now.shares[at].astype(np.float64), 1e-4)
        found[name] = float(((b - a) * np.log(b / a)).sum())
    return found


def by_luck(rows_before: int, rows_now: int, bins: int) -> float:
    """The index that two samples of one distribution exceed in one of a thousand cases.

    It is distributed as chi-square with bins − 1 degrees of freedom, times 1/n + 1/m (Yurdakul and Naranjo, Statistical
    properties of the population stability index, Journal of Risk Model Validation 14(4), 2020).
    """
    return float(chdtri(max(bins - 1, 1), 0.001)) * (1.0 / max(rows_before, 1) + 1.0 / max(rows_now, 1))


def drift(
    domain: str, release: str, before: Reference, now: Reference, unseen: tuple[float, int] | None = None
) -> Drift:
    """Hold this period against that of a training.

    Args:
        domain: Domain name.
        release: The release that was trained.
        before: The period of its training.
        now: This one, in the bins of that.
        unseen: Share of this period's events about items that the release does not know, and how many there are.
    """
    rows = [
        *_volumes(before.period, now.period),
        *_labels(before.period, now.period),
        *_features(before, now),
        *_coverage(before.period, now.period),
        *_unseen(before.period, now.period, unseen),
    ]
    rows.sort(key=lambda row: -_ORDER[row.level])
    return Drift(domain=domain, release=release, before=before.period, now=now.period, rows=tuple(rows))


def _level(size: float, moved: float, far: float, *, sure: bool) -> Level:
    return "steady" if not sure or size < moved else "far" if size >= far else "moved"


def _volumes(before: Period, now: Period) -> Iterator[Moved]:
    for role, days in before.volumes.items():
        was, found = sum(days), sum(now.volumes.get(role, ()))
        if not was and not found:
            continue
        a, b = was / before.days, found / now.days
        # Counts of events come in bursts: their error is that of days, not of single events, where days are known.
        error = math.hypot(_error(days, before.days), _error(now.volumes.get(role, ()), now.days))
        ratio = b / a if a else math.inf
        size = max(ratio, 1 / ratio if ratio else math.inf)
        sure = abs(b - a) > SURE * error
        level = _level(size, RATIO, FAR_RATIO, sure=sure)
        if not found and was and a * now.days >= 10:
            level, words = "far", f"no {role} event at all came in; {a:,.1f} a day before. Is a tracker broken?"
        else:
            words = f"{role} events: {b:,.1f} a day, {a:,.1f} before"
        shown = None if math.isinf(ratio) else round(ratio, 4)
        yield Moved(kind="volume", name=role, level=level, words=words, before=a, now=b, measure=shown)


def _error(days: Sequence[int], length: float) -> float:
    """Standard error of events a day."""
    plain = math.sqrt(max(sum(days), 1)) / length
    whole = days[: int(length)]
    if len(whole) < 4:
        return plain
    return max(plain, float(np.std(whole, ddof=1)) / math.sqrt(len(whole)))


def _labels(before: Period, now: Period) -> Iterator[Moved]:
    for name, was in before.rates.items():
        found = now.rates.get(name)
        if found is None:
            words = f"{name}: too few outcomes of this period are final yet; {was.mean:.3g} before"
            yield Moved(kind="label", name=name, level="unknown", words=words, before=was.mean)
            continue
        error = math.hypot(was.spread / math.sqrt(was.rows), found.spread / math.sqrt(found.rows))
        size = abs(found.mean - was.mean) / was.mean if was.mean else math.inf
        level = _level(size, SHARE, FAR_SHARE, sure=abs(found.mean - was.mean) > SURE * error)
        words = f"{name}: the mean of final labels is {found.mean:.3g}, {was.mean:.3g} before"
        if level != "steady":
            words += "; what it predicts is off by as much until the next training"
        change = round(found.mean - was.mean, 6)
        yield Moved(kind="label", name=name, level=level, words=words, before=was.mean, now=found.mean, measure=change)


def _features(before: Reference, now: Reference) -> Iterator[Moved]:
    # What people were shown is what heads score; where slates are too few, what they did must do.
    origin = next((one for one in ("shown", "done") if one in before.binned and one in now.binned), None)
    if origin is None:
        words = "features: too few rows in one of the periods"
        yield Moved(kind="feature", name="features", level="unknown", words=words)
        return
    a, b = before.binned[origin], now.binned[origin]
    rows = (before.period.rows.get(origin, 0), now.period.rows.get(origin, 0))
    for name, index in stability(a, b).items():
        bins = int(np.isfinite(a.edges[a.names.index(name)]).sum()) + 2
        level = _level(index, MOVED, FAR, sure=index > by_luck(*rows, bins))
        was, found = a.shares[a.names.index(name)], b.shares[b.names.index(name)]
        most = int(np.argmax(np.abs(found - was)))
        words = f"{name}: stability index {index:.3f}"
        if level != "steady":
            words += f"; most in {_bin(a, name, most)}: {found[most]:.0%} of rows, {was[most]:.0%} before"
        yield Moved(kind="feature", name=name, level=level, words=words, measure=round(index, 6))


def _bin(binned: Binned, name: str, at: int) -> str:
    """One bin in words."""
    edges = binned.edges[binned.names.index(name)]
    edges = edges[np.isfinite(edges)]
    if at == binned.shares.shape[1] - 1:
        return "rows without a value"
    if not len(edges):
        return "all values"
    if at >= len(edges):
        return f"values above {edges[-1]:.4g}"
    return f"values up to {edges[0]:.4g}" if at == 0 else f"values from {edges[at - 1]:.4g} to {edges[at]:.4g}"


def _coverage(before: Period, now: Period) -> Iterator[Moved]:
    told = {
        "catalog": "share of the catalog that was shown",
        "degraded": "share of answers that were degraded",
        "fallback": "share of answers that no model began",
    }
    was, found = before.covered, now.covered
    for name, about in told.items():
        a, b = getattr(was, name), getattr(found, name)
        if min(was.slates, found.slates) < LEAST_SLATES:
            words = f"{about}: too few slates in one of the periods"
            yield Moved(kind="coverage", name=name, level="unknown", words=words)
            continue
        error = math.sqrt(a * (1 - a) / was.slates + b * (1 - b) / found.slates)
        sure = name == "catalog" or abs(b - a) > SURE * error
        # More of the catalog is shown by more slates: only equally many can be compared.
        sure = sure and (name != "catalog" or 0.5 < found.slates / was.slates < 2.0)
        level = _level(abs(b - a), POINTS, FAR_POINTS, sure=sure)
        words = f"{about}: {b:.1%}, {a:.1%} before"
        yield Moved(kind="coverage", name=name, level=level, words=words, before=a, now=b, measure=round(b - a, 6))


def _unseen(before: Period, now: Period, unseen: tuple[float, int] | None) -> Iterator[Moved]:
    if unseen is not None and unseen[1]:
        share, events = unseen
        level = _level(share, POINTS, FAR_POINTS, sure=events >= LEAST_SLATES)
        words = f"{share:.1%} of {events:,} events are about items that the release does not know"
        yield Moved(kind="unseen", name="items", level=level, words=words, now=share, measure=round(share, 6))
    if before.people and now.people:
        a, b = before.new_people / before.people, now.new_people / now.people
        error = math.sqrt(a * (1 - a) / before.people + b * (1 - b) / now.people)
        level = _level(abs(b - a), POINTS, FAR_POINTS, sure=abs(b - a) > SURE * error and now.days >= before.days / 4)
        words = f"{b:.1%} of the people of this period were never seen before, {a:.1%} in the other"
        yield Moved(kind="unseen", name="people", level=level, words=words, before=a, now=b, measure=round(b - a, 6))
