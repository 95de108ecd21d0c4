"""The ceiling of `bench-ingest`: the same framework and server, the same routes and answers, and no store.

Run as a program with a port; it reads each body, decodes its JSON and answers as penchant would.
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


if __name__ == "__main__":
    app = Litestar([track, batch], openapi_config=None)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
