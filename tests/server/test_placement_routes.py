"""`/v1/placements` over a real socket: kept, changed, taken out, and obeyed by the next request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from live_server import serving
from penchant.engine import Engine

Fields = dict[str, Any]
Problem = Callable[[httpx.Response, int, str], Fields]

SHOP = "/v1/placements/shop"


@pytest.fixture
def mine(client: httpx.Client, request: pytest.FixtureRequest) -> Iterator[str]:
    """A name for a placement of the test's own, which is taken out in the end."""
    name = request.node.name.partition("[")[0].replace("_", "-")[:90]
    yield name
    client.delete(f"{SHOP}/{name}")


def shown(client: httpx.Client, placement: str, status: int = 200) -> list[str]:
    answer = client.post("/v1/recommendations", json={"placement": placement, "domain": "shop"})
    assert answer.status_code == status, answer.text
    return [item["id"] for item in answer.json().get("items", ())]


def test_a_placement_is_kept_shown_listed_changed_and_taken_out(client: httpx.Client, mine: str) -> None:
    made = client.put(f"{SHOP}/{mine}", json={"like": "bestsellers", "size": 4, "about": "At the foot of a page."})
    told = made.json()

    assert (made.status_code, made.headers["etag"]) == (200, '"1"')
    assert (told["origin"], told["revision"]) == ("store", 1)
    assert told["spec"] == {"like": "bestsellers", "size": 4, "about": "At the foot of a page."}
    assert told["placement"]["size"] == 4
    assert client.get(f"{SHOP}/{mine}").json() == told
    assert told in client.get(SHOP).json()["placements"]

    changed = client.put(f"{SHOP}/{mine}", json={"like": "popular"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    gone = client.delete(f"{SHOP}/{mine}", headers={"If-Match": '"2"'})
    assert (gone.status_code, gone.json()["revision"]) == (200, 3)
    assert client.get(f"{SHOP}/{mine}").status_code == 404
    revisions = client.get(f"{SHOP}/{mine}/history").json()["revisions"]
    assert [(one["revision"], one.get("spec", {}).get("like")) for one in revisions] == [
        (3, None),
        (2, "popular"),
        (1, "bestsellers"),
    ]


def test_the_next_request_obeys(client: httpx.Client, mine: str) -> None:
    shown(client, mine, status=404)

    client.put(f"{SHOP}/{mine}", json={"like": "bestsellers", "size": 4})
    assert shown(client, mine) == shown(client, "bestsellers")[:4]

    client.put(f"{SHOP}/{mine}", json={"like": "bestsellers", "size": 2})
    assert len(shown(client, mine)) == 2

    client.delete(f"{SHOP}/{mine}")
    shown(client, mine, status=404)


def test_so_does_a_second_server_on_the_same_store_and_a_rule_may_name_it(
    client: httpx.Client, shared_engine: Engine, keys: Any, mine: str
) -> None:
    with (
        Engine.open(shared_engine.workspace.root, shared_engine.clock, {}) as second,
        serving(second, key=keys.admin) as other,
    ):
        client.put(f"{SHOP}/{mine}", json={"like": "bestsellers", "size": 4})
        before = shown(other, mine)
        assert len(before) == 4

        rule = client.put(
            f"/v1/rules/shop/{mine}", json={"action": "exclude", "items": before[:1], "placements": [mine]}
        )
        assert rule.status_code == 200, rule.text
        assert before[0] not in shown(other, mine)
        assert client.delete(f"/v1/rules/shop/{mine}").status_code == 200


def test_a_placement_that_the_pack_ships_comes_back_when_its_change_is_taken_out(client: httpx.Client) -> None:
    before = shown(client, "popular")
    client.put(f"{SHOP}/popular", json={"size": 3})
    assert shown(client, "popular") == before[:3]

    assert client.delete(f"{SHOP}/popular").status_code == 200
    assert shown(client, "popular") == before


def test_a_check_tells_what_it_would_be_and_keeps_nothing(client: httpx.Client) -> None:
    answer = client.post(f"{SHOP}/popular/check", json={"size": 3})

    assert (answer.status_code, answer.json()["size"]) == (200, 3)
    assert client.get(f"{SHOP}/popular").json()["origin"] == "pack"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"size": 0}, "size"),
        ({"like": "hoem"}, 'did you mean "home"'),
        ({"sources": [{"model": "alss"}]}, 'no model "alss"'),
        ({"sources": [{"model": "als", "weigth": 2}]}, "weigth"),
        ({"sources": []}, "sources"),
        ({"filter": {"field": "prize", "eq": 1}}, "prize"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_obeyed_is_refused_with_what_is_wrong(client: httpx.Client, body: Fields, wrong: str) -> None:
    answer = client.put(f"{SHOP}/home", json=body)

    assert answer.status_code == 400
    assert wrong in answer.json()["detail"]
    assert client.get(f"{SHOP}/home").json()["origin"] == "pack"


def test_a_change_that_was_made_from_an_older_revision_conflicts(client: httpx.Client, mine: str) -> None:
    client.put(f"{SHOP}/{mine}", json={"like": "popular"})

    answer = client.put(f"{SHOP}/{mine}", json={"like": "home"}, headers={"If-Match": '"7"'})

    assert answer.status_code == 409 and "revision 1 by now" in answer.text
    assert client.get("/v1/placements/shoe").status_code == 404
