"""`penchant train`."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from penchant.cli.evaluate import Domains, chosen, show
from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, bar, counted, print_json, say
from penchant.engine import Engine
from penchant.evaluation import Report
from penchant.storage import ITEM_SPACE


def train(
    domains: Domains = None,
    config: ConfigPath = DEFAULT_CONFIG,
    judge: Annotated[bool, typer.Option("--evaluate/--no-evaluate", help="Judge the models first.")] = True,
    as_json: AsJson = False,
) -> None:
    """Fit a domain's models on everything known and let them serve as a new release."""
    with Engine.open(config) as engine:
        made = []
        for name in chosen(engine, domains):
            with bar(name) as progress:
                manifest = engine.train(name, judge=judge, progress=progress.share)
            made.append(manifest)
            if as_json:
                continue
            judged = manifest.evidence["evaluation"]
            if judged is not None:
                show(msgspec.convert(judged, Report))
            elif judge:
                say((f"  {name} was not judged: {manifest.evidence['not_judged']}", "yellow"))
            for model, reason in manifest.evidence["failed"].items():
                say((f"  {model} is not in the release: {reason}", "yellow"))
            models = [name for name, part in manifest.parts.items() if part.arrays and name != ITEM_SPACE]
            say(
                (manifest.id, "bold green"), f" serves now, with {counted(len(models), 'model')}: {', '.join(models)}\n"
            )
        if as_json:
            print_json(made)
