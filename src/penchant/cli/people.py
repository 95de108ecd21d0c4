"""`penchant people show | export | erase | unmerge | link | consent | erasures | readmit`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import typer

from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, bar, counted, err, out, print_json, say, table
from penchant.engine import Engine
from penchant.errors import InvalidRequest
from penchant.privacy import Person, Receipt

app = typer.Typer(help="See, correct, export and erase what is held on a person.", no_args_is_help=True)

Actor = Annotated[str, typer.Argument(help="An id of the person, as in user:42 or anon:f3.")]
Other = Annotated[str, typer.Argument(help="Another id.")]


@app.command()
def show(actor: Actor, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show a person: ids, traits, consent, links, and how much is held."""
    with Engine.open(config) as engine:
        person, links = engine.privacy.person(actor), engine.privacy.links(actor)
    if as_json:
        print_json({**msgspec.to_builtins(person), "links": links})
        return
    show_person(person)
    rows = [("link", "with", "told", "by", "undone")]
    rows += [(x.a, x.b, day(x.at), f"{x.how}, {x.source}", day(x.undone) if x.undone else "") for x in links]
    if links:
        out.print(table("Links", rows, right_from=9, whole=2))


def show_person(person: Person) -> None:
    """Print a person."""
    say((person.person, "bold"), ("  erased: what comes under this id is refused", "yellow") if person.erased else "")
    say("  ids: ", ", ".join(person.ids))
    say("  held: ", held(person))
    if person.first and person.last:
        say("  events: ", f"from {day(person.first)} to {day(person.last)}")
    consent = [("purpose", "", "said", "by")]
    for purpose, allowed in person.consent.items():
        word = "allowed" if allowed.granted else "forbidden"
        consent.append((purpose, word, day(allowed.at) if allowed.at else "never", allowed.source or "configuration"))
    out.print(table("Consent", consent, right_from=9))
    if person.traits:
        rows = [("trait", "value", "said", "by", "of")]
        rows += [
            (name, msgspec.json.encode(fact.value).decode(), day(fact.at), fact.source, fact.id)
            for name, fact in person.traits.items()
        ]
        out.print(table("Traits", rows, right_from=9))


def held(person: Person) -> str:
    """How much is held of a person: `1 event, 2 slates`."""
    counts = ((number, kind if number > 1 else kind.removesuffix("s")) for kind, number in person.held.items())
    return ", ".join(f"{number:,} {kind}" for number, kind in counts if number) or "nothing"


@app.command()
def export(
    actor: Actor,
    to: Annotated[Path | None, typer.Option("--out", "-o", help="File to write; stdout when missing.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Write everything held on a person as JSON Lines."""
    with Engine.open(config) as engine, bar("export") as progress:
        lines = 0

        def write(file: BinaryIO) -> None:
            nonlocal lines
            for line in engine.privacy.export(actor):
                file.write(line)
                lines += 1
                if lines % 1_000 == 0:
                    progress.count("lines", lines, None)

        if to is None:
            write(sys.stdout.buffer)
            return
        try:
            # For the person and whoever answers them, and for nobody else on this machine.
            with open(to, "wb", opener=_private) as file:
                write(file)
        except OSError as error:
            raise InvalidRequest("--out", f"cannot be written ({error.strerror})", str(to)) from None
    say(f"{counted(lines, 'line')} in ", (str(to), "bold"), to=err)


@app.command()
def erase(
    actor: Actor,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Erase a person under all their ids, everywhere, and refuse what comes under them from now on."""
    with Engine.open(config) as engine:
        if not yes:
            person = engine.privacy.person(actor)
            say("This erases ", (", ".join(person.ids), "bold"), f": {held(person)}", to=err)
            say("with their rows in the lake and in refused imports. It cannot be undone.", to=err)
            say("What comes under these ids later is refused until `penchant people readmit`.", to=err)
            if not typer.confirm("Erase?", err=True):
                raise typer.Exit(1)
        with bar("erase") as progress:
            receipt = engine.privacy.erase(actor, progress.share)
    if as_json:
        print_json(receipt)
        return
    show_receipt(receipt)


def show_receipt(receipt: Receipt) -> None:
    """Print a receipt."""
    say(("erased", "bold green") if receipt.state == "done" else ("pending", "bold yellow"), f"  receipt {receipt.id}")
    for kind, number in receipt.removed.items():
        say(f"  {number:>10,}  {kind}")
    if receipt.releases:
        say("  trained before: ", ", ".join(receipt.releases))
    for note in receipt.notes:
        say((f"  {note}", "yellow"))


@app.command()
def unmerge(a: Actor, b: Other, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Undo the link of two ids; events cannot join them again, `link` can."""
    with Engine.open(config) as engine:
        parted = engine.privacy.unmerge(a, b)
    if as_json:
        print_json({"parted": parted})
    elif parted:
        say(("parted", "bold green"), f"  {a} and {b} are two persons now")
    else:
        say(("still one person", "yellow"), f"  other links join {a} and {b}; `penchant people show {a}` lists them")


@app.command()
def link(a: Actor, b: Other, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Say that two ids are one person."""
    with Engine.open(config) as engine:
        joined = engine.privacy.link(a, b)
    if as_json:
        print_json({"joined": joined})
    elif joined:
        say(("joined", "bold green"), f"  {a} and {b} are one person now")
    else:
        say(("not joined", "yellow"), "  one of them is a device that several persons use: it belongs to none of them")


@app.command()
def consent(
    actor: Actor,
    grant: Annotated[list[str] | None, typer.Option("--grant", help="Purpose to allow; repeatable.")] = None,
    deny: Annotated[list[str] | None, typer.Option("--deny", help="Purpose to forbid; repeatable.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Keep what a person allows, or show it when nothing is said."""
    both = sorted({*(grant or ())} & {*(deny or ())})
    if both:
        raise InvalidRequest("--deny", "names a purpose that --grant names too", both[0])
    said = {**dict.fromkeys(grant or (), True), **dict.fromkeys(deny or (), False)}
    with Engine.open(config) as engine:
        person = engine.privacy.consent(actor, said) if said else engine.privacy.person(actor)
    if as_json:
        print_json(person.consent)
        return
    show_person(person)


@app.command()
def erasures(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show the receipts of all erasures, oldest first."""
    with Engine.open(config) as engine:
        receipts = engine.privacy.receipts()
    if as_json:
        print_json(receipts)
        return
    rows = [("receipt", "asked", "state", "ids", "rows")]
    rows += [
        (made.id, day(made.at), made.state, str(len(made.ids)), f"{sum(made.removed.values()):,}") for made in receipts
    ]
    if receipts:
        out.print(table("Erasures", rows, right_from=3))
    else:
        say("nobody was erased")


@app.command()
def readmit(actor: Actor, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Take events of an erased id again, because the person came back."""
    with Engine.open(config) as engine:
        was_erased = engine.privacy.readmit(actor)
    if as_json:
        print_json({"readmitted": was_erased})
    else:
        say(("readmitted", "bold green") if was_erased else "was not erased", f"  {actor}")


def day(moment: str) -> str:
    """A moment to the minute: `2026-11-21 20:00`."""
    return moment[:16].replace("T", " ")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
