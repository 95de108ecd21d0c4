"""The HTTP application."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from litestar import Litestar, MediaType
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from penchant.engine import Engine
from penchant.errors import PenchantError
from penchant.server.events import batch, track
from penchant.server.health import live, ready
from penchant.server.items import put_items
from penchant.server.problems import on_any_error, on_http_error, on_penchant_error
from penchant.server.recommendations import recommendations


def create_app(engine: Engine, pages: Sequence[HTTPRouteHandler] = ()) -> Litestar:
    """An application that serves an engine.

    Args:
        engine: An open engine; whoever opened it closes it.
        pages: Further handlers, such as the console's.

    Returns:
        An ASGI application; its OpenAPI document is at `/schema`.
    """
    return Litestar(
        route_handlers=[recommendations, track, batch, put_items, live, ready, *pages],
        state=State({"engine": engine}),
        openapi_config=OpenAPIConfig(
            title="penchant",
            version=version("penchant"),
            description="Recommendations and personalization: products, content and learning.",
            path="/schema",
            use_handler_docstrings=True,
            # As plain JSON a browser shows it; as OpenAPI's own media type it offers a file to save.
            render_plugins=[
                JsonRenderPlugin(path="/openapi.json"),
                JsonRenderPlugin(path="/", media_type=MediaType.JSON),
            ],
        ),
        exception_handlers={
            PenchantError: on_penchant_error,
            HTTPException: on_http_error,
            Exception: on_any_error,
        },
        request_max_body_size=engine.settings.server.max_body_mb * 1024 * 1024,
        logging_config=None,
    )
