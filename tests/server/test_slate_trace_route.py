"""`GET /v1/slates/{id}`, and what `explain` says of items that are not there, over a real socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

ASK = "/v1/recommendations"

Fields = dict[str, Any]
Keys = Any
Problem = Callable[[httpx.Response, int, str], Fields]


def served(client: httpx.Client, key: str, **fields: Any) -> Fields:
    response = client.post(ASK, json={"placement": "home", "n": 3, **fields}, auth=(key, ""))
    assert response.status_code == 200, response.text
    slate: Fields = response.json()
    return slate


def trace(client: httpx.Client, key: str, slate_id: str, **query: Any) -> httpx.Response:
    return client.get(f"/v1/slates/{slate_id}", params=query, auth=(key, ""))


def test_a_slate_is_told_whole_right_after_it_was_served(client: httpx.Client, keys: Keys) -> None:
    slate = served(client, keys.shop_browser, anonymous_id="traced", context={"device": "phone", "page": "start"})

    told = trace(client, keys.shop_server, slate["slate_id"]).json()

    assert {"at", "objective", "by", "release", "placement", "domain", "degraded", "experiment"} <= set(told)
    assert (told["anonymous_id"], "user_id" in told, "why_not" in told) == ("traced", False, False)
    assert (told["asked"]["device"], told["asked"]["context"]) == ("phone", {"page": "start"})
    for shown, kept in zip(slate["items"], told["items"], strict=True):
        assert (kept["id"], kept["position"], kept["reasons"]) == (shown["id"], shown["position"], shown["reasons"])
        assert {"value", "relevance", "propensity", "source", "heads"} <= set(kept)


def test_why_an_item_was_not_there_is_told(client: httpx.Client, keys: Keys) -> None:
    slate = served(client, keys.shop_browser, anonymous_id="traced", exclude=["run-001"])
    shown = slate["items"][1]["id"]

    told = trace(client, keys.server, slate["slate_id"], **{"why-not": ["run-001", shown, "no-such-item"]}).json()

    found = told["why_not"]
    assert [(one["id"], one["stage"]) for one in found["items"]][1:] == [(shown, "shown"), ("no-such-item", "unknown")]
    assert found["items"][0]["stage"] in ("excluded", "unknown")
    assert (found["shown"], found["same"], found["release"]) == (3, 3, slate["release"])
    assert found["notes"]


def test_one_item_may_be_asked_after(client: httpx.Client, keys: Keys) -> None:
    slate = served(client, keys.shop_browser)

    told = trace(client, keys.server, slate["slate_id"], **{"why-not": "no-such-item"}).json()

    assert [one["stage"] for one in told["why_not"]["items"]] == ["unknown"]


def test_asking_again_leaves_no_slate(client: httpx.Client, keys: Keys, shared_engine: Any) -> None:
    slate = served(client, keys.shop_server)
    shared_engine.flush()
    before = shared_engine.store.count()["slates"]

    trace(client, keys.server, slate["slate_id"], **{"why-not": "run-001"})

    shared_engine.flush()
    assert shared_engine.store.count()["slates"] == before


def test_reasons_come_in_the_language_that_is_asked_for(client: httpx.Client, keys: Keys) -> None:
    english = served(client, keys.shop_browser, anonymous_id="f3")
    german = served(client, keys.shop_browser, anonymous_id="f3", language="de-AT")
    other = served(client, keys.shop_browser, anonymous_id="f3", language="fr")

    def reasons(slate: Fields, part: str) -> list[str]:
        return [reason[part] for item in slate["items"] for reason in item["reasons"]]

    assert reasons(english, "code") == reasons(german, "code") == reasons(other, "code") != []
    assert reasons(english, "text") == reasons(other, "text")
    assert not set(reasons(english, "text")) & set(reasons(german, "text"))
    several = {"placements": ["home"], "anonymous_id": "f3", "language": "de"}
    page = client.post("/v1/slates", json=several, auth=(keys.shop_browser, "")).json()["slates"][0]
    assert set(reasons(german, "text")) <= set(reasons(page, "text"))
    told = trace(client, keys.server, english["slate_id"], language="de").json()
    assert reasons(told, "text") == reasons(german, "text")


@pytest.mark.parametrize("language", ["", "x", "de_AT", "deutsch", 3, "de-" + "a" * 40])
def test_a_language_is_a_language(client: httpx.Client, keys: Keys, problem: Problem, language: Any) -> None:
    body = {"placement": "home", "language": language}

    said = problem(client.post(ASK, json=body, auth=(keys.server, "")), 400, "invalid_request")

    assert said["field"] == "language"


def test_what_nobody_was_served_is_not_found(client: httpx.Client, keys: Keys, problem: Problem) -> None:
    assert problem(trace(client, keys.server, "no-such-slate"), 404, "not_found")["kind"] == "slate"


def test_a_key_of_one_domain_sees_no_slate_of_another(client: httpx.Client, keys: Keys, problem: Problem) -> None:
    feed = served(client, keys.channel_browser, placement="feed")

    problem(trace(client, keys.shop_server, feed["slate_id"]), 404, "not_found")
    assert trace(client, keys.server, feed["slate_id"]).json()["domain"] == "channel"


def test_a_browser_is_told_nothing_of_it(client: httpx.Client, keys: Keys, problem: Problem) -> None:
    """Whether the slate is there or not."""
    slate = served(client, keys.shop_browser, anonymous_id="traced")

    for name in (slate["slate_id"], "no-such-slate"):
        body = problem(trace(client, keys.shop_browser, name, **{"why-not": "run-001"}), 403, "not_allowed")
        assert "sk_" in body["message"]


def test_a_call_asks_after_twenty_items_at_most(client: httpx.Client, keys: Keys, problem: Problem) -> None:
    slate = served(client, keys.shop_server)
    many = [f"item-{n}" for n in range(21)]

    problem(trace(client, keys.server, slate["slate_id"], **{"why-not": many}), 400, "invalid_request")
    body = {"placement": "home", "explain": True, "why_not": many}
    assert problem(client.post(ASK, json=body, auth=(keys.server, "")), 400, "invalid_request")["field"] == "why_not"


def test_an_explanation_says_why_items_are_not_there(client: httpx.Client, keys: Keys, problem: Problem) -> None:
    body = {"placement": "home", "domain": "shop", "n": 3, "why_not": ["no-such-item"]}

    told = client.post(ASK, json={**body, "explain": True}, auth=(keys.server, "")).json()

    assert [one["stage"] for one in told["explanation"]["why_not"]] == ["unknown"]
    said = problem(client.post(ASK, json=body, auth=(keys.server, "")), 400, "invalid_request")
    assert (said["field"], "explain" in said["message"]) == ("why_not", True)
    problem(client.post(ASK, json={**body, "explain": True}, auth=(keys.shop_browser, "")), 403, "not_allowed")
