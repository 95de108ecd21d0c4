"""The npm trackers people already have, as they are, in node and in a page of jsdom: every event arrives once."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clients.relay import Relay

HERE = Path(__file__).parent / "node"
NODE = shutil.which("node")
PAGE = "http://shop.example"

Call = Callable[..., dict[str, Any]]

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(NODE is None, reason="node is not here"),
    pytest.mark.skipif(not (HERE / "node_modules").is_dir(), reason="`make clients` brings the npm packages"),
]


@pytest.fixture
def tell(relay: Relay, run: Call) -> Call:
    """Makes a client tell its story, or many events, until so many messages have their answer."""

    def call(script: str, key: str, mode: str, count: int = 1, *, until: int = 0) -> dict[str, Any]:
        command = [str(NODE), f"{script}.mjs", relay.address, key, mode, str(count)]
        return run(command, environment=dict(os.environ), folder=HERE, until=until)

    return call


def rows_of(site: Any, relay: Relay, source: str = "shop") -> Counter[tuple[str, str | None, str]]:
    return Counter((event.name, event.item, event.actor) for event in site.kept(relay, source))


@pytest.mark.parametrize(
    ("script", "user"), [("analytics_node", "node-42"), ("rudder_node", "rudder-node-42")], ids=lambda value: value
)
def test_a_server_tells_its_story_once_and_whole(site: Any, relay: Relay, tell: Call, script: str, user: str) -> None:
    before = site.rows()

    report = tell(script, site.secret, "story")

    assert report == {"errors": []}
    assert {sent.status for sent in relay.posts} == {200}
    assert rows_of(site, relay) == {
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
    assert site.rows() - before == 9
    assert {f"anon:{user}-anonymous", f"user:{user}-old"} < set(site.engine.store.actors(f"user:{user}"))


# What a page tells before somebody signs in, and after.
BEFORE = [("Page Viewed", None), ("Product Viewed", "run-001"), ("Product Added", "run-001")]
ORDER = [("Order Completed", "run-001"), ("Order Completed", "run-002")]
AFTER = [("Person Identified", None), ("Group Joined", None), ("Person Aliased", None)]
PAGES = [
    ("analytics_next", "cdn", "next-42", 8),
    ("analytics_next", "direct", "next-42", 8),
    ("analytics_next", "batching", "next-42", 8),
    ("rudder_js", "direct", "rudder-js-42", 7),
    ("rudder_js", "beacon", "rudder-js-42", 7),
]


@pytest.mark.parametrize(("script", "mode", "user", "messages"), PAGES)
def test_a_page_tells_its_story_once_and_whole(
    site: Any, relay: Relay, tell: Call, script: str, mode: str, user: str, messages: int
) -> None:
    before = site.rows()

    report = tell(script, site.app, mode, until=messages)

    assert report["errors"] == []
    assert {sent.status for sent in relay.posts} == {200}
    unknown, known = f"anon:{report['anonymous']}", f"user:{user}"
    seen = [("Screen Viewed", None)] if script == "analytics_next" else []
    told = [(*row, unknown) for row in BEFORE + ORDER] + [(*row, known) for row in AFTER + seen]
    assert rows_of(site, relay, "app") == Counter(told)
    assert site.rows() - before == len(told)
    assert unknown in site.engine.store.actors(known)


def test_a_page_with_a_public_key_speaks_for_nobody_who_is_known(site: Any, relay: Relay, tell: Call) -> None:
    report = tell("analytics_next", site.public, "cdn", until=8)

    actors = {event.actor for event in site.kept(relay)}
    assert actors == {f"anon:{report['anonymous']}"}
    assert "user:next-42" not in site.engine.store.actors(f"anon:{report['anonymous']}")
    verdicts = [v for sent in relay.posts for v in json.loads(sent.answer)["events"]]
    assert {v.get("reason") for v in verdicts if v["status"] == "failed"} <= {"key_scope"}
    assert "unverified user id" in {v.get("note") for v in verdicts}


def test_a_page_of_another_origin_asks_leave_and_gets_it(site: Any, relay: Relay, tell: Call) -> None:
    tell("rudder_js", site.app, "direct", until=7)

    asked = [sent for sent in relay.sent if sent.method == "OPTIONS"]
    assert {sent.headers["origin"] for sent in asked} == {PAGE}
    assert all(200 <= sent.status < 300 for sent in asked)
    assert any("anonymousid" in sent.headers["access-control-request-headers"].lower() for sent in asked)


def test_nothing_of_a_page_goes_anywhere_else(site: Any, relay: Relay, tell: Call) -> None:
    tell("analytics_next", site.app, "cdn", until=8)

    settings = next(sent for sent in relay.sent if sent.path.endswith("/settings"))
    assert json.loads(settings.answer)["integrations"]["Segment.io"]["apiHost"] == f"{relay.host}/v1"
    assert json.loads(settings.answer)["metrics"]["host"] == f"{relay.host}/v1"


MANY = [
    ("analytics_node", "secret", 0),
    ("rudder_node", "secret", 0),
    ("analytics_next", "app", 5),
    ("rudder_js", "app", 5),
]


@pytest.mark.parametrize(("script", "key", "until"), MANY)
def test_an_answer_that_is_lost_makes_no_second_event(
    site: Any, relay: Relay, tell: Call, script: str, key: str, until: int
) -> None:
    before = site.rows()
    relay.drop = 1

    tell(script, getattr(site, key), "many", 5, until=until)

    events = site.kept(relay, "app" if key == "app" else "shop")
    assert sorted(event.properties["n"] for event in events) == [0, 1, 2, 3, 4]
    assert len(relay.messages) > 5
    assert site.rows() - before == 5


@pytest.mark.parametrize("script", ["analytics_node", "rudder_node"])
def test_a_wrong_key_is_told_and_nothing_is_kept(site: Any, relay: Relay, tell: Call, script: str) -> None:
    before = site.rows()

    report = tell(script, "sk_nobody_has_this_key", "many", 5)

    assert report["errors"] != []
    assert {sent.status for sent in relay.posts} == {401}
    assert site.rows() == before


def test_statements_are_taken_once_and_all_or_none(site: Any, relay: Relay, tell: Call) -> None:
    before = site.rows()

    report = tell("xapi", site.lessons, "story")

    ids = [f"00000000-0000-4000-8000-{n:012}" for n in range(7)]
    assert report["about"] == [200, {"version": ["1.0.3"]}]
    assert report["one"] == [200, ids[1:2]]
    assert report["several"] == [200, ids[2:5]]
    assert report["again"] == [200, ids[1:2]]
    assert (report["other"][0], report["bad"][0]) == (409, 400)
    events = site.engine.store.find("academy", ids)
    assert [(event.name, event.user_id) for event in events] == [
        ("Module Started", "xapi-42"),
        ("Module Progressed", "xapi-42"),
        ("Module Completed", "xapi-42"),
        ("Module Completed", "xapi-42"),
    ]
    assert {event.item for event in events} == {"https://bank.example/modules/saving-basics"}
    assert site.rows() - before == 4
