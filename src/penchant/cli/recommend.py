"""`penchant recommend`."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from penchant.catalog import Item
from penchant.cli.explain import show_explained
from penchant.cli.screen import DEFAULT_CONFIG, AsJson, ConfigPath, out, print_json, say, table
from penchant.engine import Engine
from penchant.errors import InvalidRequest, in_words
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
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of every item how it came to its place; nothing is logged.")
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Fill one placement for one person, as the server would."""
    given = {
        "placement": placement,
        "domain": domain,
        "user_id": user,
        "anonymous_id": anonymous,
        "items": item or [],
        "n": n,
        "filter": _json(filter_),
        "exclude": exclude or [],
        "context": _context(context or []),
        "region": region,
    }
    try:
        request = msgspec.convert({k: v for k, v in given.items() if v is not None}, RecommendationRequest)
    except msgspec.ValidationError as error:
        _, _, field = str(error).partition(" - at `$.")
        raise InvalidRequest(field.rstrip("`") or "request", in_words(str(error))) from None
    with Engine.open(config) as engine:
        if explain:
            told = engine.explain(request)
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


def _json(text: str | None) -> object:
    if text is None:
        return None
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise InvalidRequest("filter", f"is not JSON ({error})", text) from None
