"""The command group: every command in one place, and errors of ours shown as sentences."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from penchant.cli import (
    advise,
    check,
    demo,
    drift,
    evaluate,
    failed,
    feeds,
    import_data,
    init,
    items,
    keys,
    people,
    placements,
    prove,
    questions,
    recommend,
    releases,
    rules,
    schedule,
    serve,
    slates,
    train,
)
from penchant.cli.screen import out, print_error
from penchant.errors import PenchantError


class Commands(TyperGroup):
    """Shows penchant's own errors as sentences, with an exit code, and never as a trace."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except PenchantError as error:
            raise typer.Exit(print_error(error)) from None


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Recommendations and personalization: products, content and learning, each by its own rules.",
)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(version("penchant"))
        raise typer.Exit


@app.callback()
def root(
    show_version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Take options that hold for every command."""


app.command("init")(init.init)
app.command("check")(check.check)
app.command("import")(import_data.import_data)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("advise")(advise.advise)
app.command("drift")(drift.drift)
app.command("prove")(prove.run)
app.command("schedule")(schedule.schedule)
app.command("questions")(questions.questions)
app.command("recommend")(recommend.recommend)
app.command("serve")(serve.serve)
app.add_typer(items.app, name="items")
app.add_typer(rules.app, name="rules")
app.add_typer(placements.app, name="placements")
app.add_typer(releases.app, name="releases")
app.add_typer(slates.app, name="slates")
app.add_typer(keys.app, name="keys")
app.add_typer(people.app, name="people")
app.add_typer(failed.app, name="failed")
app.add_typer(feeds.app, name="feeds")
app.command("demo")(demo.demo)


def main() -> None:
    """Run the command line."""
    app()
