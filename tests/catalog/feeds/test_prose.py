from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.catalog.feeds.prose import one_line, plain_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain\n  text ", "plain\ntext"),
        ("3 < 4 & 5 > 2", "3 < 4 & 5 > 2"),
        ("<p>One</p><p>two<br>three</p>", "One\ntwo\nthree"),
        ("<ul><li>a</li><li>b <b>bold</b>.</li></ul>", "a\nb bold."),
        ("<p>one\nline</p>", "one line"),
        ('<p class="a > b">x</p>', "x"),
        ("a<!-- secret --> b", "a b"),
        ("<script>alert(1)</script>x<style>p{}</style>", "x"),
        ("Caf&eacute;&nbsp;&#33; &copy=1", "Café ! &copy=1"),
        ("&lt;p&gt;Big &amp;amp; bright&lt;/p&gt;", "Big & bright"),
        ("<p>unfinished", "unfinished"),
    ],
)
def test_html_becomes_what_a_reader_sees(html: str, text: str) -> None:
    assert plain_text(html) == text


def test_a_line_has_no_line_breaks_and_addresses_keep_their_ampersands() -> None:
    assert one_line(" Shoes\n &gt;\tRunning ") == "Shoes > Running"
    assert one_line("?a=1&region=2") == "?a=1&region=2"


@given(st.text(st.sampled_from("<>a!-/&;\"' p"), max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert "\n\n" not in plain_text(text)


@pytest.mark.parametrize("piece", ["<", "<a ", "<!--", "<!", "</", "&#", "<a href='", "<script>", '<a "', "<p>", "<a"])
def test_hostile_html_takes_no_time(piece: str) -> None:
    started = perf_counter()
    plain_text("<p>" + piece * (65_536 // len(piece)))

    assert perf_counter() - started < 5, "linear work takes a hundredth of that, quadratic a minute"
