"""The start page, as a program and as a real browser see it."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import httpx
import msgspec
import numpy as np
import pytest

from demo_workspace import NOW
from live_server import SECONDS, serving
from penchant.clock import DAY, FixedClock
from penchant.config import FILE_NAME
from penchant.console import start_page
from penchant.console.steered import outcomes_of, steered
from penchant.engine import Engine
from penchant.evaluation.outcomes import HeadRow, Learned, Outcomes
from penchant.keys import Kind
from penchant.models import Run
from penchant.ranking import Rows, fit_head, judge_head
from penchant.storage import Part

HOSTILE = "<script>alert('x')</script><img src=//evil.example onerror=alert(1)>\"'&"

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


@pytest.fixture
def key(engine: Engine) -> str:
    return engine.create_key(Kind.ADMIN)[0]


@pytest.fixture
def client(engine: Engine, key: str) -> Iterator[httpx.Client]:
    with serving(engine, [start_page]) as client:
        client.auth = (key, "")
        yield client


@pytest.fixture
def address(client: httpx.Client, key: str) -> str:
    """What a browser is given: the key is the user name."""
    return str(client.base_url).replace("http://", f"http://{key}@")


class Page(HTMLParser):
    """Tags and attributes of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_it_tells_how_fresh_what_serves_is(engine: Engine, client: httpx.Client) -> None:
    fresh = client.get("/").text
    assert fresh.count("<dt>Freshness</dt>") == len(engine.domains)
    assert fresh.count("<span>fresh</span>") == len(engine.domains)

    assert isinstance(engine.clock, FixedClock)
    engine.clock.advance(90 * DAY)
    assert client.get("/").text.count('<span class="alarm">silent</span>') == len(engine.domains)


def test_the_page_is_for_operators_and_a_browser_asks_for_the_key(client: httpx.Client, engine: Engine) -> None:
    client.auth = None
    refused = client.get("/")

    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Basic")
    assert not [name for name in engine.domains if name in refused.text]
    assert client.get("/", auth=(engine.create_key(Kind.PUBLIC, domain="shop")[0], "")).status_code == 403


def test_messages_that_wait_to_be_mended_are_told(client: httpx.Client, engine: Engine) -> None:
    assert "Messages that could not be taken" not in client.get("/").text
    engine.collect([{"type": "track", "event": "Product Viewed", "messageId": "m1"}], "shop")

    assert "Messages that could not be taken wait: 1 schema" in Page(client.get("/").text).text


def test_the_page_names_every_domain_with_what_serves_it(client: httpx.Client, engine: Engine) -> None:
    response = client.get("/")

    text = Page(response.text).text
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    for name, setup in engine.domains.items():
        assert name in text
        assert setup.pack.about in text
        assert engine.releases.order(name)[0] in text
        assert all(placement in text for placement in setup.placements)
    assert f"{engine.store.count()['events']:,} events" in text


def learned(engine: Engine) -> None:
    """A release of the shop with the heads that profit needs, and what they were judged by."""
    setup = engine.domains["shop"]
    rng = np.random.default_rng(0)
    values, group = rng.random((400, 1)).astype(np.float32), np.arange(400, dtype=np.int32)
    label = (rng.random(400) < values[:, 0]).astype(np.float32)
    rows = Rows(("relevance",), values, label, np.ones(400, np.float32), group, group.astype(np.float64))
    parts = dict(engine.releases.read("shop", engine.releases.order("shop")[0]).parts)
    parts.pop("head:p_return", None)  # what the events alone taught it
    judged = []
    for head in setup.pack.heads:
        if head.name != "p_return":
            fitted = fit_head(
                replace(head, features=(), without=(), rising=(), falling=(), settings={"trees": 2}), rows, rows, Run()
            )
            state = fitted.state()
            parts[f"head:{head.name}"] = Part("head", state.arrays, state.settings)
            figures = judge_head(fitted, rows)
            row = HeadRow(name=head.name, about=head.outcome.about, days=7.0, serves=True, figures=figures)
        else:
            row = HeadRow(name=head.name, about="", days=30.0, serves=False, reason="nobody sent anything back")
        judged.append(row)
    parts["objectives"] = Part("objectives", {}, {"floors": {"conversion": 0.35}, "placements": []})
    rows_of = Learned(
        origin="slates", requests=40, rows=400, of_rows=400, since="", until="", figures_from="", figures_until=""
    )
    outcomes = msgspec.to_builtins(Outcomes(learned=rows_of, heads=tuple(judged)))
    engine.releases.publish(
        "shop", "product", parts, now=NOW, config="", version="", evidence={"evaluation": {"outcomes": outcomes}}
    )


def test_the_page_tells_what_a_domain_is_steered_by(client: httpx.Client, engine: Engine) -> None:
    text = " ".join(Page(client.get("/").text).text.split())
    assert "Steered by conversion@2" in text and "value = p_purchase" in text
    assert "the sum serves" in text and "sum = 1.00 relevance + 0.40 price_band" in text
    assert "The formula serves as soon as p_purchase is learned." in text

    learned(engine)
    page = " ".join(Page(client.get("/").text).text.split())
    start = page.index("product pack")
    shop = page[start : page.index("Ask for one", start)]

    assert "the formula serves" in shop and "sum =" not in shop
    assert "Ordered by value are items whose p_purchase is at least 0.35 of the best one's." in shop
    assert re.search(r"p_purchase ?The person buys it within a week of seeing it\. ?400 ?0\.\d{3}", shop)
    assert "Rows from slates as they were served." in shop


def test_heads_that_are_missing_and_why_are_told(engine: Engine) -> None:
    learned(engine)
    view, setup = engine.recommender.view("shop"), engine.domains["shop"]
    evidence = engine.releases.manifest("shop", engine.releases.order("shop")[0]).evidence
    [profit] = steered(replace(setup, objective="profit"), view.parts, outcomes_of(evidence))

    assert (profit.serves, profit.missing, profit.floor) == ("sum", ("p_return",), None)
    assert [(head.name, head.serves, head.note) for head in profit.heads] == [
        ("p_purchase", True, ""),
        ("p_return", False, "nobody sent anything back"),
    ]
    assert outcomes_of({"evaluation": {"outcomes": {"heads": 3}}}) is None


def test_the_request_it_shows_works_as_it_stands(client: httpx.Client) -> None:
    commands = re.findall(r"curl -s (\S+) .*?-u YOUR_KEY: .*?-d '(.*?)'", Page(client.get("/").text).text, re.DOTALL)

    assert len(commands) == 3
    for url, body in commands:
        assert url == f"{client.base_url}/v1/recommendations".replace("//v1", "/v1")
        answered = client.post(url, content=body, headers={"Content-Type": "application/json"})
        assert answered.status_code == 200
        assert 1 <= len(answered.json()["items"]) <= 5


def test_the_links_it_shows_lead_somewhere(client: httpx.Client) -> None:
    links = [fields["href"] for tag, fields in Page(client.get("/").text).tags if tag == "a"]

    assert links
    assert all(client.get(str(link)).status_code == 200 for link in links)


def test_the_page_needs_nothing_from_elsewhere_and_may_not_load_it(client: httpx.Client) -> None:
    response = client.get("/")

    policy = dict(part.strip().split(" ", 1) for part in response.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert "script-src" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    page = Page(response.text)
    assert not {"script", "img", "link", "iframe", "object", "embed"} & {tag for tag, _ in page.tags}
    assert not [fields for _, fields in page.tags if {"src", "srcset", "style"} & fields.keys()]
    assert not re.search(r"@import|url\(", response.text)


def publish_hostile(engine: Engine) -> None:
    """A domain whose first item, best model and notes try to break out of the page."""
    engine.put_items("shop", [{"id": "!" + HOSTILE, "title": HOSTILE}])
    judged = {"evaluation": {"winner": HOSTILE, "winner_reason": HOSTILE}}
    engine.releases.publish(
        "shop", "product", {"items": engine.releases.read("shop", engine.releases.order("shop")[0]).parts["items"]},
        now=NOW, config="", version="", evidence=judged,
    )  # fmt: skip


def test_what_data_says_is_shown_and_never_obeyed(client: httpx.Client, engine: Engine) -> None:
    publish_hostile(engine)

    response = client.get("/")

    page = Page(response.text)
    assert page.text.count(HOSTILE) >= 2
    assert "<script" not in response.text
    assert not {"script", "img"} & {tag for tag, _ in page.tags}


def test_a_host_that_is_no_name_is_shown_and_never_obeyed(client: httpx.Client) -> None:
    response = client.get("/", headers={"host": '"><script>alert(1)</script>'})

    assert "<script" not in response.text


def test_a_domain_without_a_release_says_how_to_make_one(tmp_path: Path) -> None:
    text = '[server]\nopen = true\n[domains.books]\npack = "product"\n[sources.w-1]\ndomain = "books"\n'
    (tmp_path / FILE_NAME).write_text(text, encoding="utf-8")
    with Engine.open(tmp_path, None, {}) as engine, serving(engine, [start_page]) as client:
        text = " ".join(Page(client.get("/").text).text.split())

    assert "answers for 1 domain." in text
    assert "penchant train books" in text
    assert "asks for no keys" in text
    assert "YOUR_KEY" not in text
    assert "Sources" in text
    assert "books, w-1" in text


def test_a_damaged_release_is_told(client: httpx.Client, engine: Engine) -> None:
    name = engine.releases.order("academy")[0]
    (engine.releases.folder / "academy" / name / "manifest.json").write_text("{}", encoding="utf-8")

    assert "release refused" in Page(client.get("/").text).text


# in a real browser


@pytest.fixture
def browse(tmp_path: Path) -> Callable[..., str]:
    """Runs a real browser; gives what it prints."""
    if BROWSER is None:
        pytest.skip("chromium is not installed: nobody looked at the page with a real browser")
    program = BROWSER

    def run(url: str, *options: str) -> str:
        profile = tmp_path / "profile"
        command = [program, *OPTIONS, f"--user-data-dir={profile}", *options, url]
        return subprocess.run(command, capture_output=True, text=True, timeout=3 * SECONDS, check=True).stdout

    return run


def test_a_browser_shows_hostile_text_as_text(address: str, engine: Engine, browse: Callable[..., str]) -> None:
    publish_hostile(engine)

    dom = browse(address, "--dump-dom")

    page = Page(dom)
    assert page.text.count(HOSTILE) >= 2
    assert not {"script", "img"} & {tag for tag, _ in page.tags}
    assert {fields.get("id") for tag, fields in page.tags if tag == "section"} >= {"shop", "channel", "academy"}


@pytest.mark.parametrize("width", [1280, 500])
def test_a_browser_draws_the_page_at_desktop_and_phone_widths(
    address: str, browse: Callable[..., str], tmp_path: Path, width: int
) -> None:
    picture = tmp_path / "page.png"

    browse(address, f"--window-size={width},1600", f"--screenshot={picture}")

    head = picture.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", head[16:24]) == (width, 1600)
    assert picture.stat().st_size > 30_000  # a blank page of this size has a tenth of that
