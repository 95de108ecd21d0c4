from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.catalog.feeds.dates import read_date
from penchant.catalog.feeds.lengths import read_length, reading_seconds

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Sat, 21 Nov 2026 20:00:00 +0100", "2026-11-21T19:00:00+00:00"),
        ("Sat, 21 Nov 2026 20:00:00 GMT", "2026-11-21T20:00:00+00:00"),
        ("Sat, 21 Nov 2026 20:00:00 GMT+01:00", "2026-11-21T19:00:00+00:00"),
        ("21 November 26 20:00 EST", "2026-11-22T01:00:00+00:00"),
        ("Sat, 21 Nov 2026 20:00:00 PDT", "2026-11-22T03:00:00+00:00"),
        ("Sat,  21 Nov  2026 20:00:00 +01:00 (CET)", "2026-11-21T19:00:00+00:00"),
        ("Tuesday, 21-Nov-26 10:00:00 GMT", "2026-11-21T10:00:00+00:00"),
        ("Nov 21, 2026 8:05 pm", "2026-11-21T19:05:00+00:00"),
        ("Nov 21, 2026 12:05 am Z", "2026-11-21T00:05:00+00:00"),
        ("01 Jan 99 00:00:00 Z", "1999-01-01T00:00:00+00:00"),
        ("Wed, 31 Dec 2026 23:59:60 Z", "2026-12-31T23:59:59+00:00"),
        ("Sat, 21 Nov 2026 20:00:00", "2026-11-21T19:00:00+00:00"),
        ("Sat, 21 Nov 2026", "2026-11-20T23:00:00+00:00"),
        ("2026-11-21T20:00:00Z", "2026-11-21T20:00:00+00:00"),
        ("2026-11-21 20:00:00", "2026-11-21T19:00:00+00:00"),
        ("2026-11-21", "2026-11-20T23:00:00+00:00"),
        ("2026-11", "2026-10-31T23:00:00+00:00"),
        ("2026", "2025-12-31T23:00:00+00:00"),
    ],
)
def test_dates_are_read_in_every_spelling(text: str, moment: str) -> None:
    assert read_date(text, BERLIN) == moment


@pytest.mark.parametrize(
    "text", ["", "soon", "Sat, 32 Nov 2026", "21 Foo 2026", "21 Nov 2026 20:00 XYZ", "0000", "9" * 99]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no date"):
        read_date(text, UTC)


@given(st.integers(631_152_000, 3_786_825_600), st.integers(-14 * 60, 14 * 60))
def test_a_date_of_the_rfc_is_the_moment_it_says(seconds: int, offset: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    sign = "-" if offset < 0 else "+"
    text = f"{moment:%a, %d %b %Y %H:%M:%S} {sign}{abs(offset) // 60:02}{abs(offset) % 60:02}"

    read = datetime.fromisoformat(read_date(text, BERLIN))

    assert read.timestamp() == seconds - offset * 60


@given(st.text(max_size=90))
def test_any_text_is_a_date_or_refused(text: str) -> None:
    try:
        assert datetime.fromisoformat(read_date(text, BERLIN)).tzinfo is UTC
    except ValueError as error:
        assert "is no date" in str(error)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT1H2M3S", 3723.0),
        ("pt90s", 90.0),
        ("P1DT1H", 90_000.0),
        ("PT1,5M", 90.0),
        ("1:02:03", 3723.0),
        ("62:03", 3723.0),
        ("3723", 3723.0),
        (" 12.5 ", 12.5),
    ],
)
def test_lengths_are_read_in_every_spelling(text: str, seconds: float) -> None:
    assert read_length(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "PT0S", "P", "-5", "long", "1:2:3:4", "999999999", "P9999Y", "1" * 80])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no length of time"):
        read_length(text)


def test_reading_takes_a_minute_for_230_words() -> None:
    assert reading_seconds(460) == 120.0
    assert reading_seconds(0) is None
