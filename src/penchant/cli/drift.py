"""`penchant drift`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from penchant.cli.evaluate import Domains, chosen
from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, bar, out, print_json, say, table
from penchant.clock import iso
from penchant.engine import Engine
from penchant.errors import StorageError
from penchant.training import Drift
from penchant.training.drift_page import drift_page

FAR = 3
"""Exit code of `--check` when something moved far."""

_STYLES = {"far": "bold red", "moved": "yellow", "steady": "green", "unknown": "dim"}
_MOST = 12


def drift(
    domains: Domains = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write it as one HTML page that stands alone.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help=f"Exit {FAR} if anything moved far; for cron.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Say what moved since each release was trained: signals, labels, features, coverage."""
    with Engine.open(config) as engine:
        found = []
        for name in chosen(engine, domains):
            with bar(name) as progress:
                found.append(engine.drift(name, progress.share))
            if not as_json:
                _show(found[-1])
        if as_json:
            print_json(found)
        if html is not None:
            try:
                html.write_text(drift_page(found, made=engine.clock.now()), encoding="utf-8")
            except OSError as error:
                raise StorageError(str(html), error.strerror or "cannot be written") from None
            if not as_json:
                say(("page: ", "bold"), str(html))
    if check and any(one.level == "far" for one in found):
        raise typer.Exit(FAR)


def _show(found: Drift) -> None:
    """Everything that moved, then what is steady, by kind."""
    before, now = found.before, found.now
    say(
        (f"{found.domain}: ", "bold"),
        (found.level, _STYLES[found.level]),
        f" since {found.release}; now {iso(now.since)[:16]} to {iso(now.until)[:16]},"
        f" before {iso(before.since)[:16]} to {iso(before.until)[:16]}",
    )
    told = [row for row in found.rows if row.level in ("far", "moved") or row.kind in ("volume", "label")]
    rows = [("what", "moved", "in words"), *((f"{r.kind} {r.name}", r.level, r.words) for r in told[:_MOST])]
    if len(rows) > 1:
        out.print(table("", rows, right_from=9))
    steady = len(found.rows) - len(told[:_MOST])
    if steady:
        say((f"  {steady} more; --json tells all", "dim"))
