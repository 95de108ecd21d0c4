"""The Python trackers people already have, as they are: every event arrives once."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clients.relay import Relay

HERE = Path(__file__).parent / "python"
OLDER = Path(sys.prefix) / "clients" / "segment-2.3.4"
CLIENTS = ["segment-2.4.0", "segment-2.3.4", "rudder-2.1.9"]
USERS = {"segment": "python-42", "rudder": "rudder-python-42"}

Call = Callable[..., dict[str, Any]]


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name == "segment-2.3.4" and not OLDER.is_dir():
        pytest.skip("segment-analytics-python 2.3.4 is not there; `make install` brings it")
    return name


@pytest.fixture
def tell(client: str, relay: Relay, run: Call) -> Call:
    """Makes the client tell its story, or many events."""

    def call(key: str, mode: str = "story", count: int = 1) -> dict[str, Any]:
        script = f"{client.partition('-')[0]}_client.py"
        older = {"PYTHONPATH": str(OLDER)} if client == "segment-2.3.4" else {}
        return run(
            [sys.executable, "-W", "ignore", script, relay.address, key, mode, str(count)],
            environment={**os.environ, **older},
            folder=HERE,
        )

    return call


def test_the_story_arrives_once_and_whole(client: str, site: Any, relay: Relay, tell: Call) -> None:
    user = USERS[client.partition("-")[0]]
    before = site.rows()

    report = tell(site.secret)

    assert report["errors"] == []
    assert [sent.status for sent in relay.posts] == [200] * len(relay.posts)
    events = site.kept(relay)
    assert Counter((event.name, event.item, event.actor) for event in events) == {
        ("Page Viewed", None, f"anon:{user}-anonymous"): 1,
        ("Screen Viewed", None, f"anon:{user}-anonymous"): 1,
        ("Product Viewed", "run-001", f"anon:{user}-anonymous"): 1,
        ("Product Added", "run-001", f"user:{user}"): 1,
        ("Order Completed", "run-001", f"user:{user}"): 1,
        ("Order Completed", "run-002", f"user:{user}"): 1,
        ("Person Identified", None, f"user:{user}"): 1,
        ("Group Joined", None, f"user:{user}"): 1,
        ("Person Aliased", None, f"user:{user}"): 1,
    }
    assert site.rows() - before == len(events)
    sold = {event.item: (event.quantity, event.price, event.currency) for event in events if event.order == "o-77"}
    assert sold == {"run-001": (1, 81.9, "EUR"), "run-002": (2, 64.5, "EUR")}
    assert {f"anon:{user}-anonymous", f"user:{user}-old"} < set(site.engine.store.actors(f"user:{user}"))
    traits = {trait.name: json.loads(trait.value) for trait in site.engine.store.traits([f"user:{user}"])}
    assert traits == {"plan": "gold", "city": "Århus"}


def test_many_events_come_in_batches_and_none_is_lost(site: Any, relay: Relay, tell: Call) -> None:
    before = site.rows()

    report = tell(site.secret, "many", 350)

    assert report["errors"] == []
    assert len(relay.posts) < 20
    assert sorted(event.properties["n"] for event in site.kept(relay)) == list(range(350))
    assert site.rows() - before == 350


def test_an_answer_that_is_lost_makes_a_duplicate_and_no_second_event(site: Any, relay: Relay, tell: Call) -> None:
    before = site.rows()
    relay.drop = 1

    report = tell(site.secret, "many", 3)

    assert report["errors"] == []
    lost, again, *_ = relay.posts
    assert (lost.delivered, again.delivered) == (False, True)
    assert [m["messageId"] for m in again.messages][: len(lost.messages)] == [m["messageId"] for m in lost.messages]
    assert Counter(v["status"] for v in json.loads(again.answer)["events"])["duplicate"] == len(lost.messages)
    assert site.rows() - before == 3


def test_an_answer_that_comes_too_late_makes_no_second_event(site: Any, relay: Relay, tell: Call) -> None:
    before = site.rows()
    relay.delay = 1.5

    report = tell(site.secret, "hurried", 3)

    assert report["errors"] == []
    assert len(relay.posts) >= 2
    assert sorted(event.properties["n"] for event in site.kept(relay)) == [0, 1, 2]
    assert site.rows() - before == 3


def test_a_wrong_key_is_told_once_and_not_asked_again(site: Any, relay: Relay, tell: Call) -> None:
    before = site.rows()

    report = tell("sk_nobody_has_this_key", "many", 3)

    assert [sent.status for sent in relay.posts] == [401]
    assert report["errors"] == ["401 key_rejected 3"]
    assert site.rows() == before


def test_a_busy_server_is_asked_again(site: Any, relay: Relay, tell: Call) -> None:
    relay.busy = 1

    report = tell(site.secret, "many", 3)

    assert report["errors"] == []
    assert relay.posts[0].status == 503
    assert sorted(event.properties["n"] for event in site.kept(relay)) == [0, 1, 2]
