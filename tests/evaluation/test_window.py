from __future__ import annotations

import pytest

from penchant.clock import DAY, parse_time
from penchant.config.settings import Evaluation
from penchant.errors import InvalidRequest
from penchant.evaluation import Window, resolve

JANUARY, MAY = parse_time("2024-01-01"), parse_time("2024-05-10")
"""130 days apart."""


def test_moments_are_taken_as_they_stand():
    settings = Evaluation(valid_from="2024-03-01", test_from="2024-04-01T12:00+02:00", test_until="2024-05-01")

    assert resolve(settings, JANUARY, MAY) == Window(
        parse_time("2024-03-01"), parse_time("2024-04-01T10:00"), parse_time("2024-05-01")
    )


def test_lengths_count_back_from_the_end():
    settings = Evaluation(test_until="2024-05-01", test_days=10, valid_days=5)

    assert resolve(settings, JANUARY, MAY) == Window(
        parse_time("2024-04-16"), parse_time("2024-04-21"), parse_time("2024-05-01")
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
    found = Window(JANUARY, JANUARY + DAY, JANUARY + 2 * DAY)

    assert found.text == (
        "validation from 2024-01-01T00:00:00Z, test from 2024-01-02T00:00:00Z until 2024-01-03T00:00:00Z"
    )
