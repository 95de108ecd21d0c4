"""`penchant recommend`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from penchant.catalog import Item
from penchant.cli.explain import show_explained
from penchant.cli.given import json_of, made_of
from penchant.cli.recommend_all import Whom, recommend_all
from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, out, print_json, say, table
from penchant.engine import Engine
from penchant.errors import InvalidRequest
from penchant.serving import MOST_ITEMS, RecommendationRequest
from penchant.slate import Slate


def recommend(
    placement: Annotated[str, typer.Argument(metavar="PLACEMENT", help="Placement, as in `home`.")],
    domain: Annotated[
        str | None, typer.Option("--domain", "-d", help="Domain, when several have the placement.")
    ] = None,
    user: Annotated[str | None, typer.Option("--user", "-u", help="Known id of the person.")] = None,
    anonymous: Annotated[str | None, typer.Option("--anonymous", "-a", help="Anonymous id of the person.")] = None,
    item: Annotated[
        list[str] | None, typer.Option("--item", "-i", help="Item the request is about; repeatable.")
    ] = None,
    n: Annotated[int | None, typer.Option("--n", "-n", min=1, max=MOST_ITEMS, help="Items wanted.")] = None,
    filter_: Annotated[str | None, typer.Option("--filter", help="Filter on item fields, as JSON.")] = None,
    exclude: Annotated[list[str] | None, typer.Option("--exclude", help="Item not to show; repeatable.")] = None,
    context: Annotated[
        list[str] | None, typer.Option("--context", help="What rules may ask for, as device=phone; repeatable.")
    ] = None,
    region: Annotated[str | None, typer.Option("--region", help="Region code.")] = None,
    boost: Annotated[
        str | None, typer.Option("--boost", help='What to show more or less, as JSON: [{"filter": …, "by": 1.5}].')
    ] = None,
    after: Annotated[str | None, typer.Option("--after", help="Slate id: show the page after it.")] = None,
    fields: Annotated[
        list[str] | None, typer.Option("--field", help="Item field to tell, `*` for all; repeatable.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of every item how it came to its place; nothing is logged.")
    ] = False,
    why_not: Annotated[
        list[str] | None,
        typer.Option("--why-not", help="With --explain: item of which to say why it is not there; repeatable."),
    ] = None,
    language: Annotated[str | None, typer.Option("--language", help="Language of the reasons, as in de.")] = None,
    everybody: Annotated[bool, typer.Option("--all", help="For everybody, into a file; see --out.")] = False,
    people: Annotated[
        Path | None, typer.Option("--people", help="For the people this file names, an id a line; see --out.")
    ] = None,
    audience: Annotated[
        str | None, typer.Option("--audience", help="With --all or --people: a filter on traits, as JSON.")
    ] = None,
    allowing: Annotated[
        str | None, typer.Option("--allowing", help="With --all or --people: who allow this, as `email`.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--out", help="File for many people: .parquet, .csv or .jsonl.")] = None,
    log: Annotated[
        bool, typer.Option("--log", help="With --all or --people: log the lists, as people will be shown them.")
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Fill one placement for one person, as the server would; or for many, into a file."""
    many = everybody or people is not None
    _check_many(
        many,
        file,
        {
            "--user": user or anonymous,
            "--explain": explain,
            "--why-not": why_not,
            "--after": after,
            "--people": everybody and people is not None,
        },
        {"--out": file, "--audience": audience, "--allowing": allowing, "--log": log},
    )
    given = {
        "placement": placement,
        "domain": domain,
        "user_id": user,
        "anonymous_id": anonymous,
        "items": item or [],
        "n": n,
        "filter": json_of("filter", filter_),
        "exclude": exclude or [],
        "boost": json_of("boost", boost),
        "after": after,
        "fields": fields or [],
        "context": _context(context or []),
        "region": region,
        "language": language,
    }
    if why_not and not explain:
        raise InvalidRequest("--why-not", "goes with --explain")
    request = made_of({k: v for k, v in given.items() if v is not None}, RecommendationRequest, "request")
    with Engine.open(config) as engine:
        if file is not None:
            whom = Whom(people, json_of("audience", audience), allowing)
            recommend_all(engine, request, whom, file, log=log, as_json=as_json)
            return
        if explain:
            told = engine.explain(request, why_not or ())
            if as_json:
                print_json(told)
            else:
                show_explained(told)
            return
        slate = engine.recommend(request)
        if as_json:
            print_json(slate)
            return
        show(engine, slate)


def show(engine: Engine, slate: Slate, title: str = "") -> None:
    """Print a slate with what its items are and why they are there."""
    items = engine.items_of(slate.domain, [entry.id for entry in slate.items])
    rows = [("", "item", "what", "value", "why")]
    for entry in slate.items:
        why = "; ".join(reason.text for reason in entry.reasons)
        rows.append((str(entry.position), entry.id, describe(items.get(entry.id)), f"{entry.value:.2f}", why))
    if slate.items:
        out.print(table(title or f"{slate.domain} / {slate.placement}", rows, right_from=9, whole=2))
    else:
        why = "no items, or filters, rules and stock leave none"
        say(f"{slate.domain} / {slate.placement}: nothing may be shown ({why})")
    for note in slate.degraded:
        say((f"  {note}", "yellow"))


def describe(item: Item | None) -> str:
    """An item in a few words: its title, and the fields that tell it apart."""
    if item is None:
        return ""
    fields = msgspec.structs.asdict(item)
    shown = [str(fields[name]) for name in ("color", "creator", "topic") if fields.get(name)]
    if fields.get("level"):
        shown.append(f"level {fields['level']}")
    if fields.get("price") is not None:
        shown.append(f"{fields['price']:.2f} {fields.get('currency') or ''}".strip())
    if fields.get("length_s") is not None:
        shown.append(f"{fields['length_s'] / 60:.0f} min")
    return " · ".join([item.title, *(text for text in shown if text.lower() not in item.title.lower())])


def _context(told: list[str]) -> dict[str, object]:
    context: dict[str, object] = {}
    for one in told:
        name, found, text = one.partition("=")
        if not found or not name:
            raise InvalidRequest("--context", "must be as in device=phone", one)
        try:
            value = msgspec.json.decode(text)
        except msgspec.DecodeError:
            value = text
        context[name] = value if isinstance(value, bool | int | float | str) else text
    return context


def _check_many(many: bool, file: Path | None, alone: dict[str, object], beside: dict[str, object]) -> None:
    """Options of one person's answer do not go with many people's lists, nor theirs with it.

    Raises:
        InvalidRequest: They stand together all the same.
    """
    if many and file is None:
        raise InvalidRequest("--out", "is needed: the file to write, .parquet, .csv or .jsonl")
    for name, value in (alone if many else beside).items():
        if value:
            told = "does not go with --all" if many else "goes with --all or --people"
            raise InvalidRequest(name, f"{told}; `penchant recommend --help` tells which options go together")
