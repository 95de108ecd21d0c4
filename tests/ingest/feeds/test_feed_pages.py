"""Sitemaps: pages that may have changed are read, what cannot be read stays, and robots.txt is obeyed."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

import msgspec
import pytest

from feed_site import Answer, Site, Workspace
from penchant.clock import SystemClock
from penchant.errors import FeedFailed
from penchant.ingest.feeds import FeedReport, pages


def page(id: str, price: str = "9.00", **more: Any) -> str:
    told = {
        "@context": "https://schema.org",
        "@type": "Product",
        "sku": id,
        "name": f"Title {id}",
        "offers": {"@type": "Offer", "price": price, "priceCurrency": "EUR"},
        **more,
    }
    block = msgspec.json.encode(told).decode()
    return f'<!DOCTYPE html><html><script type="application/ld+json">{block}</script></html>'


def sitemap(site: Site, *paths: str, index: bool = False, **lastmod: str) -> str:
    outer, inner = ("sitemapindex", "sitemap") if index else ("urlset", "url")
    rows = "".join(
        f"<{inner}><loc>{path if '://' in path else site.url + path}</loc>"
        + (f"<lastmod>{lastmod[path.strip('/')]}</lastmod>" if path.strip("/") in lastmod else "")
        + f"</{inner}>"
        for path in paths
    )
    return f'<?xml version="1.0"?><{outer} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</{outer}>'


@pytest.fixture
def shop(workspace: Workspace, site: Site, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Ten pages, `/a` to `/j`, each of one product."""
    monkeypatch.setattr(pages, "DELAY", 0.001)
    site["/map.xml"] = sitemap(site, *(f"/{id}" for id in "abcdefghij"))
    for id in "abcdefghij":
        site[f"/{id}"] = page(id)
    workspace.add("/map.xml", dialect="auto")
    return workspace


def run(workspace: Workspace, **told: Any) -> FeedReport:
    return workspace.feeds.run("main", **told)


def test_every_page_of_a_sitemap_is_read(shop: Workspace, site: Site) -> None:
    report = run(shop)

    assert (report.dialect, report.pages, report.added, report.status) == ("sitemap", 10, 10, "applied")
    assert shop.titles() == {id: f"Title {id}" for id in "abcdefghij"}
    assert len(site.asked("/robots.txt")) == 1


def test_a_page_that_changed_is_told_with_what_it_was(shop: Workspace, site: Site) -> None:
    run(shop)
    site["/a"] = page("a", "7.00")

    report = run(shop)

    assert (report.changed, report.unchanged, report.pages) == (1, 9, 10)
    assert report.changed_examples[0].fields == {"price": (9.0, 7.0)}


def test_pages_that_have_not_changed_are_not_pulled_again(shop: Workspace, site: Site) -> None:
    day = "2026-11-20"
    ids = "abcdefghij"
    site["/map.xml"] = sitemap(site, *(f"/{id}" for id in ids), **dict.fromkeys(ids, day))
    run(shop)
    site["/map.xml"] = sitemap(site, *(f"/{id}" for id in ids), **(dict.fromkeys(ids, day) | {"a": "2026-11-21"}))
    site["/a"] = page("a", "7.00")

    report = run(shop)

    assert (report.pages, report.pages_same, report.changed, report.kept, report.gone) == (1, 9, 1, 9, 0)
    assert len(site.asked("/a")) == 2
    assert len(site.asked("/b")) == 1
    assert report.entries == 10
    assert len(shop.items()) == 10
    assert run(shop, force=True).pages == 10


def test_a_page_with_a_mark_is_asked_for_and_not_sent_again(shop: Workspace, site: Site) -> None:
    def say(handler: BaseHTTPRequestHandler) -> None:
        same = handler.headers.get("If-None-Match") == '"v1"'
        site.say(handler, Answer(b"", 304) if same else Answer(page("a").encode(), headers={"ETag": '"v1"'}))

    site["/a"] = say
    run(shop)

    report = run(shop)

    assert (report.pages, report.pages_same, report.kept, report.status) == (9, 1, 1, "unchanged")
    assert run(shop).pages_same == 1
    assert "a" in shop.items()


def test_a_page_that_left_the_sitemap_takes_its_items_along(shop: Workspace, site: Site) -> None:
    run(shop)
    site["/map.xml"] = sitemap(site, *(f"/{id}" for id in "abcdefghi"))

    assert run(shop).gone == 1
    assert "j" not in shop.items()


def test_a_page_that_is_no_more_takes_its_items_along(shop: Workspace, site: Site) -> None:
    run(shop)
    site["/a"] = Answer(status=410)
    site["/b"] = Answer(status=404)

    assert run(shop).gone == 2
    assert not {"a", "b"} & shop.items().keys()


def test_a_page_that_fails_is_counted_and_stays_as_it_was(shop: Workspace, site: Site) -> None:
    run(shop)
    site["/a"] = Answer(status=500)

    report = run(shop)

    assert (report.pages_failed, report.kept, report.gone) == (1, 1, 0)
    assert report.page_failures == ((f"{site.url}/a", "the server 127.0.0.1 has a fault of its own (500)"),)
    assert "a" in shop.items()
    site["/a"] = page("a", "7.00")
    assert run(shop).changed == 1


def test_when_too_many_pages_fail_nothing_is_taken(shop: Workspace, site: Site) -> None:
    run(shop)
    for id in "abc":
        site[f"/{id}"] = Answer(status=500)
    site["/d"] = page("d", "1.00")

    with pytest.raises(
        FeedFailed, match=r"3 of 10 pages cannot be read, more than 20%; the first, .*/[abc]: the server"
    ):
        run(shop)
    assert shop.items()["d"]["price"] == 9.0
    assert shop.feeds.runs("main")[0].pages_failed == 3


def test_an_index_leads_to_its_sitemaps(shop: Workspace, site: Site) -> None:
    site["/map.xml"] = sitemap(site, "/one.xml", "/two.xml", index=True)
    site["/one.xml"] = sitemap(site, "/a", "/b")
    site["/two.xml"] = sitemap(site, "/b", "/c")

    assert run(shop).pages == 3
    assert set(shop.items()) == {"a", "b", "c"}

    site["/two.xml"] = Answer(status=500)
    with pytest.raises(FeedFailed, match="a fault of its own"):
        run(shop)
    assert set(shop.items()) == {"a", "b", "c"}


def test_an_index_that_leads_to_itself_ends(shop: Workspace, site: Site) -> None:
    site["/map.xml"] = sitemap(site, "/map.xml", "/more.xml", index=True)
    site["/more.xml"] = sitemap(site, "/a")

    assert run(shop).pages == 1


def test_pages_of_other_sites_are_passed_over(shop: Workspace, site: Site, other_site: Site) -> None:
    other_site["/b"] = page("b")
    site["/map.xml"] = sitemap(site, "/a", f"{other_site.url}/b", "http://169.254.169.254/latest/meta-data/")

    report = run(shop)

    assert report.notes == ("2 pages of other sites are passed over",)
    assert set(shop.items()) == {"a"}
    assert other_site.requests == []


def test_sitemaps_of_other_sites_are_passed_over(shop: Workspace, site: Site, other_site: Site) -> None:
    site["/map.xml"] = sitemap(site, "/mine.xml", f"{other_site.url}/yours.xml", index=True)
    site["/mine.xml"] = sitemap(site, "/a")

    assert run(shop).notes == ("a sitemap of another site, or one too many, is passed over",)
    assert other_site.requests == []


def test_a_page_that_is_moved_to_another_site_is_not_followed(shop: Workspace, site: Site, other_site: Site) -> None:
    other_site["/a"] = page("evil")
    site["/a"] = Answer(status=302, headers={"Location": f"{other_site.url}/a"})
    site["/b"] = Answer(status=302, headers={"Location": "/b2"})
    site["/b2"] = page("b")

    report = run(shop)

    assert (report.pages_failed, report.pages) == (1, 9)
    assert "redirected to another site" in report.page_failures[0][1]
    assert other_site.requests == []
    assert "b" in shop.items()


# robots.txt


def test_pages_that_robots_may_not_read_are_not_read(shop: Workspace, site: Site) -> None:
    site["/robots.txt"] = "User-agent: *\nDisallow: /a\n\nUser-agent: penchant\nDisallow: /b\nDisallow: /c\n"

    report = run(shop)

    assert report.notes == ("robots.txt closes 2 pages to robots",)
    assert set(shop.items()) == set("adefghij")
    assert site.asked("/b") == []


def test_a_site_that_wants_no_robots_is_left_alone(shop: Workspace, site: Site) -> None:
    site["/robots.txt"] = "User-agent: *\nDisallow: /\n"

    with pytest.raises(FeedFailed, match=r"robots\.txt of 127\.0\.0\.1 closes its pages to robots"):
        run(shop)
    assert site.asked("/a") == []


def test_rules_that_cannot_be_had_mean_no(shop: Workspace, site: Site) -> None:
    site["/robots.txt"] = Answer(status=503)

    with pytest.raises(FeedFailed, match="a fault of its own"):
        run(shop)
    assert site.asked("/a") == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_no_rules_mean_yes(shop: Workspace, site: Site, status: int) -> None:
    site["/robots.txt"] = Answer(status=status)

    assert run(shop).pages == 10


# limits


def test_only_so_many_pages_are_read(shop: Workspace, site: Site) -> None:
    shop.add("/map.xml", dialect="sitemap", pages=4)

    report = run(shop)

    assert report.pages == 4
    assert report.notes == ("only the first 4 pages are read, 6 are not",)


def test_what_there_was_no_time_for_stays_and_comes_first_the_next_time(shop: Workspace, site: Site) -> None:
    run(shop)
    over = threading.Event()
    for id in "abcdefghij":
        site[f"/{id}"] = page(id, "7.00")

    def hang(handler: BaseHTTPRequestHandler) -> None:
        over.wait(20)

    slow = ("e", "f", "g", "h")
    for id in slow:
        site[f"/{id}"] = hang

    report = shop.make(clock=SystemClock(), seconds=1).run("main")
    over.set()

    assert report.status == "applied"
    assert report.pages + report.pages_left == 10
    assert report.pages_left >= 4
    assert report.gone == 0
    assert len(shop.items()) == 10
    assert any("pages are left for the next run" in note for note in report.notes)

    for id in slow:
        site[f"/{id}"] = page(id, "7.00")
    shop.clock.advance(60)
    assert run(shop).pages == 10
    assert {item["price"] for item in shop.items().values()} == {7.0}


def test_a_server_that_asks_to_come_less_often_is_left_for_now(shop: Workspace, site: Site) -> None:
    run(shop)
    for id in "abcdefghij":
        site[f"/{id}"] = Answer(status=429, headers={"Retry-After": "600"})

    with pytest.raises(FeedFailed, match="less often"):
        run(shop)
    assert len(shop.items()) == 10
    assert len([path for path, _ in site.requests if len(path) == 2]) < 20


def test_a_sitemap_lies_on_its_site(shop: Workspace, site: Site) -> None:
    (shop.root / "map.xml").write_text(sitemap(site, "/a"), encoding="utf-8")
    shop.add("map.xml", name="local", dialect="auto")

    with pytest.raises(FeedFailed, match="not read from the disk"):
        shop.feeds.run("local")


@pytest.mark.parametrize(
    "line", ["Crawl-delay: ²", f"Crawl-delay: {'9' * 5_000}", "Request-rate: ²/3", "Disallow: //[", "Allow: //%5B"]
)
def test_a_line_of_robots_txt_that_means_nothing_is_passed_over(shop: Workspace, site: Site, line: str) -> None:
    """The parser of the standard library raises for each of them."""
    site["/robots.txt"] = f"User-agent: *\n{line}\nDisallow: /b\n".encode()

    report = run(shop)
    assert (report.added, report.notes) == (9, ("robots.txt closes 1 pages to robots",))


def test_a_page_whose_name_only_looks_like_one_is_passed_over(shop: Workspace, site: Site) -> None:
    site["/map.xml"] = sitemap(site, "/a", "http://xn--a/", "http://[/", "http://127.0.0.1:port/")

    assert run(shop).added == 1


def test_many_rules_against_many_pages_end_with_the_time(
    shop: Workspace, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked of the network meanwhile, so nothing else would look at the time."""
    ended, looked = threading.Event(), []

    def allows(robots: object, url: object) -> bool:
        looked.append(url)
        ended.set()
        return True

    monkeypatch.setattr(pages.Robots, "allows", allows)
    with pytest.raises(FeedFailed, match="stopped before its end"):
        run(shop, stop=ended)
    assert len(looked) == 1
