"""What everything with revisions has in common over HTTP: its routes, who made one, and which one is meant."""

from __future__ import annotations

from typing import Annotated, Any, Protocol, TypeVar

from litestar import Request, Response
from litestar.params import HeaderParameter

from penchant.errors import InvalidRequest
from penchant.keys import Scope
from penchant.server.authorize import caller
from penchant.server.problems import documented

MOST = 1_000
"""Most revisions in one answer."""
OPEN = "open"
"""Who made a change where the server is open and no key was sent."""

IfMatch = Annotated[
    str | None,
    HeaderParameter(name="If-Match", description="The ETag of the revision that is meant; any when missing."),
]


class Numbered(Protocol):
    """What is kept at a revision."""

    @property
    def revision(self) -> int:
        """Its number."""
        ...


Kept = TypeVar("Kept", bound=Numbered)


def seen(tag: str) -> dict[str, Any]:
    """What routes that show things with revisions have in common, under a tag of the documentation."""
    return {
        "responses": documented(400, 404, 503),
        "tags": [tag],
        "opt": {"scope": Scope.RULES},
        "status_code": 200,
    }


def changed(tag: str) -> dict[str, Any]:
    """What routes that change them have in common."""
    return {**seen(tag), "responses": documented(400, 404, 409, 413, 415, 503)}


def tagged(kept: Kept) -> Response[Kept]:
    """An answer whose ETag is its revision."""
    return Response(kept, headers={"ETag": f'"{kept.revision}"'})


def made_by(request: Request[Any, Any, Any]) -> str:
    """Who makes a change: the id of the key."""
    key = caller(request).key
    return OPEN if key is None else key.id


def revision_of(if_match: str | None) -> int | None:
    """Which revision `If-Match` names; None where any will do.

    Raises:
        InvalidRequest: It is no ETag of a revision.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise InvalidRequest("If-Match", "must be the ETag of a revision", if_match)
    return int(text)
