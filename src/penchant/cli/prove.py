"""`penchant prove`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from penchant.cli.screen import AsJson, bar, counted, out, print_json, say, table
from penchant.clock import SystemClock
from penchant.errors import InvalidRequest
from penchant.proof import QUESTIONS, Proof, Row, Size, prove, render
from penchant.proof.page import amount, percent

QUICK = Size(
    people=600,
    served=250,
    chance_days=8,
    selling_days=12,
    first_days=4,
    days=7,
    lasting_days=10,
    train_days=0.0,
    long_people=300,
    long_served=120,
    long_days=12,
    long_train_days=0.0,
    seeds=2,
    off_seeds=0,
)
"""Enough to see that everything runs; too small for a verdict."""


def run(
    domains: Annotated[
        list[str] | None,
        typer.Argument(help="`product`, `content`, `learning`, or a question's name; all when none is named."),
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Also write one HTML page that stands alone.")] = None,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", help="Folder that keeps what each arm came to: a run that was stopped goes on there."),
    ] = None,
    people: Annotated[int | None, typer.Option("--people", min=50, help="People a world.")] = None,
    seeds: Annotated[int | None, typer.Option("--seeds", min=1, help="Worlds a question.")] = None,
    first_seed: Annotated[int, typer.Option("--first-seed", min=0, help="Seed of the first world.")] = 101,
    without: Annotated[
        bool, typer.Option("--without/--no-without", help="Also ask with the mechanism turned off that it is about.")
    ] = True,
    quick: Annotated[bool, typer.Option("--quick", help="A small run that shows how it works, and proves little.")] = (
        False
    ),
    processes: Annotated[int, typer.Option("--processes", min=1, help="Worlds that run at once.")] = 2,
    as_json: AsJson = False,
) -> None:
    """Let the right objective meet the wrong ones in worlds whose truth is known."""
    known = list(dict.fromkeys(name for question in QUESTIONS for name in (question.domain, question.name)))
    for name in domains or ():
        if name not in known:
            raise InvalidRequest("domain", f"must be one of {', '.join(known)}", name)
    if html is not None and not html.absolute().parent.is_dir():
        raise InvalidRequest("--html", f"cannot be written: there is no folder {html.absolute().parent}", str(html))
    size = QUICK if quick else Size()
    changes = {"people": people, "seeds": seeds, "off_seeds": None if without else 0}
    size = Size(**{**vars(size), **{name: value for name, value in changes.items() if value is not None}})
    wanted = domains or known
    questions = [question for question in QUESTIONS if question.domain in wanted or question.name in wanted]
    with bar("the proof") as progress:
        proof = prove(
            size, questions=questions, first_seed=first_seed, processes=processes, keep=keep, progress=progress.share
        )
    if as_json:
        print_json(proof)
    else:
        show(proof)
    if html is not None:
        html.write_text(render(proof, SystemClock().now()), encoding="utf-8")
        if not as_json:
            say(("page: ", "bold"), str(html))


def show(proof: Proof) -> None:
    """Print a proof."""
    for question in QUESTIONS:
        rows = [row for row in proof.rows if row.question == question.name]
        if not rows:
            continue
        offs = {row.measure: row for row in proof.without if row.question == question.name}
        head = ["", "right", "wrong", "lift", "95 % interval"]
        cells = [[*head, "without " + ", ".join(question.off)] if offs else head]
        for row in rows:
            cells.append([row.measure, amount(row.right), amount(row.wrong), percent(row.lift), _interval(row)])
            if offs:
                off = offs.get(row.measure)
                cells[-1].append(f"{percent(off.lift)} ({_interval(off)})" if off else "")
        out.print(table(f"{question.domain}: {question.name}", cells))
        say(
            ("  holds" if rows[0].wins else "  does not hold", "green" if rows[0].wins else "yellow"),
            f" on {rows[0].measure}, over {counted(rows[0].seeds, 'world')}",
        )
        out.print()
    for note in proof.notes:
        say((f"  {note}", "dim"))
    say(f"{proof.seconds / 60:.1f} minutes")


def _interval(row: Row) -> str:
    return f"{percent(row.low)} to {percent(row.high)}"
