from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.errors import EventRejected
from penchant.events.sender_clock import SKEW, When, when

NOW = 1_795_291_200_000
"""2026-11-21T20:00:00Z."""
DAY = 86_400_000
OLD = 30 * DAY
YEAR_2100 = 4_102_444_800_000


def iso(at: int) -> str:
    seconds, milliseconds = divmod(at, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{milliseconds:03}Z"


def at(**message: Any) -> When:
    return when(message, NOW, OLD)


def test_a_message_without_times_happened_when_it_came() -> None:
    assert at() == at(timestamp=None, sentAt="") == When(NOW)


def test_the_clock_of_the_sender_is_corrected_by_the_time_of_sending() -> None:
    # The sender's clock runs a day ahead: it sent two minutes after the click.
    found = at(originalTimestamp="2026-11-22T19:58:00Z", sentAt="2026-11-22T20:00:00Z")

    assert found == When(NOW - 120_000, NOW + DAY - 120_000, "skewed")


def test_a_correction_of_seconds_is_the_network_and_no_skew() -> None:
    assert at(timestamp=iso(NOW - 60_000), sentAt=iso(NOW - 2_000)) == When(NOW - 58_000, NOW - 60_000)
    assert at(timestamp=iso(NOW - SKEW), sentAt=iso(NOW - SKEW)).mark is None
    assert at(timestamp=iso(NOW - SKEW - 1), sentAt=iso(NOW - SKEW - 1)).mark == "skewed"


def test_the_original_time_goes_before_the_other() -> None:
    assert at(originalTimestamp=iso(NOW - 2), timestamp=iso(NOW - 1)).time == NOW - 2


def test_a_time_that_needs_no_correction_is_not_told_twice() -> None:
    assert at(timestamp=iso(NOW - 5)) == When(NOW - 5)


@pytest.mark.parametrize("ahead", [1, DAY, 1_000 * DAY])
def test_a_time_ahead_becomes_now_and_is_marked_whatever_the_distance(ahead: int) -> None:
    assert at(timestamp=iso(NOW + ahead)) == When(NOW, NOW + ahead, "future")


def test_what_was_told_to_happen_after_it_was_sent_is_marked_too() -> None:
    assert at(timestamp=iso(NOW), sentAt=iso(NOW - 1)) == When(NOW, None, "future")
    assert at(timestamp=iso(NOW + 9), sentAt=iso(NOW)) == When(NOW, NOW + 9, "future")


def test_what_is_very_old_is_marked_and_kept() -> None:
    assert at(timestamp="2020-01-01") == When(1_577_836_800_000, None, "old")
    assert at(timestamp=iso(NOW - OLD)).mark is None
    assert at(timestamp=iso(NOW - OLD - 1)).mark == "old"


@pytest.mark.parametrize(
    "told",
    ["yesterday", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "10000-01-01", [], {}, True, -1, 1e300, float("nan")],
)
@pytest.mark.parametrize("field", ["timestamp", "sentAt"])
def test_a_time_that_cannot_be_is_refused(field: str, told: object) -> None:
    with pytest.raises(EventRejected) as caught:
        at(**{"timestamp": "2026-11-21", field: told})

    assert (caught.value.reason, caught.value.field) == ("bad_time", field)


def test_a_correction_to_before_1970_is_refused() -> None:
    with pytest.raises(EventRejected):
        at(timestamp="1970-01-01", sentAt="2099-01-01")


def test_numbers_are_seconds_or_milliseconds() -> None:
    assert at(timestamp=NOW // 1000 - 5).time == at(timestamp=NOW - 5_000).time == NOW - 5_000


def test_a_time_without_zone_is_utc_and_others_are_converted() -> None:
    assert at(timestamp="2026-11-21T19:00:00").time == at(timestamp="2026-11-21T20:30:00+01:30").time == NOW - 3_600_000


moments = st.integers(0, YEAR_2100)


@given(moments, st.none() | moments, moments)
def test_no_event_lies_ahead_of_its_receipt_and_whatever_changed_is_told(
    told: int, sent: int | None, received: int
) -> None:
    message = {"timestamp": iso(told), "sentAt": None if sent is None else iso(sent)}
    try:
        found = when(message, received, OLD)
    except EventRejected:
        assert sent is not None
        assert received - (sent - told) < 0
        return

    assert 0 <= found.time <= received
    assert (told if found.told is None else found.told) == told
    assert (found.told is None) == (found.time == told)
    assert found.mark != "old" or received - found.time > OLD
    assert found.mark != "skewed" or (sent is not None and abs(received - sent) > SKEW)


@given(moments, st.integers(0, DAY), st.integers(-1_000 * DAY, 1_000 * DAY), st.integers(0, DAY))
def test_a_clock_that_is_wrong_by_any_amount_changes_no_time(
    happened: int, waited: int, wrong: int, travelled: int
) -> None:
    received = happened + waited + travelled
    told, sent = happened + wrong, happened + waited + wrong
    if told < 0:
        return

    found = when({"timestamp": iso(told), "sentAt": iso(sent)}, received, OLD)

    # What the clock cannot tell is how long the message travelled.
    assert found.time == happened + travelled
