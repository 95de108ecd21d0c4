from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.clock import DAY, parse_time
from penchant.config.settings import Evaluation
from penchant.errors import InvalidRequest
from penchant.evaluation import Windows, resolve

JANUARY, MAY = parse_time("2024-01-01"), parse_time("2024-05-10")
"""130 days apart."""


def test_moments_are_taken_as_they_stand():
    settings = Evaluation(valid_from="2024-03-01", test_from="2024-04-01T12:00+02:00", test_until="2024-05-01")

    assert resolve(settings, JANUARY, MAY).last == Windows(
        (parse_time("2024-03-01"), parse_time("2024-04-01T10:00"), parse_time("2024-05-01"))
    )


def test_lengths_count_back_from_the_end():
    settings = Evaluation(test_until="2024-05-01", test_days=10, valid_days=5)

    assert resolve(settings, JANUARY, MAY).last == Windows(
        (parse_time("2024-04-16"), parse_time("2024-04-21"), parse_time("2024-05-01"))
    )


def test_the_last_event_is_inside_the_test_window():
    found = resolve(Evaluation(test_from="2024-05-01"), JANUARY, MAY)

    assert found.test_until > MAY


def test_without_settings_the_test_is_the_last_tenth_and_validation_as_long():
    found = resolve(Evaluation(), JANUARY, MAY)

    assert found.test_from == MAY - 13 * DAY
    assert found.valid_from == MAY - 26 * DAY


def test_without_settings_the_test_is_at_most_a_fortnight():
    found = resolve(Evaluation(), MAY - 1000 * DAY, MAY)

    assert found.test_from == MAY - 14 * DAY
    assert found.valid_from == MAY - 28 * DAY


def test_validation_leaves_at_least_half_of_what_comes_before_the_test():
    found = resolve(Evaluation(test_from="2024-01-21"), JANUARY, MAY)

    assert found.valid_from == parse_time("2024-01-11")


def test_two_events_a_second_apart_can_be_split():
    found = resolve(Evaluation(), 100.0, 101.0)

    assert 100.0 < found.valid_from < found.test_from <= 101.0 < found.test_until


def test_earlier_windows_lie_before_it_each_as_long_as_the_validation():
    settings = Evaluation(test_days=10, valid_days=5, windows=4)
    found = resolve(settings, JANUARY, MAY)

    assert len(found) == 4
    assert [round((b - a) / DAY, 3) for a, b in pairwise(found.edges)] == [5, 5, 5, 5, 10]
    assert (found.valid_from, found.test_from, found.test_until) == found.edges[-3:]


def test_without_settings_there_are_three_windows():
    assert len(resolve(Evaluation(), JANUARY, MAY)) == 3


def test_earlier_windows_leave_half_of_the_time_to_train_on():
    found = resolve(Evaluation(test_days=20, windows=12), JANUARY, MAY)

    assert found.edges[0] - JANUARY >= (MAY - JANUARY) / 2 > found.edges[0] - 20 * DAY - JANUARY
    assert len(found) == 2


def test_the_last_window_is_there_even_when_less_than_half_lies_before_it():
    found = resolve(Evaluation(test_days=60, valid_days=60, windows=3), JANUARY, MAY)

    assert len(found) == 1
    assert found.valid_from < JANUARY + (MAY - JANUARY) / 2


def test_windows_can_be_taken_apart():
    found = resolve(Evaluation(windows=3), JANUARY, MAY)

    assert found.last == Windows(found.edges[-3:])
    assert found.later(1) == Windows(found.edges[1:])
    assert len(found.last) == 1


@pytest.mark.parametrize("edges", [(), (1.0, 2.0), (1.0, 3.0, 2.0), (1.0, 1.0, 2.0)])
def test_edges_that_do_not_rise_are_no_windows(edges):
    with pytest.raises(ValueError, match="rising"):
        Windows(edges)


@given(
    st.floats(0, 1e9),
    st.floats(1e3, 1e9),
    st.integers(1, 12),
    st.none() | st.floats(0.01, 5),
    st.none() | st.floats(0.01, 5),
)
def test_windows_rise_and_lie_inside_the_data(first, span, windows, test_days, valid_days):
    settings = Evaluation(windows=windows, test_days=test_days, valid_days=valid_days)
    try:
        found = resolve(settings, first, first + span)
    except InvalidRequest:
        assert (test_days or 0) + (valid_days or 0) > 0
        return

    assert 1 <= len(found) <= windows
    assert first < found.edges[0]
    assert list(found.edges) == sorted(set(found.edges))
    assert len(found) == 1 or found.edges[0] >= first + span / 2 - 1


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (Evaluation(test_from="2024-06-01"), "test_from"),
        (Evaluation(test_from="2023-12-01"), "test_from"),
        (Evaluation(test_from="2024-05-01", test_until="2024-04-01"), "test_from"),
        (Evaluation(test_from="2024-06-01", test_until="2024-07-01"), "test_from"),
        (Evaluation(test_until="2023-01-01"), "test_until"),
        (Evaluation(test_days=131), "test_days"),
        (Evaluation(test_days=100, valid_days=31), "valid_days"),
        (Evaluation(test_from="2024-04-01", valid_from="2024-04-02"), "valid_from"),
        (Evaluation(test_from="2024-04-01", valid_from="2023-04-02"), "valid_from"),
        (Evaluation(test_from="2024-04-01", test_days=3), "test_days"),
        (Evaluation(valid_from="2024-04-01", valid_days=3), "valid_days"),
        (Evaluation(test_from="yesterday"), "test_from"),
    ],
)
def test_a_window_that_cannot_be_is_refused_by_name(settings, field):
    with pytest.raises(InvalidRequest) as caught:
        resolve(settings, JANUARY, MAY)

    assert caught.value.field == f"evaluation.{field}"


def test_data_of_one_moment_cannot_be_split():
    with pytest.raises(InvalidRequest, match="two different times"):
        resolve(Evaluation(), MAY, MAY)


def test_the_text_names_the_three_moments():
    found = Windows((JANUARY, JANUARY + DAY, JANUARY + 2 * DAY))

    assert found.text == (
        "validation from 2024-01-01T00:00:00Z, test from 2024-01-02T00:00:00Z until 2024-01-03T00:00:00Z"
    )
