"""The ceiling of `bench-ingest` and `bench-serving`: the same framework, server and routes, and no store behind them.

Run as a program with a port; it reads each body, decodes its JSON and answers as penchant would. A recommendation is
the same twenty items, whatever is asked.
"""

from __future__ import annotations

import sys
from typing import Any

import msgspec
import uvicorn
from litestar import Litestar, MediaType, Request, Response, post


@post("/v1/track", status_code=200)
async def track(request: Request[Any, Any, Any]) -> Response[bytes]:
    """One verdict."""
    body = msgspec.json.decode(await request.body())
    answer = {"success": True, "events": [{"message_id": body["messageId"], "status": "accepted"}]}
    return Response(msgspec.json.encode(answer), media_type=MediaType.JSON)


@post("/v1/batch", status_code=200)
async def batch(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A verdict for each."""
    body = msgspec.json.decode(await request.body())
    verdicts = [{"message_id": message["messageId"], "status": "accepted"} for message in body["batch"]]
    return Response(msgspec.json.encode({"success": True, "events": verdicts}), media_type=MediaType.JSON)


ITEMS = [
    {"id": f"p{n}", "position": n, "value": 0.1, "source": ["blend"], "reasons": [], "propensity": 1.0}
    for n in range(1, 21)
]


@post("/v1/recommendations", status_code=200)
async def recommendations(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A constant."""
    body = msgspec.json.decode(await request.body())
    answer = {"slate_id": "0", "placement": body["placement"], "items": ITEMS, "degraded": []}
    return Response(msgspec.json.encode(answer), media_type=MediaType.JSON)


if __name__ == "__main__":
    app = Litestar([track, batch, recommendations], openapi_config=None)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
