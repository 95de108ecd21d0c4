"""`POST /v1/stock` and `POST /v1/prices` over a real socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from live_server import serving
from penchant.engine import Engine

STOCK, PRICES, ITEMS, ASK = "/v1/stock/shop", "/v1/prices/shop", "/v1/items/shop", "/v1/recommendations"

Fields = dict[str, Any]
Keys = Any
Problem = Callable[[httpx.Response, int, str], Fields]


@pytest.fixture
def horn(client: httpx.Client) -> Iterator[str]:
    """An item of these tests' own."""
    client.put(f"{ITEMS}/horn-1", json={"title": "Horn", "category": "Horns", "price": 50.0, "stock": 2})
    yield "horn-1"
    client.delete(f"{ITEMS}/horn-1")


def change(client: httpx.Client, *changes: Fields, to: str = STOCK) -> list[Fields]:
    response = client.post(to, json={"changes": changes})
    assert response.status_code == 200, response.text
    verdicts: list[Fields] = response.json()["verdicts"]
    return verdicts


def shown(client: httpx.Client) -> list[str]:
    asked = {"placement": "popular", "domain": "shop", "filter": {"field": "category", "eq": "Horns"}}
    return [item["id"] for item in client.post(ASK, json=asked).json()["items"]]


def test_what_sells_out_is_not_shown_and_what_comes_back_is(client: httpx.Client, horn: str) -> None:
    assert shown(client) == [horn]
    assert change(client, {"id": horn, "stock": 0}) == [{"id": horn, "status": "changed"}]
    assert shown(client) == []
    assert change(client, {"id": horn, "add": 3}) == [{"id": horn, "status": "changed"}]
    assert shown(client) == [horn]
    assert client.get(f"{ITEMS}/{horn}").json()["stock"] == 3


def test_changes_hold_in_their_order_each_with_a_verdict(client: httpx.Client, horn: str) -> None:
    verdicts = change(
        client,
        {"id": horn, "stock": 5},
        {"id": horn, "add": -2},
        {"id": "nowhere", "stock": 1},
        {"id": horn, "add": -9},
        {"id": horn, "add": -3},
        {"id": horn, "stock": 0},
    )

    assert [v["status"] for v in verdicts] == ["changed", "changed", "missing", "rejected", "changed", "unchanged"]
    assert verdicts[3]["field"] == "stock" and verdicts[3]["reason"]
    assert client.get(f"{ITEMS}/{horn}").json()["stock"] == 0


def test_pieces_are_counted_by_location(client: httpx.Client, horn: str) -> None:
    change(client, {"id": horn, "location": "berlin", "stock": 0}, {"id": horn, "location": "rome", "stock": 4})
    assert client.get(f"{ITEMS}/{horn}").json()["stock_at"] == {"berlin": 0, "rome": 4}
    assert shown(client) == [horn]

    change(client, {"id": horn, "location": "rome", "add": -4})
    assert shown(client) == []


def test_prices_change_and_are_taken_back(client: httpx.Client, horn: str) -> None:
    change(client, {"id": horn, "price": 45.0, "sale_price": 40.0, "sale_until": "2030-01-01T00:00:00Z"}, to=PRICES)
    assert {"price": 45.0, "sale_price": 40.0, "sale_until": "2030-01-01T00:00:00Z"}.items() <= client.get(
        f"{ITEMS}/{horn}"
    ).json().items()

    change(client, {"id": horn, "sale_price": None, "sale_until": None}, to=PRICES)
    assert not {"sale_price", "sale_until"} & client.get(f"{ITEMS}/{horn}").json().keys()


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (STOCK, {"changes": []}, "changes"),
        (STOCK, {"changes": [{"id": "a"}]}, "changes[0]"),
        (STOCK, {"changes": [{"id": "a", "stock": 1, "add": 1}]}, "changes[0]"),
        (STOCK, {"changes": [{"id": "a", "stock": -1}]}, "changes[0].stock"),
        (STOCK, {"changes": [{"id": "a", "stock": 1.5}]}, "changes[0].stock"),
        (STOCK, {"changes": [{"id": "a", "stok": 1}]}, "changes[0]"),
        (STOCK, {"changes": [{"stock": 1}]}, "changes[0]"),
        (STOCK, [], "body"),
        (PRICES, {"changes": [{"id": "a"}]}, "changes[0]"),
        (PRICES, {"changes": [{"id": "a", "price": "9"}]}, "changes[0].price"),
        (PRICES, {"changes": [{"id": "a", "sale_until": "soon"}]}, "changes[0].sale_until"),
    ],
)
def test_a_wrong_shape_is_named(client: httpx.Client, problem: Problem, path: str, body: object, field: str) -> None:
    assert problem(client.post(path, json=body), 400, "invalid_request")["field"] == field


def test_what_is_no_json_or_too_much_is_refused(client: httpx.Client, problem: Problem) -> None:
    problem(client.post(STOCK, content=b"{"), 400, "invalid_request")
    problem(client.post(STOCK, content=b"\xff"), 400, "invalid_request")
    many = [{"id": "a", "stock": 1}] * 10_001
    assert problem(client.post(STOCK, json={"changes": many}), 400, "invalid_request")["field"] == "changes"


def test_only_products_have_stock_and_prices(client: httpx.Client, problem: Problem) -> None:
    for path in ("/v1/stock/channel", "/v1/prices/academy"):
        body = problem(client.post(path, json={"changes": [{"id": "a", "stock": 1}]}), 400, "invalid_request")
        assert body["field"] == "domain"
    problem(client.post("/v1/stock/shopp", json={"changes": [{"id": "a", "stock": 1}]}), 404, "not_found")


def test_a_key_of_another_domain_or_kind_may_not(client: httpx.Client, keys: Keys, problem: Problem) -> None:
    one = {"changes": [{"id": "a", "stock": 1}]}

    problem(client.post(STOCK, json=one, auth=(keys.shop_browser, "")), 403, "not_allowed")
    problem(client.post("/v1/stock/channel", json=one, auth=(keys.shop_server, "")), 404, "not_found")


def test_another_worker_obeys_with_its_next_answer(open_demo: Callable[[str], Engine], make_keys: Any) -> None:
    first = open_demo("shared")
    asked = {"placement": "bestsellers", "domain": "shop", "n": 5}
    with Engine(first.workspace, first.clock) as second:
        keys = make_keys(first)
        with serving(first, key=keys.admin) as one, serving(second, key=keys.admin) as other:
            for _ in range(20):
                best = other.post(ASK, json=asked).json()["items"][0]["id"]
                change(one, {"id": best, "stock": 0})
                assert best not in [item["id"] for item in other.post(ASK, json=asked).json()["items"]]
