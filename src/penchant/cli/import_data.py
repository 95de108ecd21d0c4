"""`penchant import`."""

from __future__ import annotations

from typing import Annotated

import typer

from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, bar, out, print_json, say, table
from penchant.engine import Engine
from penchant.ingest import REASONS, ImportReport


def import_data(
    names: Annotated[list[str] | None, typer.Argument(help="Imports by name; all of them when none is named.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Read the files of penchant.toml into the store. Running it again stores nothing twice."""
    with Engine.open(config, imports=True) as engine, bar("import") as progress:
        reports = engine.import_data(names or (), progress.count)
    if as_json:
        print_json(reports)
        return
    show(reports)


def show(reports: list[ImportReport]) -> None:
    """Print what became of each import's rows."""
    rows: list[tuple[str, ...]] = [("import", "read", "stored", "duplicate", "left out", "rejected", "rows/s")]
    for report in reports:
        rate = report.read / report.seconds if report.seconds else 0.0
        left_out, rejected = sum(report.excluded.values()), sum(report.rejected.values())
        counts = (report.read, report.stored, report.duplicate, left_out, rejected, round(rate))
        rows.append((report.name, *(f"{n:,}" for n in counts)))
    if not reports:
        say("nothing to import: penchant.toml has no [[imports]]; docs/configuration.md shows some")
        return
    out.print(table("Imported", rows))
    for report in reports:
        for reason, count in report.excluded.items():
            say(f"  {report.name}: {count:,} left out: {reason}")
        for reason, count in report.rejected.items():
            say((f"  {report.name}: {count:,} rejected: {REASONS.get(reason, reason)} ({reason})", "yellow"))
        if report.rejected_file:
            say((f"  {report.name}: the rejected rows are in {report.rejected_file}", "yellow"))
