"""Drift as one HTML page that stands alone: styles and plots inside, nothing fetched, no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape

from penchant.clock import DAY, iso
from penchant.evaluation.plots import Axis, Canvas, Part, axis, courses
from penchant.training.drift import FAR, MOVED, Drift, Moved

_pages = Environment(
    # The macros that draw plots are those of the reports of an evaluation.
    loader=ChoiceLoader([PackageLoader("penchant.training"), PackageLoader("penchant.evaluation")]),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.filters["number"] = "{:.3g}".format
_pages.filters["date"] = lambda seconds: iso(seconds)[:10]

_MOST_FEATURES = 30
_MOST_TICKS = 12


@dataclass(frozen=True)
class View:
    """One domain as the page shows it.

    Attributes:
        drift: What moved.
        days: Signals by day, each against its mean before; None without any.
        scale: Of the stability indices.
        features: Features, what moved farthest first.
        others: Everything else, likewise.
    """

    drift: Drift
    days: Canvas | None
    scale: Axis
    features: tuple[Moved, ...]
    others: tuple[Moved, ...]


def drift_page(found: Sequence[Drift], *, made: float) -> str:
    """The drift of domains as one HTML document.

    Args:
        found: In the order to show.
        made: When the page is made, Unix seconds.
    """
    views = [_view(one) for one in found]
    return _pages.get_template("drift.html").render(views=views, made=iso(made), moved=MOVED, far=FAR)


def _view(found: Drift) -> View:
    features = [row for row in found.rows if row.kind == "feature" and row.measure is not None]
    features.sort(key=lambda row: -(row.measure or 0.0))
    return View(
        found,
        _days(found),
        axis([FAR, *(row.measure or 0.0 for row in features)], zero=True),
        tuple(features[:_MOST_FEATURES]),
        tuple(row for row in found.rows if row.kind != "feature" or row.measure is None),
    )


def _days(found: Drift) -> Canvas | None:
    """Events of each role by day, before and now; 1 is the mean of before."""
    names: list[str] = []
    values: list[list[float | None]] = []
    apart: list[None] = [None] if found.now.since - found.before.until > DAY else []  # where lines break
    for role, before in found.before.volumes.items():
        mean = sum(before) / found.before.days
        if mean <= 0:
            continue
        names.append(role)
        then = [count / mean for count in _whole(before, found.before.days)]
        values.append([*then, *apart, *(count / mean for count in _now(found, role))])
    length = max((len(row) for row in values), default=0)
    if length < 2:
        return None
    kinds: list[Part] = ["winner" if name == "goal" else "other" for name in names]
    filled = [[*row, *[None] * (length - len(row))] for row in values]
    days = len(_whole(next(iter(found.before.volumes.values())), found.before.days))
    dates = [iso(found.before.since + n * DAY)[5:10] for n in range(days)] + ["…" for _ in apart]
    dates += [iso(found.now.since + n * DAY)[5:10] for n in range(length - len(dates))]
    every = -(-length // _MOST_TICKS)
    heads = ["" if n % every and head != "…" else head for n, head in enumerate(dates)]
    return courses(names, kinds, filled, heads)


def _now(found: Drift, role: str) -> list[int]:
    return _whole(found.now.volumes.get(role, []), found.now.days)


def _whole(days: list[int], length: float) -> list[int]:
    """Without the last day, which is not over, unless it is the only one."""
    return days[: int(length)] or days[:1]
