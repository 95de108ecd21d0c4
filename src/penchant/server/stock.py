"""Stock and prices: many small changes, each of which the next request obeys.

These routes answer beside the framework's way to a handler, as those of events do (`direct`): warehouses and price
engines send thousands of changes a second.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import post
from litestar.concurrency import sync_to_thread
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType

from penchant.catalog import Change, ChangeVerdict
from penchant.errors import InvalidRequest, NotFound, in_words
from penchant.keys import Scope
from penchant.server.authorize import allow_domain, caller
from penchant.server.body import BoundedRequest
from penchant.server.direct import MOST_AT_ONCE, Headers, direct, unreached
from penchant.server.items import change_items
from penchant.server.problems import documented
from penchant.server.state import engine_of

MOST = 10_000
"""Changes in one call."""

Id = Annotated[str, Meta(min_length=1, max_length=200)]
_ERRORS = documented(400, 404, 413, 415, 503)
_encode = msgspec.json.Encoder().encode


class StockChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pieces of one item.

    Attributes:
        id: The item.
        stock: Pieces there are now; null when they are not counted any more.
        add: Pieces that came, or went when below 0; instead of `stock`.
        location: Where; the item as a whole when missing.
    """

    id: Id
    stock: Annotated[int, Meta(ge=0)] | UnsetType | None = UNSET
    add: int | UnsetType = UNSET
    location: Annotated[str, Meta(min_length=1, max_length=100)] | UnsetType = UNSET


class PriceChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Prices of one item; what is left out stays, null takes back.

    Attributes:
        id: The item.
        price: Price of one piece.
        sale_price: Price while the sale lasts.
        sale_from: When the sale begins.
        sale_until: When it ends.
    """

    id: Id
    price: float | UnsetType | None = UNSET
    sale_price: float | UnsetType | None = UNSET
    sale_from: datetime | UnsetType | None = UNSET
    sale_until: datetime | UnsetType | None = UNSET


class StockChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Changes of stock, in the order in which they hold."""

    changes: Annotated[list[StockChange], Meta(min_length=1, max_length=MOST)]


class PriceChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Changes of prices, in the order in which they hold."""

    changes: Annotated[list[PriceChange], Meta(min_length=1, max_length=MOST)]


class Changed(msgspec.Struct, frozen=True):
    """What became of each change, in the order they came."""

    verdicts: list[ChangeVerdict]


B = TypeVar("B", StockChanges, PriceChanges)


def _of_stock(told: StockChanges) -> list[Change]:
    changes = []
    for at, one in enumerate(told.changes):
        if (one.stock is UNSET) == (one.add is UNSET):
            raise InvalidRequest(f"changes[{at}]", "must say either stock or add")
        place = one.location
        if one.add is not UNSET:
            field = "stock" if place is UNSET else f"stock_at.{place}"
            changes.append(Change(id=one.id, op="patch", add={field: one.add}))
        else:
            fields: dict[str, Any] = {"stock": one.stock} if place is UNSET else {"stock_at": {place: one.stock}}
            changes.append(Change(id=one.id, op="patch", fields=fields))
    return changes


def _of_prices(told: PriceChanges) -> list[Change]:
    changes = []
    for at, one in enumerate(told.changes):
        fields = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name in PriceChange.__struct_fields__
            if name != "id" and (value := getattr(one, name)) is not UNSET
        }
        if not fields:
            raise InvalidRequest(f"changes[{at}]", "must say a price")
        changes.append(Change(id=one.id, op="patch", fields=fields))
    return changes


async def _answer(
    decoder: msgspec.json.Decoder[B], field: str, changes_of: Callable[[B], list[Change]], request: BoundedRequest
) -> tuple[int, bytes, Headers]:
    domain = str(request.scope["path_params"]["domain"])
    allow_domain(caller(request), domain)
    engine = engine_of(request.app.state)
    if domain not in engine.domains:
        raise NotFound("domain", domain, engine.domains)
    pack = engine.domains[domain].pack
    if field not in pack.item.__struct_fields__:
        raise InvalidRequest("domain", f'has the pack "{pack.name}", whose items have no {field}', domain)
    try:
        told = decoder.decode(await request.body())
    except msgspec.ValidationError as error:
        _, _, at = str(error).partition(" - at `$")
        raise InvalidRequest(at.rstrip("`").lstrip(".") or "body", in_words(str(error))) from None
    except ValueError as error:  # msgspec.DecodeError, and text that is no UTF-8
        raise InvalidRequest("body", f"is not JSON ({error})") from None
    if len(told.changes) > MOST_AT_ONCE:
        changes = await sync_to_thread(changes_of, told)
    else:
        changes = changes_of(told)
    verdicts = await change_items(request, domain, changes)
    return 200, _encode(Changed(verdicts)), ()


@post(
    "/v1/stock/{domain:str}",
    status_code=200,
    opt={"scope": Scope.CATALOG},
    responses=_ERRORS,
    tags=["catalog"],
    middleware=[direct(partial(_answer, msgspec.json.Decoder(StockChanges), "stock", _of_stock))],
)
async def stock(domain: FromPath[str], data: JSONBody[StockChanges]) -> Changed:
    """Say how many pieces there are, or how many came or went. The next request obeys."""
    unreached()


@post(
    "/v1/prices/{domain:str}",
    status_code=200,
    opt={"scope": Scope.CATALOG},
    responses=_ERRORS,
    tags=["catalog"],
    middleware=[direct(partial(_answer, msgspec.json.Decoder(PriceChanges), "price", _of_prices))],
)
async def prices(domain: FromPath[str], data: JSONBody[PriceChanges]) -> Changed:
    """Say what items cost, and what they cost while a sale lasts."""
    unreached()


STOCK_ROUTES: list[HTTPRouteHandler] = [stock, prices]
"""All of them."""
