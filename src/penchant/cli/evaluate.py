"""`penchant evaluate`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, bar, out, print_json, say, table
from penchant.engine import Engine
from penchant.errors import NotFound
from penchant.evaluation import Estimate, Report, Row

Domains = Annotated[list[str] | None, typer.Argument(help="Domains by name; all of them when none is named.")]


RANKING = ("ndcg@10", "recall@20", "coverage@10")
EVERY_DOMAIN = (*RANKING, "hr@10", "mrr@20")


def chosen(engine: Engine, names: Sequence[str] | None) -> list[str]:
    """The named domains, or all.

    Raises:
        NotFound: No such domain.
    """
    for name in names or ():
        if name not in engine.domains:
            raise NotFound("domain", name, engine.domains)
    return list(names or engine.domains)


def evaluate(domains: Domains = None, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Judge every model beside the baselines: global temporal split, full catalog, intervals over people."""
    with Engine.open(config) as engine:
        reports = []
        for name in chosen(engine, domains):
            with bar(name) as progress:
                reports.append(engine.evaluate(name, progress.share))
            if not as_json:
                show(reports[-1])
        if as_json:
            print_json(reports)


def show(report: Report) -> None:
    """Print one report: the ranking metrics every domain has, with intervals, then the domain's own."""
    counts = report.counts
    say(
        (report.domain, "bold"),
        f" ({report.pack}): {counts.people_judged:,} people judged on what they did from"
        f" {report.test_from[:10]} to {report.test_until[:10]}, {counts.items:,} items, repeats {report.repeats}",
    )
    rows = [(_name(report, row), *(_with_interval(row.metrics.get(name)) for name in RANKING)) for row in report.rows]
    out.print(table("", [("model", *RANKING), *rows]))
    own = dict.fromkeys(name for row in report.rows for name in row.metrics if name not in EVERY_DOMAIN)
    split = report.repeats == "allowed"
    rows = []
    for row in report.rows:
        cells = [_mean(row.metrics.get(name)) for name in own]
        if split:
            cells += [_mean(row.on_repeats.get("ndcg@10")), _mean(row.on_new.get("ndcg@10"))]
        rows.append((_name(report, row), *cells, f"{row.fit_s:.1f}"))
    out.print(table("", [("model", *own, *(("on repeats", "on new") if split else ()), "fit s"), *rows]))
    for row in report.rows:
        if row.failed:
            say((f"  {row.name}: {row.failed}", "yellow"))
    if len(report.blend) > 1:
        weights = " + ".join(f"{weight:.2f} {name}" for name, weight in report.blend.items())
        say(f"  blend = {weights}")
    say(("  b baseline, * winner; after a mean the 95 % interval over people", "dim"))
    say((f"  winner: {report.winner or 'none'}", "bold"), f". {report.winner_reason}")


def _name(report: Report, row: Row) -> str:
    return row.name + (" b" if row.baseline else "") + (" *" if row.name == report.winner else "")


def _with_interval(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    return f"{estimate.mean:.4f} {_short(estimate.low)}–{_short(estimate.high)}"


def _short(number: float) -> str:
    return f"{number:.3f}".removeprefix("0") if number < 1 else f"{number:.2f}"


def _mean(estimate: Estimate | None) -> str:
    return "–" if estimate is None else f"{estimate.mean:.4f}"
