"""`GET /metrics`: figures for Prometheus, read as Prometheus reads them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from demo_workspace import Demo
from live_server import serving
from penchant.engine import Engine
from penchant.errors import StorageError
from penchant.server.exposition import Page
from penchant.serving import Times

Labels = tuple[tuple[str, str], ...]
Figures = dict[tuple[str, Labels], float]
_LINE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\]|\\.)*",?)*)\})? (\S+)')


def read(text: str) -> tuple[Figures, dict[str, str]]:
    """Figures by name and labels, and the kind of each family; whatever does not fit the format fails."""
    figures: Figures = {}
    kinds: dict[str, str] = {}
    told: set[str] = set()
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            told.add(line.split(" ")[2])
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name in told and name not in kinds
            kinds[name] = kind
        else:
            found = _LINE.fullmatch(line)
            assert found, line
            name, labels, value = found.groups()
            family = re.sub(r"_(bucket|sum|count)$", "", name) if name not in kinds else name
            assert family in kinds and family == [*kinds][-1], line
            key = name, tuple(sorted(re.findall(r'([a-z]+)="((?:[^"\\]|\\.)*)"', labels or "")))
            assert key not in figures, line
            figures[key] = float(value)
    return figures, kinds


def test_a_page_escapes_what_labels_may_hold_and_leaves_out_empty_families() -> None:
    page = Page()
    page.family("nothing", "gauge", "No figure.")
    page.family("one", "gauge", "Line\nbreak \\ here.")
    page.add(0.25, (("name", 'a"b\\c\nd'), ("other", "ü")))
    page.add(3.0)

    assert str(page) == (
        '# HELP one Line\\nbreak \\\\ here.\n# TYPE one gauge\none{name="a\\"b\\\\c\\nd",other="ü"} 0.25\none 3\n'
    )


def test_a_histogram_counts_up_and_ends_at_infinity() -> None:
    page, times = Page(), Times()
    for seconds in (0.001, 0.002, 7.0):
        times.add(seconds)
    page.family("took", "histogram", "Time.")
    page.times(times, (("route", "/x"),))
    figures, kinds = read(str(page))

    assert kinds == {"took": "histogram"}
    buckets = {labels[0][1]: value for (name, labels), value in figures.items() if name == "took_bucket"}
    assert (buckets["0.001"], buckets["0.0025"], buckets["2.5"], buckets["+Inf"]) == (1, 2, 2, 3)
    route = (("route", "/x"),)
    assert figures["took_count", route] == 3 and figures["took_sum", route] == pytest.approx(7.003)


def test_answers_requests_and_ages_are_told(demo: Demo, engine: Engine, make_keys: Callable[[Engine], Any]) -> None:
    keys = make_keys(engine)
    with serving(engine, key=keys.server) as client:
        for _ in range(3):
            asked = {"placement": "home", "domain": "shop", "user_id": "42-of-nobody", "n": 4}
            assert client.post("/v1/recommendations", json=asked).status_code == 200
        assert client.post("/v1/recommendations", json={"placement": "none"}).status_code == 404
        assert client.get("/secret/of/zoe-of-nobody").status_code == 404
        item = next(iter(demo.items["channel"]))
        engine.collect([{"type": "track", "event": "Content Viewed", "messageId": "m1", "userId": "42-of-nobody",
                         "properties": {"content_id": item}}], "channel")  # fmt: skip
        engine.flush()
        answer = client.get("/metrics")
        again = client.get("/metrics")

    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    figures, kinds = read(answer.text)
    asked_of = (("method", "POST"), ("route", "/v1/recommendations"))
    assert figures["penchant_requests_total", (*asked_of, ("status", "200"))] == 3
    assert figures["penchant_requests_total", (*asked_of, ("status", "404"))] == 1
    assert figures["penchant_requests_total", (("method", "GET"), ("route", "none"), ("status", "404"))] == 1
    assert figures["penchant_request_seconds_count", (("route", "/v1/recommendations"),)] == 4
    home = (("domain", "shop"), ("placement", "home"))
    assert figures["penchant_answers_total", home] == 3 == figures["penchant_placement_seconds_count", home]
    assert figures["penchant_release_answers", (("domain", "shop"), ("kind", "answers"))] == 3
    release = engine.releases.order("shop")[0]
    assert figures["penchant_release_info", (("domain", "shop"), ("release", release))] == 1
    assert figures["penchant_release_age_seconds", (("domain", "shop"),)] == 0
    assert figures["penchant_catalog_version", (("domain", "academy"),)] >= 1
    assert figures["penchant_last_event_age_seconds", (("domain", "channel"),)] < 1
    assert figures["penchant_slates_dropped_total", ()] == 0
    assert figures["penchant_store_up", ()] == 1
    assert kinds["penchant_answers_total"] == "counter" and kinds["penchant_request_seconds"] == "histogram"
    later, _ = read(again.text)
    scraped = (("method", "GET"), ("route", "/metrics"), ("status", "200"))
    assert ("penchant_requests_total", scraped) not in figures and later["penchant_requests_total", scraped] == 1
    # No person, no item, nothing of an address that somebody made up.
    assert not any(word in answer.text for word in ("of-nobody", item))


def test_a_key_of_one_domain_is_told_of_that_domain_alone(client: httpx.Client, keys: Any) -> None:
    shop, _ = read(client.get("/metrics", auth=(keys.shop_server, "")).text)
    whole, _ = read(client.get("/metrics", auth=(keys.server, "")).text)

    assert {value for _, labels in shop for name, value in labels if name == "domain"} == {"shop"}
    assert {value for _, labels in whole for name, value in labels if name == "domain"} == {
        "shop",
        "channel",
        "academy",
    }
    assert not any(name.startswith(("penchant_request", "process", "penchant_failed")) for name, _ in shop)


def test_a_browser_key_is_told_nothing(client: httpx.Client, keys: Any, problem: Callable[..., Any]) -> None:
    problem(client.get("/metrics", auth=(keys.browser, "")), 403, "not_allowed")


def test_figures_of_the_process_are_told_while_the_store_is_away(
    engine: Engine, make_keys: Callable[[Engine], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise StorageError("sqlite", "it is gone")

    keys = make_keys(engine)
    with serving(engine, key=keys.server) as client:
        assert client.get("/metrics").status_code == 200
        monkeypatch.setattr(engine.store, "last_seq", broken)
        answer = client.get("/metrics")

    figures, _ = read(answer.text)
    assert answer.status_code == 200 and figures["penchant_store_up", ()] == 0
    assert any(name == "penchant_requests_total" for name, _ in figures)
