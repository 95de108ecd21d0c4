from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penchant.catalog import Schema
from penchant.clock import FixedClock, parse_time
from penchant.config.settings import Import, Value
from penchant.errors import ImportFailed
from penchant.events import Link
from penchant.ingest import REASONS, CatalogWriter, ImportReport, import_file
from penchant.packs.content.items import Content
from penchant.packs.product.items import Product
from penchant.storage import SQLiteStore

Run = Callable[..., ImportReport]
Rejected = Callable[[], list[dict[str, Any]]]
VIEWS = {"event": {"value": "Product Viewed"}, "time": "time", "user_id": "user", "item": "item"}
ORDERS = {**VIEWS, "event": {"value": "Order Completed"}, "price": "price", "quantity": "quantity", "order": "order"}


def ms(text: str) -> int:
    return int(parse_time(text) * 1000)


def balanced(report: ImportReport) -> bool:
    left = sum(report.excluded.values()) + sum(report.rejected.values())
    return report.read == report.stored + report.duplicate + left


def test_a_csv_of_events_is_stored_and_counted(run: Run, sink: Any) -> None:
    report = run(
        "orders.csv",
        "user,item,time,price,quantity,order\nann,shoe,2020-01-01T10:00:00Z,79.50,1,o1\n bob ,sock,2020-01-02,4,,o2\n",
        columns=ORDERS,
    )

    assert (report.read, report.stored, report.rejected, report.rejected_file) == (2, 2, {}, None)
    assert sink.told("name", "user_id", "item", "time", "price", "quantity", "order", "domain", "source") == [
        ("Order Completed", "ann", "shoe", ms("2020-01-01T10:00:00Z"), 79.5, 1.0, "o1", "shop", "test"),
        ("Order Completed", "bob", "sock", ms("2020-01-02"), 4.0, None, "o2", "shop", "test"),
    ]


@pytest.mark.parametrize("form", ["csv", "csv.gz", "jsonl", "parquet"])
def test_the_same_rows_give_the_same_events_from_any_form(run: Run, sink: Any, tmp_path: Path, form: str) -> None:
    rows = [("ann", "shoe", "2020-01-01T10:00:00Z", 79.5), ("bob", None, "2020-01-02T00:00:00Z", None)]
    if form == "parquet":
        values = "('ann','shoe',TIMESTAMP '2020-01-01 10:00',79.5::DOUBLE),('bob',NULL,TIMESTAMP '2020-01-02',NULL)"
        duckdb.sql(f"COPY (FROM (VALUES {values}) v(u,i,t,p)) TO '{tmp_path}/a.parquet'")
        data = None
    elif form == "jsonl":
        data = "".join(json.dumps(dict(zip("uitp", row, strict=True))) + "\n" for row in rows)
    else:
        data = "u,i,t,p\n" + "".join(",".join("" if v is None else str(v) for v in row) + "\n" for row in rows)

    run(
        f"a.{form}",
        data,
        columns={"event": {"value": "Order Refunded"}, "time": "t", "user_id": "u", "item": "i", "price": "p"},
    )

    assert sink.told("user_id", "item", "time", "price") == [
        ("ann", "shoe", ms("2020-01-01T10:00:00Z"), 79.5),
        ("bob", None, ms("2020-01-02"), None),
    ]
    told = {
        "016f608c3900": "Order Refunded\x1f1577872800000\x1fann\x1fshoe\x1f79.5",
        "016f638d4400": "Order Refunded\x1f1577923200000\x1fbob\x1f\x1e\x1f\x1e",
    }
    assert sink.told("message_id") == [
        time + hashlib.md5(text.encode()).hexdigest()[:20] for time, text in told.items()
    ]


def test_importing_a_file_twice_stores_nothing_twice(run: Run, sink: Any) -> None:
    data = "user,item,time\nann,shoe,2020-01-01\nann,sock,2020-01-01\n"

    run("a.csv", data, columns=VIEWS)
    again = run("a.csv", data, columns=VIEWS)

    assert (again.stored, again.duplicate, len(sink.events)) == (0, 2, 2)


def test_wholly_equal_rows_are_one_event_unless_an_id_tells_them_apart(run: Run, sink: Any) -> None:
    data = "n,user,item,time\n1,ann,shoe,2020-01-01\n2,ann,shoe,2020-01-01\n,ann,shoe,2020-01-01\n"

    without = run("a.csv", data, columns=VIEWS)
    with_id = run("a.csv", data, columns={**VIEWS, "id": "n"}, as_name="other")

    assert (without.stored, without.duplicate) == (1, 2)
    assert (with_id.stored, with_id.duplicate) == (3, 0)
    assert {"1", "2"} < set(sink.told("message_id"))


def test_returns_in_a_parquet_file_are_told_by_sql(run: Run, sink: Any, tmp_path: Path) -> None:
    values = """('536365', '85123A', 6, TIMESTAMP '2011-07-01 08:26', 2.55, 17850.0),
        ('C536379', 'D', -1, TIMESTAMP '2011-07-01 09:41', 27.5, 14527),
        ('C536383', '35004C', -1, TIMESTAMP '2011-12-01 09:49', 4.65, 15311),
        ('536414', '22139', 56, TIMESTAMP '2011-12-01 11:52', 0, NULL)"""
    names = "InvoiceNo, StockCode, Quantity, InvoiceDate, UnitPrice, CustomerID"
    duckdb.sql(f"COPY (FROM (VALUES {values}) v({names})) TO '{tmp_path}/a.parquet'")

    report = run(
        "a.parquet",
        timezone="Europe/London",
        columns={
            "event": {"sql": "CASE WHEN starts_with(InvoiceNo, 'C') THEN 'Order Refunded' ELSE 'Order Completed' END"},
            "time": "InvoiceDate", "user_id": "CustomerID", "item": "StockCode",
            "order": {"sql": "ltrim(InvoiceNo, 'C')"},
            "quantity": {"sql": "abs(Quantity)"}, "price": "UnitPrice", "currency": {"value": "gbp"},
        },
        exclude=[
            {"reason": "no customer", "sql": "CustomerID IS NULL"},
            {"reason": "no product", "sql": "NOT regexp_matches(StockCode, '^[0-9]{5}[A-Za-z]*$')"},
        ],
    )  # fmt: skip

    assert report.excluded == {"no customer": 1, "no product": 1}
    assert balanced(report)
    assert sink.told("name", "user_id", "item", "order", "quantity", "time", "currency") == [
        ("Order Completed", "17850", "85123A", "536365", 6.0, ms("2011-07-01T07:26:00Z"), "GBP"),
        ("Order Refunded", "15311", "35004C", "536383", 1.0, ms("2011-12-01T09:49:00Z"), "GBP"),
    ]


def test_a_query_may_turn_one_row_into_several(run: Run, sink: Any) -> None:
    run(
        "a.jsonl",
        '{"who":"ann","at":1577836800,"seen":["v1","v2"],"liked":["v2"]}\n',
        query="""SELECT who, "at", unnest(from_json(seen, '["VARCHAR"]')) AS item, liked FROM input;""",
        columns={
            "event": {"sql": "CASE WHEN contains(liked, item) THEN 'Content Liked' ELSE 'Content Viewed' END"},
            "time": "at", "user_id": "who", "item": "item",
        },
    )  # fmt: skip

    assert sink.told("name", "item", "time") == [
        ("Content Viewed", "v1", ms("2020-01-01")),
        ("Content Liked", "v2", ms("2020-01-01")),
    ]


def test_each_wrong_row_is_kept_with_line_reason_and_values(run: Run, rejected: Rejected) -> None:
    bad = {
        "a1,shoe,2020-13-40,1,1,o": ("bad_time", "time"),
        "a2,shoe,20200101,1,1,o": ("bad_time", "time"),
        "a3,shoe,2031-01-01,1,1,o": ("bad_time", "time"),
        "a4,shoe,1960-01-01,1,1,o": ("bad_time", "time"),
        "a5,shoe,infinity,1,1,o": ("bad_time", "time"),
        "a6,shoe,,1,1,o": ("missing", "time"),
        " ,shoe,2020-01-01,1,1,o": ("no_person", "user_id"),
        "a8,shoe,2020-01-01,-1,1,o": ("bad_number", "price"),
        "a9,shoe,2020-01-01,free,1,o": ("bad_number", "price"),
        "b1,shoe,2020-01-01,nan,1,o": ("bad_number", "price"),
        "b2,shoe,2020-01-01,1e999,1,o": ("bad_number", "price"),
        "b3,shoe,2020-01-01,1,0,o": ("bad_number", "quantity"),
        f"b4,{'x' * 201},2020-01-01,1,1,o": ("bad_id", "item"),
        f"b5,{'x' * 10_000_000},2020-01-01,1,1,o": ("too_large", "item"),
        "b6,,2020-01-01,1,1,o": ("no_item", "item"),
        "b7,shoe,2020-01-01,1": ("malformed", ""),
    }

    report = run(
        "a.csv", "\n".join(["user,item,time,price,quantity,order", *bad, "z,shoe,2020-01-01,1,1,o"]), columns=ORDERS
    )

    assert (report.read, report.stored) == (17, 1)
    assert balanced(report)
    rows = {row["line"]: row for row in rejected()}
    assert {line: (row["reason"], row["field"]) for line, row in rows.items()} == dict(enumerate(bad.values(), 2))
    assert rows[2]["values"] == {
        "user_id": "a1",
        "item": "shoe",
        "time": "2020-13-40",
        "price": "1",
        "quantity": "1",
        "order": "o",
        "event": "Order Completed",
    }
    assert rows[15]["values"]["item"] == "x" * 199 + "…"
    assert rows[17]["values"] == {"text": "b7,shoe,2020-01-01,1"}
    assert report.rejected_file is not None
    assert Path(report.rejected_file).is_file()
    assert set(report.rejected) <= set(REASONS)


def test_names_in_the_file_are_made_canonical_and_unknown_ones_refused(run: Run, sink: Any, rejected: Rejected) -> None:
    data = "user,item,time,what\n" + "".join(
        f"ann,shoe,2020-01-0{day},{name}\n"
        for day, name in enumerate(["purchase", "PRODUCT VIEWED", "Order Complete", "Loan Applied"], 1)
    )

    report = run("a.csv", data, columns={**VIEWS, "event": "what"})

    assert sink.told("name") == ["Order Completed", "Product Viewed", "Loan Applied"]
    assert report.rejected == {"unknown_event": 1}
    assert rejected()[0]["values"]["event"] == "Order Complete"
    assert 'did you mean "Order Completed"?' in rejected()[0]["message"]


def test_a_row_number_is_told_where_there_are_no_lines(run: Run, rejected: Rejected, tmp_path: Path) -> None:
    select = "'ann' AS user, 'shoe' AS item, CASE WHEN i <> 2 THEN DATE '2020-01-01' + INTERVAL 1 DAY END AS time"
    duckdb.sql(f"COPY (SELECT {select} FROM range(30) r(i)) TO '{tmp_path}/a.parquet'")

    run("a.parquet", columns={**VIEWS, "time": "time"})

    assert [(row["row"], row["reason"]) for row in rejected()] == [(3, "missing")]


def test_rows_with_both_ids_link_them_from_the_first_moment_on(run: Run, sink: Any) -> None:
    run(
        "a.csv",
        "u,a,item,time\nann,f3,shoe,2020-01-02\nann,f3,sock,2020-01-01\n,f4,shoe,2020-01-01\n",
        columns={**VIEWS, "user_id": "u", "anonymous_id": "a"},
    )

    assert sink.links == {Link("user:ann", "anon:f3", ms("2020-01-01"), "test", "import")}
    assert sink.told("user_id", "anonymous_id") == [("ann", "f3"), ("ann", "f3"), (None, "f4")]


def test_ids_with_a_zero_character_are_refused(run: Run, sink: Any, rejected: Rejected) -> None:
    rows = [{"u": "a\0b"}, {"u": "zoë d’arc"}, {"u": "a", "i": "\0"}]

    run(
        "a.jsonl",
        "".join(json.dumps({"i": "shoe", "t": "2020-01-01", **row}) + "\n" for row in rows),
        columns={"event": {"value": "Product Viewed"}, "time": "t", "user_id": "u", "item": "i"},
    )

    assert sink.told("user_id") == ["zoë d’arc"]
    assert [(row["line"], row["reason"], row["field"]) for row in rejected()] == [
        (1, "bad_id", "user_id"), (3, "bad_id", "item"),
    ]  # fmt: skip


def test_rows_of_an_erased_person_are_refused_and_not_told(run: Run, sink: Any, rejected: Rejected) -> None:
    sink.erased.add("ann")

    report = run("a.csv", "user,item,time\nbob,shoe,2020-01-01\nann,shoe,2020-01-01\n", columns=VIEWS)

    assert (report.stored, report.rejected) == (1, {"erased": 1})
    assert [(row["line"], row["reason"], row["values"]) for row in rejected()] == [(3, "erased", {})]
    assert balanced(report)


def test_attention_and_players_are_told_by_columns(run: Run, sink: Any, rejected: Rejected) -> None:
    columns = {**VIEWS, "dwell": "d", "playhead": "p", "length": "l", "session": "s"}

    run(
        "a.csv",
        "user,item,time,d,p,l,s\nann,film,2020-01-01,12.5,30,600,v1\nann,film,2020-01-02,-1,,,\n",
        columns=columns,
    )

    assert sink.told("dwell", "playhead", "length", "session") == [(12.5, 30.0, 600.0, "v1")]
    assert [(row["reason"], row["field"]) for row in rejected()] == [("bad_number", "dwell")]


def test_several_files_are_read_in_turn_and_a_query_sees_them_as_one(run: Run, sink: Any, tmp_path: Path) -> None:
    for name, item in (("a1.csv", "shoe"), ("a2.csv", "sock")):
        (tmp_path / name).write_text(f"user,item,time\nann,{item},2020-01-01\nann,,2020-01-01\n")

    report = run("a*.csv", columns=VIEWS)
    counted = run("a*.csv", columns={**VIEWS, "item": {"sql": "n"}}, query="SELECT *, count(*) OVER () AS n FROM input")

    assert (len(report.files), report.read, report.rejected) == (2, 4, {"no_item": 2})
    assert counted.stored == 1
    assert sink.told("item") == ["shoe", "sock", "4"]


def test_progress_is_told_with_the_total_where_it_is_known(run: Run) -> None:
    told: list[tuple[int, int | None]] = []
    body = "".join(f"ann,shoe,2020-01-01T00:00:{i % 60:02d}Z\n" for i in range(45_000))

    run("a.csv", "user,item,time\n" + body, columns=VIEWS, progress=lambda done, total: told.append((done, total)))

    assert told[-1] == (45_000, 45_000)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_catalog_is_typed_by_the_packs_item(run: Run, sink: Any, rejected: Rejected) -> None:
    report = run(
        "p.csv",
        "sku;name;cost;n;where;extra\n"
        "1;Shoe;79,5;3;EU|US;a\n"
        "2;Sock;4.5;;;b\n"
        "3;Cap;-1;1;;c\n"
        "4;Hat;1;1.5;;d\n"
        ";Nameless;1;1;;e\n"
        "2;Sock again;5;0;;f\n",
        kind="items",
        columns={
            "id": "sku", "title": "name", "price": {"sql": "replace(cost, ',', '.')"}, "stock": "n", "regions": "where",
            "attributes": {"sql": "{'x': extra}"},
        },
    )  # fmt: skip

    assert (report.read, report.stored, report.duplicate) == (6, 2, 1)
    assert report.rejected == {"bad_number": 1, "bad_value": 1, "missing": 1}
    assert balanced(report)
    assert [(row["field"], row["reason"]) for row in rejected()] == [
        ("stock", "bad_number"),
        ("id", "missing"),
        ("price", "bad_value"),
    ]
    assert sink.items["1"]["regions"] == ["EU", "US"]
    assert sink.items["1"]["price"] == 79.5
    assert sink.items["1"]["attributes"] == {"x": "a"}
    assert (sink.items["2"]["title"], sink.items["2"]["stock"]) == ("Sock again", 0)


ITEMS = {"id": "sku", "title": "name", "price": "cost", "stock": "n"}


def test_importing_items_again_changes_nothing(run: Run, sink: Any) -> None:
    data = "sku,name,cost,n\n1,Shoe,79.5,3\n2,Sock,4,\n2,Sock,4,\n"

    first = run("p.csv", data, kind="items", columns=ITEMS)
    kept = dict(sink.kept)
    again = run("p.csv", kind="items", columns=ITEMS)

    assert (first.stored, first.duplicate) == (2, 1)
    assert (again.stored, again.duplicate) == (0, 3)
    assert balanced(again)
    assert sink.kept == kept


def test_pieces_that_a_file_says_nothing_of_stay_as_they_are(run: Run, sink: Any) -> None:
    run("p.csv", "sku,name,cost,n\n1,Shoe,79.5,3\n", kind="items", columns=ITEMS)
    run("q.csv", "sku,name,cost\n1,Boot,\n", kind="items", columns={k: ITEMS[k] for k in ("id", "title", "price")})

    assert sink.items == {"1": {"id": "1", "title": "Boot", "stock": 3}}


def test_items_that_contradict_themselves_are_refused_by_line_and_field(run: Run, rejected: Rejected) -> None:
    columns = {"id": "sku", "currency": "cur", "category": "path", "stock_at": "where", "labels": "tags"}
    report = run(
        "p.csv",
        'sku,cur,path,where,tags\n1,Euro,,,\n2,,Shoes > > Running,,\n3,,,"{""berlin"": -1}",\n4,eur,Shoes>Red,,a|b\n',
        kind="items",
        columns=columns,
    )

    assert (report.stored, report.rejected) == (1, {"bad_value": 3})
    assert [(row["line"], row["field"], row["message"]) for row in rejected()] == [
        (2, "currency", 'must be a code of three letters, as "EUR", got "EURO"'),
        (3, "category", 'must have no empty part, got "Shoes > > Running"'),
        (4, "stock_at", "must be at least 0, got -1"),
    ]


def test_items_of_another_pack_are_read_from_json_lines(run: Run, sink: Any) -> None:
    run(
        "c.jsonl",
        '{"id": 7, "t": "Hips", "topics": ["yoga", "hips"], "s": 600, "at": "2022-04-10", "on": "yes"}\n',
        kind="items",
        item_type=Content,
        columns={
            "id": "id", "title": "t", "topics": "topics", "length_s": "s", "published": "at", "active": "on",
            "kind": {"value": "video"},
        },
    )  # fmt: skip

    item = msgspec.convert(sink.items["7"], Content)
    assert (item.topics, item.length_s, item.active, item.kind) == (("yoga", "hips"), 600, True, "video")
    assert item.published == datetime(2022, 4, 10, tzinfo=UTC)


def test_a_ragged_or_empty_or_missing_file_is_told(run: Run) -> None:
    with pytest.raises(ImportFailed, match="the file is empty"):
        run("a.csv", "", columns=VIEWS)
    with pytest.raises(ImportFailed, match="the file is empty"):
        run("a.parquet", b"", columns=VIEWS)
    with pytest.raises(ImportFailed, match="not a Parquet file"):
        run("a.parquet", b"user,item,time\n", columns=VIEWS)
    with pytest.raises(ImportFailed, match="no such file"):
        run("none.csv", columns=VIEWS)
    assert run("b.csv", "user,item,time\n", columns=VIEWS).read == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"columns": {**VIEWS, "item": "itm", "price": "cost"}},
            r'column "itm" for item \(did you mean "item"\?\), "cost" for price \(the columns are: item, time, user\)',
        ),
        ({"columns": {**VIEWS, "itm": "item"}}, 'columns.itm: there is no such field; did you mean "item"'),
        ({"columns": {"event": {"value": "Product Viewed"}, "user_id": "user"}}, "columns.time is missing"),
        ({"columns": {"event": {"value": "Product Viewed"}, "time": "time"}}, "columns.anonymous_id is missing"),
        ({"columns": {**VIEWS, "event": {"value": "Product Vewed"}}}, 'event "Product Vewed"; did you mean "Product V'),
        ({"columns": {**VIEWS, "item": {"sql": "upper(itm)"}}}, 'columns.item.sql: Binder Error: .*"itm"'),
        ({"columns": {**VIEWS, "item": {"sql": "upper("}}}, "columns.item.sql: Parser Error"),
        ({"columns": {**VIEWS, "item": {"sql": "[item]"}}}, "columns.item needs text or a number, its column is VAR"),
        ({"exclude": [{"reason": "old", "sql": "tme < 5"}]}, 'exclude "old": Binder Error'),
        ({"query": "SELECT * FROM inputs"}, "query: Catalog Error"),
        ({"timezone": "Mars/Olympus"}, "timezone: .*Unknown TimeZone"),
        ({"columns": {**VIEWS, "price": {"sql": "CAST(item AS DOUBLE)"}}}, r"Conversion Error.*num\(x\)"),
    ],
)  # fmt: skip
def test_a_mapping_that_does_not_fit_is_told_with_its_place(
    run: Run, sink: Any, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(ImportFailed, match=said):
        run("a.csv", "user,item,time\nann,shoe,2020-01-01\n", **{"columns": VIEWS, **change})

    assert not sink.events


def test_an_error_in_late_rows_says_what_was_taken_in_before(run: Run, sink: Any) -> None:
    body = "".join(f"ann,shoe,{1_577_836_800 + i},{i}\n" for i in range(60_000))

    with pytest.raises(ImportFailed, match=r"Conversion Error.*rows before it were taken in; importing again is safe"):
        run("a.csv", f"user,item,time,n\n{body}ann,shoe,1,many\n", columns={**VIEWS, "quantity": {"sql": "n::INT + 1"}})

    assert len(sink.events) > 0


def test_no_temporary_file_is_left(run: Run, tmp_path: Path) -> None:
    run("a.csv", "user,item,time\nann,shoe,2020-01-01\n", columns=VIEWS)
    with pytest.raises(ImportFailed):
        run("a.csv", columns={**VIEWS, "item": "no"})

    assert list((tmp_path / "rejected").iterdir()) == []


def test_two_imports_in_one_second_keep_their_rejected_rows_apart(run: Run, rejected: Rejected) -> None:
    run("a.csv", "user,item,time\nann,shoe,never\n", columns=VIEWS)
    run("a.csv", columns=VIEWS)

    assert len(rejected()) == 2


def test_the_real_store_takes_what_the_importer_gives(store: SQLiteStore, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("user,item,time\nann,shoe,2020-01-01\nann,shoe,2020-01-01\nbob,sock,2020-01-02\n")
    columns = {"event": Value(value="Product Viewed"), "time": "time", "user_id": "user", "item": "item"}
    spec = Import(name="test", domain="shop", path="a.csv", columns=columns)
    clock = FixedClock(parse_time("2026-11-21"))

    writer = CatalogWriter(store, {"shop": Schema.of(Product)}, clock, limit=100)

    report = import_file(
        spec, [file], sink=store, catalog=writer, kind=Product, rejected_folder=tmp_path / "r", clock=clock
    )

    assert (report.stored, report.duplicate) == (2, 1)


rows = st.tuples(st.sampled_from("abc"), st.sampled_from(["shoe", "sock", ""]), st.integers(0, 3))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rows, min_size=1, max_size=12), st.randoms())
def test_order_and_repetition_of_rows_do_not_change_what_is_stored(
    run: Run, sink: Any, drawn: list[Any], chance: Any
) -> None:
    def stored(lines: list[Any]) -> tuple[set[Any], ImportReport]:
        sink.events.clear()
        body = "".join(f"{user},{item},2020-01-0{day + 1}\n" for user, item, day in lines)
        report = run("a.csv", "user,item,time\n" + body, columns=VIEWS)
        return set(sink.events), report

    mixed = drawn + chance.sample(drawn, k=len(drawn) // 2)
    chance.shuffle(mixed)

    (once, first), (again, second) = stored(drawn), stored(mixed)

    assert once == again
    assert first.stored == second.stored == len(once)
    assert balanced(first) and balanced(second)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=60) | st.text(st.sampled_from('a,"\n{}:1-é '), max_size=60), st.sampled_from(["csv", "jsonl"])
)
def test_whatever_a_file_holds_its_rows_add_up(run: Run, sink: Any, body: bytes | str, form: str) -> None:
    raw = body.encode() if isinstance(body, str) else body
    header = {
        "csv": b"user,item,time\nann,shoe,2020-01-01\n",
        "jsonl": b'{"user":"ann","item":"shoe","time":"2020-01-01"}\n',
    }
    sink.events.clear()

    report = run(f"a.{form}", header[form] + raw, columns=VIEWS)

    assert balanced(report)
    assert report.stored == len(sink.events) >= 1


MEASURE = """
import resource, sys
from pathlib import Path
from penchant.catalog import Schema
from penchant.clock import SystemClock
from penchant.config.settings import Import, Value
from penchant.ingest import CatalogWriter, import_file
from penchant.packs.product.items import Product
from penchant.storage import SQLiteStore

folder = Path(sys.argv[1])
columns = {"event": Value(value="Product Viewed"), "time": "time", "user_id": "user", "item": "item"}
spec = Import(name="test", domain="shop", path="a.csv", columns=columns)
store = SQLiteStore(folder / "penchant.db")
clock = SystemClock()
catalog = CatalogWriter(store, {"shop": Schema.of(Product)}, clock, limit=100)
report = import_file(
    spec, [folder / "a.csv"], sink=store, catalog=catalog, kind=Product, rejected_folder=folder / "r", clock=clock
)
store.close()
print(report.stored, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
def test_memory_stays_flat(tmp_path: Path) -> None:
    rows = "'u' || i % 1000 AS user, 'shoe' AS item, 1577836800 + i AS time"
    duckdb.sql(f"COPY (SELECT {rows} FROM range(2000000) r(i)) TO '{tmp_path}/a.csv' (HEADER)")

    done = subprocess.run([sys.executable, "-c", MEASURE, str(tmp_path)], capture_output=True, text=True, check=True)

    stored, peak_mb = map(int, done.stdout.split())
    assert stored == 2_000_000
    assert peak_mb < 1000
