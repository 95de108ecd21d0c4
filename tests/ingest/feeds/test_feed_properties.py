"""What holds for every feed, whatever it says and whoever else speaks."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed_site import Workspace
from penchant.catalog import Change, KeptItem, Schema, apply_changes, join
from penchant.catalog.feeds import Entry, Refused
from penchant.errors import FeedFailed
from penchant.ingest.feeds import FeedReport
from penchant.ingest.feeds.diff import Diff, patch_of
from penchant.ingest.feeds.sniff import sniff
from penchant.ingest.feeds.stage import Staged, encode
from penchant.packs.product.items import Product
from penchant.storage import SQLiteStore

SCHEMA = Schema.of(Product)
COLUMNS = ("title", "labels", "stock", "attributes", "active", "stock_at", "price")
KNOWN = ("merchant", "rss", "atom", "jsonfeed", "shopify", "woocommerce", "sitemap")
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["Shoe", "Sock", "Кеды"]),
        "price": st.sampled_from([1.0, 2.0, 9.5]),
        "labels": st.lists(st.sampled_from(["new", "eco"]), max_size=2, unique=True),
        "stock": st.integers(0, 3),
        "stock_at": st.dictionaries(st.sampled_from(["berlin", "rome"]), st.integers(0, 2), max_size=2),
        "attributes": st.dictionaries(st.sampled_from(["fit", "sole"]), st.sampled_from(["a", 1, True]), max_size=2),
        "active": st.booleans(),
    },
)
VERSION = st.dictionaries(st.sampled_from("abcdef"), FIELDS, max_size=6)


def applied(change: Change, before: dict[str, Any] | None) -> dict[str, Any]:
    """The item after a change, by the catalog's own hand."""
    at = 1_000
    kept: dict[str, Any] = {}
    if before is not None:
        first, _ = apply_changes(SCHEMA, [Change(id="a", fields=before)], {}, at)
        kept = keep(first)
    write, [verdict] = apply_changes(SCHEMA, [change], kept, at)
    assert verdict.status != "rejected", verdict
    after = kept | keep(write, kept)
    told: dict[str, Any] = msgspec.json.decode(join(after["a"].body, after["a"].live))
    return told


def keep(write: Any, kept: dict[str, Any] | None = None) -> dict[str, Any]:
    bodies, lives = dict(write.bodies), dict(write.lives)
    before = (kept or {}).get("a")
    if not bodies and not lives:
        return {}
    body = bodies.get("a", before.body if before else None)
    live = lives.get("a", before.live if before else None)
    return {"a": KeptItem("a", body, live)}


@given(FIELDS, FIELDS)
def test_a_patch_makes_of_the_last_version_what_the_feed_says_now(old: dict[str, Any], new: dict[str, Any]) -> None:
    patch = patch_of(old, new, {"attributes", "stock_at"})

    patched = applied(Change(id="a", op="patch", fields=patch), old)
    assert patched == applied(Change(id="a", fields=new), None)
    assert patch_of(new, new, {"attributes", "stock_at"}) == {}


@given(FIELDS)
def test_a_patch_leaves_keys_of_maps_that_the_feed_does_not_tell_of(old: dict[str, Any]) -> None:
    told = {name: value for name, value in old.items() if name != "attributes"}

    patch = patch_of(old, told, {"attributes", "stock_at"})

    assert patch.get("attributes", {}) == dict.fromkeys(old.get("attributes", {}))


@pytest.mark.parametrize(
    ("old", "new", "patch"),
    [
        ({"a": 1}, {"a": True}, {"a": True}),
        ({"a": 1}, {"b": 2}, {"a": None, "b": 2}),
        ({"m": {"x": 1, "y": 2}}, {"m": {"x": 1, "z": {"q": 1}}}, {"m": {"y": None, "z": {"q": 1}}}),
        ({"m": {"x": {"p": 1}}}, {"m": {"x": {"q": 1}}}, {"m": {"x": {"q": 1}}}),
        ({"e": {"x": 1}}, {"e": {"y": 1}}, {"e": {"y": 1}}),
        ({"e": {"x": 1}}, {}, {"e": None}),
        ({}, {"m": {"x": 1}}, {"m": {"x": 1}}),
    ],
)
def test_a_patch_says_what_differs_and_nothing_else(old: Any, new: Any, patch: Any) -> None:
    assert patch_of(old, new, {"m"}) == patch


class Runs:
    """A workspace whose feed is a file."""

    def __init__(self, folder: str) -> None:
        self.store = SQLiteStore(Path(folder) / "penchant.db")
        self.workspace = Workspace(self.store, Path(folder), None)
        self.path = Path(folder) / "feed.jsonl"
        columns = {
            name: name for name in ("id", "title", "labels", "stock", "attributes", "active", "stock_at", "price")
        }
        self.workspace.add("feed.jsonl", dialect="tabular", columns=columns, currency="EUR", max_gone=1.0)

    def run(self, version: dict[str, dict[str, Any]]) -> FeedReport:
        rows = [{"id": id, **dict.fromkeys(COLUMNS), **fields} for id, fields in version.items()]
        self.path.write_bytes(gzip.compress(b"".join(msgspec.json.encode(row) + b"\n" for row in rows)))
        return self.workspace.feeds.run("main")


@settings(max_examples=10)
@given(st.lists(VERSION.filter(bool), min_size=1, max_size=3))
def test_after_any_run_of_versions_the_catalog_is_what_the_last_one_says(
    versions: list[dict[str, dict[str, Any]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        runs = Runs(folder)
        for version in versions:
            runs.run(version)
        items = runs.workspace.items()
        seen = runs.store.versions("shop")
        again = runs.workspace.feeds.run("main", force=True)
        after = runs.store.versions("shop")

        with tempfile.TemporaryDirectory() as other:
            fresh = Runs(other)
            fresh.run(versions[-1])
            assert items == fresh.workspace.items()
            fresh.store.close()
        runs.store.close()

    assert (again.added, again.changed, again.gone) == (0, 0, 0)
    assert after == seen


@settings(max_examples=10)
@given(VERSION.filter(bool), VERSION.filter(bool), st.data())
def test_a_run_that_says_nothing_new_of_an_item_keeps_what_others_said(
    first: dict[str, dict[str, Any]], second: dict[str, dict[str, Any]], data: st.DataObject
) -> None:
    id = data.draw(st.sampled_from(sorted(first)))
    second[id] = first[id]
    with tempfile.TemporaryDirectory() as folder:
        runs = Runs(folder)
        runs.run(first)
        runs.workspace.change(id, title="By hand", attributes={"note": "by hand"}, stock=7)
        said = runs.workspace.items()[id]
        runs.run(second)
        after = runs.workspace.items()[id]
        runs.store.close()

    assert after == said


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abc"), FIELDS), max_size=8))
def test_of_entries_of_one_id_the_first_counts(told: list[tuple[str, dict[str, Any]]]) -> None:
    first: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder, Staged(Path(folder), SCHEMA, "product") as staged:
        for place, (id, fields) in enumerate(told, 1):
            staged.add(Entry(place, id, "product", fields))
            first.setdefault(id, fields)
        bodies = {id: staged.body(staged.number(id) or 0) for id in first}

        assert bodies == {id: encode(fields) for id, fields in first.items()}
        assert len(staged) + staged.refused + staged.skipped == len(told)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (Entry(1, "", "product", {}), "id"),
        (Entry(1, "x" * 201, "product", {}), "id"),
        (Entry(1, "a\0b", "product", {}), "id"),
        (Entry(1, "\ud800", "product", {}), ""),
        (Entry(1, "a", "product", {"title": "\udfff"}), ""),
        (Entry(1, "a", "product", {"price": -1.0}), "price"),
        (Entry(1, "a", "product", {"price": float("nan")}), "price"),
        (Entry(1, "a", "product", {"colour": "red"}), "colour"),
        (Entry(1, "a", "product", {"url": "javascript:alert(1)"}), "url"),
        (Entry(1, "a", "product", {"description": "x" * 300_000}), ""),
        (Refused(1, "a", "g:price", "is no price"), "g:price"),
    ],
)
def test_an_entry_that_no_catalog_can_have_is_refused_with_its_place(entry: Entry | Refused, field: str) -> None:
    with tempfile.TemporaryDirectory() as folder, Staged(Path(folder), SCHEMA, "product") as staged:
        assert not staged.add(entry)

        assert (len(staged), staged.refused) == (0, 1)
        [refusal] = staged.refusals
        assert (refusal.place, refusal.field) == (1, field)
        assert refusal.reason
        assert len(refusal.id) <= 200
        assert msgspec.json.encode(refusal)


def test_examples_are_few_and_counts_are_whole() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with Staged(path, SCHEMA, "product") as staged, Diff(staged, path, Product) as diff:
            for n in range(100):
                staged.add(Entry(n, f"new{n}", "product", {}))
                staged.add(Entry(n, f"both{n}", "product", {"title": "x" * 500}))
                staged.add(Refused(n, "", "", "is wrong"))
            last = [(f"both{n}", encode({"title": "old"})) for n in range(100)]
            diff.compare([last, [(f"gone{n}", b"{}") for n in range(100)]], (), window=False)

            assert [len(one) for one in (diff.added, diff.changed, diff.gone)] == [100, 100, 100]
            examples = (diff.added_examples, diff.changed_examples, diff.gone_examples, staged.refusals)
            assert [len(one) for one in examples] == [20, 20, 20, 20]
            assert diff.changed_examples[0].fields["title"] == ("old", "x" * 199 + "…")


@pytest.mark.parametrize(
    ("head", "dialect"),
    [
        (b'<?xml version="1.0"?><rss version="2.0"><channel>', "rss"),
        (b'<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>', "merchant"),
        (b'\xef\xbb\xbf<!-- made by <feed> -->\n<feed xmlns="http://www.w3.org/2005/Atom">', "atom"),
        (b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">', "merchant"),
        (b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">', "rss"),
        (b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">', "sitemap"),
        (b"<sm:sitemapindex>", "sitemap"),
        ('<?xml version="1.0" encoding="utf-16"?><rss>'.encode("utf-16"), "rss"),
        ('<?xml version="1.0"?><rss>'.encode("utf-16-le"), "rss"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": []}', "jsonfeed"),
        (b'{"items": []}', None),
        (b"id\ttitle\tlink\tprice\n", "merchant"),
        (b"g:id,g:title,g:availability\n", "merchant"),
        (b'"id","title","image_link"\n', "merchant"),
        (b"Handle,Title,Body (HTML),Vendor\n", "shopify"),
        (b"ID,Type,SKU,Name,Published,Regular price\n", "woocommerce"),
        (b"sku;name;price\n", None),
        (b"<!DOCTYPE html><html><body>", None),
        (b"", None),
        (bytes(range(256)), None),
    ],
)
def test_a_dialect_is_told_by_the_beginning_of_the_file(head: bytes, dialect: str | None) -> None:
    assert sniff(head, KNOWN) == dialect


@given(st.binary(max_size=300))
def test_any_beginning_is_a_dialect_or_none(head: bytes) -> None:
    assert sniff(head, KNOWN) in (None, *KNOWN)


def test_what_cannot_be_told_must_be_said(workspace: Workspace) -> None:
    (workspace.root / "feed.csv").write_text("sku;name\n1;Shoe\n", encoding="utf-8")
    workspace.add("feed.csv", dialect="auto")

    with pytest.raises(FeedFailed, match="name one with --dialect"):
        workspace.feeds.run("main")
