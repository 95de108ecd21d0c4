"""`penchant questions`."""

from __future__ import annotations

from typing import Annotated

import typer

from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, out, print_json, say, table
from penchant.engine import Engine


def questions(
    domain: Annotated[str, typer.Argument(metavar="DOMAIN", help="Domain, as in `shop`.")],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show what to ask somebody of whom nothing is known, so that the answers part the catalog well."""
    with Engine.open(config) as engine:
        found = engine.preferences.questions(domain)
    if as_json:
        print_json({"domain": domain, "questions": found})
        return
    if not found:
        say("nothing to ask: no attribute of the catalog has two values with enough items")
        return
    rows = [("question", "answers", "bits")]
    for question in found:
        answers = ", ".join(f"{option.label} ({option.items:,})" for option in question.options)
        rows.append((f"{question.label} ({question.field})", answers, f"{question.bits:.2f}"))
    out.print(table(f"{domain}: questions", rows, right_from=2))
