"""How a period looked: volumes of signals, rates of labels, distributions of features, coverage.

Training keeps it of its own last weeks, in the release; `penchant drift` works the same out of what came after, and
holds one against the other. It says nothing of anybody: counts, shares and quantiles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.dataset import Dataset, Shown
from penchant.events import Role
from penchant.features import Statistics
from penchant.pack import Pack
from penchant.ranking import Head, Outcome
from penchant.training.asked import Asked
from penchant.training.conditions import free, from_events, met, unshown
from penchant.training.labels import Labeller
from penchant.training.rows import Builder, Examples, sampled

DAYS = 28.0
"""Longest period that is looked at; of more, its last days."""
BINS = 10
"""Bins of a feature: deciles of the reference, fewer where many values are equal; and one more for no value."""
LEAST_ROWS = 200
"""Rows below which nothing is said of a feature or a label."""
_SHOWN, _MOMENTS = 20_000, 4_000
_POSITIVE = Outcome("Something was done with it.", "chance", "reached", (Role.GOAL, Role.STRONG, Role.WEAK))

Shares = NDArray[np.float32]


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """Labels of one head that are final.

    Attributes:
        mean: Their mean.
        spread: Their standard deviation.
        rows: How many.
    """

    mean: float
    spread: float
    rows: int


class Covered(msgspec.Struct, frozen=True, kw_only=True):
    """What slates of a period showed.

    Attributes:
        slates: Slates that were looked at.
        catalog: Share of the items that may be shown that were.
        degraded: Share of slates that say that something did not work.
        fallback: Share that are empty, or whose first item no model proposed.
    """

    slates: int = 0
    catalog: float = 0.0
    degraded: float = 0.0
    fallback: float = 0.0


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """One period, but for its distributions.

    Attributes:
        since: Its begin, Unix seconds.
        until: Its end.
        people: People who did anything.
        new_people: Those of them who had never done anything before.
        volumes: Events by role and day, each a list from the first day on.
        rates: Labels by head.
        covered: What slates showed.
        rows: Rows that features are of, by origin: `shown`, what people were shown; `done`, what they did.
    """

    since: float
    until: float
    people: int = 0
    new_people: int = 0
    volumes: dict[str, list[int]] = {}
    rates: dict[str, Rate] = {}
    covered: Covered = Covered()
    rows: dict[str, int] = {}

    @property
    def days(self) -> float:
        """Its length in days."""
        return max((self.until - self.since) / DAY, 1e-9)


@dataclass(frozen=True)
class Binned:
    """Distributions of f features.

    Attributes:
        names: Of the features.
        edges: Inner edges of the bins, shape (f, BINS - 1), float32; NaN behind the last.
        shares: Share of rows in each bin, and last of those without a value; shape (f, BINS + 1), float32.
    """

    names: tuple[str, ...]
    edges: Shares
    shares: Shares

    @classmethod
    def learned(cls, names: Sequence[str], values: Shares) -> Binned:
        """With deciles of these rows as edges."""
        edges = np.full((len(names), BINS - 1), np.nan, np.float32)
        for column in range(len(names)):
            known = values[:, column]
            known = known[np.isfinite(known)]
            if len(known):
                found = np.unique(np.quantile(known, np.arange(1, BINS) / BINS, method="inverted_cdf"))
                edges[column, : len(found)] = found
        return cls.counted(names, edges, values)

    @classmethod
    def counted(cls, names: Sequence[str], edges: Shares, values: Shares) -> Binned:
        """With edges that are known."""
        shares = np.zeros((len(names), BINS + 1), np.float32)
        for column in range(len(names)):
            told = values[:, column]
            known = np.isfinite(told)
            inner = edges[column][np.isfinite(edges[column])]
            # What equals an edge is below it, so that a value that many rows have is in one bin with what is smaller.
            at = np.searchsorted(inner, told[known], side="left")
            shares[column, :BINS] = np.bincount(at, minlength=BINS)[:BINS]
            shares[column, BINS] = len(told) - int(known.sum())
        return cls(tuple(names), edges, shares / np.float32(max(len(values), 1)))


@dataclass(frozen=True)
class Reference:
    """A period and the distributions of its features, by origin of the rows."""

    period: Period
    binned: Mapping[str, Binned] = field(default_factory=dict)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays to be stored."""
        return {
            f"{origin}_{what}": getattr(found, what)
            for origin, found in self.binned.items()
            for what in ("edges", "shares")
        }

    def settings(self) -> dict[str, Any]:
        """The rest, JSON-able."""
        names = {origin: list(found.names) for origin, found in self.binned.items()}
        return {"period": msgspec.to_builtins(self.period), "names": names}

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any]) -> Reference:
        """From what `arrays` and `settings` gave.

        Raises:
            KeyError: An array is missing.
            msgspec.ValidationError: The settings are of another version.
        """
        names = msgspec.convert(settings["names"], dict[str, tuple[str, ...]])
        binned = {
            origin: Binned(told, arrays[f"{origin}_edges"], arrays[f"{origin}_shares"])
            for origin, told in names.items()
        }
        return cls(msgspec.convert(settings["period"], Period), binned)


def look(
    data: Dataset,
    shown: Shown,
    pack: Pack,
    statistics: Statistics,
    *,
    since: float | None,
    until: float,
    covered: Covered,
    seed: int,
    threads: int = 2,
    against: Reference | None = None,
) -> Reference:
    """How a period looked.

    Args:
        data: Everything known by its end.
        shown: What people were shown, at any time.
        pack: The domain's pack, with its placements.
        statistics: Of everything known.
        since: Its begin, Unix seconds; at most `DAYS` before its end, and those when None.
        until: Its end.
        covered: What its slates showed.
        seed: Of the rows that are drawn where there are too many.
        threads: How many work at once.
        against: Count into the bins of this one; into deciles of the period's own when None.
    """
    since = max(until - DAYS * DAY, since if since is not None else -np.inf)
    rows = data.interactions
    if len(rows):
        since = max(since, float(rows.time.min()))
    inside = (rows.time >= since) & (rows.time < until)
    active = np.unique(rows.person[inside])
    known = np.unique(rows.person[rows.time < since])
    placements = tuple(sorted(placement.name for placement in pack.placements))
    builder = Builder(data, pack.features, statistics, placements, threads=threads)
    mine = _within(shown, since, until)
    examples = _examples(data, builder, mine, since, until, seed)
    binned = {origin: _binned(origin, found, against) for origin, found in examples.items()}
    return Reference(
        Period(
            since=since,
            until=until,
            people=len(active),
            new_people=int((~np.isin(active, known)).sum()),
            volumes=_volumes(rows.role[inside], rows.time[inside], since, until),
            rates=_rates(data, pack.heads, mine, since, until, seed),
            covered=covered,
            rows={origin: len(found) for origin, found in examples.items()},
        ),
        {origin: found for origin, found in binned.items() if found is not None},
    )


def _within(shown: Shown, since: float, until: float) -> Shown:
    return shown.take(np.flatnonzero((shown.time >= since) & (shown.time < until)))


def _examples(
    data: Dataset, builder: Builder, shown: Shown, since: float, until: float, seed: int
) -> dict[str, Examples]:
    done = _within(met(data, _POSITIVE), since, until)
    found: dict[str, Examples] = {}
    for origin, some, most in (("shown", shown, _SHOWN), ("done", done, _MOMENTS)):
        drawn = sampled(some, seed, most)
        if len(drawn.items) >= LEAST_ROWS:
            made = builder.build(drawn)
            found[origin] = unshown(made) if origin == "done" else made
    return found


def _binned(origin: str, examples: Examples, against: Reference | None) -> Binned | None:
    if against is None:
        return Binned.learned(examples.names, examples.values)
    known = against.binned.get(origin)
    if known is None:
        return None
    # A feature that the pack has no longer is left out, and one that it has newly has nothing to be held against.
    names = [name for name in known.names if name in examples.names]
    columns = [examples.names.index(name) for name in names]
    edges = known.edges[[known.names.index(name) for name in names]]
    return Binned.counted(names, edges, examples.values[:, columns])


def _volumes(role: NDArray[np.int8], time: NDArray[np.float64], since: float, until: float) -> dict[str, list[int]]:
    """Events by role and day; days begin at the period's own begin, so that only the last is shorter."""
    days = max(int(np.ceil((until - since) / DAY - 1e-9)), 1)
    day = np.clip(((time - since) // DAY).astype(np.int64), 0, days - 1)
    return {one.name.lower(): np.bincount(day[role == one], minlength=days).tolist() for one in Role}


def _rates(
    data: Dataset, heads: Sequence[Head], shown: Shown, since: float, until: float, seed: int
) -> dict[str, Rate]:
    """Labels that are final, of every head that has any."""
    by_name = {head.name: head for head in heads}
    drawn = sampled(shown, seed, _SHOWN)
    found: dict[str, Rate] = {}
    for head in heads:
        if head.of:
            continue
        some, alone = drawn, tuple(heads)
        if from_events(head, by_name):
            some = sampled(_within(met(data, by_name[head.outcome.given].outcome), since, until), seed, _SHOWN)
            alone = free((head,))
        if len(some.items) < LEAST_ROWS:
            continue
        row = some.row_of
        labels = Labeller(data, Asked(some.person[row], some.items, some.time[row]), alone, until).labels(head.name)
        final = labels.final & (labels.weight > 0)
        value = labels.value[final].astype(np.float64)
        if len(value) >= LEAST_ROWS:
            found[head.name] = Rate(mean=float(value.mean()), spread=float(value.std()), rows=len(value))
    return found
