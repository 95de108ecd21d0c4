"""`penchant slates show`: what was shown, why, and why something was not."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from penchant.cli.explain import number, show_why_not
from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, out, print_json, say, table
from penchant.engine import Engine
from penchant.serving import TracedSlate

app = typer.Typer(help="Slates that were served.", no_args_is_help=True)


@app.callback()
def slates() -> None:
    """Slates that were served."""


@app.command("show")
def show(
    slate_id: Annotated[str, typer.Argument(metavar="ID", help="The slate_id of an answer.")],
    why_not: Annotated[
        list[str] | None, typer.Option("--why-not", help="Item of which to say why it is not there; repeatable.")
    ] = None,
    language: Annotated[str | None, typer.Option("--language", help="Language of the reasons, as in de.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show a slate as it was served: what was asked, and of each item why and with which chance it stood there."""
    with Engine.open(config) as engine:
        found = engine.replay.get(slate_id, language=language, why_not=why_not or ())
    if as_json:
        print_json(found)
        return
    _tell(found)


def _tell(slate: TracedSlate) -> None:
    say((f"{slate.domain} / {slate.placement}", "bold"), f"  {slate.at}  release {slate.release or 'none'}")
    for name in ("user_id", "anonymous_id"):
        if isinstance(whose := getattr(slate, name), str):
            say(f"  {name}: {whose}")
    if slate.asked is not None:
        say("  asked: ", msgspec.json.encode(slate.asked).decode())
    if slate.objective is not None:
        say(f"  ordered by the {slate.by} of {slate.objective}")
    for rule in () if slate.rules is None else slate.rules.rules:
        say(f"  rule {rule.id} ({rule.action}): {', '.join(rule.items)}")
    if slate.items:
        rows = [("", "item", "relevance", "value", "chance", "source", "why")]
        for item in slate.items:
            why = "; ".join(reason.text or reason.code for reason in item.reasons)
            numbers = (number(item.relevance), number(item.value), number(item.propensity))
            rows.append((str(item.position), item.id, *numbers, ", ".join(item.source), why))
        out.print(table("", rows, right_from=9, whole=2))
    for note in slate.degraded:
        say((f"  {note}", "yellow"))
    if isinstance(slate.why_not, msgspec.UnsetType):
        return
    again = slate.why_not
    show_why_not(again.items)
    say(f"  release {again.release or 'none'}; asked again, {again.same} of {again.shown} items are the same")
    for note in again.notes:
        say((f"  {note}", "yellow"))
