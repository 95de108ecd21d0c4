"""Runs of a feed, from a real server into a real store: all of it or nothing."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from typing import Any

import msgspec
import pytest

from feed_site import Answer, Site, Workspace, tsv
from penchant.catalog import CatalogWrite
from penchant.clock import SystemClock
from penchant.errors import FeedFailed, InvalidRequest, NotFound, StorageError
from penchant.ingest.feeds import FeedSettings
from penchant.storage import SQLiteStore

Table = Callable[..., str]


def feed(**prices: str) -> str:
    rows = [{"id": id, "title": f"Title {id}", "price": price} for id, price in prices.items()]
    return tsv(*rows)


def ten(**changed: str) -> str:
    """Ten products, `a` to `j`, at 1 EUR; what is changed costs something else, and `""` is not there."""
    prices = dict.fromkeys("abcdefghij", "1.00 EUR") | changed
    return feed(**{id: price for id, price in prices.items() if price})


# what a run does


def test_the_first_run_adds_everything(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = feed(a="9.00 EUR", b="8.00 EUR")
    workspace.add()

    report = workspace.feeds.run("main")

    assert (report.status, report.entries, report.added, report.dialect) == ("applied", 2, 2, "merchant")
    assert [(one.id, one.title) for one in report.added_examples] == [("a", "Title a"), ("b", "Title b")]
    assert workspace.items()["a"] == {"id": "a", "title": "Title a", "price": 9.0, "currency": "EUR"}
    assert set(workspace.entries()) == {"a", "b"}


def test_a_feed_that_comes_again_changes_nothing(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = feed(a="9.00 EUR", b="8.00 EUR")
    workspace.add()
    workspace.feeds.run("main")
    version = workspace.store.versions("shop").catalog

    again = workspace.feeds.run("main")
    forced = workspace.feeds.run("main", force=True)

    assert (again.status, again.entries) == ("unchanged", 2)
    assert (forced.status, forced.unchanged, forced.changed) == ("unchanged", 2, 0)
    assert workspace.store.versions("shop").catalog == version


def test_what_changed_is_told_with_what_it_was(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = tsv(
        {"id": "a", "title": "Shoe", "price": "9.00 EUR", "brand": "Alvik"},
        {"id": "b", "title": "Sock", "price": "2.00 EUR", "brand": "Alvik"},
        {"id": "c", "title": "Cap", "price": "5.00 EUR", "brand": "Alvik"},
        {"id": "d", "title": "Hat", "price": "6.00 EUR", "brand": "Alvik"},
    )
    workspace.add()
    workspace.feeds.run("main")
    site["/feed.tsv"] = tsv(
        {"id": "a", "title": "Shoe", "price": "7.00 EUR", "brand": ""},
        {"id": "b", "title": "Sock", "price": "2.00 EUR", "brand": "Alvik"},
        {"id": "d", "title": "Hat", "price": "6.00 EUR", "brand": "Alvik"},
        {"id": "e", "title": "Belt", "price": "4.00 EUR", "brand": "Alvik"},
    )

    report = workspace.feeds.run("main")

    assert (report.added, report.changed, report.gone, report.unchanged) == (1, 1, 1, 2)
    [changed] = report.changed_examples
    assert (changed.id, changed.title) == ("a", "Shoe")
    assert changed.fields == {"price": (9.0, 7.0), "brand": ("Alvik", None)}
    assert [one.id for one in report.gone_examples] == ["c"]
    assert set(workspace.items()) == {"a", "b", "d", "e"}
    assert workspace.items()["a"] == {"id": "a", "title": "Shoe", "price": 7.0, "currency": "EUR"}


def test_what_the_feed_says_nothing_new_of_stays_as_somebody_else_said(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = feed(a="9.00 EUR", b="8.00 EUR")
    workspace.add()
    workspace.feeds.run("main")
    workspace.change("a", price=5.0, attributes={"fit": "wide"}, stock=3)
    site["/feed.tsv"] = tsv(
        {"id": "a", "title": "New title", "price": "9.00 EUR"}, {"id": "b", "title": "Title b", "price": "8.00 EUR"}
    )

    workspace.feeds.run("main")

    item = workspace.items()["a"]
    assert (item["title"], item["price"], item["stock"]) == ("New title", 5.0, 3)
    assert item["attributes"] == {"fit": "wide"}


def test_an_item_that_is_there_already_is_told_more_of_not_anew(workspace: Workspace, site: Site) -> None:
    workspace.change("a", "put", title="By hand", brand="Alvik", stock=4)
    site["/feed.tsv"] = feed(a="9.00 EUR")
    workspace.add()

    workspace.feeds.run("main")

    item = workspace.items()["a"]
    assert (item["title"], item["brand"], item["stock"], item["price"]) == ("Title a", "Alvik", 4, 9.0)


def test_what_somebody_took_out_stays_out_until_the_feed_brings_it_anew(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = ten()
    workspace.add()
    workspace.feeds.run("main")
    workspace.change("a", "delete")

    site["/feed.tsv"] = ten(a="2.00 EUR")
    report = workspace.feeds.run("main")
    assert report.changed == 1
    assert report.notes == ("1 changed items stay out of the catalog, as somebody took them out",)
    assert "a" not in workspace.items()

    site["/feed.tsv"] = ten(a="")
    workspace.feeds.run("main")
    site["/feed.tsv"] = ten(a="3.00 EUR")
    workspace.feeds.run("main")
    assert workspace.items()["a"]["price"] == 3.0


def test_an_item_goes_with_the_last_feed_that_tells_of_it(workspace: Workspace, site: Site) -> None:
    site["/one.tsv"] = ten()
    site["/two.tsv"] = feed(a="1.00 EUR", z="1.00 EUR")
    for name in ("one", "two"):
        workspace.add(f"/{name}.tsv", name=name)
        workspace.feeds.run(name)

    site["/one.tsv"] = ten(a="", b="")
    report = workspace.feeds.run("one")
    assert report.gone == 2
    assert report.notes == ("1 of the gone items stay, as another feed tells of them",)
    assert "a" in workspace.items()
    assert "b" not in workspace.items()

    site["/two.tsv"] = feed(z="1.00 EUR")
    workspace.feeds.run("two", force=True)
    assert "a" not in workspace.items()


def test_entries_that_are_wrong_are_left_out_and_told(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = ten(b="free", j="-1 EUR")
    workspace.add()

    report = workspace.feeds.run("main")

    assert (report.status, report.added, report.refused) == ("applied", 8, 2)
    assert [(one.place, one.id, one.field) for one in report.refusals] == [(3, "b", "price"), (11, "j", "price")]
    assert all(one.reason for one in report.refusals)


def test_what_is_wrong_now_stays_as_it_was_told_last(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = ten()
    workspace.add()
    workspace.feeds.run("main")
    site["/feed.tsv"] = ten(b="free")

    report = workspace.feeds.run("main")

    assert (report.refused, report.kept, report.gone) == (1, 1, 0)
    assert workspace.items()["b"]["price"] == 1.0


def test_ids_that_are_missing_or_come_twice_are_refused(workspace: Workspace, site: Site) -> None:
    rows = [{"id": id, "title": f"Title {n}", "price": "1.00 EUR"} for n, id in enumerate("abcdefghija")]
    site["/feed.tsv"] = tsv(*rows, {"id": "", "title": "Nameless", "price": "1.00 EUR"})
    workspace.add()

    report = workspace.feeds.run("main")

    assert (report.added, report.refused) == (10, 2)
    assert [one.place for one in report.refusals] == [12, 13]
    assert workspace.titles()["a"] == "Title 0"


def test_too_many_wrong_entries_are_a_broken_feed(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = ten()
    workspace.add()
    workspace.feeds.run("main")
    site["/feed.tsv"] = ten(a="free", b="free", c="free", d="2.00 EUR")

    with pytest.raises(FeedFailed, match=r"3 of 10 entries are wrong, more than 20%; the first, at 2: price") as caught:
        workspace.feeds.run("main")
    assert caught.value.step == "read"
    assert workspace.items()["d"]["price"] == 1.0

    assert workspace.feeds.run("main", force=True).changed == 1
    assert workspace.items()["d"]["price"] == 2.0


def test_entries_of_another_kind_are_passed_over(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = tsv({"id": "a", "title": "Shoe", "link": "https://shop.example/a", "price": "1.00 EUR"})
    workspace.add(domain="news", dialect="auto")

    with pytest.raises(FeedFailed, match="no item for this domain: 1 are of another kind"):
        workspace.feeds.run("main")


# what a broken feed does: nothing


def snapshot(workspace: Workspace) -> tuple[Any, ...]:
    rows = [(row.settings, row.state) for row in workspace.store.feeds()]
    return workspace.items(), workspace.entries(), workspace.store.versions("shop"), rows


HTML = b"<!DOCTYPE html><html><body>We are down for maintenance</body></html>"


@pytest.mark.parametrize(
    ("answer", "step", "words"),
    [
        (Answer(status=500), "fetch", "a fault of its own"),
        (Answer(HTML, headers={"Content-Type": "text/tab-separated-values"}), "read", "HTML"),
        (Answer(ten().encode()[:-3], headers={"Content-Length": str(len(ten()))}), "fetch", "breaks off"),
        (Answer(gzip.compress(ten(a="5.00 EUR").encode())[:-7]), "fetch", "breaks off"),
        (Answer(b""), "read", "empty"),
        (Answer(tsv().encode()), "check", "tells of no item"),
        (Answer(ten(a="", b="", c="", d="").encode()), "check", "4 of 10 items are gone, more than 30%"),
        (Answer(b"\x89PNG\r\n\x1a\n" + bytes(range(256))), "read", "a picture, not text"),
        (Answer(b'id,title,price\na,"never closed,1.00 EUR\n'), "read", "never closed"),
        (Answer(b"<rss><channel><item><id>a</id></item><item>"), "read", "breaks off"),
        (Answer(b"one\ttwo\n1\t2\n"), "read", "column"),
    ],
    ids=["500", "html", "short", "gzip", "empty", "no items", "shrunk", "picture", "quote", "xml", "other table"],
)
def test_a_feed_that_breaks_leaves_everything_as_it_was(
    workspace: Workspace, site: Site, answer: Answer, step: str, words: str
) -> None:
    site["/feed.tsv"] = Answer(ten().encode(), headers={"ETag": '"v1"'})
    workspace.add()
    workspace.feeds.run("main")
    before = snapshot(workspace)
    close = "Content-Length" in answer.headers

    def say(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = close
        site.say(handler, answer)

    site["/feed.tsv"] = say

    with pytest.raises(FeedFailed, match=words) as caught:
        workspace.feeds.run("main")

    assert (caught.value.feed, caught.value.step) == ("main", step)
    items, entries, versions, [(settings, state)] = snapshot(workspace)
    assert (items, entries, versions, settings) == (before[0], before[1], before[2], before[3][0][0])
    assert msgspec.json.decode(state)["etag"] == '"v1"'  # and so the next run compares with what was taken last
    [report, _] = workspace.feeds.runs("main")
    assert (report.status, report.step, report.reason) == ("refused", step, caught.value.reason)


def test_a_feed_that_broke_comes_back(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = ten()
    workspace.add()
    workspace.feeds.run("main")
    site["/feed.tsv"] = HTML
    with pytest.raises(FeedFailed):
        workspace.feeds.run("main")
    site["/feed.tsv"] = ten(a="2.00 EUR")

    assert workspace.feeds.run("main").changed == 1
    assert [report.status for report in workspace.feeds.runs("main")] == ["applied", "refused", "applied"]


def test_a_shrunk_feed_can_be_taken_all_the_same(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = ten()
    workspace.add()
    workspace.feeds.run("main")
    site["/feed.tsv"] = feed(a="1.00 EUR")

    with pytest.raises(FeedFailed, match="9 of 10 items are gone, more than 30%; run again with --force"):
        workspace.feeds.run("main")
    [refused, _] = workspace.feeds.runs("main")
    assert (refused.gone, len(refused.gone_examples)) == (9, 9)

    assert workspace.feeds.run("main", force=True).gone == 9
    assert set(workspace.items()) == {"a"}


def test_how_much_may_go_is_a_setting(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = ten()
    workspace.add(max_gone=0.0)
    workspace.feeds.run("main")
    site["/feed.tsv"] = ten(a="")

    with pytest.raises(FeedFailed, match="more than 0%"):
        workspace.feeds.run("main")
    workspace.add(max_gone=0.1)
    assert workspace.feeds.run("main").gone == 1


class Failing(SQLiteStore):
    """A store that fails at the last moment."""

    def change_items(self, domain: str, ids: Sequence[str], decide: Callable[..., CatalogWrite]) -> int:
        def fails(kept: Any) -> CatalogWrite:
            write = decide(kept)

            class Breaks(Sequence[Any]):
                """The first thousand are written, then the power fails."""

                def __len__(self) -> int:
                    return len(write.lives)

                def __getitem__(self, at: Any) -> Any:
                    if at >= 5:
                        raise KeyboardInterrupt
                    return write.lives[at]

            return CatalogWrite(write.bodies, Breaks(), write.gone, write.facts, write.entries)

        return super().change_items(domain, ids, fails)


def test_a_run_that_is_killed_while_it_writes_has_written_nothing(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = ten()
    workspace.add()
    workspace.feeds.run("main")
    before = snapshot(workspace)
    site["/feed.tsv"] = ten(**dict.fromkeys("abcdefgh", "2.00 EUR"), i="", z="1.00 EUR")
    failing = Failing(workspace.root / "penchant.db")

    with pytest.raises(KeyboardInterrupt):
        workspace.make(store=failing).run("main")
    failing.close()

    assert snapshot(workspace) == before
    assert workspace.feeds.runs("main")[0].reason == "the run ended early (KeyboardInterrupt)"
    assert workspace.feeds.run("main").changed == 8


def test_a_store_that_is_full_has_taken_nothing(workspace: Workspace, site: Site) -> None:
    class Full(SQLiteStore):
        def change_items(self, domain: str, ids: Sequence[str], decide: Callable[..., CatalogWrite]) -> int:
            raise StorageError(self.url, "the disk is full", full=True)

    site["/feed.tsv"] = ten()
    workspace.add()
    full = Full(workspace.root / "penchant.db")

    with pytest.raises(StorageError):
        workspace.make(store=full).run("main")
    full.close()

    assert workspace.items() == {}
    assert workspace.feeds.run("main").added == 10


# what is not pulled again


def conditional(site: Site, body: str, etag: str | None, modified: str | None) -> Callable[..., None]:
    def say(handler: BaseHTTPRequestHandler) -> None:
        same = {(etag, modified), (None, None)} != {(None, None)} and (
            handler.headers.get("If-None-Match"),
            handler.headers.get("If-Modified-Since"),
        ) == (etag, modified)
        headers = {name: value for name, value in (("ETag", etag), ("Last-Modified", modified)) if value}
        site.say(handler, Answer(b"", 304) if same else Answer(body.encode(), headers=headers))

    return say


@pytest.mark.parametrize(
    ("etag", "modified"),
    [('"v1"', None), (None, "Sat, 21 Nov 2026 19:00:00 GMT"), ('W/"v1"', "Sat, 21 Nov 2026 19:00:00 GMT")],
)
def test_a_version_that_we_have_is_not_sent_again(
    workspace: Workspace, site: Site, etag: str | None, modified: str | None
) -> None:
    site["/feed.tsv"] = conditional(site, ten(), etag, modified)
    workspace.add()
    workspace.feeds.run("main")

    again = workspace.feeds.run("main")

    assert (again.status, again.bytes, again.entries) == ("unchanged", 0, 10)
    assert workspace.feeds.run("main", force=True).bytes > 0


def test_a_version_that_was_refused_is_pulled_again(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = conditional(site, ten(), '"v1"', None)
    workspace.add()
    workspace.feeds.run("main")
    site["/feed.tsv"] = conditional(site, feed(a="1.00 EUR"), '"v2"', None)

    for _ in range(2):
        with pytest.raises(FeedFailed, match="are gone"):
            workspace.feeds.run("main")


def test_a_changed_setting_reads_an_unchanged_file_anew(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = conditional(site, feed(a="1.00"), '"v1"', None)
    workspace.add(currency="EUR")
    workspace.feeds.run("main")

    workspace.add(currency="CHF")
    report = workspace.feeds.run("main")

    assert report.changed == 1
    assert workspace.items()["a"]["currency"] == "CHF"


# files of this machine, what the environment knows, what may not be asked


def test_a_file_of_the_workspace_is_a_feed_too(workspace: Workspace) -> None:
    (workspace.root / "feeds").mkdir()
    (workspace.root / "feeds" / "products.tsv").write_text(ten(), encoding="utf-8")
    workspace.add("feeds/products.tsv")

    assert workspace.feeds.run("main").added == 10
    assert workspace.feeds.run("main").status == "unchanged"


def test_secrets_are_taken_from_the_environment_and_lie_nowhere(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv?key=s3cret"] = ten()
    workspace.add("/feed.tsv?key=${KEY}", headers={"Authorization": "Bearer ${TOKEN}"})

    workspace.make(environment={"KEY": "s3cret", "TOKEN": "t0ken\n"}).run("main")

    assert site.asked("/feed.tsv?key=s3cret")[0]["authorization"] == "Bearer t0ken"
    kept = b"".join(file.read_bytes() for file in workspace.root.rglob("*") if file.is_file())
    assert b"s3cret" not in kept
    assert b"t0ken" not in kept
    with pytest.raises(FeedFailed, match="the variable KEY is not set"):
        workspace.feeds.run("main")


def test_a_private_address_is_refused(workspace: Workspace, other_site: Site) -> None:
    workspace.add(f"{other_site.url}/feed.tsv")

    with pytest.raises(FeedFailed, match="not a public one"):
        workspace.feeds.run("main")
    assert other_site.requests == []


def test_a_feed_above_the_limit_is_refused(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = gzip.compress(b"id\ttitle\n" + b"x" * 2_000_000)
    workspace.add()

    with pytest.raises(FeedFailed, match="larger than 1 MB"):
        workspace.make(most_mb=1).run("main")


def test_a_feed_that_takes_too_long_is_refused(workspace: Workspace, site: Site) -> None:
    over = threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        over.wait(20)

    site["/feed.tsv"] = slow
    workspace.add()

    with pytest.raises(FeedFailed, match=r"longer than 1 seconds"):
        workspace.make(seconds=1, clock=SystemClock()).run("main")
    over.set()


# the rest


def test_a_dry_run_keeps_nothing(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = ten()
    workspace.add()
    before = snapshot(workspace)

    report = workspace.feeds.run("main", dry=True)

    assert (report.status, report.added) == ("applied", 10)
    assert snapshot(workspace) == before
    assert workspace.feeds.runs("main") == []


@pytest.fixture
def two_stores(workspace: Workspace) -> Iterator[SQLiteStore]:
    made = SQLiteStore(workspace.root / "penchant.db")
    yield made
    made.close()


def test_of_two_who_pull_a_feed_at_once_one_does(workspace: Workspace, site: Site, two_stores: SQLiteStore) -> None:
    asked, over = threading.Event(), threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        asked.set()
        over.wait(20)
        site.say(handler, Answer(ten().encode()))

    site["/feed.tsv"] = slow
    workspace.add()
    reports = []
    first = threading.Thread(target=lambda: reports.append(workspace.feeds.run("main")))
    first.start()
    assert asked.wait(20)

    other = workspace.make(store=two_stores)
    with pytest.raises(FeedFailed, match="by somebody else right now"):
        other.run("main")
    with pytest.raises(FeedFailed, match="is being pulled right now"):
        other.remove("main")
    assert other.run_due() == []
    over.set()
    first.join(20)

    assert [report.added for report in reports] == [10]
    assert len(site.requests) == 1


def test_a_window_on_the_latest_takes_nothing_out(workspace: Workspace, site: Site) -> None:
    def rss(*numbers: int) -> str:
        items = "".join(
            f"<item><guid>n{n}</guid><title>News {n}</title><link>https://news.example/{n}</link></item>"
            for n in numbers
        )
        return f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{items}</channel></rss>'

    site["/rss.xml"] = rss(1, 2, 3)
    workspace.add("/rss.xml", domain="news", dialect="auto")
    workspace.feeds.run("main")
    site["/rss.xml"] = rss(5, 4, 3)

    report = workspace.feeds.run("main")

    assert (report.dialect, report.added, report.unchanged, report.kept, report.gone) == ("rss", 2, 1, 2, 0)
    assert set(workspace.titles("news").values()) == {f"News {n}" for n in range(1, 6)}
    assert report.entries == 5


def test_a_feed_that_is_removed_leaves_its_items_or_takes_them_along(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = ten()
    site["/two.tsv"] = feed(a="1.00 EUR")
    for _ in range(2):
        workspace.add()
        workspace.add("/two.tsv", name="two")
        workspace.feeds.run("main")
        workspace.feeds.run("two")
        assert workspace.feeds.remove("main") == 0
        assert len(workspace.items()) == 10
        workspace.add()
        workspace.feeds.run("main")
        assert workspace.feeds.remove("main", items=True) == 9
        assert set(workspace.items()) == {"a"}
        workspace.feeds.remove("two", items=True)
        assert workspace.items() == {}
    with pytest.raises(NotFound):
        workspace.feeds.remove("main")
    assert workspace.feeds.all() == []


def test_all_feeds_are_listed_without_secrets(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv?key=s3cret"] = ten()
    workspace.add("/feed.tsv?key=s3cret", every=3_600, headers={"X-Token": "t0ken"})
    [before] = workspace.feeds.all()
    workspace.feeds.run("main")
    [after] = workspace.feeds.all()

    assert before.last is None
    assert before.due == workspace.clock.now()
    assert after.last is not None
    assert (after.name, after.domain, after.items, after.last.status) == ("main", "shop", 10, "applied")
    assert after.url == f"{site.url}/feed.tsv?key=…"
    assert after.due is not None
    assert 3_600 <= after.due - workspace.clock.now() <= 3_780


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"url": "ftp://shop.example/feed"}, "must begin with http"),
        ({"url": "https://"}, "must begin with http"),
        ({"dialect": "merchnt"}, 'no dialect "merchnt"; did you mean "merchant"'),
        ({"dialect": "rss"}, "tells of content, and the domain is product"),
        ({"timezone": "Berlin"}, "Europe/Berlin"),
        ({"timezone": "../etc/passwd"}, "Europe/Berlin"),
        ({"currency": "euro"}, "ISO 4217"),
        ({"headers": {"Host": "evil.example"}}, "may be set"),
        ({"headers": {"X Token": "a"}}, "may be set"),
        ({"headers": {"X-Token": "a\r\nHost: b"}}, "letters that can be seen"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_when_it_is_told(
    workspace: Workspace, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises((InvalidRequest, NotFound), match=words):
        workspace.feeds.add("main", "shop", FeedSettings(**({"url": "https://shop.example/feed"} | settings)))
    assert workspace.feeds.all() == []


def test_a_feed_belongs_to_one_domain(workspace: Workspace) -> None:
    workspace.add()

    with pytest.raises(InvalidRequest, match="remove the feed first"):
        workspace.add(domain="news", dialect="auto")
    with pytest.raises(NotFound, match='no domain "shopp"'):
        workspace.add(name="other", domain="shopp")
    with pytest.raises(InvalidRequest, match="name"):
        workspace.add(name="Other One")
    with pytest.raises(NotFound, match='no feed "mian"; did you mean "main"'):
        workspace.feeds.run("mian")


def test_a_whole_address_may_stand_in_a_variable(workspace: Workspace, site: Site, table: Callable[..., str]) -> None:
    site["/feed.tsv?key=s3cret"] = table(a="9.00 EUR")
    workspace.feeds = workspace.make(environment={"FEED": f"{site.url}/feed.tsv?key=s3cret"})
    workspace.add("${FEED}")

    assert workspace.feeds.run("main").added == 1
    site["/feed.tsv?key=s3cret"] = Answer(status=403)
    with pytest.raises(FeedFailed) as caught:
        workspace.feeds.run("main")
    assert "s3cret" not in caught.value.message
    assert "s3cret" not in msgspec.json.encode(workspace.feeds.all()).decode()
