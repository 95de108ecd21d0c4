"""`/v1/preferences` over a real socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from demo_workspace import NOW
from penchant.keys import sign

PATH = "/v1/preferences"

Fields = dict[str, Any]
Keys = Any
Problem = Callable[[httpx.Response, int, str], Fields]


def browser(key: str, token: str | None = None) -> Fields:
    """How a page with this key sends a request."""
    return {"auth": (key, ""), "headers": {} if token is None else {"X-Identity-Token": token}}


def first(client: httpx.Client, domain: str) -> tuple[str, object]:
    """A field, and a value of it that items have."""
    question = client.get(f"{PATH}/questions", params={"domain": domain}).json()["questions"][0]
    return question["field"], question["options"][0]["value"]


@pytest.mark.parametrize("domain", ["shop", "channel", "academy"])
def test_every_domain_has_a_few_questions(client: httpx.Client, domain: str) -> None:
    response = client.get(f"{PATH}/questions", params={"domain": domain})

    told = response.json()
    assert (response.status_code, told["domain"]) == (200, domain)
    assert 1 <= len(told["questions"]) <= 5
    for question in told["questions"]:
        assert set(question) == {"field", "label", "kind", "options", "bits"}
        assert 2 <= len(question["options"]) <= 8


@pytest.mark.parametrize(("domain", "placement"), [("shop", "home"), ("channel", "feed"), ("academy", "next-step")])
def test_what_was_chosen_is_in_the_next_answer_and_goes_again(
    client: httpx.Client, domain: str, placement: str
) -> None:
    who = {"domain": domain, "anonymous_id": f"chooser-{domain}"}
    field, value = first(client, domain)
    said = client.post(PATH, json={**who, "likes": {field: [value]}})

    assert (said.status_code, said.json()) == (200, {"domain": domain, "likes": {field: [value]}, "items": []})
    assert client.get(PATH, params=who).json() == said.json()
    items = client.post("/v1/recommendations", json={**who, "placement": placement}).json()["items"]
    assert "chosen_by_you" in {reason["code"] for item in items for reason in item["reasons"]}

    forgotten = client.delete(PATH, params=who)
    assert (forgotten.status_code, forgotten.json()["likes"]) == (200, {})
    items = client.post("/v1/recommendations", json={**who, "placement": placement}).json()["items"]
    assert "chosen_by_you" not in {reason["code"] for item in items for reason in item["reasons"]}


def test_the_explanation_says_what_was_chosen(client: httpx.Client) -> None:
    field, value = first(client, "shop")
    client.post(PATH, json={"domain": "shop", "user_id": "told", "likes": {field: [value]}})
    asked = {"placement": "home", "user_id": "told", "explain": True}
    told = client.post("/v1/recommendations", json=asked).json()["explanation"]

    assert (told["likes"], told["likes_count"]) == ({field: [value]}, 1.0)


def test_an_unknown_value_is_refused_with_what_is_near(client: httpx.Client, problem: Problem) -> None:
    body = {"domain": "shop", "user_id": "ann", "likes": {"brand": ["no such brand"]}}

    assert problem(client.post(PATH, json=body), 400, "invalid_request")["field"] == "likes.brand[0]"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"likes": {"brand": "Alto"}}, "likes[...]"),
        ({"likes": []}, "likes"),
        ({"items": [1]}, "items[0]"),
        ({"like": {}}, "body"),
        ({"user_id": ""}, "user_id"),
        ({"user_id": None, "items": ["x"]}, "user_id"),
        ({"domain": None, "items": ["x"]}, "domain"),
    ],
)
def test_what_is_no_preference_is_refused(client: httpx.Client, problem: Problem, fields: Fields, field: str) -> None:
    body = {"domain": "shop", "user_id": "ann", **fields}

    assert problem(client.post(PATH, json=body), 400, "invalid_request")["field"] == field


def test_a_browser_speaks_for_an_anonymous_person_and_for_whom_it_proves(
    client: httpx.Client, keys: Keys, problem: Problem
) -> None:
    field, value = first(client, "shop")
    likes = {"likes": {field: [value]}}
    anonymous = client.post(PATH, json={"anonymous_id": "b1", **likes}, **browser(keys.shop_browser))
    token = sign("proved", keys.shop_server, NOW + 60)

    assert (anonymous.status_code, anonymous.json()["likes"]) == (200, {field: [value]})
    refused = client.post(PATH, json={"user_id": "ann", **likes}, **browser(keys.shop_browser))
    assert "identity token" in problem(refused, 403, "not_allowed")["message"]
    proved = client.post(PATH, json=likes, **browser(keys.shop_browser, token))
    assert (proved.status_code, proved.json()["likes"]) == (200, {field: [value]})
    assert client.get(PATH, params={"domain": "shop", "user_id": "proved"}).json()["likes"] == {field: [value]}
    other = client.get(PATH, params={"user_id": "ann"}, **browser(keys.shop_browser, token))
    problem(other, 403, "not_allowed")


def test_a_browser_is_not_told_what_its_person_said_under_another_id(client: httpx.Client, keys: Keys) -> None:
    field, value = first(client, "shop")
    client.post(PATH, json={"domain": "shop", "user_id": "secretive", "likes": {field: [value]}})
    client.post("/v1/people/user:secretive/links", json={"other": "anon:b2"})
    params = {"domain": "shop", "anonymous_id": "b2"}

    assert client.get(PATH, params=params).json()["likes"] == {field: [value]}
    asked = client.get(PATH, params=params, **browser(keys.shop_browser))
    assert asked.json() == {"domain": "shop", "likes": {}, "items": []}
    client.delete(PATH, params=params, **browser(keys.shop_browser))
    assert client.get(PATH, params=params).json()["likes"] == {field: [value]}


def test_a_key_of_one_domain_knows_no_other(client: httpx.Client, keys: Keys, problem: Problem) -> None:
    for path in (PATH, f"{PATH}/questions"):
        params = {"domain": "channel", "anonymous_id": "b3"}
        problem(client.get(path, params=params, **browser(keys.shop_browser)), 404, "not_found")


def test_what_was_chosen_is_exported_and_erased_with_the_person(client: httpx.Client) -> None:
    field, value = first(client, "shop")
    client.post(PATH, json={"domain": "shop", "user_id": "leaving", "likes": {field: [value]}})

    assert f'"preferences.shop.{field}"' in client.get("/v1/people/user:leaving/export").text
    assert client.delete("/v1/people/user:leaving").status_code == 200
    assert client.get(PATH, params={"domain": "shop", "user_id": "leaving"}).json()["likes"] == {}
