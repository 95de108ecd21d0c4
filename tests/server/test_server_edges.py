"""Health, the OpenAPI document, and what goes wrong."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import closing
from typing import Any

import apsw
import httpx
import pytest
from litestar import get

from demo_workspace import Demo
from live_server import serving
from penchant.clock import DAY, FixedClock
from penchant.config import FILE_NAME
from penchant.engine import Engine
from penchant.keys import Kind, Scope

Fields = dict[str, Any]
Problem = Callable[[httpx.Response, int, str], Fields]


def test_a_server_that_runs_is_live(client: httpx.Client) -> None:
    response = client.get("/health/live")

    assert (response.status_code, response.json()) == (200, {"status": "live"})


def test_a_server_that_can_answer_is_ready_and_tells_strangers_no_more(client: httpx.Client) -> None:
    response = client.get("/health/ready", auth=("", ""))

    assert (response.status_code, response.json()) == (200, {"status": "ready"})


def test_the_status_says_what_serves(client: httpx.Client, shared_engine: Engine) -> None:
    response = client.get("/v1/status")

    body = response.json()
    assert response.status_code == 200
    assert list(body["domains"]) == ["shop", "channel", "academy"]
    shop = body["domains"]["shop"]
    assert shop["release"] == shared_engine.releases.order("shop")[0]
    assert shop["items"] > 1000
    assert {"als", "alike", "basket", "popular"} <= set(shop["models"])
    assert shop["notes"] == []
    assert (shop["freshness"]["state"], shop["freshness"]["release"]) == ("fresh", shop["release"])
    assert shop["switched"] is None


def test_a_stale_release_leaves_the_server_ready_and_tells_strangers_only_that_there_is_one(engine: Engine) -> None:
    assert isinstance(engine.clock, FixedClock)
    engine.clock.advance(30 * DAY)
    with serving(engine, key=engine.create_key(Kind.ADMIN)[0]) as client:
        ready = client.get("/health/ready", auth=("", ""))
        told = client.get("/v1/status").json()["domains"]["shop"]["freshness"]

    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "stale": True})
    assert told["state"] == "silent"


def test_a_store_that_breaks_makes_the_server_not_ready_but_it_answers_from_what_it_has(
    engine: Engine, problem: Problem
) -> None:
    key = engine.create_key(Kind.SERVER)[0]
    with serving(engine, key=key) as client:
        ask = {"placement": "bestsellers"}
        before = client.post("/v1/recommendations", json=ask).json()
        # By the store's own SQLite: of two in one process each takes the other's locks away, and the first to close
        # cuts off the shared memory that the other still reads, which ends the process.
        with closing(apsw.Connection(str(engine.workspace.root / "penchant.db"))) as other:
            other.set_busy_timeout(10_000)
            tables = other.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            names = [str(name) for (name,) in tables.fetchall()]
            renamed = "".join(f"ALTER TABLE {name} RENAME TO lost_{name};" for name in names)
            other.execute(f"BEGIN IMMEDIATE; {renamed} COMMIT")

        ready = client.get("/health/ready")
        after = client.post("/v1/recommendations", json=ask)
        stored = client.put("/v1/items", json={"domain": "shop", "items": [{"id": "x"}]})

        assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
        assert "catalog" in ready.json()["detail"]
        assert client.get("/health/live").status_code == 200
        assert [item["id"] for item in after.json()["items"]] == [item["id"] for item in before["items"]]
        assert "catalog may be stale" in after.json()["degraded"][0]
        problem(stored, 503, "storage_error")
        assert stored.headers["retry-after"] == "1"
        seen = {"event": "Product Viewed", "userId": "ann", "properties": {"product_id": "run-001"}}
        problem(client.post("/v1/track", params={"source": "shop"}, json=seen), 503, "storage_error")


def test_a_workspace_without_a_release_is_ready_and_answers_from_its_catalog(demo: Demo, tmp_path: Any) -> None:
    (tmp_path / FILE_NAME).write_text('[domains.shop]\npack = "product"\n', encoding="utf-8")
    with Engine.open(tmp_path, None, {}) as engine, serving(engine, key=engine.create_key(Kind.ADMIN)[0]) as client:
        engine.put_items("shop", list(demo.items["shop"].values())[:20])

        assert client.get("/health/ready").status_code == 200
        assert client.get("/v1/status").json()["domains"]["shop"]["release"] is None
        slate = client.post("/v1/recommendations", json={"placement": "home", "n": 5}).json()
        assert slate["release"] is None
        assert len(slate["items"]) == 5
        assert slate["degraded"]


def test_the_document_is_there_for_everybody(client: httpx.Client) -> None:
    response = client.get("/schema", auth=("", ""))

    document = json.loads(response.text)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/json")
    assert document["openapi"].startswith("3.1")
    assert {"/v1/recommendations", "/v1/track", "/v1/items", "/health/live"} <= document["paths"].keys()
    assert client.get("/schema/openapi.json").json() == document


def test_the_document_says_what_errors_look_like(client: httpx.Client) -> None:
    document = client.get("/schema").json()

    errors = document["paths"]["/v1/recommendations"]["post"]["responses"]
    assert set(errors) == {"200", "400", "401", "403", "404", "413", "415", "429", "503"}
    for status in set(errors) - {"200"}:
        assert errors[status]["content"] == {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        }
    assert set(document["components"]["schemas"]["Problem"]["required"]) == {
        "type", "title", "status", "detail", "code", "message",
    }  # fmt: skip


def test_every_reference_of_the_document_leads_somewhere(client: httpx.Client) -> None:
    text = client.get("/schema").text
    schemas = json.loads(text)["components"]["schemas"]

    referred = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}

    assert referred
    assert referred <= set(schemas)


@pytest.mark.parametrize("path", ["/nope", "/v1", "/v1/recommendation", "/v1/recommendations/x", "/favicon.ico"])
def test_an_unknown_path_is_not_found(client: httpx.Client, problem: Problem, path: str) -> None:
    assert path in problem(client.get(path), 404, "not_found")["message"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/recommendations", "POST"),
        ("PUT", "/v1/track", "POST"),
        ("POST", "/v1/items", "PUT"),
        ("POST", "/health/live", "GET"),
    ],
)
def test_a_wrong_method_is_refused_and_the_right_one_named(
    client: httpx.Client, problem: Problem, method: str, path: str, allowed: str
) -> None:
    response = client.request(method, path)

    assert method in problem(response, 405, "method_not_allowed")["message"]
    assert allowed in response.headers["allow"].split(", ")


@get("/broken", include_in_schema=False, sync_to_thread=False, opt={"scope": Scope.OPEN})
def broken() -> str:
    raise RuntimeError("a secret of the inside")


def test_what_nobody_foresaw_is_logged_and_the_answer_does_not_tell(
    open_demo: Callable[[str], Engine], problem: Problem, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "penchant.server"), serving(open_demo("broken"), [broken]) as client:
        response = client.get("/broken")
        again = client.get("/health/live")

    body = problem(response, 500, "error")
    assert "secret" not in response.text
    assert "log" in body["message"]
    assert "a secret of the inside" in caplog.text
    assert again.status_code == 200
