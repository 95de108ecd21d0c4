"""`PUT /v1/items`, and items one at a time, over a real socket."""

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
        ({"price": -3}, "items[1].price: must be at least 0"),
        ({"stock": "many"}, "items[1].stock: must be a whole number"),
        ({"id": "x" * 201}, "1 to 200 characters"),
        ({"id": None}, "items[1].id: is needed"),
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


# One at a time


def test_an_item_can_be_put_looked_at_changed_and_taken_out(client: httpx.Client, problem: Problem) -> None:
    drum = {"title": "Drum", "category": "Drums", "price": 30.0, "stock": 3}
    only = {"field": "category", "eq": "Drums"}

    assert client.put(f"{PATH}/shop/drum-1", json=drum).json() == {"id": "drum-1", "status": "created"}
    assert client.put(f"{PATH}/shop/drum-1", json=drum).json() == {"id": "drum-1", "status": "unchanged"}
    assert shown(client, placement="home", filter=only) == ["drum-1"]
    assert client.get(f"{PATH}/shop/drum-1").json() == {"id": "drum-1", **drum}

    patched = client.patch(f"{PATH}/shop/drum-1", json={"price": 25.0, "title": None, "color": "red"})
    assert patched.json() == {"id": "drum-1", "status": "changed"}
    assert client.get(f"{PATH}/shop/drum-1").json() == {
        "id": "drum-1", "category": "Drums", "color": "red", "price": 25.0, "stock": 3,
    }  # fmt: skip

    assert client.delete(f"{PATH}/shop/drum-1").json() == {"id": "drum-1", "status": "deleted"}
    assert shown(client, placement="home", filter=only) == []
    for answer in (
        client.get(f"{PATH}/shop/drum-1"),
        client.delete(f"{PATH}/shop/drum-1"),
        client.patch(f"{PATH}/shop/drum-1", json={"price": 1}),
    ):
        body = problem(answer, 404, "not_found")
        assert (body["kind"], body["name"]) == ("item", "drum-1")


def test_a_put_leaves_the_pieces_in_stock_alone_unless_it_names_them(client: httpx.Client) -> None:
    path = f"{PATH}/shop/drum-2"
    client.put(path, json={"title": "Drum", "price": 30.0, "sale_price": 20.0, "stock": 3})

    client.put(path, json={"title": "Big drum", "price": 35.0})
    assert client.get(path).json() == {"id": "drum-2", "title": "Big drum", "price": 35.0, "stock": 3}

    client.put(path, json={"title": "Big drum", "stock": None})
    assert client.get(path).json() == {"id": "drum-2", "title": "Big drum"}
    client.delete(path)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a/b", "a/b"),
        ("a%2Fb", "a/b"),
        ("a%20b", "a b"),
        ("a//b", "a//b"),
        ("%C3%A4", "ä"),
        ("x.", "x."),
        ("a%25b", "a%b"),
    ],
)
def test_an_id_may_hold_what_an_address_can(client: httpx.Client, written: str, meant: str) -> None:
    path = f"{PATH}/shop/{written}"

    assert client.put(path, json={"title": "Odd", "active": False}).json()["id"] == meant
    assert client.get(path).json()["id"] == meant
    assert client.delete(path).json()["id"] == meant


@pytest.mark.parametrize(
    "written",
    ["//v1/items/shop/drum-5", "/v1//items/shop/drum-5", "/v1/items//shop/drum-5", "/v1/items/shop%2Fx/drum-5"],
)
def test_a_slash_too_many_changes_no_other_item(client: httpx.Client, problem: Problem, written: str) -> None:
    """The framework passes over it, and what stands where the id is looked for is another one."""
    made = client.build_request("PUT", "/", json={"title": "Drum"})
    made.url = made.url.copy_with(raw_path=written.encode())

    problem(client.send(made), 404, "not_found")
    for name in ("drum-5", "shop/drum-5", "x/drum-5"):
        problem(client.get(f"{PATH}/shop/{name}"), 404, "not_found")


def test_what_is_wrong_with_a_single_item_is_said(client: httpx.Client, problem: Problem) -> None:
    path = f"{PATH}/shop/drum-3"

    assert 'did you mean "price"?' in problem(client.put(path, json={"prise": 3}), 400, "item_rejected")["message"]
    assert problem(client.put(path, json={"price": -1}), 400, "item_rejected")["field"] == "price"
    assert problem(client.put(path, json={"id": "drum-4"}), 400, "invalid_request")["field"] == "id"
    assert problem(client.put(path, json=[1]), 400, "invalid_request")
    assert problem(client.put(f"{PATH}/shopp/drum-3", json={}), 404, "not_found")["nearest"] == "shop"
    assert problem(client.put(f"{PATH}/shop/%ff", json={}), 400, "invalid_request")["field"] == "id"
    assert problem(client.put(f"{PATH}/shop/{'x' * 201}", json={}), 400, "item_rejected")
    problem(client.get(path), 404, "not_found")
