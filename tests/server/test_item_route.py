"""`PUT /v1/items` over a real socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from demo_workspace import Demo

PATH, ASK = "/v1/items", "/v1/recommendations"

Fields = dict[str, Any]
Problem = Callable[[httpx.Response, int, str], Fields]


def shown(client: httpx.Client, **asked: Any) -> list[str]:
    return [item["id"] for item in client.post(ASK, json=asked).json()["items"]]


def test_a_product_that_sells_out_is_gone_with_the_next_request(client: httpx.Client, demo: Demo) -> None:
    best = shown(client, placement="bestsellers", n=10)

    response = client.put(PATH, json={"domain": "shop", "items": [{**demo.items["shop"][best[0]], "stock": 0}]})

    assert (response.status_code, response.json()) == (200, {"stored": 1})
    after = shown(client, placement="bestsellers", n=10)
    assert after[:9] == best[1:]
    assert best[0] not in shown(client, placement="bestsellers", n=200)
    client.put(PATH, json={"domain": "shop", "items": [demo.items["shop"][best[0]]]})
    assert shown(client, placement="bestsellers", n=10) == best


def test_a_new_product_can_be_shown_at_once(client: httpx.Client) -> None:
    kite = {"id": "kite-1", "title": "Kite", "category": "Kites", "price": 30.0, "stock": 3}
    only = {"field": "category", "eq": "Kites"}
    assert shown(client, placement="home", filter=only) == []

    client.put(PATH, json={"domain": "shop", "items": [kite]})

    assert shown(client, placement="home", filter=only) == ["kite-1"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"prise": 3}, 'did you mean "price"?'),
        ({"price": -3}, "$.price"),
        ({"stock": "many"}, "$.stock"),
        ({"id": "x" * 201}, "1 to 200 characters"),
        ({"id": None}, "$.id"),
    ],
)
def test_one_wrong_item_keeps_all_of_them_out(
    client: httpx.Client, problem: Problem, wrong: Fields, words: str
) -> None:
    boat = {"id": "boat-1", "title": "Boat", "category": "Boats", "price": 30.0}
    body = problem(client.put(PATH, json={"domain": "shop", "items": [boat, {**boat, **wrong}]}), 400, "item_rejected")

    assert "items[1]" in body["message"]
    assert words in body["message"]
    assert shown(client, placement="home", filter={"field": "category", "eq": "Boats"}) == []


def test_an_unknown_domain_is_not_found(client: httpx.Client, problem: Problem) -> None:
    body = problem(client.put(PATH, json={"domain": "shopp", "items": [{"id": "x"}]}), 404, "not_found")

    assert (body["kind"], body["nearest"]) == ("domain", "shop")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"domain": "shop", "items": []}, "items"),
        ({"domain": "shop", "items": ["x"]}, "items[0]"),
        ({"domain": "shop"}, "body"),
        ({"domain": "shop", "items": [{"id": "x"}], "all": True}, "body"),
        ([], "body"),
    ],
)
def test_a_wrong_shape_is_named(client: httpx.Client, problem: Problem, body: object, field: str) -> None:
    assert problem(client.put(PATH, json=body), 400, "invalid_request")["field"] == field
