"""`penchant evaluate`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, bar, out, print_json, table
from penchant.engine import Engine
from penchant.errors import NotFound
from penchant.evaluation import Report, rows_for_table

Domains = Annotated[list[str] | None, typer.Argument(help="Domains by name; all of them when none is named.")]


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
    """Print one report."""
    out.print(
        table(
            f"{report.domain} ({report.pack}), test {report.test_from[:10]} to {report.test_until[:10]}",
            rows_for_table(report),
        )
    )
    out.print(f"  winner: [bold]{report.winner or 'none'}[/]. {report.winner_reason}")
