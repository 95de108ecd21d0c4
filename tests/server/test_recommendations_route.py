"""`POST /v1/recommendations` over a real socket."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from demo_workspace import NOW, Demo
from penchant.engine import Engine
from penchant.keys import sign

PATH = "/v1/recommendations"

Fields = dict[str, Any]
Keys = Any
Problem = Callable[[httpx.Response, int, str], Fields]


def test_a_placement_is_filled_for_a_person(client: httpx.Client, demo: Demo) -> None:
    response = client.post(PATH, json={"placement": "home", "user_id": "ann", "n": 4})

    slate = response.json()
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert (slate["placement"], slate["domain"], slate["degraded"]) == ("home", "shop", [])
    assert slate["release"].startswith("shop-")
    assert [item["position"] for item in slate["items"]] == [1, 2, 3, 4]
    assert all(item["id"] in demo.items["shop"] for item in slate["items"])
    assert all(item["reasons"] and item["source"] for item in slate["items"])


def test_an_answer_has_the_members_the_design_names(client: httpx.Client) -> None:
    slate = client.post(PATH, json={"placement": "home", "user_id": "ann"}).json()

    assert set(slate) == {"slate_id", "placement", "domain", "release", "items", "experiment", "degraded"}
    assert set(slate["items"][0]) == {"id", "position", "value", "source", "reasons", "propensity"}


def test_somebody_unknown_gets_an_answer_too(client: httpx.Client) -> None:
    response = client.post(PATH, json={"placement": "home", "anonymous_id": "never-seen"})

    assert response.status_code == 200
    assert len(response.json()["items"]) == 10


def test_an_unknown_item_is_named_and_the_rest_answers(client: httpx.Client) -> None:
    response = client.post(PATH, json={"placement": "also-like", "items": ["no-such-shoe"], "user_id": "ann"})

    assert response.status_code == 200
    assert response.json()["degraded"] == ["unknown item: no-such-shoe"]
    assert len(response.json()["items"]) == 10


def test_an_unknown_placement_is_not_found_and_the_nearest_is_named(client: httpx.Client, problem: Problem) -> None:
    body = problem(client.post(PATH, json={"placement": "hoem"}), 404, "not_found")

    assert (body["kind"], body["name"], body["nearest"]) == ("placement", "hoem", "home")
    assert "home" in body["have"]
    assert 'did you mean "home"?' in body["message"]


def test_an_unknown_domain_is_not_found_and_the_nearest_is_named(client: httpx.Client, problem: Problem) -> None:
    body = problem(client.post(PATH, json={"placement": "home", "domain": "shopp"}), 404, "not_found")

    assert (body["kind"], body["nearest"], body["have"]) == ("domain", "shop", ["academy", "channel", "shop"])


def test_a_placement_that_several_domains_have_needs_the_domain(
    client: httpx.Client, problem: Problem, demo: Demo
) -> None:
    shoe = demo.played.opened[0]

    assert problem(client.post(PATH, json={"placement": "similar", "items": [shoe]}), 400, "invalid_request")["field"]
    said = client.post(PATH, json={"placement": "similar", "items": [shoe], "domain": "shop"})
    assert (said.status_code, said.json()["domain"]) == (200, "shop")


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"n": 0}, "n", "1"),
        ({"n": -3}, "n", "1"),
        ({"n": 10_000}, "n", "200"),
        ({"n": "x"}, "n", "whole number"),
        ({"n": 1.5}, "n", "whole number"),
        ({"n": True}, "n", "whole number"),
        ({"user_id": ""}, "user_id", "1"),
        ({"user_id": "u" * 201}, "user_id", "200"),
        ({"user_id": 42}, "user_id", "text"),
        ({"user": "ann"}, "body", "user"),
        ({"placement": None}, "placement", "text"),
        ({"items": "shoe"}, "items", "list"),
        ({"filter": {"field": "prise", "eq": 1}}, "filter.field", 'did you mean "price"?'),
        ({"filter": {"field": "price", "range": ["a", 1]}}, "filter.range[0]", "number"),
        ({"filter": {"field": "price", "above": 1}}, "filter", "range"),
        ({"filter": []}, "filter", "object"),
        ({"placement": "also-like"}, "items", "at least one item"),
        ({"placement": "buy-again"}, "user_id", "anonymous_id"),
    ],
)
def test_a_wrong_field_is_named(client: httpx.Client, problem: Problem, fields: Fields, field: str, words: str) -> None:
    body = problem(client.post(PATH, json={"placement": "home", **fields}), 400, "invalid_request")

    assert body["field"] == field
    assert words in body["message"]


@pytest.mark.parametrize("body", [b"", b"{not json", b"\xff\xfe", b"[]", b"null", b'{"placement": "home", "n": NaN}'])
def test_a_body_that_is_no_json_object_is_refused(client: httpx.Client, problem: Problem, body: bytes) -> None:
    response = client.post(PATH, content=body, headers={"content-type": "application/json"})

    problem(response, 400, "invalid_request")


def test_a_filter_holds_for_every_item(client: httpx.Client, demo: Demo) -> None:
    socks = {"all": [{"field": "category", "eq": "Socks"}, {"field": "price", "range": [None, 12]}]}

    slate = client.post(PATH, json={"placement": "home", "user_id": "ann", "n": 20, "filter": socks}).json()

    shown = [demo.items["shop"][item["id"]] for item in slate["items"]]
    assert shown
    assert all(x["category"] == "Socks" and x["price"] <= 12 for x in shown)


def test_excluded_items_are_left_out(client: httpx.Client) -> None:
    asked = {"placement": "bestsellers", "n": 5}
    best = [item["id"] for item in client.post(PATH, json=asked).json()["items"]]

    others = [item["id"] for item in client.post(PATH, json={**asked, "exclude": best[:3]}).json()["items"]]

    assert others[:2] == best[3:]
    assert len(others) == 5


def test_a_release_that_is_rolled_back_while_serving_is_gone_with_the_next_request(
    client: httpx.Client, shared_engine: Engine
) -> None:
    asked = {"placement": "next-step", "user_id": "lea"}
    first = client.post(PATH, json=asked).json()["release"]
    second = shared_engine.train("academy", judge=False).id
    assert client.post(PATH, json=asked).json()["release"] == second != first

    shared_engine.roll_back("academy")

    assert client.post(PATH, json=asked).json()["release"] == first


def test_a_damaged_release_is_refused_and_the_one_before_serves(client: httpx.Client, shared_engine: Engine) -> None:
    asked = {"placement": "feed", "user_id": "lea"}
    first = client.post(PATH, json=asked).json()["release"]
    second = shared_engine.train("channel", judge=False)
    array = next((shared_engine.releases.folder / "channel" / second.id).glob("als.*.npy"))
    body = bytearray(array.read_bytes())
    body[-1] ^= 1
    array.unlink()  # written anew, not in place: the server may have the old bytes mapped
    array.write_bytes(bytes(body))

    slate = client.post(PATH, json=asked).json()

    assert slate["release"] == first
    assert len(slate["items"]) == 10
    assert any(second.id in note and "refused" in note for note in slate["degraded"])
    shared_engine.roll_back("channel")
    assert client.post(PATH, json=asked).json()["degraded"] == []


def test_many_may_ask_while_the_catalog_changes(client: httpx.Client, demo: Demo) -> None:
    shoe = demo.items["shop"][demo.played.opened[2]]

    def ask(number: int) -> httpx.Response:
        if number % 5 == 0:
            stock = {**shoe, "stock": number % 2}
            return client.put("/v1/items", json={"domain": "shop", "items": [stock]})
        return client.post(PATH, json={"placement": "also-like", "items": [shoe["id"]], "user_id": f"asks-{number}"})

    with ThreadPoolExecutor(8) as people:
        answers = list(people.map(ask, range(60)))
    client.put("/v1/items", json={"domain": "shop", "items": [shoe]})

    assert {answer.status_code for answer in answers} == {200}
    slates = [answer.json() for number, answer in enumerate(answers) if number % 5]
    assert all(len(slate["items"]) == 10 and slate["degraded"] == [] for slate in slates)


# browsers


def asked(client: httpx.Client, key: str, headers: Fields | None = None, **fields: Any) -> httpx.Response:
    return client.post(PATH, json={"placement": "home", "n": 3, **fields}, auth=(key, ""), headers=headers)


def test_a_browser_is_not_told_what_items_are_worth_or_how_likely_they_were_shown(
    client: httpx.Client, keys: Keys
) -> None:
    slate = asked(client, keys.shop_browser, anonymous_id="f3").json()

    assert set(slate) == {"slate_id", "placement", "domain", "release", "items", "experiment", "degraded"}
    assert set(slate["items"][0]) == {"id", "position", "source", "reasons"}


@pytest.mark.parametrize("fields", [{}, {"anonymous_id": "f3"}, {"domain": "shop"}, {"personalized": False}])
def test_a_browser_may_ask_for_nobody_or_for_an_anonymous_person(
    client: httpx.Client, keys: Keys, fields: Fields
) -> None:
    response = asked(client, keys.shop_browser, **fields)

    assert (response.status_code, response.json()["domain"]) == (200, "shop")


def test_a_browser_may_not_ask_for_a_known_person(client: httpx.Client, keys: Keys, problem: Problem) -> None:
    for fields in ({"user_id": "ann"}, {"user_id": "ann", "anonymous_id": "f3"}):
        body = problem(asked(client, keys.shop_browser, **fields), 403, "not_allowed")
        assert "identity token" in body["message"]


@pytest.mark.parametrize("how", ["header", "body"])
def test_with_its_identity_token_a_browser_asks_for_that_very_person(
    client: httpx.Client, keys: Keys, problem: Problem, how: str
) -> None:
    token = sign("ann", keys.shop_server, NOW + 60)
    headers = {"X-Identity-Token": token} if how == "header" else {}
    proof = {} if how == "header" else {"identity_token": token}

    assert asked(client, keys.shop_browser, headers, user_id="ann", **proof).status_code == 200
    assert asked(client, keys.shop_browser, headers, **proof).status_code == 200
    problem(asked(client, keys.shop_browser, headers, user_id="ben", **proof), 403, "not_allowed")


def test_a_token_alone_asks_for_its_person(client: httpx.Client, keys: Keys, demo: Demo) -> None:
    person = demo.played.user_id
    token = sign(person, keys.server, NOW + 60)
    known = asked(client, keys.server, user_id=person, domain="shop").json()

    proved = asked(client, keys.shop_browser, {"X-Identity-Token": token}).json()

    assert [item["id"] for item in proved["items"]] == [item["id"] for item in known["items"]]


def test_a_token_that_does_not_hold_is_401(client: httpx.Client, keys: Keys, problem: Problem) -> None:
    for token in ("nonsense", sign("ann", keys.server, NOW - 100), sign("ann", keys.shop_server, NOW + 60)):
        response = asked(client, keys.channel_browser, {"X-Identity-Token": token}, placement="feed", user_id="ann")
        problem(response, 401, "key_rejected")


def test_a_server_needs_no_token_for_anybody(client: httpx.Client, keys: Keys) -> None:
    response = asked(client, keys.shop_server, {"X-Identity-Token": "nonsense"}, user_id="ann")

    assert response.status_code == 200
    assert "value" in response.json()["items"][0]


def test_a_key_of_one_domain_asks_there_alone(client: httpx.Client, keys: Keys, problem: Problem) -> None:
    for key in (keys.shop_browser, keys.shop_server):
        body = problem(asked(client, key, placement="feed", domain="channel"), 404, "not_found")
        assert body["have"] == ["shop"]
        body = problem(asked(client, key, placement="feed"), 404, "not_found")
        assert (body["kind"], "feed" in body["have"]) == ("placement", False)


def test_a_filter_without_bottom_is_refused(client: httpx.Client, keys: Keys, problem: Problem) -> None:
    deep: Fields = {"field": "brand", "eq": "x"}
    for _ in range(500):
        deep = {"not": deep}

    problem(asked(client, keys.shop_browser, filter=deep), 400, "invalid_request")


RELATIVE: Fields = {"any": [{"not": {"field": "price", "range": [None, {"person": "income"}]}}]}


def test_a_browser_learns_no_trait_by_filters(client: httpx.Client, keys: Keys, problem: Problem) -> None:
    """Whoever shares an anonymous id could read a trait to the cent, one price after the other."""
    for fields in ({"anonymous_id": "f3"}, {}):
        body = problem(asked(client, keys.shop_browser, filter=RELATIVE, **fields), 403, "not_allowed")
        assert "identity token" in body["message"]
    own = {"X-Identity-Token": sign("ann", keys.shop_server, NOW + 60)}

    assert asked(client, keys.shop_browser, own, filter=RELATIVE).status_code == 200
    assert asked(client, keys.shop_server, filter=RELATIVE, anonymous_id="f3").status_code == 200


@pytest.mark.parametrize(
    "told", [{"field": "regions", "eq": {"person": "region"}}, {"field": "brand", "eq": {"person": "context.brand"}}]
)
def test_a_browser_may_compare_with_what_it_says_itself(client: httpx.Client, keys: Keys, told: Fields) -> None:
    assert asked(client, keys.shop_browser, filter=told, context={"brand": "x"}).status_code == 200


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"any": [{"field": "brand", "eq": f"b{n}"} for n in range(64)]}, "64 parts"),
        ({"not": {"field": "price", "in": [*range(1_001)]}}, "1,000 values"),
    ],
)
def test_a_browser_may_not_ask_for_much_work(
    client: httpx.Client, keys: Keys, problem: Problem, told: Fields, words: str
) -> None:
    body = problem(asked(client, keys.shop_browser, filter=told), 400, "invalid_request")

    assert words in body["message"]
    assert asked(client, keys.shop_server, filter=told).status_code == 200


# explanations


def test_a_server_is_told_how_each_item_came_to_its_place(
    client: httpx.Client, keys: Keys, shared_engine: Engine
) -> None:
    shared_engine.flush()
    before = shared_engine.store.count()["slates"]
    slate = asked(client, keys.shop_server, user_id="ann", explain=True).json()
    told = slate["explanation"]

    assert told["objective"].startswith("conversion@") and told["by"] in ("formula", "sum")
    assert told["formula"] == "p_purchase"
    assert [item["id"] for item in told["items"]] == [item["id"] for item in slate["items"]]
    assert all(item["propensity"] == 1.0 for item in told["items"])
    shared_engine.flush()
    assert shared_engine.store.count()["slates"] == before
    assert "explanation" not in asked(client, keys.shop_server, user_id="ann").json()


def test_a_browser_is_not_told_how_an_item_came_to_its_place(
    client: httpx.Client, keys: Keys, problem: Problem
) -> None:
    token = sign("ann", keys.shop_server, NOW + 60)
    for fields, headers in (({"anonymous_id": "f3"}, {}), ({"user_id": "ann"}, {"X-Identity-Token": token})):
        body = problem(asked(client, keys.shop_browser, headers, explain=True, **fields), 403, "not_allowed")
        assert "sk_" in body["message"] and "margin" not in body["message"]


def test_explain_is_true_or_false(client: httpx.Client, keys: Keys, problem: Problem) -> None:
    body = problem(asked(client, keys.shop_server, explain="yes"), 400, "invalid_request")
    assert body["field"] == "explain"
