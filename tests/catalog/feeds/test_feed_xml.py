from __future__ import annotations

import io
import time
from xml.etree.ElementTree import Element

import pytest

from penchant.catalog.feeds.xml import Limits, iter_elements, local
from penchant.errors import FeedFailed


def elements(data: bytes | str, tags: tuple[str, ...] = ("item",), **told: object) -> list[Element]:
    file = io.BytesIO(data.encode() if isinstance(data, str) else data)
    return list(iter_elements(file, tags, "rss", **told))  # type: ignore[arg-type]


def texts(data: bytes | str, **told: object) -> list[str]:
    return ["".join(element.itertext()) for element in elements(data, **told)]


def test_elements_come_whole_and_by_name_in_any_namespace() -> None:
    found = elements('<rss xmlns:g="urn:g"><a><g:item n="1"><g:id>7</g:id><b>x</b> y</g:item></a><item/></rss>')

    assert [element.tag for element in found] == ["{urn:g}item", "item"]
    assert [(child.tag, child.text) for child in found[0]] == [("{urn:g}id", "7"), ("b", "x")]
    assert found[0].get("n") == "1"
    assert local(found[0].tag) == "item"


def test_a_name_with_its_namespace_is_wanted_there_alone() -> None:
    assert len(elements('<r xmlns:g="urn:g"><g:item/><item/></r>', ("{urn:g}item",))) == 1


def test_of_wanted_elements_within_each_other_the_outermost_is_given() -> None:
    assert texts("<r><item>a<item>b</item></item></r>") == ["ab"]


def test_characters_of_html_are_known_and_controls_left_out() -> None:
    assert texts("<r><item>a&nbsp;b&amp;c\x0bd\ufffe</item></r>") == ["a\xa0b&cd"]


@pytest.mark.parametrize(
    ("declared", "written", "told"),
    [
        ("UTF-8", "utf-8", None),
        ("UTF-8", "utf-8-sig", "latin-1"),
        ("UTF-8", "cp1252", None),
        ("UTF-8", "cp1252", "cp1252"),
        ("ISO-8859-1", "cp1252", None),
        ("us-ascii", "cp1252", None),
        ("windows-1252", "cp1252", "utf-8"),
        ("UTF-16", "utf-16", None),
        ("UTF-16", "utf-16-le", None),
        ("UTF-16", "utf-16-be", None),
        ("UTF-16", "utf-8", None),
        ("UTF-32", "utf-32", None),
        ("no-such-thing", "utf-8", None),
        ("unicode_escape", "utf-8", None),
        ("", "cp1252", "windows-1252"),
        ("", "utf-8", "nonsense/1"),
    ],
)
def test_text_is_read_whatever_the_file_says_of_its_encoding(declared: str, written: str, told: str | None) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    data = f"{declaration}\n<r><item>Größe “8” für 5 €</item></r>".encode(written)

    assert texts(data, encoding=told) == ["Größe “8” für 5 €"]


def test_wrong_bytes_are_read_as_the_server_said() -> None:
    data = b'<?xml version="1.0" encoding="utf-8"?><r><item>\xc4\x85 \xb3</item></r>'

    assert texts(data, encoding="iso-8859-2") == ["ą ł"]
    assert texts(data) == ["ą ³"]


def test_a_declared_encoding_goes_before_the_servers() -> None:
    data = '<?xml version="1.0" encoding="windows-1251"?><r><item>привет</item></r>'.encode("cp1251")

    assert texts(data, encoding="utf-8") == ["привет"]


BOMB = '<!DOCTYPE z [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><r><item>&b;</item></r>'
QUADRATIC = f'<!DOCTYPE z [<!ENTITY a "{"x" * 50_000}">]><r><item>{"&a;" * 5_000}</item></r>'
OUTSIDE = '<!DOCTYPE z [<!ENTITY a SYSTEM "file:///etc/passwd">]><r><item>&a;</item></r>'
PARAMETER = '<!DOCTYPE z [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x.dtd"> %a;]><r/>'


@pytest.mark.parametrize(
    "bomb", [BOMB, QUADRATIC, OUTSIDE, PARAMETER], ids=["laughs", "quadratic", "file", "parameter"]
)
def test_entities_are_refused_before_anything_is_read(bomb: str) -> None:
    with pytest.raises(FeedFailed, match="document type"):
        elements(bomb)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "HTML"),
        (b'<?xml version="1.0"?>\n<!-- x --><!DOCTYPE html PUBLIC "x"><html xmlns="x"/>', "HTML"),
        (b"  <HTML><p>", "HTML"),
        (b'{"items": []}', "JSON"),
        (b"id\ttitle\n", "no XML"),
        (b"<r><item>a", "breaks off in line 1"),
        (b"<r>\n<item>a</item>\n", "breaks off in line 3"),
        (b"<r><item a='", "breaks off"),
        (b"<r><![CDATA[ abc", "breaks off"),
        (b"<r>\0</r>", "NUL"),
        (b"\0\0\0\0", "NUL"),
        (b"<r><item>a</itme></r>", "mismatched tag in line 1, column 13"),
        (b"<r><g:item/></r>", "unbound prefix"),
        (b"<r>&nosuch;</r>", "undefined entity"),
        (b"<r/><r/>", "junk after document element"),
        (b"<a>" * 10_000, "nested more than 100"),
        (b"<r>" + b"".join(b"<n%d/>" % n for n in range(9_000)), "different names"),
        (b"<r><item a='" + b"x" * 70_000 + b"'/></r>", "an attribute of more than"),
        (b"<r><item " + b"".join(b"a%d='' " % n for n in range(101)) + b"/></r>", "more than 100 attributes"),
        (b"<r>" + b"".join(b"<a xmlns:p%d='u'/>" % n for n in range(9_000)), "different prefixes"),
        (b"<r><!--" + b"x" * 1_000_000 + b"--></r>", "a tag or comment of more than"),
    ],
)
def test_what_is_no_xml_fails_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(FeedFailed, match=reason) as failed:
        elements(data)

    assert (failed.value.feed, failed.value.step) == ("rss", "read")


def test_an_entry_is_bounded() -> None:
    with pytest.raises(FeedFailed, match="more than 3 elements"):
        elements("<r><item><a/><a/><a/></item></r>", limits=Limits(elements=3))
    with pytest.raises(FeedFailed, match="more than 3 characters"):
        elements("<r><item>abcd</item></r>", limits=Limits(text=3))
    assert texts("<r><head>abcdef</head><item>abc</item><item>def</item></r>", limits=Limits(text=3)) == ["abc", "def"]


def test_another_root_is_refused() -> None:
    assert len(elements('<feed xmlns="urn:x"><item/></feed>', roots=("rss", "feed"))) == 1
    with pytest.raises(FeedFailed, match="begins with <urlset>, not with <feed> or <rss>"):
        elements("<urlset><item/></urlset>", roots=("rss", "feed"))


def test_elements_before_the_break_have_been_given() -> None:
    found = iter_elements(io.BytesIO(b"<r>" + b"<item>a</item>" * 9_000 + b"<item>"), ("item",), "rss")

    assert next(found).text == "a"
    with pytest.raises(FeedFailed, match="breaks off"):
        list(found)


def test_a_tag_that_never_ends_takes_no_long_time() -> None:
    began = time.perf_counter()
    with pytest.raises(FeedFailed):
        elements(b"<r><item>" + b"<a " * 2_000_000)

    assert time.perf_counter() - began < 5
