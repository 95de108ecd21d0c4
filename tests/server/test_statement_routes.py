"""xAPI statements over a real socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from uuid import UUID

import httpx
import pytest

from demo_workspace import NOW
from penchant.engine import Engine
from penchant.keys import Kind, sign

PATH, VERSION = "/xapi/statements", "X-Experience-API-Version"

Fields = dict[str, Any]
Problem = Callable[[httpx.Response, int, str], Fields]
Numbers = count(1)


@pytest.fixture(scope="module")
def academy(client: httpx.Client, shared_engine: Engine) -> Iterator[httpx.Client]:
    """A learning system with a key of the academy."""
    key, _ = shared_engine.create_key(Kind.SERVER, domain="academy")
    with httpx.Client(base_url=client.base_url, auth=(key, ""), headers={VERSION: "1.0.3"}, trust_env=False) as made:
        yield made


def statement(person: str = "lena", verb: str = "completed", **fields: Any) -> Fields:
    return {
        "id": str(UUID(int=next(Numbers) + (7 << 96))),
        "actor": {"account": {"homePage": "https://bank.example", "name": person}},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
        "object": {"id": "https://bank.example/modules/saving"},
        "timestamp": "2025-11-20T09:00:00Z",
        **fields,
    }


def kept(engine: Engine, *statements: Fields) -> list[tuple[str, str | None, str | None]]:
    events = engine.store.find("academy", [told["id"] for told in statements])
    return [(event.name, event.user_id, event.item) for event in events]


def test_a_statement_is_an_event_and_its_id_is_the_answer(academy: httpx.Client, shared_engine: Engine) -> None:
    told = statement()

    response = academy.post(PATH, json=told)

    assert (response.status_code, response.json()) == (200, [told["id"]])
    assert response.headers[VERSION] == "1.0.3"
    assert kept(shared_engine, told) == [("Module Completed", "lena", "https://bank.example/modules/saving")]


def test_several_statements_are_answered_with_their_ids_in_order(academy: httpx.Client, shared_engine: Engine) -> None:
    several = [statement(verb=verb) for verb in ("initialized", "progressed", "completed")]

    response = academy.post(PATH, json=several)

    assert (response.status_code, response.json()) == (200, [told["id"] for told in several])
    assert len(kept(shared_engine, *several)) == 3


def test_more_statements_than_are_read_at_once_are_taken(academy: httpx.Client, shared_engine: Engine) -> None:
    several = [statement() for _ in range(300)]

    assert academy.post(PATH, json=several).json() == [told["id"] for told in several]
    assert len(kept(shared_engine, *several)) == 300


def test_no_statements_are_no_error(academy: httpx.Client) -> None:
    response = academy.post(PATH, json=[])

    assert (response.status_code, response.json()) == (200, [])


def test_a_statement_without_an_id_gets_one_and_a_retry_gets_the_same(
    academy: httpx.Client, shared_engine: Engine
) -> None:
    told = statement("nina")
    del told["id"]

    first, again = academy.post(PATH, json=told).json(), academy.post(PATH, json=told).json()

    assert first == again
    assert UUID(first[0])
    assert kept(shared_engine, {"id": first[0]}) == [
        ("Module Completed", "nina", "https://bank.example/modules/saving")
    ]


def test_the_same_statement_again_is_no_error_and_kept_once(academy: httpx.Client, shared_engine: Engine) -> None:
    told = statement()
    other_words = {**told, "verb": {**told["verb"], "display": {"da": "gennemførte"}}, "id": told["id"].upper()}

    answers = [academy.post(PATH, json=body) for body in (told, told, other_words)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len(kept(shared_engine, told)) == 1


def test_another_statement_of_the_same_id_is_a_conflict(
    academy: httpx.Client, shared_engine: Engine, problem: Problem
) -> None:
    told, fresh = statement(), statement()
    academy.post(PATH, json=told)

    refused = academy.post(PATH, json=[fresh, {**told, "verb": {"id": "http://adlnet.gov/expapi/verbs/failed"}}])

    assert problem(refused, 409, "conflict")["field"] == "id"
    assert refused.headers[VERSION] == "1.0.3"
    assert [name for name, *_ in kept(shared_engine, told, fresh)] == ["Module Completed"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"actor": {}}, "[1].actor"),
        ({"verb": {"id": "https://bank.example/verbs/pondered"}}, "[1].verb.id"),
        ({"result": {"score": {"scaled": 2}}}, "[1].result.score.scaled"),
        ({"timestamp": "yesterday"}, "[1].timestamp"),
    ],
)
def test_one_bad_statement_is_reason_to_take_none(
    academy: httpx.Client, shared_engine: Engine, problem: Problem, change: Fields, field: str
) -> None:
    good, bad = statement(), statement(**change)

    refused = problem(academy.post(PATH, json=[good, bad]), 400, "invalid_request")

    assert refused["field"] == field
    assert "none of them was taken" in refused["message"]
    assert kept(shared_engine, good, bad) == []
    assert bad["id"] in {row.message_id for row in shared_engine.store.failed(domain="academy")}
    assert good["id"] not in {row.message_id for row in shared_engine.store.failed(domain="academy")}


def test_the_same_id_twice_in_one_request_is_refused(academy: httpx.Client, problem: Problem) -> None:
    told = statement()

    assert problem(academy.post(PATH, json=[told, told]), 400, "invalid_request")["field"] == "id"


@pytest.mark.parametrize("body", [b"", b"{", b"7", b'"x"', b"[[]]", b"null"])
def test_a_body_that_is_no_statement_is_refused(academy: httpx.Client, problem: Problem, body: bytes) -> None:
    problem(academy.post(PATH, content=body), 400, "invalid_request")


@pytest.mark.parametrize("version", [None, "", "0.95", "1.1.0", "2.0.0", "1.0.x"])
def test_a_request_must_say_a_version_that_is_spoken(
    client: httpx.Client, shared_engine: Engine, problem: Problem, version: str | None
) -> None:
    told = statement()
    headers = {} if version is None else {VERSION: version}

    refused = client.post(PATH, json=told, headers=headers, params={"source": "academy"})

    assert problem(refused, 400, "invalid_request")["field"] == VERSION
    assert refused.headers[VERSION] == "1.0.3"
    assert kept(shared_engine, told) == []


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "1.0.3", "1.0.9"])
def test_every_version_of_1_0_is_spoken(academy: httpx.Client, version: str) -> None:
    assert academy.post(PATH, json=statement(), headers={VERSION: version}).status_code == 200


def test_a_statement_may_be_put_under_its_id(academy: httpx.Client, shared_engine: Engine, problem: Problem) -> None:
    told, nameless = statement(), statement()
    named = nameless.pop("id")

    first = academy.put(PATH, json=told, params={"statementId": told["id"]})
    second = academy.put(PATH, json=nameless, params={"statementId": named})
    other = academy.put(PATH, json={**told, "result": {"success": False}}, params={"statementId": told["id"]})

    assert [(r.status_code, r.content, r.headers[VERSION]) for r in (first, second)] == [(204, b"", "1.0.3")] * 2
    problem(other, 409, "conflict")
    assert len(kept(shared_engine, told, {"id": named})) == 2


@pytest.mark.parametrize("params", [{}, {"statementId": ""}, {"statementId": "00000000-0000-4000-8000-000000000000"}])
def test_a_put_must_name_the_statement(academy: httpx.Client, problem: Problem, params: Fields) -> None:
    problem(academy.put(PATH, json=statement(), params=params), 400, "invalid_request")


def test_statements_cannot_be_read_back(academy: httpx.Client, problem: Problem) -> None:
    problem(academy.get(PATH, params={"statementId": statement()["id"]}), 405, "method_not_allowed")


def test_anybody_may_ask_which_versions_are_spoken(client: httpx.Client) -> None:
    with httpx.Client(base_url=client.base_url, trust_env=False) as own:
        response = own.get("/xapi/about")

    assert (response.status_code, response.json()) == (200, {"version": ["1.0.3"]})
    assert response.headers[VERSION] == "1.0.3"


def test_a_statement_needs_a_key(client: httpx.Client, problem: Problem) -> None:
    with httpx.Client(base_url=client.base_url, headers={VERSION: "1.0.3"}, trust_env=False) as own:
        for auth in (None, ("nobody", "")):
            refused = own.post(PATH, json=statement(), auth=auth)
            problem(refused, 401, "key_rejected")
            assert refused.headers[VERSION] == "1.0.3"


def test_a_page_sends_statements_of_the_person_it_proved_and_of_nobody_else(
    client: httpx.Client, shared_engine: Engine, problem: Problem
) -> None:
    public, _ = shared_engine.create_key(Kind.PUBLIC, domain="academy")
    secret, _ = shared_engine.create_key(Kind.SERVER, domain="academy")
    own, other = statement("olga"), statement("petra")
    headers = {VERSION: "1.0.3", "X-Identity-Token": sign("olga", secret, NOW + 60)}

    taken = client.post(PATH, json=own, auth=(public, ""), headers=headers)
    refused = client.post(PATH, json=other, auth=(public, ""), headers=headers)

    assert taken.status_code == 200
    assert "identity token" in problem(refused, 400, "invalid_request")["message"]
    assert [user for _, user, _ in kept(shared_engine, own, other)] == ["olga"]
