"""Lists for many people as files, and whom they are made for."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penchant.catalog import Schema, parse_audience
from penchant.errors import InvalidRequest
from penchant.events import Consent, Event, Trait
from penchant.packs.product import Product
from penchant.serving import Listed, ListFile, among, everybody, listed
from penchant.slate import Reason, Slate, SlateItem
from penchant.storage import Lake, SQLiteStore

Make = Callable[..., Event]

SCHEMA = Schema.of(Product, {"grip": "number"})
FIELDS = ("title", "price", "available", "labels", "stock_at", "attributes.grip")
TOLD = {
    "title": 'The "Runner", red',
    "price": 9,
    "available": True,
    "labels": ["new", "red"],
    "stock_at": {"bonn": 2},
    "attributes.grip": None,
}
ALLOWED = {"analytics": True, "personalization": True, "email": False, "ads": False}


def made(actor: str = "user:ann", slate_id: str = "") -> Listed:
    reasons = (Reason("category", "in a category you look at"), Reason("popular", "many people choose it"))
    items = (
        SlateItem(id="runner", position=1, value=2.5, source=("als",), reasons=reasons, fields=TOLD),
        SlateItem(id="boot", position=2, value=1.0, source=("als",), fields={}),
    )
    return Listed(actor, Slate(slate_id=slate_id, placement="home", domain="shop", release="shop-1", items=items))


def written(path: Path, *lists: Listed) -> ListFile:
    with ListFile(path, SCHEMA, FIELDS) as file:
        for one in lists:
            file.add(one)
    return file


def test_parquet_has_a_row_an_item_and_typed_columns(tmp_path: Path) -> None:
    file = written(tmp_path / "lists.parquet", made(slate_id="s1"), made("anon:f3"))
    table = pq.read_table(tmp_path / "lists.parquet")

    assert file.rows == table.num_rows == 4
    first = table.to_pylist()[0]
    assert first == {
        "user_id": "ann",
        "anonymous_id": None,
        "domain": "shop",
        "placement": "home",
        "release": "shop-1",
        "position": 1,
        "item": "runner",
        "value": 2.5,
        "reasons": ["category", "popular"],
        "slate_id": "s1",
        "fields.title": 'The "Runner", red',
        "fields.price": 9.0,
        "fields.available": True,
        "fields.labels": ["new", "red"],
        "fields.stock_at": '{"bonn":2}',
        "fields.attributes.grip": None,
    }
    assert table["user_id"].to_pylist() == ["ann", "ann", None, None]
    assert table["anonymous_id"].to_pylist() == [None, None, "f3", "f3"]
    assert table["slate_id"].to_pylist() == ["s1", "s1", None, None]
    assert table.schema.field("fields.price").type == pa.float64()
    assert table.schema.field("fields.attributes.grip").type == pa.float64()


def test_csv_and_json_lines_say_the_same(tmp_path: Path) -> None:
    for ending in ("csv", "jsonl"):
        written(tmp_path / f"lists.{ending}", made())
    with (tmp_path / "lists.csv").open(newline="") as file:
        (row, _) = csv.DictReader(file)
    line = json.loads((tmp_path / "lists.jsonl").read_text().splitlines()[0])

    assert (row["item"], row["position"], row["fields.title"]) == ("runner", "1", 'The "Runner", red')
    assert json.loads(row["reasons"]) == line["reasons"] == ["category", "popular"]
    assert (line["fields.price"], line["fields.available"], line["slate_id"]) == (9.0, True, None)


def test_a_star_is_one_column_of_json(tmp_path: Path) -> None:
    with ListFile(tmp_path / "lists.parquet", SCHEMA, ["*"]) as file:
        file.add(made())

    assert json.loads(pq.read_table(tmp_path / "lists.parquet")["fields.*"][0].as_py())["price"] == 9


def test_nobody_makes_a_file_without_rows(tmp_path: Path) -> None:
    assert written(tmp_path / "lists.parquet").rows == 0
    assert pq.read_table(tmp_path / "lists.parquet").num_rows == 0


def test_after_an_error_the_old_file_is_there_and_nothing_else(tmp_path: Path) -> None:
    written(tmp_path / "lists.csv", made())
    before = (tmp_path / "lists.csv").read_bytes()

    with pytest.raises(RuntimeError), ListFile(tmp_path / "lists.csv", SCHEMA) as file:
        file.add(made("user:ben"))
        raise RuntimeError

    assert [path.name for path in tmp_path.iterdir()] == ["lists.csv"]
    assert (tmp_path / "lists.csv").read_bytes() == before


@pytest.mark.parametrize("name", ["lists.xlsx", "lists", "no-such-folder/lists.csv"])
def test_a_place_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidRequest, match="--out"):
        ListFile(tmp_path / name, SCHEMA)


# whom for


def test_everybody_is_each_person_once(tmp_path: Path, store: SQLiteStore, event: Make) -> None:
    lake = Lake(tmp_path / "lake")
    told = [event("Product Viewed", "boot", user=None, anonymous="a1"), event("Product Viewed", "boot", user="ben")]
    store.append([*told, event("Product Viewed", "boot", user="ann"), event("Video Played", "x", domain="channel")])
    lake.roll(store)

    with lake.reading("shop") as files:
        assert everybody(files, {}) == ["anon:a1", "user:ann", "user:ben"]
        assert everybody(files, {"anon:a1": "user:ann", "user:ann": "user:ann"}) == ["user:ann", "user:ben"]


def test_a_file_names_people_and_each_is_one(tmp_path: Path) -> None:
    file = tmp_path / "people.txt"
    file.write_text("\ufeff42\n\nanon:f3\n  user:7 \n42\n")

    assert listed(file, {}) == ["user:42", "anon:f3", "user:7"]
    assert listed(file, {"anon:f3": "user:7"}) == ["user:42", "user:7"]


def test_a_file_of_people_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("42\n" + "x" * 300)
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")

    for name, words in (("none.txt", "cannot be read"), ("binary.txt", "UTF-8"), ("long.txt", "line 2")):
        with pytest.raises(InvalidRequest, match=words):
            listed(tmp_path / name, {})


def test_an_audience_and_consent_choose_among_them(store: SQLiteStore) -> None:
    traits = [Trait("user:ann", "tier", b'"gold"', 0, "test"), Trait("user:ben", "tier", b'"tin"', 0, "test")]
    store.append([], traits=traits, consents=[Consent("user:ben", "email", True, 0, "test")])
    gold = parse_audience({"field": "tier", "eq": "gold"}, "audience")
    people = ["user:ann", "user:ben", "anon:f3"]

    def chosen(**told: object) -> list[str]:
        return list(among(people, store, rules=ALLOWED, now=0.0, **told))  # type: ignore[arg-type]

    assert chosen() == people
    assert chosen(audience=gold) == ["user:ann"]
    assert chosen(allowing="email") == ["user:ben"]
    assert chosen(allowing="email", audience=gold) == []
    assert chosen(allowing="analytics") == people
