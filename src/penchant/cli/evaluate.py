"""`penchant evaluate`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Annotated

import typer

from penchant.cli.duration import seconds
from penchant.cli.outcomes import outcomes
from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, bar, counted, out, print_json, say, table
from penchant.engine import Engine
from penchant.errors import InvalidRequest, NotFound, StorageError
from penchant.evaluation import Estimate, Report, Row
from penchant.evaluation.glossary import TASKS, mixture, number
from penchant.evaluation.page import page

Domains = Annotated[list[str] | None, typer.Argument(help="Domains by name; all of them when none is named.")]


RANKING = ("ndcg@10", "recall@20", "coverage@10")
_WIDTH = 100
_PARTS = (
    ("on repeats", "on_repeats"),
    ("on new", "on_new"),
    ("cold items", "on_cold_items"),
    ("cold people", "on_cold_people"),
)


def chosen(engine: Engine, names: Sequence[str] | None) -> list[str]:
    """The named domains, or all.

    Raises:
        NotFound: No such domain.
    """
    for name in names or ():
        if name not in engine.domains:
            raise NotFound("domain", name, engine.domains)
    return list(names or engine.domains)


def evaluate(
    domains: Domains = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write the reports as one HTML page that stands alone.")
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option("--budget", help="Search for better settings for this long a domain, as 90s, 10m or 1h."),
    ] = None,
    windows: Annotated[
        int | None, typer.Option("--windows", min=1, max=12, help="Test windows, over those of the configuration.")
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Judge every model beside the baselines: global temporal split, full catalog, intervals over people."""
    budget_s = None if budget is None else seconds(budget, "--budget")
    if html is not None:
        _check(html)
    with Engine.open(config) as engine:
        reports = []
        for name in chosen(engine, domains):
            with bar(name) as progress:
                reports.append(engine.evaluate(name, progress.share, budget_s=budget_s, windows=windows))
            if not as_json:
                show(reports[-1])
        if as_json:
            print_json(reports)
        if html is not None:
            packs = {setup.pack.name: setup.pack for setup in engine.domains.values()}
            _write(html, page(reports, packs, made=engine.clock.now()))
            if not as_json:
                say(("page: ", "bold"), str(html))


def _check(html: Path) -> None:
    """Refuse a place where no page can be written, before hours of work."""
    try:
        if html.is_dir():
            raise InvalidRequest("--html", "is a folder; name a file in it, as in report.html", str(html))
        if not html.parent.is_dir():
            raise InvalidRequest("--html", "must be in a folder that there is", str(html))
    except OSError as error:
        raise StorageError(str(html), error.strerror or "cannot be written") from None


def _write(html: Path, text: str) -> None:
    try:
        html.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(str(html), error.strerror or "cannot be written") from None


def show(report: Report) -> None:
    """Print one report: the metrics with intervals, then the others, windows, other tasks, placements, the winner."""
    _head(report)
    _models(report)
    for row in report.rows:
        if row.failed:
            say((f"  {row.name}: {row.failed}", "yellow"))
    _windows(report)
    _tasks(report)
    _placements(report)
    _search(report)
    if report.outcomes is not None:
        outcomes(report.outcomes)
    _foot(report)


def brief(report: Report) -> None:
    """Print what a training needs to tell of its report: the ranking metrics, the other tasks, the winner."""
    _head(report)
    rows = [row for row in report.rows if row.metrics]
    first = [[metric, *(_with_interval(row.metrics.get(metric)) for row in rows)] for metric in RANKING]
    _print(["model", *(_name(report, row) for row in rows)], first)
    _tasks(report, meanings=False)
    _foot(report)
    say((f"  every metric, and a page of it: penchant evaluate {report.domain} --html report.html", "dim"))


def _head(report: Report) -> None:
    counts = report.counts
    say(
        (report.domain, "bold"),
        f" ({report.pack}): {counts.people_judged:,} people judged on what they did from"
        f" {report.test_from[:10]} to {report.test_until[:10]}, {counts.items:,} items, repeats {report.repeats}",
    )
    say((f"  {report.task}: {TASKS[report.task]}", "dim"))


def _foot(report: Report) -> None:
    if report.blend is not None and len(report.blend.shares) > 1:
        say(f"  blend = {mixture(report.blend, report.task)}")
    say(("  b baseline, * winner; after a mean the 95 % interval over people", "dim"))
    say((f"  winner: {report.winner or 'none'}", "bold"), f". {report.winner_reason}")


def _models(report: Report) -> None:
    rows = [row for row in report.rows if row.metrics]
    names = [_name(report, row) for row in rows]
    first = [[metric, *(_with_interval(row.metrics.get(metric)) for row in rows)] for metric in RANKING]
    _print(["model", *names], [*first, ["fit s", *(f"{row.fit_s:.1f}" for row in rows)]])
    metrics = dict.fromkeys(metric for row in rows for metric in row.metrics if metric not in RANKING)
    rest = [[metric, *(_mean(row.metrics.get(metric)) for row in rows)] for metric in metrics]
    for words, field in _PARTS:
        found = [getattr(row, field).get("ndcg@10") for row in rows]
        if any(found):
            rest.append([words, *map(_mean, found)])
    if rest:
        _print(["model", *names], rest)


def _windows(report: Report) -> None:
    if len(report.windows) < 2:
        return
    rows: list[Sequence[str]] = [
        ("window", "people", "winner by it alone", "its ndcg@10", "challenger less best baseline")
    ]
    for turn in report.windows:
        won = None if turn.winner is None else turn.means.get(turn.winner)
        rows.append(
            (
                f"{turn.test_from[:10]} to {turn.test_until[:10]}",
                f"{turn.people_judged:,}",
                turn.winner or "none",
                "–" if won is None else f"{won:.4f}",
                turn.against_baseline.signed if turn.against_baseline is not None else "–",
            )
        )
    say(("windows, each judged by models that knew only what came before it", "bold"))
    _print(*_columns(rows))


def _tasks(report: Report, *, meanings: bool = True) -> None:
    if not report.also:
        return
    rows: list[Sequence[str]] = [("task", "lists", "winner", "ndcg@10", "challenger less best baseline")]
    for other in report.also:
        won = None if other.winner is None else other.row(other.winner)
        rows.append(
            (
                other.task,
                f"{other.counts.requests:,}",
                other.winner or "none",
                _with_interval(won.metrics.get("ndcg@10") if won else None),
                other.against_baseline.signed if other.against_baseline is not None else "–",
            )
        )
    say(("other tasks", "bold"))
    _print(*_columns(rows))
    for other in report.also if meanings else ():
        say((f"  {other.task}: {TASKS[other.task]}", "dim"))


def _placements(report: Report) -> None:
    if not report.placements:
        return
    rows: list[Sequence[str]] = [("placement", "judged by", "winner", "ndcg@10")]
    rows += [
        (name, choice.task, choice.winner or "–", _with_interval(choice.ndcg))
        for name, choice in report.placements.items()
    ]
    say(("placements", "bold"))
    _print(*_columns(rows))
    for reason in dict.fromkeys(choice.reason for choice in report.placements.values()):
        names = ", ".join(name for name, choice in report.placements.items() if choice.reason == reason)
        say((f"  {names}: ", "bold"), reason)


def _search(report: Report) -> None:
    if not report.tried:
        return
    spent = sum(one.seconds for one in report.tried)
    say(f"  search: {counted(len(report.tried), 'setting')} tried in {spent:,.0f} s of fitting, on validation alone")
    for name, settings in report.settings.items():
        say(f"    {name}: {', '.join(f'{key} {value}' for key, value in settings.items())}")


def _columns(rows: Sequence[Sequence[str]]) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """The first column, and the others."""
    first, *others = zip(*rows, strict=True)
    return first, others


def _print(names: Sequence[str], columns: Sequence[Sequence[str]]) -> None:
    """One table, or several that fit the screen; the first column is in each."""
    for part in _fitting(names, columns):
        out.print(table("", list(zip(names, *part, strict=True))))


def _fitting(names: Sequence[str], columns: Sequence[Sequence[str]]) -> Iterator[Sequence[Sequence[str]]]:
    room = min(out.width, _WIDTH) - max(map(len, names)) - 3
    part: list[Sequence[str]] = []
    for column in columns:
        widths = accumulate(max(map(len, one)) + 3 for one in (*part, column))
        if part and max(widths) > room:
            yield part
            part = []
        part.append(column)
    yield part


def _name(report: Report, row: Row) -> str:
    return row.name + (" b" if row.baseline else "") + (" *" if row.name == report.winner else "")


def _with_interval(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    return f"{estimate.mean:.4f} {_short(estimate.low)}–{_short(estimate.high)}"


def _short(number: float) -> str:
    return f"{number:.3f}".removeprefix("0") if number < 1 else f"{number:.2f}"


def _mean(estimate: Estimate | None) -> str:
    return "–" if estimate is None else number(estimate.mean)
