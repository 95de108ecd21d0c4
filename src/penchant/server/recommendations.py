"""`POST /v1/recommendations`."""

from __future__ import annotations

from litestar import post
from litestar.datastructures import State
from litestar.params import JSONBody

from penchant.server.problems import documented
from penchant.server.state import engine_of
from penchant.serving import RecommendationRequest
from penchant.slate import Slate


@post(
    "/v1/recommendations",
    status_code=200,
    sync_to_thread=True,
    responses=documented(400, 404, 413),
    tags=["recommendations"],
)
def recommendations(data: JSONBody[RecommendationRequest], state: State) -> Slate:
    """Fill one placement for one person.

    Always answers when the placement exists: what does not work is named in `degraded`, and the fallback chain
    fills the slate. Hard constraints hold in every case.
    """
    return engine_of(state).recommend(data)
