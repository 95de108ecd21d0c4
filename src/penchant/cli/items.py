"""`penchant items show | put | set | delete`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from penchant.catalog import Change, ChangeVerdict, ColumnKind, Schema
from penchant.cli.given import Domain, domain_of
from penchant.cli.screen import DEFAULT_CONFIG, AsJson, Bar, ConfigPath, bar, counted, print_json, say
from penchant.engine import Engine
from penchant.errors import InvalidRequest, NotFound
from penchant.ingest import LineVerdict, change_lines

app = typer.Typer(help="Items of the catalog: look, put, change, take out.", no_args_is_help=True)

_SHOWN = 20
"""Lines with problems that are printed."""
_ORDER = ("created", "changed", "unchanged", "deleted", "missing", "rejected")
_WRONG = ("missing", "rejected")
_TEXTS = ("category", "text")
"""Kinds of columns whose fields hold one text."""


@app.command("show")
def show(
    item: Annotated[str, typer.Argument(metavar="ID", help="Its id.")],
    domain: Domain = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show an item as it is now; fields that have their default are left out."""
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
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines.", exists=True, dir_okay=False)],
    domain: Domain = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Put in or change the items of a file of JSON lines.

    A line is an item with all its fields, or an operation on one:

      {"id": "sku-1", "title": "Cap", "price": 9.5}

      {"op": "patch", "id": "sku-1", "fields": {"price": 8}}

      {"op": "delete", "id": "sku-2"}

    A line that is wrong keeps none of the others out. Exits with 1 when a line was rejected.
    """
    counts: Counter[str] = Counter()
    wrong: list[LineVerdict] = []
    with Engine.open(config) as engine, bar("items") as progress:
        name = domain_of(engine, domain)
        for verdict in change_lines(_lines(file, progress), partial(engine.change_items, name)):
            counts[verdict.status] += 1
            if verdict.status in _WRONG:
                wrong.append(verdict)
    if as_json:
        print_json({"lines": counts.total(), "counts": dict(sorted(counts.items())), "problems": wrong})
    else:
        told = ", ".join(f"{counts[status]:,} {status}" for status in _ORDER if counts[status])
        say(f"{counted(counts.total(), 'line')}: {told or 'there is nothing in it'}")
        for verdict in wrong[:_SHOWN]:
            where = f"line {verdict.line}" + (f", {verdict.id}" if verdict.id else "")
            say((f"  {where}: {_problem(verdict)}", "yellow"))
        if len(wrong) > _SHOWN:
            say((f"  and {len(wrong) - _SHOWN:,} more; --json shows all", "yellow"))
    if counts["rejected"]:
        raise typer.Exit(1)


@app.command("set")
def set_(
    item: Annotated[str, typer.Argument(metavar="ID", help="Its id.")],
    changes: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE", help="As in price=9.5; again for each field.")],
    domain: Domain = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Change some fields of an item; all others stay.

    price=9.5 says a value, price=null takes it back, stock-=1 and stock+=20 count.

    A key of a map is named as in stock_at.berlin=4 or attributes.drop_mm=8. A list is JSON: 'labels=["outlet"]'.
    """
    with Engine.open(config) as engine:
        name = domain_of(engine, domain)
        _told(engine.change_items(name, [_change(item, changes, engine.schemas[name])]))


@app.command("delete")
def delete(
    items: Annotated[list[str], typer.Argument(metavar="ID", help="Their ids.")],
    domain: Domain = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Take items out of the catalog; what people did with them stays known."""
    with Engine.open(config) as engine:
        name = domain_of(engine, domain)
        _told(engine.change_items(name, [Change(id=item, op="delete") for item in items]))


def _told(verdicts: Sequence[ChangeVerdict]) -> None:
    for verdict in verdicts:
        wrong = verdict.status in _WRONG
        say((f"{verdict.id}: {_problem(verdict) if wrong else verdict.status}", "yellow" if wrong else ""))
    if any(verdict.status in _WRONG for verdict in verdicts):
        raise typer.Exit(1)


def _problem(verdict: ChangeVerdict | LineVerdict) -> str:
    """`price: must be a number, got "9 EUR"`."""
    if verdict.status == "missing":
        return "missing; there is no such item"
    return f"rejected; {verdict.field}: {verdict.reason}" if verdict.field else f"rejected; {verdict.reason}"


def _change(item: str, told: Sequence[str], schema: Schema) -> Change:
    """What words such as `price=9.5` and `stock-=1` say of an item.

    Raises:
        InvalidRequest: One of them is none.
    """
    fields: dict[str, Any] = {}
    add: dict[str, float] = {}
    for one in told:
        path, found, text = one.partition("=")
        if not found or not path.rstrip("+-"):
            raise InvalidRequest("FIELD=VALUE", "must be as in price=9.5", one)
        if path[-1] in "+-":
            try:
                add[path[:-1]] = float(f"{path[-1]}{text}")
            except ValueError:
                raise InvalidRequest("FIELD+=NUMBER", "must be as in stock+=20 or stock-=1", one) from None
            continue
        field, dot, key = path.partition(".")
        value = _value(text, schema.columns.get(path))
        if not dot:
            fields[field] = value
        elif isinstance(inside := fields.setdefault(field, {}), dict):
            inside[key] = value
        else:
            raise InvalidRequest("FIELD=VALUE", f"says {field} twice", one)
    return Change(id=item, op="patch", fields=fields, add=add)


def _lines(file: Path, progress: Bar) -> Iterator[bytes]:
    size, read = file.stat().st_size, 0
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            read += len(line)
            if number % 1_000 == 0:
                progress.share(f"items  {number:,}", read / max(size, 1))
            yield line


def _value(text: str, kind: ColumnKind | None) -> Any:
    """A value as it is typed: JSON, or else text. Of a field that holds text, `42` is text too."""
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return text if kind in _TEXTS and not isinstance(value, str | None) else value
