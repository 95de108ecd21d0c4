from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.catalog.feeds.moments import read_interval, read_moment, time_zone


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-27T11:07+0100", "2026-11-27T10:07:00+00:00"),
        ("2026-11-27T11:07:30+01:00", "2026-11-27T10:07:30+00:00"),
        ("2026-11-27 11:07:30 -0800", "2026-11-27T19:07:30+00:00"),
        ("2026-11-27T11:07:30Z", "2026-11-27T11:07:30+00:00"),
        ("2026-11-27t11:07:30.250z", "2026-11-27T11:07:30.250000+00:00"),
        ("20261127T1107+0100", "2026-11-27T10:07:00+00:00"),
        ("2026-11-27T11:07", "2026-11-27T10:07:00+00:00"),
        ("2026-07-01T11:07", "2026-07-01T09:07:00+00:00"),
        ("2026-11-27", "2026-11-26T23:00:00+00:00"),
        ("27.11.2026", "2026-11-26T23:00:00+00:00"),
        ("7.1.2026 8:30", "2026-01-07T07:30:00+00:00"),
        ("1793527200", "2026-11-01T10:00:00+00:00"),
        ("1793527200500", "2026-11-01T10:00:00.500000+00:00"),
    ],
)
def test_times_become_utc_and_those_without_an_offset_are_local(text: str, moment: str) -> None:
    assert read_moment(text, time_zone("Europe/Berlin")) == moment


def test_a_date_alone_can_mean_the_end_of_its_day() -> None:
    berlin = time_zone("Europe/Berlin")

    assert read_moment("2026-03-28", berlin, end=True) == "2026-03-28T23:00:00+00:00"
    assert read_moment("2026-03-29", berlin, end=True) == "2026-03-29T22:00:00+00:00", "the clocks went forward"
    assert read_moment("2026-03-29T10:00", berlin, end=True) == "2026-03-29T08:00:00+00:00"


def test_an_interval_has_two_ends_in_order() -> None:
    assert read_interval("2026-11-27 / 2026-11-30", UTC) == ("2026-11-27T00:00:00+00:00", "2026-12-01T00:00:00+00:00")
    for text in ("2026-11-27", "2026-11-30/2026-11-27", "2026-11-27/", "/", "a/b"):
        with pytest.raises(ValueError, match=r"date or time|two times|ends before"):
            read_interval(text, UTC)


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-13-01", "12/31/2026", "31.2.2026", "0001-01-01", "9" * 15, "99"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a date or time"):
        read_moment(text, time_zone("Asia/Tokyo"))


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_none(text: str) -> None:
    try:
        assert read_moment(text, UTC).endswith("+00:00")
    except ValueError as error:
        assert "date or time" in str(error)


@pytest.mark.parametrize("name", ["Mars/Base", "../../etc/passwd", "", "\0"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        time_zone(name)
