"""What browser trackers ask before they start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from penchant.engine import Engine
from penchant.keys import key_id

Fields = dict[str, Any]
Keys = Any
Problem = Callable[[httpx.Response, int, str], Fields]


@pytest.fixture
def page(client: httpx.Client) -> Iterator[httpx.Client]:
    """A browser's page, which has no key but in the address."""
    with httpx.Client(base_url=client.base_url, headers={"Origin": "https://shop.example"}, trust_env=False) as made:
        yield made


def settings(page: httpx.Client, key: str, **headers: str) -> httpx.Response:
    return page.get(f"/v1/projects/{key}/settings", headers=headers)


def test_segments_tracker_is_told_to_send_here_and_nowhere_else(page: httpx.Client, keys: Keys) -> None:
    response = settings(page, keys.shop_browser)

    here = f"{page.base_url.host}:{page.base_url.port}/v1"
    assert response.status_code == 200
    assert response.json()["integrations"] == {
        "Segment.io": {"apiKey": keys.shop_browser, "apiHost": here, "protocol": "http"}
    }
    assert response.json()["metrics"] == {"host": here, "sampleRate": 0}
    assert response.headers["access-control-allow-origin"] == "https://shop.example"


def test_the_host_is_the_one_that_was_asked_and_no_cache_keeps_that(page: httpx.Client, keys: Keys) -> None:
    response = settings(page, keys.shop_browser, **{"Host": "events.shop.example", "X-Forwarded-Proto": "https"})

    told = response.json()["integrations"]["Segment.io"]
    assert (told["apiHost"], told["protocol"]) == ("events.shop.example/v1", "https")
    assert "no-store" in response.headers["cache-control"]


@pytest.mark.parametrize("forwarded", ["javascript", "HTTPS, http", ""])
def test_a_protocol_that_is_none_is_not_believed(page: httpx.Client, keys: Keys, forwarded: str) -> None:
    response = settings(page, keys.shop_browser, **{"X-Forwarded-Proto": forwarded})

    assert response.json()["integrations"]["Segment.io"]["protocol"] == "http"


def test_rudderstacks_tracker_is_told_of_a_source_without_destinations(page: httpx.Client, keys: Keys) -> None:
    for path in ("/sourceConfig", "/sourceConfig/"):
        response = page.get(path, params={"writeKey": keys.shop_browser, "p": "npm", "v": "3.34.1"})

        assert response.status_code == 200
        source = response.json()["source"]
        assert (source["id"], source["destinations"]) == (key_id(keys.shop_browser), [])
        statistics = source["config"]["statsCollection"]
        assert not any(each["enabled"] for each in statistics.values())


def test_settings_need_a_key_that_may_stand_in_an_address(
    page: httpx.Client, keys: Keys, problem: Problem, shared_engine: Engine
) -> None:
    problem(settings(page, "pk_nobody"), 401, "key_rejected")
    problem(page.get("/sourceConfig/"), 401, "key_rejected")
    problem(settings(page, keys.shop_server), 403, "not_allowed")
    problem(page.get("/sourceConfig/", params={"writeKey": keys.shop_server}), 403, "not_allowed")
