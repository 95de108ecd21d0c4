from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.evaluation.plots import WIDTH, axis, climb, courses, scattered

FINITE = st.floats(-1e6, 1e6)


def test_a_scale_ends_at_round_values_around_all_that_is_drawn() -> None:
    scale = axis([0.12, 0.37])

    assert scale.ticks == (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)
    assert [scale.percent(value) for value in (0.1, 0.25, 0.4)] == [0.0, 50.0, 100.0]
    assert scale.text(0.15) == "0.15"


def test_a_scale_that_begins_at_zero_does_so_whatever_is_drawn() -> None:
    assert axis([0.31, 0.37], zero=True).low == 0.0
    assert axis([-3.0, -1.0], zero=True).high == 0.0
    assert axis([0.31, 0.37]).low == 0.3


@given(st.lists(FINITE, max_size=5))
def test_every_value_has_a_place_on_its_scale(values: list[float]) -> None:
    scale = axis(values)

    assert scale.low < scale.high
    near = 1e-6 * (scale.high - scale.low)
    assert all(scale.low - near <= value <= scale.high + near for value in values)
    assert all(0.0 <= scale.share(value) <= 1.0 for value in values)
    assert 2 <= len(scale.ticks) <= 12
    assert all(scale.text(tick) for tick in scale.ticks)


def test_what_is_no_number_does_not_stretch_a_scale() -> None:
    assert axis([math.nan, math.inf, 1.0, 2.0]) == axis([1.0, 2.0])


def test_a_course_breaks_where_there_is_no_value() -> None:
    plot = courses(["a", "b"], ["winner", "other"], [[0.1, 0.2, 0.3], [0.3, None, 0.1]], ["x", "y", "z"])

    whole, broken = plot.lines
    assert len(whole.runs) == 1
    assert broken.runs == ()
    assert [point is None for point in broken.points] == [False, True, False]
    assert [text for _, text in plot.across] == ["x", "y", "z"]


def test_names_beside_lines_do_not_cover_each_other_and_only_the_first_are_written() -> None:
    names = [f"m{n}" for n in range(10)]
    plot = courses(names, ["other"] * 10, [[0.5, 0.5]] * 10, ["x", "y"], named=4)

    places = sorted(line.label for line in plot.lines if line.label is not None)
    assert len(places) == 4
    assert all(b - a >= 14.0 - 1e-9 for a, b in pairwise(places))
    assert all(0 <= place <= plot.bottom + 4 for place in places)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30))
def test_names_of_points_never_meet_nor_leave_the_canvas(points: list[tuple[float, float]]) -> None:
    names = [f"model-{n}" for n in range(len(points))]
    xs, ys = zip(*points, strict=True)
    plot = scattered(names, ["other"] * len(points), xs, ys)

    width = 6.8 * 7
    boxes = []
    for mark in plot.marks:
        assert plot.left <= mark.x <= plot.right
        assert plot.top <= mark.y <= plot.bottom
        if mark.label is not None:
            x, y, anchor = mark.label
            left = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
            assert left >= 0 and left + width <= WIDTH + 7
            boxes.append((left, y - 8, left + width, y + 2))
    for n, one in enumerate(boxes):
        for other in boxes[n + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (one, other)
    assert plot.marks[0].label is not None


def test_a_search_climbs_by_steps_and_names_what_became_the_best() -> None:
    plot = climb([1.0, 2.0, 3.0, 4.0], [0.2, None, 0.1, 0.4], ["a", "b", "c", "d"])

    (line,) = plot.lines
    heights = [point[1] for point in line.points if point]
    assert heights == sorted(heights, reverse=True)  # downward is smaller, as places count from above
    assert [mark.part for mark in plot.marks] == ["winner", "other", "winner"]
    assert [mark.name for mark in plot.marks if mark.label] == ["a", "d"]


def test_a_search_in_which_all_failed_draws_nothing() -> None:
    plot = climb([1.0], [None], ["a"])

    assert plot.marks == ()
    assert plot.lines[0].points == ()


@pytest.mark.parametrize("values", [[0.0], [5.0, 5.0], [], [-2.0]])
def test_one_value_makes_a_scale_too(values: list[float]) -> None:
    scale = axis(values)

    assert scale.low < scale.high
