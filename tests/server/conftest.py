from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import httpx
import pytest

from demo_workspace import Demo
from live_server import serving
from penchant.engine import Engine

Fields = dict[str, Any]


@pytest.fixture(scope="session")
def shared_engine(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with demo.open(tmp_path_factory.mktemp("served") / "workspace") as engine:
        yield engine


@pytest.fixture(scope="session")
def client(shared_engine: Engine) -> Iterator[httpx.Client]:
    """A client of one server for all tests: each speaks of people and items of its own."""
    with serving(shared_engine) as client:
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
