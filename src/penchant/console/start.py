"""The start page: what this server serves, and where to look next."""

from __future__ import annotations

from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, select_autoescape
from litestar import MediaType, Response, get
from litestar.datastructures import State

from penchant.engine import Engine

_pages = Environment(
    loader=PackageLoader("penchant.console"), autoescape=select_autoescape(default=True), trim_blocks=True
)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One domain on the page."""

    name: str
    pack: str
    about: str
    goal: str
    release: str | None
    winner: str | None
    reason: str | None
    items: int
    notes: tuple[str, ...]
    placements: tuple[tuple[str, str], ...]
    example: str


@get("/", media_type=MediaType.HTML, sync_to_thread=True, include_in_schema=False)
def start_page(state: State) -> Response[str]:
    """A plain page for a person who just started the server."""
    engine: Engine = state.engine
    counts = engine.store.count()
    domains = [_shown(engine, name) for name in engine.domains]
    page = _pages.get_template("start.html").render(domains=domains, counts=counts)
    return Response(page, media_type=MediaType.HTML, headers={"Content-Security-Policy": _POLICY})


def _shown(engine: Engine, name: str) -> Shown:
    setup, view = engine.domains[name], engine.recommender.warm()[name]
    judged: dict[str, Any] = {}
    if view.release is not None:
        judged = engine.releases.manifest(name, view.release).evidence.get("evaluation") or {}
    first = next(iter(setup.placements))
    body = {"placement": first, "domain": name, "anonymous_id": "you", "n": 5}
    return Shown(
        name=name,
        pack=setup.pack.name,
        about=setup.pack.about,
        goal=setup.pack.goal,
        release=view.release,
        winner=judged.get("winner"),
        reason=judged.get("winner_reason"),
        items=int(view.parts.table.active.sum()),
        notes=view.notes,
        placements=tuple((p.name, p.about) for p in setup.placements.values()),
        example=msgspec.json.encode(body).decode(),
    )
