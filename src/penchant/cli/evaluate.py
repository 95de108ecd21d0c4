"""`penchant evaluate`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, bar, out, print_json, table
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
    """Print one report: the ranking metrics every domain has, then the domain's own."""
    span = f"test {report.test_from[:10]} to {report.test_until[:10]}"
    counts = report.counts
    out.print(
        f"[bold]{report.domain}[/] ({report.pack}), {span}: {counts.people_judged:,} people judged,"
        f" {counts.items:,} items, repeats {report.repeats}",
        highlight=False,
    )
    own = [name for row in report.rows for name in row.metrics if name not in EVERY_DOMAIN]
    parts = [name for name in ("on repeats", "on new") if report.repeats == "allowed"]
    out.print(table("", [("model", *RANKING), *([_name(report, r), *_cells(r, RANKING)] for r in report.rows)]))
    header = ["model", *dict.fromkeys(own), *parts, "fit s"]
    rows = [header]
    for row in report.rows:
        cells = _cells(row, header[1 : len(header) - 1 - len(parts)])
        cells += [_cell(share.get("ndcg@10")) for share in (row.on_repeats, row.on_new)][: len(parts)]
        rows.append([_name(report, row), *cells, f"{row.fit_s:.1f}"])
    out.print(table("", rows))
    for row in report.rows:
        if row.failed:
            out.print(f"  [yellow]{row.name}: {row.failed}[/]")
    if report.blend:
        weights = " + ".join(f"{weight:.2f} {name}" for name, weight in report.blend.items())
        out.print(f"  blend = {weights}", highlight=False)
    out.print("  b: baseline; *: winner; in brackets the 95 % interval over people", style="dim", highlight=False)
    out.print(f"  [bold]winner: {report.winner or 'none'}[/]. {report.winner_reason}", highlight=False)


def _name(report: Report, row: Row) -> str:
    return row.name + (" b" if row.baseline else "") + (" *" if row.name == report.winner else "")


def _cells(row: Row, names: Sequence[str]) -> list[str]:
    return [_cell(row.metrics.get(name)) for name in names]


def _cell(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    return f"{estimate.mean:.4f} [{estimate.low:.3f} {estimate.high:.3f}]"
