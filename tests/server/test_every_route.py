"""Every route there is: what it asks for, that it asks, and that the OpenAPI document says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from demo_workspace import Demo
from penchant.console import start_page
from penchant.engine import Engine
from penchant.keys import SCOPES, Kind, Scope
from penchant.server import create_app

Fields = dict[str, Any]
Keys = Any

OPEN = {
    "GET /health/live": "a load balancer asks",
    "GET /health/ready": "a load balancer asks; it is told yes or no",
    "GET /schema": "the same for everybody, and in the source",
    "GET /schema/openapi.json": "the same",
    "GET /schema/{path}": "the framework's way to say that nothing is there",
    "GET /xapi/about": "which versions of xAPI are spoken; clients ask before they send",
    "POST /v1/m": "a tracker's counts of itself, which are thrown away",
}
"""Routes that need no key, each with the reason."""

WITHOUT_BODY = {"GET", "DELETE"}


def routes(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Method, path and handler of everything, save OPTIONS, which Litestar adds."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            for method in sorted(handler.http_methods - {"OPTIONS"}):
                yield method, route.path_format, handler


@pytest.fixture(scope="module")
def app(shared_engine: Engine) -> Litestar:
    return create_app(shared_engine, [start_page])


@pytest.fixture(scope="module")
def closed(app: Litestar) -> list[tuple[str, str, Scope]]:
    """Method, path and scope of every route that needs a key."""
    found = [(method, path, handler.opt["scope"]) for method, path, handler in routes(app)]
    return [(method, filled(path), scope) for method, path, scope in found if scope is not Scope.OPEN]


def filled(path: str) -> str:
    for name, value in (("{actor}", "user:42"), ("{other}", "anon:f3")):
        path = path.replace(name, value)
    return "/".join("x" if part.startswith("{") else part for part in path.split("/"))


def test_every_route_declares_a_scope(app: Litestar) -> None:
    assert [f"{method} {path}" for method, path, handler in routes(app) if "scope" not in handler.opt] == []
    assert all(isinstance(handler.opt["scope"], Scope) for _, _, handler in routes(app))


def test_the_routes_that_need_no_key_are_those_that_are_meant_to(app: Litestar) -> None:
    found = {f"{method} {path}" for method, path, handler in routes(app) if handler.opt["scope"] is Scope.OPEN}

    assert found == OPEN.keys()


def test_the_document_says_of_each_route_whether_it_needs_a_key(app: Litestar, client: httpx.Client) -> None:
    document = client.get("/schema").json()
    described = {
        (method.upper(), path): operation.get("security", document["security"])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    wanted = {
        (method, path): [{}] if handler.opt["scope"] is Scope.OPEN else [{"basic": []}, {"bearer": []}]
        for method, path, handler in routes(app)
        if handler.include_in_schema is not False and not path.startswith("/schema") and path != "/"
    }

    assert len(described) > 20
    assert described == wanted
    assert set(document["components"]["securitySchemes"]) == {"basic", "bearer"}


def test_the_document_says_that_each_of_them_may_refuse_a_key(client: httpx.Client) -> None:
    document = client.get("/schema").json()
    missing = [
        f"{method} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if operation.get("security") != [{}] and not {"401", "403", "429"} <= operation["responses"].keys()
    ]

    assert missing == []


def test_no_route_answers_without_a_key_or_with_a_wrong_one(
    closed: list[tuple[str, str, Scope]], client: httpx.Client
) -> None:
    assert len(closed) > 20
    for method, path, _ in closed:
        if path == "/":
            continue  # the console's, which this server does not have
        for headers in ({}, {"Authorization": "Bearer nobody-has-this"}):
            body = {} if method in WITHOUT_BODY else {"json": {}}
            request = httpx.Request(method, client.base_url.join(path), headers=headers, **body)  # type: ignore[arg-type]
            response = client.send(request, auth=None)
            assert (response.status_code, response.json()["code"]) == (401, "key_rejected"), (
                method,
                path,
                response.text,
            )


@pytest.mark.parametrize("kind", [Kind.PUBLIC, Kind.SERVER])
def test_no_route_answers_a_key_that_lacks_its_scope(
    closed: list[tuple[str, str, Scope]], client: httpx.Client, keys: Keys, kind: Kind
) -> None:
    key = {Kind.PUBLIC: keys.browser, Kind.SERVER: keys.server}[kind]
    refused = 0
    for method, path, scope in closed:
        if scope in SCOPES[kind] or path == "/":
            continue
        refused += 1
        response = client.request(method, path, auth=(key, ""), content=b"{}")
        assert (response.status_code, response.json()["code"]) == (403, "not_allowed"), (method, path)
    assert refused > 5


def test_a_key_of_the_shop_reaches_nothing_of_the_channel(client: httpx.Client, keys: Keys, demo: Demo) -> None:
    film = next(iter(demo.items["channel"].values()))
    message = {"event": "Content Viewed", "anonymousId": "a", "properties": {"content_id": film["id"]}}

    def send(key: str, method: str, path: str, body: Fields) -> int:
        return client.request(method, path, auth=(key, ""), json=body).status_code

    for key in (keys.shop_server, keys.shop_browser):
        assert send(key, "POST", "/v1/recommendations", {"placement": "feed", "domain": "channel"}) == 404
    assert send(keys.shop_server, "PUT", "/v1/items", {"domain": "channel", "items": [film]}) == 404
    before = client.get("/v1/status").json()["domains"]["channel"]
    # Its events are the shop's whatever they say, so the channel's log and catalog stay as they are.
    for key in (keys.shop_server, keys.shop_browser):
        assert send(key, "POST", "/v1/track?source=channel", message) == 200
    assert client.get("/v1/status").json()["domains"]["channel"] == before
