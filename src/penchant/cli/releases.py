"""`penchant releases list | show | roll-back`."""

from __future__ import annotations

from typing import Annotated

import typer

from penchant.cli.evaluate import Domains, chosen
from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, out, print_json, say, table
from penchant.engine import Engine
from penchant.errors import ArtifactError
from penchant.pack import REFERENCE, STATISTICS

app = typer.Typer(help="See what was trained, and go back.", no_args_is_help=True)

_BESIDE = ("head", REFERENCE, STATISTICS)
"""Kinds of parts that are no models."""

Domain = Annotated[str, typer.Argument(help="Domain by name.")]


@app.command("list")
def list_(domains: Domains = None, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Releases by domain, the one that should serve first; damaged ones say what is wrong."""
    with Engine.open(config) as engine:
        found = {name: engine.release_list(name) for name in chosen(engine, domains)}
    if as_json:
        print_json(
            {
                name: [{"error": str(r)} if isinstance(r, ArtifactError) else r for r in rows]
                for name, rows in found.items()
            }
        )
        return
    for name, releases in found.items():
        rows = [("release", "made", "models", "winner", "config", "state")]
        serves = False
        for release in releases:
            if isinstance(release, ArtifactError):
                rows.append((release.path.rsplit("/", 2)[-2], "", "", "", "", f"refused: {release.reason}"))
                continue
            judged = release.evidence.get("evaluation") or {}
            state = "" if serves else "serves"
            serves = True
            winner = str(judged.get("winner") or "not judged")
            rows.append(
                (
                    release.id,
                    release.created[:16].replace("T", " "),
                    str(sum(part.kind not in _BESIDE and bool(part.arrays) for part in release.parts.values()) - 1),
                    winner,
                    release.config,
                    state,
                )
            )
        if len(rows) == 1:
            say(f"{name}: no release yet; `penchant train {name}` makes one")
        else:
            out.print(table(name, rows, right_from=9))


@app.command("roll-back")
def roll_back(
    domain: Domain,
    to: Annotated[str | None, typer.Option("--to", help="A release by name; the one before when missing.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Let an earlier release serve again; a running server follows with its next request."""
    with Engine.open(config) as engine:
        say((engine.roll_back(domain, to), "bold green"), " serves now")
