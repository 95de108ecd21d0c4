"""The HTTP application."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from litestar import Litestar, MediaType, Router
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Reference, SecurityScheme
from litestar.types import Receive, Scope, Send

from penchant import keys
from penchant.engine import Engine
from penchant.errors import PenchantError
from penchant.server.body import bounded
from penchant.server.bulk import bulk
from penchant.server.cors import Cors
from penchant.server.counts import Requests
from penchant.server.events import EVENT_ROUTES
from penchant.server.failed import FAILED_ROUTES
from penchant.server.gate import Gate
from penchant.server.health import live, ready, status
from penchant.server.items import ITEM_ROUTES
from penchant.server.metrics import Seen, metrics
from penchant.server.origins import Origins
from penchant.server.people import PEOPLE_ROUTES
from penchant.server.placements import PLACEMENT_ROUTES
from penchant.server.preferences import PREFERENCE_ROUTES
from penchant.server.problems import on_any_error, on_http_error, on_penchant_error
from penchant.server.recommendations import RECOMMENDATION_ROUTES
from penchant.server.rules import RULE_ROUTES
from penchant.server.slates import SLATE_ROUTES
from penchant.server.statements import STATEMENT_ROUTES
from penchant.server.stock import STOCK_ROUTES
from penchant.server.tracker_settings import TRACKER_SETTINGS_ROUTES

ROUTES = (
    *RECOMMENDATION_ROUTES,
    *SLATE_ROUTES,
    *PREFERENCE_ROUTES,
    *EVENT_ROUTES,
    *STATEMENT_ROUTES,
    *TRACKER_SETTINGS_ROUTES,
    *PEOPLE_ROUTES,
    *FAILED_ROUTES,
    *ITEM_ROUTES,
    bulk,
    *STOCK_ROUTES,
    *RULE_ROUTES,
    *PLACEMENT_ROUTES,
    live,
    ready,
    status,
    metrics,
)
"""Every route but the pages; each declares its scope in `opt`."""

_SCHEMES: dict[str, SecurityScheme | Reference] = {
    "basic": SecurityScheme(type="http", scheme="basic", description="A key as user name; the password is empty."),
    "bearer": SecurityScheme(type="http", scheme="bearer", description="A key as it is."),
}


class Application(Litestar):
    """Litestar behind the leave for other origins, so that what it answers to unknown paths has it too."""

    def __init__(self, engine: Engine, handlers: Sequence[HTTPRouteHandler], worker: int | None = None) -> None:
        """Put the parts together."""
        settings = engine.settings
        most_bytes = settings.limits.body_mb * 1024 * 1024
        gate = Gate(engine.keys, settings, engine.clock)
        requests = Requests(super().__call__, engine.clock)
        super().__init__(
            route_handlers=list(handlers),
            state=State({"engine": engine, "gate": gate, "requests": requests, "seen": Seen(), "worker": worker}),
            openapi_config=_document(),
            exception_handlers={
                PenchantError: on_penchant_error,
                HTTPException: on_http_error,
                Exception: on_any_error,
            },
            # Not a guard: Litestar copies the whole handler for each guard it asks, a fifth of what a request takes.
            before_request=gate.admit,
            request_class=bounded(most_bytes),
            request_max_body_size=most_bytes,
            logging_config=None,
        )
        self._answer = Cors(requests, Origins(settings.server.origins))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        """Answer one request."""
        await self._answer(scope, receive, send)


def create_app(engine: Engine, pages: Sequence[HTTPRouteHandler] = (), *, worker: int | None = None) -> Litestar:
    """An application that serves an engine.

    Args:
        engine: An open engine; whoever opened it closes it.
        pages: Further handlers, such as the console's; each declares its scope.
        worker: Number of the process, where several answer for one address; its figures bear it.

    Returns:
        An ASGI application; its OpenAPI document is at `/schema`.
    """
    return Application(engine, [*ROUTES, *pages], worker)


def _document() -> OpenAPIConfig:
    """How the OpenAPI document is made; nobody needs a key to read it."""
    return OpenAPIConfig(
        title="penchant",
        version=version("penchant"),
        description="Recommendations and personalization: products, content and learning.",
        openapi_router=Router(
            path="/schema", route_handlers=[], opt={"scope": keys.Scope.OPEN}, include_in_schema=False
        ),
        use_handler_docstrings=True,
        components=Components(security_schemes=_SCHEMES),
        security=[{name: []} for name in _SCHEMES],
        # As plain JSON a browser shows it; as OpenAPI's own media type it offers a file to save.
        render_plugins=[
            JsonRenderPlugin(path="/openapi.json"),
            JsonRenderPlugin(path="/", media_type=MediaType.JSON),
        ],
    )
