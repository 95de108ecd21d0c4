"""Reports as one HTML page that stands alone: styles and plots inside, nothing fetched, no script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from penchant.clock import iso
from penchant.evaluation.glossary import ORIGINS, TASKS, meaning, mixture, number, shares
from penchant.evaluation.interval import Estimate
from penchant.evaluation.outcome_plots import reliability, trade
from penchant.evaluation.outcomes import EVERYTHING, HeadRow, ObjectiveRow
from penchant.evaluation.plots import Axis, Canvas, Mark, Part, axis, climb, courses, scattered
from penchant.evaluation.report import Report, Row
from penchant.pack import Pack

CHOICE = "ndcg@10"
"""The metric that choices are made by."""

_COVERAGE = "coverage@10"
_SHORT = 6
"""Columns of a table at most; what has more becomes several."""

_pages = Environment(
    loader=PackageLoader("penchant.evaluation"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.filters["count"] = "{:,}".format
_pages.filters["number"] = number
_pages.filters["signed"] = "{:+.4f}".format
_pages.filters["percent"] = "{:.1%}".format
_pages.filters["date"] = lambda moment: moment[:10]


@dataclass(frozen=True)
class Table:
    """A table of numbers.

    Attributes:
        title: What it holds.
        heads: Names of the columns after the first, each with a sentence (may be empty).
        rows: A model's row and one estimate a column, None where it has none.
    """

    title: str
    heads: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Row, tuple[Estimate | None, ...]], ...]


@dataclass(frozen=True)
class Pairs:
    """Two numbers a model, on one scale.

    Attributes:
        scale: Of both.
        rows: A model's row, and its two estimates.
    """

    scale: Axis
    rows: tuple[tuple[Row, Estimate | None, Estimate | None], ...]


@dataclass(frozen=True)
class View:
    """One report as the page shows it.

    Attributes:
        report: The report.
        anchor: Its place on the page.
        question: What was judged.
        goal: What the domain exists for; empty where nobody said.
        scale: Of the plot of NDCG@10.
        marks: By model name, with whiskers.
        bar: NDCG@10 of the best baseline, in percent of the scale; None without any.
        turns: Mean NDCG@10 over the windows; None with fewer than two.
        spread: Accuracy against coverage; None without coverage.
        pairs: On repeats and on new; None where they were not told apart.
        tables: All metrics.
        cold: On cold items and cold people; None where nobody looked.
        shares: The blend; names and weights.
        search: What a search reached over time; None without one.
        improved: Tries that became the best, in order: seconds, name, settings, value.
        also: Views of the other tasks.
        heads: Heads with their reliability curves; None for one that was not judged.
        objectives: Objectives with their trade-off curves; None where there is none to draw.
    """

    report: Report
    anchor: str
    question: str
    goal: str
    scale: Axis
    marks: Mapping[str, Mark]
    bar: float | None
    turns: Canvas | None
    spread: Canvas | None
    pairs: Pairs | None
    tables: tuple[Table, ...]
    cold: Table | None
    shares: tuple[tuple[str, float], ...]
    search: Canvas | None
    improved: tuple[tuple[float, str, str, float], ...]
    also: tuple[View, ...]
    heads: tuple[tuple[HeadRow, Canvas | None], ...] = ()
    objectives: tuple[tuple[ObjectiveRow, Canvas | None], ...] = ()


def page(reports: Sequence[Report], packs: Mapping[str, Pack], *, made: float) -> str:
    """The reports as one HTML document.

    Args:
        reports: In the order to show.
        packs: By name; they say what their metrics mean. One that is missing leaves them unexplained.
        made: When the page is made, Unix seconds.
    """
    views = [_view(report, packs.get(report.pack), f"d{n}") for n, report in enumerate(reports, 1)]
    return _pages.get_template("report.html").render(views=views, made=iso(made))


def part_of(row: Row, report: Report) -> Part:
    """How a model is drawn."""
    return "winner" if row.name == report.winner else "baseline" if row.baseline else "other"


def _view(report: Report, pack: Pack | None, anchor: str) -> View:
    judged = [row for row in report.rows if CHOICE in row.metrics]
    estimates = [row.metrics[CHOICE] for row in judged]
    scale = axis([bound for e in estimates for bound in (e.low, e.high)], zero=True)
    marks = {
        row.name: Mark(
            row.name,
            part_of(row, report),
            scale.percent(e.mean),
            low=scale.percent(e.low),
            high=scale.percent(e.high),
        )
        for row, e in zip(judged, estimates, strict=True)
    }
    baselines = [e.mean for row, e in zip(judged, estimates, strict=True) if row.baseline]
    own = {} if pack is None else {metric.name: metric for metric in pack.metrics}
    return View(
        report=report,
        anchor=anchor,
        question=TASKS[report.task],
        goal="" if pack is None else pack.goal,
        scale=scale,
        marks=marks,
        bar=scale.percent(max(baselines)) if baselines else None,
        turns=_turns(report),
        spread=_spread(report),
        pairs=_pairs(report),
        tables=_tables(report, lambda metric: meaning(metric, own)),
        cold=_cold(report),
        shares=() if report.blend is None else shares(report.blend, report.task),
        search=_search(report),
        improved=_improved(report),
        also=tuple(_view(other, pack, f"{anchor}-{other.task}") for other in report.also),
        heads=_heads(report),
        objectives=_objectives(report),
    )


def _heads(report: Report) -> tuple[tuple[HeadRow, Canvas | None], ...]:
    rows = () if report.outcomes is None else report.outcomes.heads
    return tuple((row, None if row.figures is None else reliability(row.figures)) for row in rows)


def _objectives(report: Report) -> tuple[tuple[ObjectiveRow, Canvas | None], ...]:
    rows = () if report.outcomes is None else report.outcomes.objectives
    return tuple((row, trade(row.curve, row.floor)) for row in rows)


def _by_interest(report: Report) -> list[Row]:
    """Rows with numbers: the winner, the best baseline, then the best."""
    judged = [row for row in report.rows if CHOICE in row.metrics]
    best = next((row.name for row in judged if row.baseline), None)
    return sorted(judged, key=lambda row: (row.name != report.winner, row.name != best))


def _turns(report: Report) -> Canvas | None:
    if len(report.windows) < 2:
        return None
    rows = _by_interest(report)
    values = [[turn.means.get(row.name) for turn in report.windows] for row in rows]
    heads = [turn.test_from[:10] for turn in report.windows]
    return courses([row.name for row in rows], [part_of(row, report) for row in rows], values, heads)


def _spread(report: Report) -> Canvas | None:
    rows = [row for row in _by_interest(report) if _COVERAGE in row.metrics]
    if not rows:
        return None
    xs, ys = ([row.metrics[name].mean for row in rows] for name in (_COVERAGE, CHOICE))
    return scattered([row.name for row in rows], [part_of(row, report) for row in rows], xs, ys)


def _pairs(report: Report) -> Pairs | None:
    rows = [(row, row.on_repeats.get(CHOICE), row.on_new.get(CHOICE)) for row in report.rows]
    rows = [(row, one, other) for row, one, other in rows if one is not None or other is not None]
    if not rows:
        return None
    means = [estimate.mean for _, *both in rows for estimate in both if estimate is not None]
    return Pairs(axis(means, zero=True), tuple(rows))


def _tables(report: Report, about: Callable[[str], str]) -> tuple[Table, ...]:
    rows = [row for row in report.rows if row.metrics]
    names = list(dict.fromkeys(name for row in rows for name in row.metrics))
    parts = [names[start : start + _SHORT] for start in range(0, len(names), _SHORT)]
    return tuple(
        Table(
            ", ".join(part),
            tuple((name, about(name)) for name in part),
            tuple((row, tuple(row.metrics.get(name) for name in part)) for row in rows),
        )
        for part in parts
    )


def _cold(report: Report) -> Table | None:
    parts = (("cold items", "on_cold_items"), ("cold people", "on_cold_people"))
    names = [
        (field, f"{metric}, {words}", metric)
        for words, field in parts
        for metric in (CHOICE, "recall@20")
        if any(metric in getattr(row, field) for row in report.rows)
    ]
    rows = [(row, tuple(getattr(row, field).get(metric) for field, _, metric in names)) for row in report.rows]
    rows = [(row, found) for row, found in rows if any(found)]
    if not rows:
        return None
    return Table("cold items and cold people", tuple((words, "") for _, words, _ in names), tuple(rows))


def _search(report: Report) -> Canvas | None:
    if not report.tried:
        return None
    seconds, done = [], 0.0
    for one in report.tried:
        done += one.seconds
        seconds.append(done)
    return climb(seconds, [one.value for one in report.tried], [one.name for one in report.tried])


def _improved(report: Report) -> tuple[tuple[float, str, str, float], ...]:
    found, done, best = [], 0.0, float("-inf")
    for one in report.tried:
        done += one.seconds
        if one.value is not None and one.value > best:
            best = one.value
            found.append((done, one.name, settings_text(one.settings), best))
    return tuple(found)


def settings_text(settings: Mapping[str, object]) -> str:
    """Hyper-parameters in one line; those of the pack when none differs."""
    return ", ".join(f"{name} {value}" for name, value in settings.items()) or "as the pack has it"


_pages.globals.update(mixture=mixture, settings_text=settings_text, tasks=TASKS, origins=ORIGINS, everything=EVERYTHING)
