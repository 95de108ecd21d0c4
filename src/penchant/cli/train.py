"""`penchant train`."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from penchant.cli.duration import seconds
from penchant.cli.evaluate import Domains, brief, chosen
from penchant.cli.outcomes import outcomes
from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, bar, counted, print_json, say
from penchant.engine import Engine
from penchant.errors import InvalidRequest
from penchant.evaluation import Report
from penchant.evaluation.glossary import mixture
from penchant.pack import REFERENCE
from penchant.storage import ITEM_SPACE, Manifest
from penchant.training import Attempts


def train(
    domains: Domains = None,
    config: ConfigPath = DEFAULT_CONFIG,
    judge: Annotated[bool, typer.Option("--evaluate/--no-evaluate", help="Judge the models first.")] = True,
    budget: Annotated[
        str | None,
        typer.Option("--budget", help="Search for better settings for this long a domain, as 90s, 10m or 1h."),
    ] = None,
    as_json: AsJson = False,
    turn: Annotated[
        int | None, typer.Option("--turn", hidden=True, help="Open file of a turn that was taken for this training.")
    ] = None,
) -> None:
    """Fit a domain's models on everything known and let them serve as a new release."""
    budget_s = None if budget is None else seconds(budget, "--budget")
    if budget is not None and not judge:
        raise InvalidRequest("--budget", "needs the models to be judged; leave out --no-evaluate", budget)
    with Engine.open(config) as engine:
        made = []
        for name in chosen(engine, domains):
            with engine.turns.taken(name, turn) as mine:
                if not mine:
                    raise InvalidRequest("domain", f'"{name}" is being trained by another process')
                with bar(name) as progress:
                    manifest = engine.train(name, judge=judge, budget_s=budget_s, progress=progress.share)
                if engine.turns.read(name).failed:
                    engine.turns.keep(name, Attempts())
            made.append(manifest)
            if not as_json:
                _tell(name, manifest, judge)
        if as_json:
            print_json(made)


def _tell(domain: str, manifest: Manifest, judge: bool) -> None:
    """What came of a training: the report, what is in the release, and what each placement serves."""
    evidence = manifest.evidence
    report = None if evidence["evaluation"] is None else msgspec.convert(evidence["evaluation"], Report)
    if report is not None:
        brief(report)
    elif judge:
        say((f"  {domain} was not judged: {evidence['not_judged']}", "yellow"))
    for model, reason in evidence["failed"].items():
        say((f"  {model} is not in the release: {reason}", "yellow"))
    if evidence["not_served"]:
        say((f"  not fitted, for nothing serves them: {', '.join(evidence['not_served'])}", "dim"))
    _heads(evidence)
    beside = ("head", REFERENCE, "statistics")
    parts = manifest.parts.items()
    models = [name for name, part in parts if part.arrays and name != ITEM_SPACE and part.kind not in beside]
    say((manifest.id, "bold green"), f" serves now, with {counted(len(models), 'model')}: {', '.join(models)}")
    if report is not None:
        _placements(report)
    say("")


def _heads(evidence: dict[str, Any]) -> None:
    """What heads learned from, how good they are, and which objectives their formulas serve."""
    if evidence["heads"] is not None:
        outcomes({**evidence["heads"], "objectives": evidence["objectives"]})


def _placements(report: Report) -> None:
    """What the source `blend` is in each placement, those with the same told together."""
    told: dict[str, list[str]] = {}
    for name, choice in report.placements.items():
        words = f"{mixture(choice.blend, choice.task)}, learned for {choice.task}" if choice.blend else choice.reason
        told.setdefault(words, []).append(name)
    for words, names in told.items():
        say((f"  {', '.join(names)}: ", "bold"), words)
