"""`penchant placements list | show | put | check | remove | history`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from penchant.cli.given import BY, Domain, domain_of, json_of, made_of, whole
from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, out, print_json, say, table
from penchant.engine import Engine
from penchant.errors import InvalidRequest
from penchant.pack import Placement
from penchant.placements import PlacementSpec
from penchant.serving import KeptPlacement

app = typer.Typer(help="The slots of a site as data; a change needs no new start.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Its name, as `penchant placements list` shows it.")]
Like = Annotated[str | None, typer.Option("--like", help="The placement it starts from; its own name when missing.")]
Size = Annotated[int | None, typer.Option("--size", help="Items when the request does not say.")]
Objective = Annotated[str | None, typer.Option("--objective", help="Objective over the domain's.")]
Budget = Annotated[int | None, typer.Option("--budget-ms", help="Time for one answer, milliseconds.")]
Cap = Annotated[list[str] | None, typer.Option("--cap", help="Most items of one value of a field, as brand=3.")]
FilterText = Annotated[str | None, typer.Option("--filter", help="What it shows, as a JSON filter.")]
File = Annotated[
    Path | None, typer.Option("--file", help="A JSON file with the whole of it, in place of options.", dir_okay=False)
]


@app.command("list")
def list_(domain: Domain = None, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """List the placements of a domain, and who has the last word on each."""
    with Engine.open(config) as engine:
        name = domain_of(engine, domain)
        found = engine.slots.list(name)
    if as_json:
        print_json(found)
        return
    rows = [("name", "from", "size", "needs", "sources", "about")]
    for one in found:
        if one.placement is None:
            rows.append((one.name, one.origin, "", "", "", one.problem))
            continue
        sources = ", ".join(source.model for source in one.placement.sources)
        needs = ", ".join(one.placement.needs)
        rows.append((one.name, one.origin, str(one.placement.size), needs, sources, one.placement.about))
    out.print(table(f"Placements of {name}", rows, right_from=9, whole=2))


@app.command("show")
def show(name: Name, domain: Domain = None, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show one placement as it is now."""
    with Engine.open(config) as engine:
        kept = engine.slots.get(domain_of(engine, domain), name)
    if as_json:
        print_json(kept)
        return
    _tell(kept)


@app.command("put")
def put(
    name: Name,
    domain: Domain = None,
    like: Like = None,
    size: Size = None,
    objective: Objective = None,
    budget_ms: Budget = None,
    cap: Cap = None,
    filter_: FilterText = None,
    file: File = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Keep a placement, or say it anew; a running server obeys it from the next request on."""
    spec = _spec(like, size, objective, budget_ms, cap, filter_, file)
    with Engine.open(config) as engine:
        kept = engine.slots.put(domain_of(engine, domain), name, spec, by=BY)
    if as_json:
        print_json(kept)
        return
    say("placement ", (kept.name, "bold"), f", revision {kept.revision}, is kept")


@app.command("check")
def check(
    name: Name,
    domain: Domain = None,
    like: Like = None,
    size: Size = None,
    objective: Objective = None,
    budget_ms: Budget = None,
    cap: Cap = None,
    filter_: FilterText = None,
    file: File = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Tell what a placement would be, without keeping it."""
    spec = _spec(like, size, objective, budget_ms, cap, filter_, file)
    with Engine.open(config) as engine:
        made = engine.slots.check(domain_of(engine, domain), name, spec)
    _details(made)


@app.command("remove")
def remove(name: Name, domain: Domain = None, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Take a placement out of the store; configuration has the last word on it again, and its history stays."""
    with Engine.open(config) as engine:
        site = domain_of(engine, domain)
        engine.slots.remove(site, name, by=BY)
        again = name in engine.domains[site].placements
    say((name, "bold"), " is taken out" + ("; it is as configuration has it" if again else ""))


@app.command("history")
def history(
    name: Name,
    domain: Domain = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, the latest first.")] = 50,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show every revision of a placement that was kept in the store: what it said, and who made it."""
    with Engine.open(config) as engine:
        kept = engine.slots.history(domain_of(engine, domain), name, limit=limit)
    if as_json:
        print_json(kept)
        return
    rows = [("rev", "when", "by", "what")]
    for one in kept:
        said = "taken out" if one.spec is None else msgspec.json.encode(one.spec).decode()
        rows.append((str(one.revision), one.at[:16].replace("T", " "), one.by, one.problem or said))
    out.print(table(f"Revisions of {name}", rows, right_from=9, whole=3))


def _spec(
    like: str | None,
    size: int | None,
    objective: str | None,
    budget_ms: int | None,
    cap: list[str] | None,
    filter_: str | None,
    file: Path | None,
) -> PlacementSpec:
    """What was said, as options or as a file."""
    given = {
        "like": like,
        "size": size,
        "objective": objective,
        "budget_ms": budget_ms,
        "caps": dict(_cap(text) for text in cap) if cap else None,
        "filter": json_of("--filter", filter_),
    }
    told = whole(given, file, "placement")
    if not told:
        raise InvalidRequest("--like", "or another option, or --file, is needed: what is otherwise than it was")
    return made_of(told, PlacementSpec, "placement")


def _cap(text: str) -> tuple[str, int]:
    field, _, most = text.partition("=")
    if not field or not most.isascii() or not most.isdigit():
        raise InvalidRequest("--cap", "must be a field and a number, as brand=3", text)
    return field, int(most)


def _tell(kept: KeptPlacement) -> None:
    origins = {"pack": "as the pack ships it", "config": "from penchant.toml"}
    stored = f"revision {kept.revision} of the store, {kept.at[:16].replace('T', ' ')} by {kept.by}"
    say((kept.name, "bold"), f"  {origins.get(kept.origin, stored)}")
    if kept.problem:
        say((f"  it is not obeyed: {kept.problem}", "yellow"))
    if kept.placement is not None:
        _details(kept.placement)


def _details(placement: Placement) -> None:
    for field, value in msgspec.to_builtins(placement).items():
        if field == "sources":
            for source in value:
                told = {key: one for key, one in source.items() if one not in ("", None, False, 0)}
                say("  source: ", msgspec.json.encode(told).decode())
        elif field != "name" and value not in (None, "", [], {}):
            say(f"  {field}: ", value if isinstance(value, str) else msgspec.json.encode(value).decode())
