"""Errors as RFC 9457 problems, with `code` and `message` beside, which analytics clients look for.

Here, and nowhere else, an error becomes an HTTP status.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.status_codes import (
    HTTP_404_NOT_FOUND,
    HTTP_405_METHOD_NOT_ALLOWED,
    HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    HTTP_500_INTERNAL_SERVER_ERROR,
)

from penchant.errors import (
    ArtifactError,
    Conflict,
    DataError,
    ExtraNotInstalled,
    InvalidRequest,
    ItemRejected,
    KeyRejected,
    NotAllowed,
    NotFound,
    Overloaded,
    PenchantError,
    Reused,
    StorageError,
    TooLarge,
    TooMany,
    in_words,
    nearest,
)

MEDIA_TYPE = "application/problem+json"

_STATUS: tuple[tuple[type[PenchantError], int], ...] = (
    (NotFound, 404),
    (TooLarge, 413),
    (Conflict, 409),
    (Reused, 422),
    (InvalidRequest, 400),
    (KeyRejected, 401),
    (NotAllowed, 403),
    (TooMany, 429),
    (Overloaded, 503),
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
    409: "Something else is kept there",
    413: "The request is too large",
    415: "Not packed in a way that is understood",
    422: "Asked otherwise before",
    429: "Too many requests",
    500: "Something broke here",
    501: "Not installed",
    503: "Not available now",
}
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_encoding"}
_EVERYWHERE = (401, 403, 429)
"""What every route that needs a key may answer."""
_log = logging.getLogger("penchant.server")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What every error answers with; further members say where.

    Attributes:
        type: Always `about:blank`: `code` says which problem it is.
        title: The status in words.
        status: The HTTP status.
        detail: A sentence about this case.
        code: Stable and machine-readable.
        message: The same as `detail`.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    message: str


def documented(*statuses: int) -> dict[int, ResponseSpec]:
    """What the OpenAPI document says of errors of a route that needs a key: these, and what all of them may answer."""
    return {
        status: ResponseSpec(Problem, generate_examples=False, description=_TITLES[status], media_type=MEDIA_TYPE)
        for status in sorted({*statuses, *_EVERYWHERE})
    }


def problem(
    status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **fields: Any
) -> Response[dict[str, Any]]:
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
    retry = {"Retry-After": "1"} if status == 503 else {}
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers={**retry, **(headers or {})})


def on_penchant_error(request: Request[Any, Any, Any], error: PenchantError) -> Response[dict[str, Any]]:
    """One of ours: the status by its class, the fields that say where."""
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    fields: dict[str, Any] = {}
    headers: dict[str, str] = {}
    code, detail = error.code, error.message
    if isinstance(error, NotFound):
        fields = {"kind": error.kind, "name": error.name, "have": sorted(error.have)}
        fields["nearest"] = nearest(error.name, error.have)
    elif isinstance(error, InvalidRequest | ItemRejected):
        fields = {"field": error.field}
    elif isinstance(error, NotAllowed):
        fields = {"scope": error.scope}
    elif isinstance(error, KeyRejected):
        # Asked for Basic, a browser shows people of the site a window for a password.
        headers["WWW-Authenticate"] = f'{"Bearer" if "origin" in request.headers else "Basic"} realm="penchant"'
    elif isinstance(error, TooMany | Overloaded):
        headers["Retry-After"] = str(error.retry_after)
        if isinstance(error, TooMany):
            headers["RateLimit"] = f'"key";r=0;t={error.retry_after}'
    elif isinstance(error, StorageError | ArtifactError):
        # Where files lie is for the log, not for whoever asked.
        _log.error("%s", error)
        detail = error.public
        if isinstance(error, StorageError) and error.full:
            code = "storage_full"
    return problem(status, code, detail, headers=headers, **fields)


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """One of the framework's: a body that does not fit, an unknown path, a body that is too large."""
    status = error.status_code
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        entries = [_entry(e) for e in error.extra if isinstance(e, dict)]
        if entries:
            return problem(400, "invalid_request", "; ".join(": ".join(e) for e in entries), field=entries[0][0])
    detail = error.detail
    if status == HTTP_404_NOT_FOUND:
        detail = f"nothing is at {request.url.path}; GET /schema lists what there is"
    elif status == HTTP_405_METHOD_NOT_ALLOWED:
        detail = f"{request.url.path} does not take {request.method}"
    elif status == HTTP_413_REQUEST_ENTITY_TOO_LARGE:
        detail = "the body is above the limit"
    code = _CODES.get(status, "invalid_request" if status < 500 else "error")
    return problem(status, code, detail, headers=error.headers)


def on_any_error(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """What nobody foresaw: the log has the trace, the answer does not."""
    _log.error("unhandled error at %s %s", request.method, request.url.path, exc_info=error)
    return problem(HTTP_500_INTERNAL_SERVER_ERROR, "error", "Something broke here; the server's log has the details.")


def _entry(entry: dict[str, Any]) -> tuple[str, str]:
    field, wanted = str(entry.get("key") or "body"), str(entry.get("message"))
    if field == "data":  # the framework's word for the body as a whole, whose absence is a KeyError to it
        field, wanted = "body", "must be a JSON object; it is empty" if wanted == "'data'" else wanted
    return field, in_words(wanted)
