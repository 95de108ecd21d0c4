"""The start page: what this server serves, and where to look next."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from litestar import MediaType, Request, Response, get
from litestar.datastructures import State

from penchant.catalog import ItemTable
from penchant.console.steered import Steered, outcomes_of, steered
from penchant.engine import Engine
from penchant.errors import ArtifactError
from penchant.keys import Scope
from penchant.training import Freshness

_pages = Environment(
    loader=PackageLoader("penchant.console"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.filters["count"] = "{:,}".format

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One domain on the page.

    Attributes:
        name: Domain name.
        pack: Name of its pack.
        about: What the pack is for.
        goal: What the domain exists for.
        release: The release that serves; None before the first.
        freshness: How old it is against how old it may be.
        winner: The model that evaluation found best; None when none was judged.
        reason: Why it is the best.
        items: Items that may be shown.
        item: Id and title of one of them, to try things with; None when there is none.
        sources: Sources whose events belong here.
        notes: What is not as it should be.
        placements: Name and sentence of each.
        example: Body of a request.
        steered: What its placements are steered by, the domain's own objective first.
    """

    name: str
    pack: str
    about: str
    goal: str
    release: str | None
    freshness: Freshness
    winner: str | None
    reason: str | None
    items: int
    item: tuple[str, str] | None
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    placements: tuple[tuple[str, str], ...]
    example: str
    steered: tuple[Steered, ...]


# A browser asks for the admin key by itself: it is the user name, without a password.
@get("/", opt={"scope": Scope.STATUS}, media_type=MediaType.HTML, sync_to_thread=True, include_in_schema=False)
def start_page(request: Request[Any, Any, Any], state: State) -> Response[str]:
    """A plain page for a person who just started the server."""
    engine: Engine = state.engine
    page = _pages.get_template("start.html").render(
        domains=[_shown(engine, name) for name in engine.domains],
        counts=engine.store.count(),
        failed=engine.store.failed_counts(),
        open=engine.settings.server.open,
        address=request.url.netloc,
    )
    return Response(page, media_type=MediaType.HTML, headers=_HEADERS)


def _shown(engine: Engine, name: str) -> Shown:
    setup, view = engine.domains[name], engine.recommender.warm()[name]
    evidence = _evidence(engine, name, view.release)
    judged = evidence.get("evaluation") or {}
    first = next(iter(setup.placements))
    body = {"placement": first, "domain": name, "anonymous_id": "you", "n": 5}
    return Shown(
        name=name,
        pack=setup.pack.name,
        about=setup.pack.about,
        goal=setup.pack.goal,
        release=view.release,
        freshness=engine.freshness(name, exact=False),
        winner=judged.get("winner"),
        reason=judged.get("winner_reason"),
        items=int(view.parts.table.active.sum()),
        item=_first(engine, name, view.parts.table),
        sources=tuple(source for source, told in engine.sources.items() if told.domain == name),
        notes=view.notes,
        placements=tuple((p.name, p.about) for p in setup.placements.values()),
        example=msgspec.json.encode(body).decode(),
        steered=steered(setup, view.parts, outcomes_of(evidence)),
    )


def _evidence(engine: Engine, name: str, release: str | None) -> dict[str, Any]:
    """What a release was judged by; empty when there is none."""
    if release is None:
        return {}
    try:
        return engine.releases.manifest(name, release).evidence
    except ArtifactError:  # deleted since it was loaded: it still serves
        return {}


def _first(engine: Engine, domain: str, table: ItemTable) -> tuple[str, str] | None:
    rows = np.flatnonzero(table.active)
    if not len(rows):
        return None
    name = table.ids[int(rows[0])]
    item = engine.items_of(domain, [name]).get(name)
    return (name, item.title) if item else None
