"""Items: one at a time under their own address, or several at once, all or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import unquote, unquote_to_bytes

import msgspec
from litestar import Request, delete, get, patch, put
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from penchant.catalog import Change, ChangeVerdict
from penchant.errors import InvalidRequest, ItemRejected, NotFound
from penchant.keys import Scope
from penchant.server.authorize import allow_domain, caller
from penchant.server.body import check_depth
from penchant.server.direct import waiting
from penchant.server.problems import documented
from penchant.server.state import engine_of

_ITEMS = b"/v1/items/"
"""What stands before the domain and the id."""
_SHOWN = 200
"""Letters of an address that are repeated in an error."""


class Items(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Items of one domain, with the fields of its pack's item type."""

    domain: str
    items: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=10_000)]


class Stored(msgspec.Struct, frozen=True):
    """How many items were kept."""

    stored: int


@put("/v1/items", responses=documented(400, 404, 413, 415, 503), tags=["catalog"], opt={"scope": Scope.CATALOG})
async def put_items(request: Request[Any, Any, Any], data: JSONBody[Items], state: State) -> Stored:
    """Say items anew, all or none; the next request obeys."""
    allow_domain(caller(request), data.domain)
    check_depth(data.items)
    return Stored(await sync_to_thread(engine_of(state).put_items, data.domain, data.items))


@get(
    "/v1/items/{domain:str}/{item:path}", responses=documented(404, 503), tags=["catalog"], opt={"scope": Scope.CATALOG}
)
async def get_item(
    request: Request[Any, Any, Any], domain: FromPath[str], item: FromPath[str], state: State
) -> dict[str, Any]:
    """Show an item as it is now; what it does not say is left out."""
    allow_domain(caller(request), domain)
    name = _id(request)
    found = await sync_to_thread(engine_of(state).items_of, domain, [name])
    if name not in found:
        raise NotFound("item", name)
    shown: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found[name]))
    return shown


@put(
    "/v1/items/{domain:str}/{item:path}",
    responses=documented(400, 404, 413, 415, 503),
    tags=["catalog"],
    opt={"scope": Scope.CATALOG},
)
async def put_item(
    request: Request[Any, Any, Any], domain: FromPath[str], item: FromPath[str], data: JSONBody[dict[str, Any]]
) -> ChangeVerdict:
    """Say all of an item anew, or put a new one in. Pieces in stock stay as they are where the body is silent."""
    return await _change(request, domain, Change(id=_id(request), op="put", fields=_fields(request, data)))


@patch(
    "/v1/items/{domain:str}/{item:path}",
    responses=documented(400, 404, 413, 415, 503),
    tags=["catalog"],
    opt={"scope": Scope.CATALOG},
)
async def patch_item(
    request: Request[Any, Any, Any], domain: FromPath[str], item: FromPath[str], data: JSONBody[dict[str, Any]]
) -> ChangeVerdict:
    """Change some fields of an item; null takes a field back."""
    return await _change(request, domain, Change(id=_id(request), op="patch", fields=_fields(request, data)))


@delete(
    "/v1/items/{domain:str}/{item:path}",
    status_code=200,
    responses=documented(404, 503),
    tags=["catalog"],
    opt={"scope": Scope.CATALOG},
)
async def delete_item(request: Request[Any, Any, Any], domain: FromPath[str], item: FromPath[str]) -> ChangeVerdict:
    """Take an item out; it is in no answer from now on. What people did with it stays known."""
    return await _change(request, domain, Change(id=_id(request), op="delete"))


ITEM_ROUTES: list[HTTPRouteHandler] = [put_items, get_item, put_item, patch_item, delete_item]
"""All of them."""


async def change_items(request: Request[Any, Any, Any], domain: str, changes: Sequence[Change]) -> list[ChangeVerdict]:
    """Change items; when this returns, what was not rejected is on disk.

    Raises:
        NotFound: No such domain, or the key is not good for it.
        Overloaded: Too many changes wait already.
        StorageError: They could not be written.
    """
    allow_domain(caller(request), domain)
    engine = engine_of(request.app.state)
    if domain not in engine.domains:
        raise NotFound("domain", domain, engine.domains)
    answered, done = waiting(request)
    engine.catalog.submit(domain, changes, done)
    verdicts: list[ChangeVerdict] = await answered
    return verdicts


async def _change(request: Request[Any, Any, Any], domain: str, change: Change) -> ChangeVerdict:
    [verdict] = await change_items(request, domain, [change])
    if verdict.status == "missing":
        raise NotFound("item", change.id)
    if verdict.status == "rejected":
        raise ItemRejected(change.id, verdict.reason, verdict.field)
    return verdict


def _fields(request: Request[Any, Any, Any], data: dict[str, Any]) -> dict[str, Any]:
    """The fields of a body, which may name the id too."""
    check_depth(data)
    told = data.pop("id", None)
    if told is not None and told != (name := _id(request)):
        raise InvalidRequest("id", f'must be "{name}" as in the address, or left out', told)
    return data


def _id(request: Request[Any, Any, Any]) -> str:
    """The id of the address, where a slash may be written as it is or as %2F; the framework would tidy it up.

    Raises:
        NotFound: The address has slashes where none belong: what is the id of it cannot be told.
        InvalidRequest: It is no text.
    """
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    before, _, rest = raw.split(b"?")[0].partition(_ITEMS)
    domain, _, name = rest.partition(b"/")
    mounted = before.decode("latin-1") == request.scope.get("root_path", "")
    if not mounted or unquote(domain.decode("latin-1")) != request.path_params["domain"]:
        raise NotFound("address", unquote(raw.decode("latin-1"))[:_SHOWN])
    try:
        return unquote_to_bytes(name).decode()
    except UnicodeDecodeError:
        raise InvalidRequest("id", "must be UTF-8 in the address") from None
