"""`penchant advise`."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from penchant.cli.evaluate import Domains, chosen
from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, bar, print_json, say
from penchant.engine import Engine
from penchant.errors import ArtifactError
from penchant.evaluation import Report
from penchant.evaluation.advice import TOPICS, Advice, Severity
from penchant.evaluation.advisor import advise as advise_on
from penchant.evaluation.advisor import aim_named

STYLES: dict[Severity, str] = {"must": "bold red", "should": "yellow", "may": "cyan", "fine": "green"}


def advise(
    domains: Domains = None,
    goal: Annotated[
        str | None, typer.Option("--goal", "-g", help="What you want of it, as in `revenue`; a wrong one names all.")
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Say what the data supports: which goal, signals and models, what to collect next, and what is stale."""
    with Engine.open(config) as engine:
        names = chosen(engine, domains)
        if goal is not None and domains is None:  # a goal is one of some packs; the others are not asked
            names = [name for name in names if goal in {aim.name for aim in engine.domains[name].pack.aims}] or names
        for name in names:
            aim_named(engine.domains[name].pack, goal)
        found: dict[str, tuple[Advice, ...]] = {}
        for name in names:
            setup = engine.domains[name]
            with bar(name) as progress:
                data = engine.dataset(name, progress.share)
            found[name] = advise_on(
                data,
                setup.pack,
                setup.pack.models,
                engine.settings.domains[name].evaluation,
                now=engine.clock.now(),
                goal=goal,
                report=_last(engine, name),
                seed=engine.settings.training.seed,
            )
            if not as_json:
                _show(name, setup.pack.name, aim_named(setup.pack, goal).name, found[name])
        if as_json:
            print_json(found)


def _last(engine: Engine, domain: str) -> Report | None:
    """The evaluation that the serving release was published with."""
    for manifest in engine.release_list(domain):
        if isinstance(manifest, ArtifactError):
            continue
        judged = manifest.evidence.get("evaluation")
        try:
            return msgspec.convert(judged, Report) if judged is not None else None
        except msgspec.ValidationError:  # of an older version
            return None
    return None


def _show(domain: str, pack: str, goal: str, found: tuple[Advice, ...]) -> None:
    say((domain, "bold"), f" ({pack}), goal: {goal}")
    for topic, heading in TOPICS.items():
        of_topic = [advice for advice in found if advice.topic == topic]
        if of_topic:
            say((f"\n{heading}", "bold"))
        for advice in of_topic:
            say((f"  {advice.severity:<6} ", STYLES[advice.severity]), advice.what)
            say((f"         {advice.why}", "dim"))
            if advice.todo:
                say(f"         → {advice.todo}")
    say("")
