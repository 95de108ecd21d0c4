"""`POST /v1/items/{domain}`: JSON lines over a real socket."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from penchant.engine import Engine

PATH, ITEMS = "/v1/items/shop", "/v1/items/shop"

Fields = dict[str, Any]
Keys = Any
Problem = Callable[[httpx.Response, int, str], Fields]


@pytest.fixture
def harp(client: httpx.Client) -> Iterator[str]:
    """An item of these tests' own."""
    client.put(f"{ITEMS}/harp-1", json={"title": "Harp", "category": "Harps", "price": 500.0, "stock": 1})
    yield "harp-1"
    client.delete(f"{ITEMS}/harp-1")


def lines(*told: object) -> bytes:
    return b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in told)


def harps(count: int, **fields: Any) -> list[Fields]:
    return [{"id": f"bulk-{n}", "title": "Harp", "category": "Harps", **fields} for n in range(count)]


def test_each_line_has_a_verdict_and_a_wrong_one_keeps_no_other_out(client: httpx.Client, harp: str) -> None:
    body = lines(
        {"id": "bulk-1", "title": "Small harp", "category": "Harps"},
        b"",
        b"{broken",
        {"id": harp, "title": "Harp", "category": "Harps", "price": 450.0},
        {"op": "patch", "id": harp, "fields": {"price": 440.0}, "add": {"stock": 2}},
        {"op": "patch", "id": "bulk-none", "fields": {"price": 1.0}},
        {"id": "bulk-2", "prise": 3},
        {"title": "no id"},
        {"op": "burn", "id": harp},
        [1, 2],
        {"op": "delete", "id": "bulk-1"},
    )
    answer = client.post(PATH, content=body).json()

    assert answer["lines"] == 10
    assert answer["counts"] == {"changed": 2, "created": 1, "deleted": 1, "missing": 1, "rejected": 5}
    told = {v["line"]: v for v in answer["verdicts"]}
    assert list(told) == [1, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert told[1] == {"line": 1, "id": "bulk-1", "status": "created"}
    assert told[3]["reason"].startswith("is not JSON")
    assert (told[7]["field"], 'did you mean "price"?' in told[7]["reason"]) == ("prise", True)
    assert told[8]["field"] == "id" and told[9]["field"] == "op"
    assert {"price": 440.0, "stock": 3}.items() <= client.get(f"{ITEMS}/{harp}").json().items()


def test_the_same_lines_again_change_nothing(client: httpx.Client) -> None:
    body = lines(*harps(50, price=3.5))

    assert client.post(PATH, content=body).json()["counts"] == {"created": 50}
    assert client.post(PATH, content=gzip.compress(body)).json()["counts"] == {"unchanged": 50}
    gone = lines(*({"op": "delete", "id": one["id"]} for one in harps(50)))
    assert client.post(PATH, content=gone).json()["counts"] == {"deleted": 50}


def test_only_problems_are_told_when_that_is_asked_for(client: httpx.Client) -> None:
    body = lines({"id": "bulk-1", "active": False}, {"id": "bulk-2", "price": -1})

    answer = client.post(PATH, params={"verdicts": "problems"}, content=body).json()
    assert (answer["lines"], [v["line"] for v in answer["verdicts"]]) == (2, [2])
    client.delete(f"{ITEMS}/bulk-1")


def test_under_one_key_a_call_is_done_once(client: httpx.Client, harp: str, problem: Problem) -> None:
    body = lines({"op": "patch", "id": harp, "add": {"stock": 1}})
    key = {"Idempotency-Key": "one-more-harp"}

    first = client.post(PATH, content=body, headers=key)
    again = client.post(PATH, content=body, headers=key)

    assert first.json() == again.json() and first.json()["counts"] == {"changed": 1}
    assert (first.headers.get("idempotent-replayed"), again.headers.get("idempotent-replayed")) == (None, "true")
    assert client.get(f"{ITEMS}/{harp}").json()["stock"] == 2
    problem(client.post(PATH, content=body + b"\n\n{}", headers=key), 422, "key_reused")
    problem(client.post(PATH, content=body, headers={"Idempotency-Key": "x" * 201}), 400, "invalid_request")
    assert client.post(PATH, content=body, headers={"Idempotency-Key": "another"}).json()["counts"] == {"changed": 1}


def test_a_key_is_its_owners_and_its_domains(client: httpx.Client, harp: str, keys: Keys) -> None:
    body, key = lines({"op": "patch", "id": harp, "add": {"stock": 1}}), {"Idempotency-Key": "mine"}

    client.post(PATH, content=body, headers=key)
    other = client.post(PATH, content=body, headers=key, auth=(keys.shop_server, ""))

    assert other.headers.get("idempotent-replayed") is None
    assert client.get(f"{ITEMS}/{harp}").json()["stock"] == 3


def test_of_two_at_once_under_one_key_one_does_it(client: httpx.Client, harp: str) -> None:
    body = lines({"op": "patch", "id": harp, "add": {"stock": 1}}, *harps(3_000))
    answers: list[httpx.Response] = []

    def send() -> None:
        with httpx.Client(base_url=client.base_url, auth=client.auth, timeout=20) as own:
            answers.append(own.post(PATH, content=body, headers={"Idempotency-Key": "race"}))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert sum(a.status_code == 200 and "idempotent-replayed" not in a.headers for a in answers) == 1
    assert client.get(f"{ITEMS}/{harp}").json()["stock"] == 2
    gone = lines(*({"op": "delete", "id": one["id"]} for one in harps(3_000)))
    assert client.post(PATH, content=gone).json()["counts"] == {"deleted": 3_000}


def test_what_cannot_be_lines_is_refused(client: httpx.Client, keys: Keys, problem: Problem) -> None:
    assert problem(client.post(PATH, content=b"\n \n"), 400, "invalid_request")["field"] == "body"
    problem(client.post(PATH, content=b"", params={"verdicts": "none"}), 400, "invalid_request")
    problem(client.post("/v1/items/shopp", content=b"{}"), 404, "not_found")
    problem(client.post(PATH, content=b"{}", auth=(keys.shop_browser, "")), 403, "not_allowed")
    bomb = gzip.compress(b" " * (65 * 1024 * 1024))
    problem(client.post(PATH, content=bomb), 413, "too_large")
    deep = b'{"id": "x", "attributes": {"a": ' + b"[" * 500 + b"]" * 500 + b"}}"
    long = json.dumps({"id": "x", "title": "x" * 1_100_000}).encode()
    answer = client.post(PATH, content=lines(deep, long, b"\x00", b"\xff\xfe")).json()
    assert answer["counts"] == {"rejected": 4}


def test_more_than_an_ordinary_body_may_come(client: httpx.Client) -> None:
    body = lines(*harps(100, description="x" * 60_000, active=False))
    assert len(body) > 4 * 1024 * 1024

    assert client.post(PATH, content=body).json()["counts"] == {"created": 100}
    gone = lines(*({"op": "delete", "id": one["id"]} for one in harps(100)))
    client.post(PATH, content=gone)


def test_pages_of_verdicts_are_one_answer(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penchant.server.bulk._PAGE", 3)
    body = lines(*harps(4, active=False), {"id": "bulk-x", "price": -1}, {"op": "delete", "id": "bulk-none"})
    key = {"Idempotency-Key": "pages"}

    first = client.post(PATH, content=body, headers=key).json()
    again = client.post(PATH, content=body, headers=key).json()
    problems = client.post(PATH, params={"verdicts": "problems"}, content=body, headers=key).json()
    gone = lines(*({"op": "delete", "id": one["id"]} for one in harps(4)))
    fine = client.post(PATH, params={"verdicts": "problems"}, content=gone).json()

    assert first == again
    assert [verdict["line"] for verdict in first["verdicts"]] == [1, 2, 3, 4, 5, 6]
    assert (first["lines"], first["counts"]) == (6, {"created": 4, "missing": 1, "rejected": 1})
    assert problems == {**first, "verdicts": first["verdicts"][4:]}
    assert fine == {"lines": 4, "counts": {"deleted": 4}, "verdicts": []}


def test_a_body_may_not_have_lines_without_end(
    client: httpx.Client, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penchant.server.bulk.MOST_LINES", 5)

    problem(client.post(PATH, content=b"\n" * 5 + lines({"id": "bulk-1"})), 413, "too_large")
    assert client.get(f"{ITEMS}/bulk-1").status_code == 404


def test_what_is_kept_of_an_answer_is_small(client: httpx.Client, shared_engine: Engine) -> None:
    body = lines({"op": "delete", "id": "bulk-none"}) + b"\n"
    answer = client.post(PATH, content=body * 20_000, headers={"Idempotency-Key": "small"})
    stored = shared_engine.store.database.rows("SELECT max(length(answer)) FROM once")[0][0]  # type: ignore[attr-defined]

    assert answer.json()["counts"] == {"missing": 20_000}
    assert stored < len(answer.content) / 5
