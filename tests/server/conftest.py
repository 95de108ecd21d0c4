from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import pytest

from demo_workspace import Demo
from live_server import serving
from penchant.engine import Engine
from penchant.keys import Kind

Fields = dict[str, Any]


@dataclass(frozen=True)
class Keys:
    """Keys of a workspace, as their owners hold them.

    Attributes:
        admin: An operator's.
        server: Of the brand's server, for every domain.
        shop_server: Of the shop's server, for the shop alone.
        browser: Of pages of every domain.
        shop_browser: Of the shop's pages.
        channel_browser: Of the channel's pages.
    """

    admin: str
    server: str
    shop_server: str
    browser: str
    shop_browser: str
    channel_browser: str


@pytest.fixture(scope="session")
def make_keys() -> Callable[[Engine], Keys]:
    """Makes one key of each sort in a workspace."""

    def make(engine: Engine) -> Keys:
        return Keys(
            engine.create_key(Kind.ADMIN)[0],
            engine.create_key(Kind.SERVER)[0],
            engine.create_key(Kind.SERVER, domain="shop")[0],
            engine.create_key(Kind.PUBLIC)[0],
            engine.create_key(Kind.PUBLIC, domain="shop")[0],
            engine.create_key(Kind.PUBLIC, domain="channel")[0],
        )

    return make


@pytest.fixture(scope="session")
def shared_engine(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with demo.open(tmp_path_factory.mktemp("served") / "workspace") as engine:
        yield engine


@pytest.fixture(scope="session")
def keys(shared_engine: Engine, make_keys: Callable[[Engine], Keys]) -> Keys:
    """Keys of the shared workspace."""
    return make_keys(shared_engine)


@pytest.fixture(scope="session")
def client(shared_engine: Engine, keys: Keys) -> Iterator[httpx.Client]:
    """A client of one server for all tests, with a key that may do everything: each speaks of people and items of its
    own.
    """
    with serving(shared_engine, key=keys.admin) as client:
        yield client


@pytest.fixture(scope="session")
def viewed() -> Callable[..., Fields]:
    """Makes messages that say somebody viewed something, each with an id of its own."""
    numbers = count()

    def make(item: str, user: str, **fields: Any) -> Fields:
        return {
            "type": "track",
            "messageId": f"message-{next(numbers)}",
            "event": "Product Viewed",
            "userId": user,
            "properties": {"product_id": item},
            **fields,
        }

    return make


@pytest.fixture(scope="session")
def problem() -> Callable[[httpx.Response, int, str], Fields]:
    """Checks that an answer is a problem with this status and code, and gives it."""

    def check(response: httpx.Response, status: int, code: str) -> Fields:
        body: Fields = json.loads(response.text)
        assert (response.status_code, body["code"]) == (status, code), body
        assert response.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "code", "message"} <= body.keys()
        assert body["status"] == status
        assert body["message"] == body["detail"] != ""
        assert "Traceback" not in response.text
        return body

    return check
