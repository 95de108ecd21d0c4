"""`GET /health/live`, `GET /health/ready` and `GET /v1/status`."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from litestar import Response, get
from litestar.datastructures import State

from penchant.engine import Engine
from penchant.errors import PenchantError, StorageError, StorageLate
from penchant.keys import Scope
from penchant.server.authorize import NO_SECURITY
from penchant.server.problems import documented
from penchant.server.state import engine_of

_log = logging.getLogger("penchant.server")


@get("/health/live", sync_to_thread=False, tags=["health"], opt={"scope": Scope.OPEN}, security=NO_SECURITY)
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@get("/health/ready", sync_to_thread=True, tags=["health"], opt={"scope": Scope.OPEN}, security=NO_SECURITY)
def ready(state: State) -> Response[dict[str, Any]]:
    """Every domain can answer: 200, or 503 when the store cannot be read.

    A domain without a release is ready: its catalog answers. So is one whose release is stale; `stale` says that there
    is one, and no more, as strangers may ask.
    """
    engine = engine_of(state)
    try:
        # A view outlives a store that breaks: the store itself is asked.
        for name in engine.domains:
            engine.waits.catalog.ask(partial(engine.store.versions, name))
        engine.recommender.warm()
    except Exception as error:  # whatever it is, this server cannot answer now
        _log.error("not ready", exc_info=error)
        detail = error.public if isinstance(error, StorageError) else "see the server's log"
        if isinstance(error, StorageLate):
            detail = "the store does not answer in time"
        return Response({"status": "not ready", "detail": detail}, status_code=503)
    return Response({"status": "ready", "stale": True} if _stale(engine) else {"status": "ready"})


@get("/v1/status", sync_to_thread=True, tags=["health"], responses=documented(503), opt={"scope": Scope.STATUS})
def status(state: State) -> dict[str, Any]:
    """What serves: the release, items and models of each domain, how fresh it is, and what is not as it should be."""
    engine = engine_of(state)
    views = engine.recommender.warm()
    return {
        "domains": {
            name: {
                "release": view.release,
                "items": int(view.parts.table.active.sum()),
                "models": sorted(view.parts.models),
                "notes": list(view.notes),
                "freshness": engine.freshness(name),
                "switched": engine.switch.last(name),
            }
            for name, view in views.items()
        }
    }


def _stale(engine: Engine) -> bool:
    """Whether a release is older than it may be, or nothing happens to a domain any more."""
    try:
        return any(engine.freshness(name, exact=False).alarm for name in engine.domains)
    except PenchantError:  # old or not, it answers
        return False
