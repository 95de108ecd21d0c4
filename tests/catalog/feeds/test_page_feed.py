from __future__ import annotations

from typing import Any

import msgspec
import pytest

from feed_reading import FILES, entries, read, refused
from penchant.catalog.feeds import Entry, Options
from penchant.catalog.feeds.json_ld import read_page
from penchant.errors import FeedFailed

URL = "https://harbour.example/page"


def page(*blocks: Any, head: str = "") -> str:
    scripts = (block if isinstance(block, str) else msgspec.json.encode(block).decode() for block in blocks)
    return head + "".join(f'<script type="application/ld+json">{script}</script>' for script in scripts)


def fixture(name: str) -> list[Any]:
    return read("page", (FILES / "content" / name).read_bytes(), url=URL)


def fields(thing: dict[str, Any]) -> dict[str, Any]:
    (one,) = read("page", page({"@context": "https://schema.org", "@id": "x:1", **thing}), url=URL)
    assert isinstance(one, Entry), one
    return one.fields


def test_a_shops_page_tells_of_its_product() -> None:
    assert fixture("product.html") == [
        Entry(
            1,
            "TR2-BLK-42",
            "product",
            {
                "title": "Trail Runner 2 & friends",
                "description": "Light.\nFast.",
                "url": "https://alto.example/products/trail-runner-2",
                "image": "https://cdn.alto.example/tr2-a.jpg",
                "category": "Shoes > Running",
                "brand": "Alto",
                "color": "Black",
                "size": "42",
                "material": "Mesh",
                "gtin": "4006381333931",
                "mpn": "TR2",
                "condition": "new",
                "gender": "unisex",
                "rating": 4.4,
                "reviews": 89,
                "availability": "in_stock",
                "stock": 7,
                "regions": ["DE", "AT"],
                "currency": "EUR",
                "price": 149.0,
                "sale_price": 119.0,
                "sale_until": "2027-01-01T00:00:00+00:00",
                "attributes": {"drop": "6 mm"},
            },
        )
    ]


def test_a_group_is_its_variants() -> None:
    told = fixture("product_group.html")
    common = {
        "url": URL,
        "image": "https://harbour.example/i/coat.jpg",
        "brand": "Nord",
        "group": "coat",
        "currency": "EUR",
    }

    assert entries(told) == {
        "coat-s": {
            **common,
            "title": "Rain coat",
            "size": "S",
            "color": "Red",
            "price": 1299.0,
            "availability": "out_of_stock",
        },
        "coat-m": {**common, "title": "Rain coat M", "size": "M", "price": 95.0, "availability": "in_stock"},
        "coat-l": {**common, "title": "Rain coat", "size": "L", "price": 88.5},
    }
    assert refused(told) == [(4, "coat-xl", "price"), (5, "coat-s", "sku"), (6, "", "script")]
    assert told[4].reason == "the id stands already at 1"


def test_a_publishers_page_points_from_thing_to_thing() -> None:
    told = fixture("publisher.html")

    assert refused(told) == []
    assert entries(told) == {
        "https://harbour.example/2026/11/ferry/#article": {
            "kind": "article",
            "title": "Ferry & fog",
            "url": "https://harbour.example/2026/11/ferry/",
            "image": "https://harbour.example/ferry.jpg",
            "topics": ["Harbour", "tides", "fog"],
            "creator": "Mara Lindqvist",
            "length_s": 120.0,  # 460 words
            "language": "en-GB",
            "published": "2026-11-21T17:05:00+00:00",
        },
        "https://harbour.example/2026/11/paid/": {
            "kind": "article",
            "title": "Paid one",
            "url": "https://harbour.example/2026/11/paid/",
            "image": "https://harbour.example/p.jpg",
            "topics": ["fish", "markets"],
            "creator": "A. One",
            "length_s": 180.0,
            "language": "en-GB",
            "available_until": "2027-01-01T00:00:00+00:00",
            "attributes": {"free": False},
        },
    }


def test_videos_episodes_and_recordings_are_contents() -> None:
    told = fixture("video.html")

    assert [one for one in told if not isinstance(one, Entry) or one.place != 4] == [
        Entry(
            1,
            "https://tube.example/watch/9",
            "content",
            {
                "kind": "video",
                "title": "Knife skills",
                "description": "Cut onions.",
                "url": "https://tube.example/watch/9",
                "image": "https://i.tube.example/9.jpg",
                "genre": "Cooking",
                "creator": "Kitchen Physics",
                "series": "Basics",
                "episode": 4,
                "length_s": 114.0,
                "language": "en",
                "published": "2026-10-01T08:00:00+00:00",
                "available_until": "2027-02-05T00:00:00+00:00",
                "regions": ["US", "CA", "GB"],
                "age_rating": 12,
                "attributes": {"free": False},
            },
        ),
        Entry(
            2,
            "https://pod.example/e/7",
            "content",
            {
                "kind": "podcast",
                "title": "Onions",
                "url": "https://pod.example/e/7",
                "series": "Slow Hours",
                "episode": 7,
                "length_s": 2220.0,
                "published": "2026-10-02T00:00:00+00:00",
            },
        ),
        Entry(
            3,
            "USX9P1234567",
            "content",
            {
                "kind": "track",
                "title": "Low Tide",
                "url": "https://tube.example/watch/9",
                "genre": "Folk",
                "creator": "The Piers",
                "series": "Harbours",
                "length_s": 201.0,
            },
        ),
        (5, "x:1", "expires", '"some day" is not a date or time as 2028-02-29T18:00+01:00'),
    ]


def test_a_thing_of_two_kinds_is_an_entry_of_each() -> None:
    both = [one for one in fixture("video.html") if one.id == "https://learn.example/v/1"]

    assert [(one.place, one.kind) for one in both] == [(4, "content"), (4, "learning")]
    assert both[0].fields["attributes"] == {"content_rating": "TV-MA"}
    assert both[1].fields == {
        "title": "Compound interest",
        "url": "https://tube.example/watch/9",
        "topic": "Interest",
        "level": 3,
        "length_s": 300.0,
    }


def test_a_course_is_its_parts() -> None:
    told = fixture("course.html")
    common = {"attributes": {"language": "de"}}

    assert refused(told) == []
    assert entries(told) == {
        "https://learn.example/c/1/1": {
            **common,
            "title": "Das Haushaltsbuch",
            "description": "Ein Anfang.",
            "url": URL,
            "series": "Sparen für Anfänger",
            "position": 1,
            "topic": "Budget",
            "level": 1,
            "length_s": 600.0,
        },
        "https://learn.example/c/1/2": {
            **common,
            "title": "Zinsen",
            "url": "https://learn.example/courses/zinsen",
            "series": "Sparen für Anfänger",
            "position": 2,
            "prerequisites": ["https://learn.example/c/1/1", "https://learn.example/c/0"],
            "topic": "Zinsen",
            "level": 4,
            "length_s": 720.0,
            "expires": "2027-07-01T00:00:00+00:00",
            "checked_by": "J. Adler",
            "checked_on": "2026-05-01T00:00:00+00:00",
        },
        URL: {**common, "title": "Ganz allein", "url": URL, "series": "Grundlagen", "level": 3, "length_s": 7200.0},
    }


@pytest.mark.parametrize(
    ("offers", "wanted"),
    [
        ({"price": 5, "priceCurrency": "eur"}, {"price": 5.0, "currency": "EUR"}),
        ({"price": "5,50 €"}, {"price": 5.5, "currency": "EUR"}),
        ({"price": 0}, {"price": 0.0}),
        ({"lowPrice": 3, "highPrice": 9, "priceCurrency": "USD"}, {"price": 3.0, "currency": "USD"}),
        ({"priceSpecification": {"price": 7, "priceCurrency": "GBP"}}, {"price": 7.0, "currency": "GBP"}),
        (
            {"priceSpecification": [{"price": 9, "priceType": "ListPrice"}, {"price": 7}], "priceCurrency": "GBP"},
            {"price": 9.0, "sale_price": 7.0, "currency": "GBP"},
        ),
        (
            {"price": 7, "priceSpecification": {"price": 70, "referenceQuantity": {"value": 1, "unitCode": "KGM"}}},
            {"price": 7.0},
        ),
        (
            {"price": 7, "availability": "PreOrder", "availabilityStarts": "2027-01-01"},
            {"price": 7.0, "availability": "preorder", "available_from": "2027-01-01T00:00:00+00:00"},
        ),
        (
            {"@type": "AggregateOffer", "lowPrice": 1, "offers": [{"price": 4}, {"price": 2}, {"price": 3}]},
            {"price": 2.0},
        ),
        ({"price": 4, "availabilityEnds": "2027-01-31"}, {"price": 4.0, "expires": "2027-02-01T00:00:00+00:00"}),
        ([], {}),
        ({}, {}),
    ],
)
def test_offers_are_read_in_their_shapes(offers: Any, wanted: dict[str, Any]) -> None:
    told = fields({"@type": "Product", "name": "a", "offers": offers})

    assert {key: value for key, value in told.items() if key not in ("title", "url")} == wanted


@pytest.mark.parametrize(
    ("offers", "word"),
    [
        ({"price": "on request"}, "price"),
        ({"price": -1}, "price"),
        ({"price": 1, "priceCurrency": "EURO"}, "price"),
        ({"price": 1, "availability": "https://schema.org/Perhaps"}, "availability"),
        ({"price": 1, "ineligibleRegion": "FR"}, "ineligibleRegion"),
        ({"price": 1, "priceValidUntil": "soon"}, "priceValidUntil"),
    ],
)
def test_offers_that_cannot_be_read_refuse_the_product(offers: Any, word: str) -> None:
    told = read("page", page({"@type": "Product", "sku": "a", "offers": offers}), url=URL)

    assert refused(told) == [(1, "a", word)]


@pytest.mark.parametrize(
    ("thing", "id"),
    [
        ({"sku": "s", "productID": "p", "@id": "#x", "identifier": "i"}, "s"),
        ({"offers": {"sku": "o"}, "productID": "p"}, "o"),
        ({"productID": "p", "@id": "#x"}, "p"),
        ({"@id": "#x", "identifier": "i"}, f"{URL}#x"),
        ({"identifier": {"@type": "PropertyValue", "value": 17}}, "17"),
        ({"@id": "_:b0", "url": "/own"}, "https://harbour.example/own"),
        ({"sku": 42}, "42"),
        ({"name": "no id"}, URL),
    ],
)
def test_a_product_is_named_by_the_best_of_its_ids(thing: dict[str, Any], id: str) -> None:
    assert list(entries(read("page", page({"@type": "Product", "color": "red", **thing}), url=URL))) == [id]


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        ("/a.jpg", "https://harbour.example/a.jpg"),
        (["https://x.example/a.jpg", "b.jpg"], "https://x.example/a.jpg"),
        ({"@type": "ImageObject", "contentUrl": "https://x.example/c.jpg"}, "https://x.example/c.jpg"),
        ([{"@type": "ImageObject", "url": {"@id": "x"}}, "https://x.example/d.jpg"], "https://x.example/d.jpg"),
        ("data:image/png;base64,AAAA", None),
        ({"@id": "#nowhere"}, f"{URL}#nowhere"),
        (5, "https://harbour.example/5"),
        (None, None),
    ],
)
def test_images_are_read_in_their_shapes(image: Any, wanted: str | None) -> None:
    assert fields({"@type": "NewsArticle", "headline": "a", "image": image}).get("image") == wanted


@pytest.mark.parametrize(
    ("rating", "wanted"),
    [
        ("16", {"age_rating": 16}),
        ("16+", {"age_rating": 16}),
        ("FSK 12", {"age_rating": 12}),
        ({"@type": "Rating", "ratingValue": "18"}, {"age_rating": 18}),
        ("TV-MA", {"attributes": {"content_rating": "TV-MA"}}),
        ("99", {"attributes": {"content_rating": "99"}}),
        ("", {}),
    ],
)
def test_ratings_that_are_an_age_are_one(rating: Any, wanted: dict[str, Any]) -> None:
    told = fields({"@type": "VideoObject", "name": "a", "contentRating": rating})

    assert {key: value for key, value in told.items() if key in ("age_rating", "attributes")} == wanted


@pytest.mark.parametrize(
    ("regions", "wanted"),
    [
        ("de", ["DE"]),
        ("US, CA GB", ["US", "CA", "GB"]),
        (["US", "US"], ["US"]),
        ([{"@type": "Country", "name": "FR"}], ["FR"]),
        ({"@type": "Place", "address": {"addressCountry": "NL"}}, ["NL"]),
    ],
)
def test_regions_are_read_in_their_shapes(regions: Any, wanted: list[str]) -> None:
    assert fields({"@type": "VideoObject", "name": "a", "regionsAllowed": regions})["regions"] == wanted


@pytest.mark.parametrize("kind", ["https://schema.org/Product", "http://www.schema.org/Product", "schema:Product"])
def test_types_are_known_with_and_without_the_address_of_the_vocabulary(kind: str) -> None:
    assert fields({"@type": [kind, "Thing"], "name": "a"})["title"] == "a"


def test_blocks_are_found_in_broken_html_and_bad_ones_are_refused_alone() -> None:
    good = {"@type": "Product", "sku": "a", "name": "A"}
    html = page(
        "<!-- \n" + msgspec.json.encode({**good, "sku": "b"}).decode() + "\n-->",
        "/*<![CDATA[*/" + msgspec.json.encode({**good, "sku": "c"}).decode() + "/*]]>*/",
        '{"@type": "Product", "sku": "d", "name": "line\nbreak\tand tab"}',
        '{"@type": "Product", "sku": "e",}',
        "",
        "{'@type': 'Product'}",
        '"text"',
        {"@graph": [{"@type": "WebPage", "mainEntity": {"@type": "WebPage", "mainEntity": [good]}}]},
        head='<p <b></p></div><a href=\'<script type="text/javascript">if (a < b) {}</script>',
    )
    told = read("page", html, url=URL)

    assert [(id, one["title"]) for id, one in entries(told).items()] == [
        ("b", "A"),
        ("c", "A"),
        ("d", "line break and tab"),
        ("a", "A"),
    ]
    assert [(place, word) for place, _, word in refused(told)] == [(4, "script"), (5, "script")]


def test_a_page_without_blocks_tells_nothing() -> None:
    assert read("page", "<html><body>words</body></html>", url=URL) == []
    assert read("page", "", url=URL) == []
    assert read("page", page({"@type": "WebSite", "name": "x"}, {"@type": "Organization"}), url=URL) == []


def test_a_pointer_and_a_thing_that_is_pointed_at_are_one() -> None:
    group = {"@type": "ProductGroup", "@id": "#g", "name": "G", "hasVariant": [{"@id": "#v"}]}
    variant = {"@type": "Product", "@id": "#v", "sku": "v", "isVariantOf": {"@id": "#g"}}

    for graph in ([group, variant], [variant, group]):
        told = read("page", page({"@graph": graph}), url=URL)
        assert refused(told) == []
        assert entries(told) == {"v": {"title": "G", "url": URL, "group": f"{URL}#g"}}


def test_the_encoding_of_a_page_is_its_meta_tags_else_the_servers() -> None:
    block = page('{"@type": "Product", "sku": "ü"}')

    assert list(entries(read("page", ("<meta charset=windows-1252>" + block).encode("cp1252")))) == ["ü"]
    assert list(entries(read("page", block.encode("cp1252"), encoding="iso-8859-1"))) == ["ü"]
    assert list(entries(read("page", block.encode("utf-8")))) == ["ü"]


def test_limits_of_a_page_are_kept() -> None:
    with pytest.raises(FeedFailed, match="larger than 10 MB"):
        read_page(b" " * (10 * 1024 * 1024 + 1), Options())
    with pytest.raises(FeedFailed, match="more than 1000 entries"):
        read("page", page([{"@type": "Product", "sku": str(n)} for n in range(1_001)]))
    long = page({"@type": "Product", "sku": "a", "name": "x" * (2 * 1024 * 1024)}, {"@type": "Product", "sku": "b"})
    told = read("page", long)
    assert (list(entries(told)), refused(told)) == (["b"], [(1, "", "script")])


@pytest.mark.parametrize("deep", ["[" * 10_000, '{"@graph":' * 10_000, '{"a":[' * 10_000 + "]}" * 10_000])
def test_deep_blocks_are_refused(deep: str) -> None:
    assert refused(read("page", page(deep))) == [(1, "", "script")]


def test_things_that_point_at_each_other_come_to_an_end() -> None:
    one = {"@type": "Product", "@id": "#a", "sku": "a", "isVariantOf": {"@id": "#b"}, "brand": {"@id": "#b"}}
    two = {"@type": "ProductGroup", "@id": "#b", "hasVariant": {"@id": "#a"}, "brand": {"@id": "#a"}}

    assert list(entries(read("page", page([one, two]), url=URL))) == ["a"]
