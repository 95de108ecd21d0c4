"""Errors as RFC 9457 problems, with `code` and `message` beside, which analytics clients look for.

Here, and nowhere else, an error becomes an HTTP status.
"""

from __future__ import annotations

import logging
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR

from penchant.errors import (
    DataError,
    ExtraNotInstalled,
    InvalidRequest,
    NotFound,
    PenchantError,
    StorageError,
)

MEDIA_TYPE = "application/problem+json"

_STATUS: tuple[tuple[type[PenchantError], int], ...] = (
    (NotFound, 404),
    (InvalidRequest, 400),
    (DataError, 400),
    (StorageError, 503),
    (ExtraNotInstalled, 501),
    (PenchantError, 500),
)
_TITLES = {
    400: "The request is wrong",
    401: "No valid key",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    413: "The request is too large",
    429: "Too many requests",
    500: "Something broke here",
    501: "Not installed",
    503: "Not available now",
}
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
_log = logging.getLogger("penchant.server")


def problem(status: int, code: str, detail: str, **fields: Any) -> Response[dict[str, Any]]:
    """A problem document."""
    body = {
        "type": "about:blank",
        "title": _TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "code": code,
        "message": detail,
        **fields,
    }
    headers = {"Retry-After": "1"} if status in (429, 503) else {}
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def on_penchant_error(_: Request[Any, Any, Any], error: PenchantError) -> Response[dict[str, Any]]:
    """One of ours: the status by its class, the fields that say where."""
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    fields: dict[str, Any] = {}
    if isinstance(error, NotFound):
        fields = {"kind": error.kind, "name": error.name, "have": sorted(error.have)}
    elif isinstance(error, InvalidRequest):
        fields = {"field": error.field}
    return problem(status, error.code, error.message, **fields)


def on_http_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """One of the framework's: a body that does not fit, an unknown path, a body that is too large."""
    detail = error.detail
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        parts = [_entry(e) for e in error.extra if isinstance(e, dict)]
        detail = "; ".join(parts) or detail
        return problem(400, "invalid_request", detail)
    code = _CODES.get(error.status_code, "invalid_request" if error.status_code < 500 else "error")
    return problem(error.status_code, code, detail or _TITLES.get(error.status_code, "Error"))


def on_any_error(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """What nobody foresaw: the log has the trace, the answer does not."""
    _log.error("unhandled error at %s %s", request.method, request.url.path, exc_info=error)
    return problem(HTTP_500_INTERNAL_SERVER_ERROR, "error", "Something broke here; the server's log has the details.")


def _entry(entry: dict[str, Any]) -> str:
    key = entry.get("key")
    return f"{key}: {entry.get('message')}" if key else str(entry.get("message"))
