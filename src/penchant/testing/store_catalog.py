"""What every store must hold of the catalog: items, what changes often of them, facts and rules."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import pytest

from penchant.catalog import CatalogWrite, ItemFact, KeptItem
from penchant.errors import StorageError
from penchant.storage import FACT_SCHEMA, Revision, Store, Versions


def put(store: Store, *names: str, domain: str = "shop", body: bytes = b"{}", live: bytes = b"{}") -> int:
    """Put items, all of one body and live state; the catalog's version."""
    write = CatalogWrite([(name, body) for name in names], [(name, live) for name in names])
    return store.change_items(domain, names, lambda _: write)


def change(store: Store, write: CatalogWrite, domain: str = "shop") -> int:
    """Write something, after reading the items it is about; the catalog's version."""
    names = [name for name, _ in (*write.bodies, *write.lives)]
    return store.change_items(domain, [*names, *write.gone], lambda _: write)


def kept(store: Store, domain: str = "shop", after: int = 0, batch: int = 10_000) -> list[KeptItem]:
    """All pages of items as one list."""
    return [item for page in store.items(domain, after, batch=batch) for item in page]


def names(items: Sequence[KeptItem]) -> list[str]:
    """Their ids."""
    return [item.id for item in items]


def facts(store: Store, batch: int = 100_000) -> list[ItemFact]:
    """All facts of the shop."""
    return [ItemFact(*row.values()) for part in store.facts("shop", batch=batch) for row in part.to_pylist()]


class CatalogChecks:
    """The part of the contract of `Store` that is about the catalog."""

    # items

    def test_an_item_comes_back_as_it_went_in(self, store: Store) -> None:
        """Both parts of it, byte for byte."""
        body, live = '{"id":"ü \'","title":"🙂"}'.encode(), b'{"id": "\xc3\xbc \'", "stock":3}'

        assert put(store, "ü '", body=body, live=live) == 1
        item = KeptItem("ü '", body, live, 1)
        assert kept(store) == [item]
        assert store.items_of("shop", ["ü '", "other"]) == {"ü '": item}
        assert store.live_items("shop", 0) == [("ü '", live)]
        assert store.items_of("channel", ["ü '"]) == store.items_of("shop", []) == {}
        assert not kept(store, "channel") and not store.live_items("channel", 0)

    def test_what_is_decided_on_is_what_the_catalog_has(self, store: Store) -> None:
        """Items it does not have, or not any more, are left out; each is given once."""
        put(store, "a", "b", "c")
        change(store, CatalogWrite(gone=["c"]))
        given: list[Mapping[str, KeptItem]] = []

        def decide(items: Mapping[str, KeptItem]) -> CatalogWrite:
            given.append(dict(items))
            return CatalogWrite()

        assert store.change_items("shop", ["b", "a", "b", "c", "d"], decide) == 2
        assert store.change_items("channel", ["a"], decide) == 0
        assert given[0] == {name: KeptItem(name, b"{}", b"{}", 1) for name in ("a", "b")}
        assert given[-1] == {}

    def test_the_version_grows_by_one_with_every_change(self, store: Store) -> None:
        """Of a body, a live state, a fact or an item taken out; not when nothing is written."""
        assert store.versions("shop") == Versions(0, 0)
        assert put(store, "a") == 1
        assert change(store, CatalogWrite(lives=[("a", b"1")])) == 2
        assert change(store, CatalogWrite(bodies=[("a", b"1")])) == 3
        assert change(store, CatalogWrite(facts=[ItemFact("a", "price", 1, 2.0)])) == 4
        assert change(store, CatalogWrite()) == 4
        assert change(store, CatalogWrite(gone=["a"])) == 5
        assert put(store, "a", domain="channel") == 1
        assert store.versions("shop") == Versions(5, 0)
        assert store.versions("channel") == Versions(1, 0)

    def test_items_that_changed_can_be_asked_for_by_version(self, store: Store) -> None:
        """A live state that changed is no change of the item, and comes with it if the item did."""
        put(store, "a", "b", "c")
        change(store, CatalogWrite(bodies=[("b", b"2")]))
        change(store, CatalogWrite(lives=[("b", b"3"), ("c", b"3")]))

        assert kept(store, after=1) == [KeptItem("b", b"2", b"3", 3)]
        assert kept(store, after=2) == []
        assert sorted(store.live_items("shop", 1)) == sorted(store.live_items("shop", 2)) == [("b", b"3"), ("c", b"3")]
        assert store.live_items("shop", 3) == []
        assert sorted(store.live_items("shop", 0)) == [("a", b"{}"), ("b", b"3"), ("c", b"3")]

    def test_an_item_that_was_taken_out_leaves_its_id_and_version(self, store: Store) -> None:
        """Until it is put again; who reads the whole catalog does not see it."""
        put(store, "a", "b")
        change(store, CatalogWrite(lives=[("b", b"1")]))
        assert change(store, CatalogWrite(gone=["b", "never"])) == 3

        assert names(kept(store)) == ["a"]
        assert kept(store, after=1) == kept(store, after=2) == [KeptItem("b", None, None, 3)]
        assert store.items_of("shop", ["b"]) == {}
        assert store.live_items("shop", 1) == []
        assert store.count()["items"] == 1
        change(store, CatalogWrite(gone=["b"]))
        assert kept(store, after=3) == []
        put(store, "b", live=b"2")
        assert kept(store, after=3) == [KeptItem("b", b"{}", b"2", 5)]
        assert store.live_items("shop", 3) == [("b", b"2")]
        assert store.check() == []

    @pytest.mark.parametrize("after", [0, 1])
    def test_items_come_in_pages_sorted_by_id_as_python_sorts(self, store: Store, after: int) -> None:
        """By code point, whatever the machine's language and the size of the pages."""
        put(store, "first", domain="shop")
        ids = ["b", "B", "ä", "a-b", "a b", "ab", "10", "9", "Z", "🙂", "\uffff"]
        put(store, *ids)
        wanted = sorted(ids if after else [*ids, "first"])

        for batch in (1, 4, 100):
            pages = list(store.items("shop", after, batch=batch))
            assert [item.id for page in pages for item in page] == wanted
            assert all(0 < len(page) <= batch for page in pages)

    def test_very_many_items_are_read_and_written_at_once(self, store: Store) -> None:
        """More than fit into one statement."""
        ids = [f"i{n:05d}" for n in range(2_300)]
        put(store, *ids)
        change(store, CatalogWrite(lives=[(name, b"1") for name in ids], gone=["other"]))

        assert names(kept(store, batch=1_000)) == ids
        assert sorted(store.items_of("shop", ids)) == ids
        assert sorted(store.live_items("shop", 1)) == [(name, b"1") for name in ids]
        change(store, CatalogWrite(gone=ids[:2_000]))
        assert names(kept(store)) == ids[2_000:]
        assert len(kept(store, after=2)) == 2_000
        assert store.live_items("shop", 2) == []
        assert store.check() == []

    def test_live_changes_are_found_however_long_ago_they_were(self, store: Store) -> None:
        """Also those from before a change of more items than are kept together."""
        ids = [f"i{n:06d}" for n in range(100_001)]
        put(store, "a", "b")
        change(store, CatalogWrite(lives=[("a", b"1")]))
        write = CatalogWrite([(name, b"{}") for name in ids], [(name, b"{}") for name in ids])
        store.change_items("shop", (), lambda _: write)
        change(store, CatalogWrite(lives=[("b", b"3")]))

        assert store.live_items("shop", 3) == [("b", b"3")]
        assert sorted(store.live_items("shop", 1)) == [("a", b"1"), ("b", b"3"), *((name, b"{}") for name in ids)]
        assert len(store.live_items("shop", 2)) == 100_002

    def test_a_change_that_fails_leaves_nothing_behind(self, store: Store) -> None:
        """Whether deciding or writing fails."""
        put(store, "a")

        def decide(items: Mapping[str, KeptItem]) -> CatalogWrite:
            raise KeyError(*items)

        with pytest.raises(KeyError, match="a"):
            store.change_items("shop", ["a"], decide)
        wrong = ItemFact("a", "price", "soon", 1.0)  # type: ignore[arg-type]
        with pytest.raises(StorageError):
            change(store, CatalogWrite([("a", b"1"), ("b", b"1")], [("b", b"1")], facts=[wrong]))

        assert kept(store) == [KeptItem("a", b"{}", b"{}", 1)]
        assert store.versions("shop") == Versions(1, 0)
        assert facts(store) == []
        assert put(store, "b") == 2

    def test_half_an_item_is_refused(self, store: Store) -> None:
        """A new one needs both parts, or it could not be read back."""
        for write in (CatalogWrite(bodies=[("a", b"1")]), CatalogWrite(lives=[("a", b"1")])):
            with pytest.raises(StorageError) as error:
                change(store, write)
            assert error.value.refused

        assert store.versions("shop") == Versions(0, 0)
        assert store.check() == []

    @pytest.mark.parametrize("text", ["a\0b", "a\ud800b"], ids=["nul", "surrogate"])
    def test_an_id_that_cannot_be_kept_as_it_is_is_refused_not_cut(self, store: Store, text: str) -> None:
        """Kept whole, or not at all."""
        try:
            put(store, text)
        except StorageError as error:
            assert error.refused
            assert kept(store) == []
        else:
            assert names(kept(store)) == [text]

    def test_two_stores_on_one_database_see_each_others_items_at_once(self, store: Store, second: Store) -> None:
        """As several servers do."""
        assert put(store, "a") == 1
        assert put(second, "b") == 2
        change(store, CatalogWrite(lives=[("b", b"1")]))

        assert store.versions("shop") == second.versions("shop") == Versions(3, 0)
        assert second.live_items("shop", 2) == [("b", b"1")]
        assert names(kept(second)) == ["a", "b"]
        change(second, CatalogWrite(gone=["a"]))
        assert store.items_of("shop", ["a"]) == {}

    def test_threads_that_count_the_same_item_down_lose_nothing(self, store: Store, second: Store) -> None:
        """Each decides on what the one before left."""
        put(store, "a", "b", live=b"1000")

        def sell(stock: Store) -> None:
            for _ in range(25):
                stock.change_items("shop", ["a", "b"], one_less)

        def one_less(items: Mapping[str, KeptItem]) -> CatalogWrite:
            return CatalogWrite(lives=[(item.id, b"%d" % (int(item.live or b"") - 1)) for item in items.values()])

        threads = [threading.Thread(target=sell, args=(s,)) for s in (store, second, store, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert dict(second.live_items("shop", 0)) == {"a": b"900", "b": b"900"}
        assert store.versions("shop").catalog == 101

    def test_who_reads_along_while_others_change_misses_nothing(self, store: Store, second: Store) -> None:
        """Versions become visible in order, so that reading on after the last one seen is enough."""
        put(store, *(f"i{n}" for n in range(20)), live=b"0")
        done = threading.Event()
        seen = {name: int(live) for name, live in second.live_items("shop", 0)}
        bodies = {item.id: item.body for item in kept(second)}

        def work(into: Store, first: int) -> None:
            for n in range(40):
                name = f"i{first + n % 5}"
                write = CatalogWrite([(name, b"%d" % n)] if n % 4 == 0 else [], [(name, b"%d" % n)])
                into.change_items("shop", [name], lambda _, write=write: write)  # type: ignore[misc]

        def read() -> None:
            version, over = second.versions("shop").catalog, False
            while not over:
                over = done.is_set()
                now = second.versions("shop").catalog
                bodies.update((item.id, item.body) for item in kept(second, after=version))
                seen.update((name, int(live)) for name, live in second.live_items("shop", version))
                version = now

        writers = [threading.Thread(target=work, args=(s, n * 5)) for n, s in enumerate((store, second, store))]
        reader = threading.Thread(target=read)
        for thread in (reader, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        done.set()
        reader.join()

        assert seen == {name: int(live) for name, live in store.live_items("shop", 0)}
        assert bodies == {item.id: item.body for item in kept(store)}

    # facts

    def test_facts_come_by_item_field_and_time_whatever_the_batch(self, store: Store) -> None:
        """With the columns that the store promises; of other domains none."""
        told = [ItemFact(name, field, at, at / 2) for name in "ab" for field in ("price", "stock") for at in (-5, 3, 9)]
        change(store, CatalogWrite(facts=told[::-2]))
        change(store, CatalogWrite(facts=told[::2]))
        change(store, CatalogWrite(facts=[ItemFact("a", "price", 1, 1.0)]), "channel")

        for batch in (1, 5, 100):
            assert facts(store, batch) == told
        assert all(part.schema.equals(FACT_SCHEMA) for part in store.facts("shop"))
        assert list(store.facts("books")) == []

    def test_a_second_value_of_one_moment_replaces_the_first(self, store: Store) -> None:
        """And None, for no value, is kept as such."""
        change(store, CatalogWrite(facts=[ItemFact("a", "price", 1, 1.5), ItemFact("a", "price", 2, 2.5)]))
        change(store, CatalogWrite(facts=[ItemFact("a", "price", 2, None)]))

        assert facts(store) == [ItemFact("a", "price", 1, 1.5), ItemFact("a", "price", 2, None)]

    # rules

    def test_every_revision_of_a_rule_is_kept(self, store: Store) -> None:
        """The last one holds, by id; a rule of another domain is another one."""
        assert store.put_rule("shop", "b", b"1", at=5, by="k1") == 1
        assert store.put_rule("shop", "a", b"2", at=4, by="k2") == 1
        assert store.put_rule("shop", "b", b"3", at=6, by="k2") == 2
        assert store.put_rule("channel", "b", b"4", at=7, by="k1") == 1

        second, first, other = (
            Revision("b", 2, 6, "k2", b"3"),
            Revision("b", 1, 5, "k1", b"1"),
            Revision("a", 1, 4, "k2", b"2"),
        )
        assert store.rules("shop") == [other, second]
        assert store.rule_history("shop") == [second, other, first]
        assert store.rule_history("shop", "b") == [second, first]
        assert store.rule_history("shop", "b", limit=1) == [second]
        assert store.rules("books") == store.rule_history("shop", "c") == []
        assert store.count()["rules"] == 3
        assert store.versions("shop") == Versions(0, 3)

    def test_a_rule_that_was_taken_out_stays_in_its_history(self, store: Store) -> None:
        """And may come again, as a further revision."""
        assert store.put_rule("shop", "a", None, at=1, by="k") == 0
        store.put_rule("shop", "a", b"1", at=2, by="k")
        assert store.put_rule("shop", "a", None, at=3, by="k") == 2
        assert store.put_rule("shop", "a", None, at=4, by="k") == 0

        assert store.rules("shop") == []
        assert store.count()["rules"] == 0
        assert store.rule_history("shop") == [Revision("a", 2, 3, "k", None), Revision("a", 1, 2, "k", b"1")]
        assert store.versions("shop") == Versions(0, 2)
        assert store.put_rule("shop", "a", b"2", at=5, by="k", revision=0) == 3

    def test_a_rule_made_from_a_revision_that_is_not_the_last_is_not_kept(self, store: Store, second: Store) -> None:
        """Two people who change one rule do not overwrite each other."""
        assert store.put_rule("shop", "a", b"1", at=1, by="k", revision=1) == 0
        assert store.put_rule("shop", "a", b"1", at=1, by="k", revision=0) == 1
        assert second.put_rule("shop", "a", b"2", at=2, by="l", revision=0) == 0
        assert second.put_rule("shop", "a", b"2", at=2, by="l", revision=1) == 2
        assert store.put_rule("shop", "a", None, at=3, by="k", revision=1) == 0

        assert store.rules("shop") == [Revision("a", 2, 2, "l", b"2")]
        assert store.versions("shop") == Versions(0, 2)

    # placements

    def test_placements_have_revisions_of_their_own(self, store: Store) -> None:
        """What rules and placements say is kept apart; they share the number that tells whether to look again."""
        assert store.put_rule("shop", "home", b"a rule", at=1, by="k") == 1
        assert store.put_placement("shop", "home", b"1", at=2, by="k") == 1
        assert store.put_placement("shop", "home", b"2", at=3, by="l", revision=1) == 2
        assert store.put_placement("shop", "home", b"3", at=4, by="l", revision=1) == 0

        second, first = Revision("home", 2, 3, "l", b"2"), Revision("home", 1, 2, "k", b"1")
        assert store.placements("shop") == [second]
        assert store.placement_history("shop") == store.placement_history("shop", "home") == [second, first]
        assert store.placement_history("shop", limit=1) == [second]
        assert store.rules("shop") == [Revision("home", 1, 1, "k", b"a rule")]
        assert store.placements("books") == []
        assert store.count()["placements"] == store.count()["rules"] == 1
        assert store.versions("shop") == Versions(0, 3)

        assert store.put_placement("shop", "home", None, at=5, by="l") == 3
        assert store.placements("shop") == []
        assert store.versions("shop") == Versions(0, 4)
