from __future__ import annotations

import gzip
from typing import Any

import msgspec
import pytest

from feed_reading import FILES, KINDS, entries, read, read_fixture, refused
from penchant.catalog.feeds.entry import ItemKind
from penchant.catalog.feeds.tabular_fields import FIELDS, Wanted
from penchant.errors import FeedFailed

SHOES = {
    "id": "Artikelnummer",
    "title": "Bezeichnung",
    "category": "Warengruppe",
    "price": "VK",
    "sale_price": "Aktion",
    "sale_until": "Aktion bis",
    "stock_at.berlin": "Bestand Berlin",
    "stock_at.koeln": "Bestand Köln",
    "active": "Aktiv",
    "labels": "Farben",
    "return_rate": "Retourenquote",
    "released": "Neu seit",
    "attributes.fit": "Passform",
}
NEWS = {
    "id": "uuid",
    "title": "headline",
    "description": "html",
    "kind": "type",
    "topics": "tags",
    "creator": "author.name",
    "length_s": "seconds",
    "language": "lang",
    "published": "date",
    "attributes.premium": "premium",
    "attributes.minutes": "minutes",
}


def test_a_table_is_read_by_its_mapping() -> None:
    options: dict[str, Any] = {"columns": SHOES, "currency": "EUR", "timezone": "Europe/Berlin"}
    told, wrong = read_fixture("tabular", "tabular.csv", **options)

    assert told == {
        "A-1": {
            "title": "Wanderstiefel „Alm“",
            "category": "Schuhe > Wandern",
            "price": 149.9,
            "sale_price": 129.9,
            "sale_until": "2026-12-31T23:00:00+00:00",
            "currency": "EUR",
            "stock_at": {"berlin": 4, "koeln": 0},
            "active": True,
            "labels": ["braun", "grün"],
            "return_rate": 0.12,
            "released": "2026-02-28T23:00:00+00:00",
            "attributes": {"fit": "weit"},
        },
        "A-2": {
            "title": "Sandale",
            "category": "Schuhe > Sommer",
            "price": 1049.0,
            "currency": "EUR",
            "stock_at": {"berlin": 2, "koeln": 7},
            "active": False,
            "released": "2026-05-10T06:00:00+00:00",
        },
        "A-3": {
            "title": "Socke",
            "category": "Socken",
            "price": 9.9,
            "currency": "EUR",
            "stock_at": {"berlin": 100, "koeln": 12},
            "active": True,
            "labels": ["grau"],
            "return_rate": 0.0,
            "attributes": {"fit": "eng"},
        },
    }
    assert wrong == []
    packed = gzip.compress((FILES / "tabular.csv").read_bytes())
    assert entries(read("tabular", packed, **options)) == told


def test_json_lines_are_read_by_their_mapping() -> None:
    told, wrong = read_fixture("tabular", "tabular.jsonl", columns=NEWS, kind="content")

    assert told == {
        "c-1": {
            "title": "How tides work",
            "description": "Twice a day.",
            "kind": "article",
            "topics": ["sea", "moon"],
            "creator": "Ada N.",
            "length_s": 360.5,
            "language": "en",
            "published": "2026-11-01T10:00:00+00:00",
            "attributes": {"premium": True, "minutes": 6},
        },
        "17": {
            "title": "Knots",
            "kind": "video",
            "topics": ["rope", "sea"],
            "creator": "Bo",
            "length_s": 95.0,
            "language": "de",
            "published": "2026-11-01T10:00:00+00:00",
            "attributes": {"premium": False},
        },
    }
    assert [tuple(entry) for entry in wrong] == [
        (4, "c-3", "type", '"poem" is none of article, video, track, podcast'),
        (5, "c-1", "uuid", "the id stands already in line 1"),
        (6, "", "", "the line is not a JSON object"),
        (7, "c-4", "seconds", "0 must be above 0"),
    ]


def test_modules_are_read_too() -> None:
    text = 'id,pos,rule,needs,until\nm-2,2,"{""field"": ""country"", ""eq"": ""DE""}","[""m-1""]",2027-01-31\n'
    columns = {"id": "id", "position": "pos", "eligibility": "rule", "prerequisites": "needs", "expires": "until"}

    assert entries(read("tabular", text, columns=columns, kind="learning")) == {
        "m-2": {
            "position": 2,
            "eligibility": {"field": "country", "eq": "DE"},
            "prerequisites": ["m-1"],
            "expires": "2027-02-01T00:00:00+00:00",
        }
    }


def test_a_column_that_is_missing_is_named_with_the_nearest() -> None:
    with pytest.raises(FeedFailed, match='no column "Preis" for "price"; did you mean "preise"'):
        read("tabular", "id,preise\n1,2\n", columns={"id": "id", "price": "Preis"})
    with pytest.raises(FeedFailed, match='no column "prize" for "price"; did you mean "price"'):
        read("tabular", '{"id": 1, "price": 2}\n{"id": 2}\n', columns={"id": "id", "price": "prize"})
    with pytest.raises(FeedFailed, match='column "price" 2 times'):
        read("tabular", "id,price,price\n1,2,3\n", columns={"id": "id", "price": "price"})


def test_a_key_that_some_lines_lack_is_not_missing() -> None:
    told = read("tabular", '{"id": 1}\n{"id": 2, "price": 2}\n', columns={"id": "id", "price": "price"})

    assert entries(told) == {"1": {}, "2": {"price": 2.0}}


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"title": "t"}, 'names no column for "id"'),
        ({"id": "id", "prise": "p"}, 'no field "prise" of a product item; did you mean "price"'),
        ({"id": "id", "price.eur": "p"}, 'no field "price.eur"'),
    ],
)
def test_a_wrong_mapping_is_said(columns: dict[str, str], reason: str) -> None:
    with pytest.raises(FeedFailed, match=reason):
        read("tabular", "id,t,p\n1,2,3\n", columns=columns)


def test_items_of_a_pack_that_does_not_ship_cannot_be_read() -> None:
    with pytest.raises(FeedFailed, match='items of the pack "recipes"'):
        read("tabular", "id\n1\n", columns={"id": "id"}, kind="recipes")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", "cheap"), ("price", "-1"), ("currency", "euros"), ("rating", "11"), ("return_rate", "12"),
        ("stock", "1.5"), ("active", "perhaps"), ("released", "soon"), ("condition", "broken"),
        ("availability", "maybe"), ("url", "javascript:x"), ("stock_at", "[1]"), ("stock_at", '{""a"": ""b""}'),
        ("attributes", "text"), ("attributes", '{""a"": {""b"": 1}}'), ("priority", "101"), ("shipping_days", "-1"),
        ("labels", '[{""a"": 1}]'),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_refuses_its_row(field: str, value: str) -> None:
    text = f'id,col\n1,"{value}"\n2,\n'
    told = read("tabular", text, columns={"id": "id", field: "col"})

    assert refused(told) == [(2, "1", "col")]
    assert entries(told) == {"2": {}}


def test_objects_are_taken_whole_where_a_field_has_names() -> None:
    line = '{"id": "a", "more": {"fit": "wide", "grip": 4, "none": null}, "depots": {"x": 3, "y": -1}}\n'

    assert entries(read("tabular", line, columns={"id": "id", "attributes": "more", "stock_at": "depots"})) == {
        "a": {"attributes": {"fit": "wide", "grip": 4}, "stock_at": {"x": 3, "y": 0}}
    }


def test_the_currency_of_a_row_holds_for_its_prices() -> None:
    columns = {"id": "id", "price": "p", "cost": "c", "currency": "cur"}
    told = read("tabular", "id,p,c,cur\n1,5,2,usd\n2,5 EUR,,USD\n3,5 EUR,2,\n", columns=columns, currency="EUR")

    assert entries(told) == {
        "1": {"price": 5.0, "cost": 2.0, "currency": "USD"},
        "3": {"price": 5.0, "cost": 2.0, "currency": "EUR"},
    }
    assert refused(told) == [(3, "2", "p")]


@pytest.mark.parametrize("kind", ["product", "content", "learning"])
def test_the_fields_are_those_of_the_packs(kind: ItemKind) -> None:
    described = msgspec.inspect.type_info(KINDS[kind])
    assert isinstance(described, msgspec.inspect.StructType)

    assert set(FIELDS[kind]) == {field.name for field in described.fields}
    for field in described.fields:
        types = field.type.types if isinstance(field.type, msgspec.inspect.UnionType) else (field.type,)
        assert _fits(FIELDS[kind][field.name], types[0]), field.name


def _fits(wanted: Wanted, described: msgspec.inspect.Type) -> bool:
    """Whether text read as wanted is what the item type takes, bounds and words included."""
    inspect = msgspec.inspect
    if isinstance(described, inspect.FloatType | inspect.IntType):
        if wanted.shape == "money":
            return described.ge == 0
        low, above = (described.gt, True) if isinstance(described.gt, int | float) else (described.ge, False)
        number = "number" if isinstance(described, inspect.FloatType) else "count"
        return (
            wanted.shape == number
            and wanted.low == (float("-inf") if low is None else low)
            and wanted.high == (float("inf") if described.le is None else described.le)
            and wanted.above == above
        )
    if isinstance(described, inspect.LiteralType):
        words = set(described.values)
        return set(wanted.words) == words if wanted.shape == "word" else "in_stock" in words
    by_type: dict[type, tuple[str, ...]] = {
        inspect.StrType: ("line", "prose", "link", "path", "currency"),
        inspect.BoolType: ("flag",),
        inspect.DateTimeType: ("time", "end"),
        inspect.VarTupleType: ("list",),
        inspect.DictType: ("counts", "free", "json"),
    }
    return wanted.shape in by_type[type(described)]
