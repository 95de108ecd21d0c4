"""`penchant items show | put | set | delete`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from penchant.catalog import Change, ChangeVerdict
from penchant.cli.screen import DEFAULT_CONFIG, AsJson, Bar, ConfigPath, bar, counted, print_json, say
from penchant.engine import Engine
from penchant.errors import InvalidRequest, NotFound
from penchant.ingest import LineVerdict, change_lines

app = typer.Typer(help="Items of the catalog: look, put, change, take out.", no_args_is_help=True)

Domain = Annotated[str | None, typer.Option("--domain", help="Domain; may be left out when there is only one.")]
_SHOWN = 20


@app.command("show")
def show(
    item: Annotated[str, typer.Argument(metavar="ID", help="Its id.")],
    domain: Domain = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """An item as it is now."""
    with Engine.open(config) as engine:
        name = domain_of(engine, domain)
        found = engine.items_of(name, [item])
    if item not in found:
        raise NotFound("item", item)
    told = msgspec.json.decode(msgspec.json.encode(found[item]))
    if as_json:
        print_json(told)
        return
    for field, value in told.items():
        say((f"{field}: ", "bold"), value if isinstance(value, str) else msgspec.json.encode(value).decode())


@app.command("put")
def put(
    file: Annotated[Path, typer.Argument(help="JSON lines.", exists=True, dir_okay=False)],
    domain: Domain = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Put items of a file of JSON lines; a line that is wrong keeps none of the others out.

    A line is an item, or an operation such as {"op": "patch", "id": "sku-1", "fields": {"price": 9.5}} or
    {"op": "delete", "id": "sku-2"}. Exits with 1 when a line was rejected.
    """
    counts: Counter[str] = Counter()
    wrong: list[LineVerdict] = []
    with Engine.open(config) as engine, bar("items") as progress:
        name = domain_of(engine, domain)
        for verdict in change_lines(_lines(file, progress), partial(engine.change_items, name)):
            counts[verdict.status] += 1
            if verdict.status in ("rejected", "missing"):
                wrong.append(verdict)
    if as_json:
        print_json({"lines": counts.total(), "counts": dict(sorted(counts.items())), "problems": wrong})
    else:
        told = ", ".join(f"{number:,} {status}" for status, number in counts.most_common()) or "nothing in it"
        say(f"{counted(counts.total(), 'line')}: {told}")
        for verdict in wrong[:_SHOWN]:
            say((f"  line {verdict.line} {verdict.id}: {verdict.reason or verdict.status}", "yellow"))
        if len(wrong) > _SHOWN:
            say((f"  and {len(wrong) - _SHOWN:,} more; --json shows all", "yellow"))
    if counts["rejected"]:
        raise typer.Exit(1)


@app.command("set")
def set_(
    item: Annotated[str, typer.Argument(metavar="ID", help="Its id.")],
    changes: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE", help="As in `price=9.5`; null takes back.")],
    domain: Domain = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Change some fields of an item."""
    fields: dict[str, Any] = {}
    for told in changes:
        field, found, text = told.partition("=")
        if not found or not field:
            raise InvalidRequest("FIELD=VALUE", "must be as in price=9.5", told)
        fields[field] = _value(text)
    with Engine.open(config) as engine:
        name = domain_of(engine, domain)
        _told(engine.change_items(name, [Change(id=item, op="patch", fields=fields)]))


@app.command("delete")
def delete(
    items: Annotated[list[str], typer.Argument(metavar="ID...", help="Their ids.")],
    domain: Domain = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Take items out of the catalog; what people did with them stays known."""
    with Engine.open(config) as engine:
        name = domain_of(engine, domain)
        _told(engine.change_items(name, [Change(id=item, op="delete") for item in items]))


def domain_of(engine: Engine, domain: str | None) -> str:
    """The domain that is meant: the one that was named, or the only one there is.

    Raises:
        NotFound: There is none of this name.
        InvalidRequest: There are several, and none was named.
    """
    if domain is None:
        if len(engine.domains) > 1:
            raise InvalidRequest("--domain", f"must say which: {', '.join(engine.domains)}")
        return next(iter(engine.domains))
    if domain not in engine.domains:
        raise NotFound("domain", domain, engine.domains)
    return domain


def _told(verdicts: Sequence[ChangeVerdict]) -> None:
    for verdict in verdicts:
        wrong = verdict.status in ("missing", "rejected")
        reason = f": {verdict.reason}" if verdict.reason else ""
        say((f"{verdict.id}: {verdict.status}{reason}", "yellow" if wrong else ""))
    if any(verdict.status in ("missing", "rejected") for verdict in verdicts):
        raise typer.Exit(1)


def _lines(file: Path, progress: Bar) -> Iterator[bytes]:
    size, read = file.stat().st_size, 0
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            read += len(line)
            if number % 1_000 == 0:
                progress.share(f"items  {number:,}", read / max(size, 1))
            yield line


def _value(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
