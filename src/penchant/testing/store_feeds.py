"""What every store must hold of feeds, and of what is done once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from penchant.catalog import CatalogWrite, FeedEntry
from penchant.errors import StorageError
from penchant.storage import FeedRow, Once, Store
from penchant.testing.store_catalog import put

SHOES = FeedRow("shoes", "shop", b'{"url":1}', 5)


def say(store: Store, *entries: FeedEntry, domain: str = "shop") -> int:
    """Let feeds say something of items; the catalog's version."""
    return store.change_items(domain, (), lambda _: CatalogWrite(entries=entries))


class FeedChecks:
    """The part of the contract of `Store` that is about feeds and keys of idempotency."""

    # feeds

    def test_a_feed_is_new_once_and_a_change_keeps_what_it_said(self, store: Store) -> None:
        """Its state, its entries and its runs."""
        assert store.put_feed(SHOES)
        assert store.put_feed(FeedRow("hats", "shop", b"{}", 4, b'{"etag":1}', 9))
        store.end_feed("shoes", state=b'{"etag":2}', due=70, at=60, report=b"1")
        say(store, FeedEntry("shoes", "a", b"1"))
        assert not store.put_feed(FeedRow("shoes", "shop", b'{"url":2}', 99, due=80))

        assert store.feeds() == [
            FeedRow("hats", "shop", b"{}", 4, b'{"etag":1}', 9),
            FeedRow("shoes", "shop", b'{"url":2}', 5, b'{"etag":2}', 80),
        ]
        assert store.feed_runs("shoes") == [(60, b"1")]
        assert list(store.feed_entries("shoes")) == [[("a", b"1")]]
        assert store.count()["feeds"] == 2

    def test_a_feed_that_is_dropped_is_forgotten_and_its_items_stay(self, store: Store) -> None:
        """Its name may be given again, to a feed that said nothing yet."""
        put(store, "a")
        store.put_feed(SHOES)
        store.put_feed(SHOES._replace(name="hats"))
        say(store, FeedEntry("shoes", "a", b"1"), FeedEntry("hats", "a", b"2"))
        store.end_feed("shoes", state=b"{}", due=None, at=1, report=b"1")

        assert store.drop_feed("shoes")
        assert not store.drop_feed("shoes")
        store.end_feed("shoes", state=b"{}", due=None, at=2, report=b"2")
        assert [feed.name for feed in store.feeds()] == ["hats"]
        assert store.entries_of(["a"], domain="shop") == {"a": ["hats"]}
        assert "a" in store.items_of("shop", ["a"])
        assert store.put_feed(SHOES)
        assert not list(store.feed_entries("shoes")) and not store.feed_runs("shoes")
        assert store.check() == []

    def test_one_alone_may_pull_a_feed(self, store: Store, second: Store) -> None:
        """Until it is done, or its time is over."""
        store.put_feed(SHOES)
        assert not store.claim_feed("hats", now=0, until=100)
        assert store.claim_feed("shoes", now=0, until=100)
        assert not second.claim_feed("shoes", now=99, until=200)
        assert second.claim_feed("shoes", now=100, until=200)
        store.put_feed(SHOES)
        assert not store.claim_feed("shoes", now=150, until=300)
        second.end_feed("shoes", state=b'{"n":1}', due=500, at=160, report=b"{}")

        assert store.feeds() == [SHOES._replace(state=b'{"n":1}', due=500)]
        assert store.claim_feed("shoes", now=161, until=300)

    def test_of_many_who_want_a_feed_one_gets_it(self, store: Store, second: Store) -> None:
        """However close together they come."""
        store.put_feed(SHOES)
        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(lambda n: (store, second)[n % 2].claim_feed("shoes", now=1, until=9), range(16)))

        assert won.count(True) == 1

    def test_the_last_reports_of_a_feed_are_kept(self, store: Store) -> None:
        """The latest first, also those of one moment."""
        store.put_feed(SHOES)
        for n in range(103):
            store.end_feed("shoes", state=b"{}", due=None, at=n // 2, report=b"%d" % n)

        assert store.feed_runs("shoes", limit=2) == [(51, b"102"), (50, b"101")]
        assert len(store.feed_runs("shoes")) == 20
        assert [int(report) for _, report in store.feed_runs("shoes", limit=1_000)] == list(range(102, 2, -1))
        assert store.feed_runs("hats") == []

    def test_what_a_feed_said_last_comes_in_pages_by_id(self, store: Store) -> None:
        """What it says no more is forgotten; the catalog's version stays."""
        store.put_feed(SHOES)
        names = sorted(["b", "B", "ä", "a b", "10", "9", "🙂"])
        assert say(store, *(FeedEntry("shoes", name, b"1") for name in names)) == 0
        say(store, FeedEntry("shoes", "b", None), FeedEntry("shoes", "never", None), FeedEntry("shoes", "9", b"2"))
        wanted = [(name, b"2" if name == "9" else b"1") for name in names if name != "b"]

        for batch in (1, 4, 100):
            pages = list(store.feed_entries("shoes", batch=batch))
            assert [entry for page in pages for entry in page] == wanted
            assert all(0 < len(page) <= batch for page in pages)
        assert list(store.feed_entries("hats")) == []

    def test_which_feeds_name_an_item_is_known(self, store: Store) -> None:
        """Feeds of the domain alone, and however many items are asked for."""
        for name, domain in (("shoes", "shop"), ("hats", "shop"), ("films", "channel")):
            store.put_feed(FeedRow(name, domain, b"{}", 1))
        say(store, *(FeedEntry("shoes", f"i{n}", b"1") for n in range(1_200)), FeedEntry("hats", "i7", b"1"))
        say(store, FeedEntry("films", "i7", b"1"), FeedEntry("films", "f", b"1"), domain="channel")

        found = store.entries_of([*(f"i{n}" for n in range(2_000)), "f"], domain="shop")
        assert len(found) == 1_200
        assert found["i7"] == ["hats", "shoes"]
        assert found["i8"] == ["shoes"]
        assert store.entries_of(["i7"], domain="channel") == {"i7": ["films"]}
        assert store.entries_of([], domain="shop") == {}
        assert store.entries_of(["i7"], domain="books") == {}

    def test_entries_of_a_feed_that_is_not_there_are_refused_with_all_the_rest(self, store: Store) -> None:
        """Also of one that was dropped while it was pulled, and of another domain's."""
        store.put_feed(SHOES)
        write = CatalogWrite([("a", b"1")], [("a", b"1")], entries=[FeedEntry("hats", "a", b"1")])
        for domain, refused in (("shop", write), ("channel", CatalogWrite(entries=[FeedEntry("shoes", "a", b"1")]))):
            with pytest.raises(StorageError) as error:
                store.change_items(domain, ["a"], lambda _, write=refused: write)  # type: ignore[misc]
            assert error.value.refused

        assert store.items_of("shop", ["a"]) == {}
        assert store.versions("shop").catalog == 0
        assert list(store.feed_entries("shoes")) == []

    # once

    def test_what_is_asked_again_finds_the_answer(self, store: Store, second: Store) -> None:
        """And, until there is one, whoever works on it."""
        assert store.begin_once("k", b"d1", at=10, stale=0) is None
        assert second.begin_once("k", b"d2", at=11, stale=0) == Once("k", b"d1", 10, None)
        store.end_once("k", b"answer")
        store.end_once("k", b"another")

        assert second.begin_once("k", b"d1", at=12, stale=12) == Once("k", b"d1", 10, b"answer")
        second.end_once("k", None)
        assert second.begin_once("k", b"d1", at=13, stale=12) == Once("k", b"d1", 10, b"answer")
        assert store.begin_once("other", b"d1", at=13, stale=0) is None

    def test_a_claim_that_was_given_up_or_left_behind_is_free_again(self, store: Store) -> None:
        """Left behind is one without an answer from before the moment told."""
        store.begin_once("k", b"d1", at=10, stale=0)
        store.end_once("k", None)
        assert store.begin_once("k", b"d2", at=20, stale=0) is None
        assert store.begin_once("k", b"d3", at=30, stale=20) == Once("k", b"d2", 20, None)
        assert store.begin_once("k", b"d3", at=30, stale=21) is None
        assert store.begin_once("k", b"d4", at=31, stale=21) == Once("k", b"d3", 30, None)

    def test_of_many_who_ask_the_same_at_once_one_does_it(self, store: Store, second: Store) -> None:
        """The others see that somebody works on it."""
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda n: (store, second)[n % 2].begin_once("k", b"d", at=5, stale=0), range(16)))

        assert found.count(None) == 1
        assert set(found) == {None, Once("k", b"d", 5, None)}

    def test_old_answers_are_forgotten(self, store: Store) -> None:
        """And so are old claims."""
        for n in range(4):
            store.begin_once(f"k{n}", b"d", at=n, stale=0)
        for n in range(3):
            store.end_once(f"k{n}", b"a")

        assert store.forget_once(before=2) == 2
        assert store.forget_once(before=2) == 0
        assert store.begin_once("k1", b"d", at=9, stale=0) is None
        assert store.begin_once("k2", b"d", at=9, stale=0) == Once("k2", b"d", 2, b"a")
        assert store.forget_once(before=4) == 2
