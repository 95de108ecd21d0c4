from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.catalog.feeds.markup import attributes, tags

RAW = frozenset(("script",))


def names(text: str) -> list[str]:
    return [("/" if tag.closes else "") + tag.name for tag in tags(text, RAW)]


def test_tags_come_in_their_order_and_comments_are_one() -> None:
    assert names("<!doctype html><P a=1>x<br/><!-- <i> --></p>") == ["", "p", "br", "", "/p"]


def test_what_is_in_a_script_is_passed_over() -> None:
    text = "<SCRIPT>if (a<b) '<p>'</Script ><p>"
    script = next(tags(text, RAW))

    assert text[script.end : script.inside] == "if (a<b) '<p>'"
    assert names(text) == ["script", "/script", "p"]


def test_attributes_are_read_with_any_quotes() -> None:
    text = "<a href=\"x>y&amp;z\" TITLE='b' data-n=1 checked href=no>"
    tag = next(tags(text, RAW))

    assert tag.end == len(text)
    assert attributes(text, tag) == {"href": "x>y&z", "title": "b", "data-n": "1", "checked": ""}


@pytest.mark.parametrize(
    "piece", ["<!--", "<script>", "<a ", "<![CDATA[", "</a ", "<a href='", '<a "', "<", "<a b=", "</script "]
)
def test_tags_that_never_end_take_no_long_time(piece: str) -> None:
    text = piece * (400_000 // len(piece))
    began = time.perf_counter()

    for tag in tags(text, RAW):
        attributes(text, tag)

    assert time.perf_counter() - began < 3


@given(st.text(alphabet="<>/!-a'\" =script", max_size=200))
def test_tags_never_overlap(text: str) -> None:
    at = 0
    for tag in tags(text, RAW):
        assert at <= tag.start < tag.end <= tag.inside <= len(text)
        at = tag.inside
