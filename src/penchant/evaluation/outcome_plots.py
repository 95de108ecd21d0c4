"""Plots of heads and objectives: are chances what they say, and what does value cost?"""

from __future__ import annotations

from collections.abc import Sequence

from penchant.evaluation.plots import WIDTH, Axis, Canvas, Line, Mark, axis
from penchant.ranking import HeadFigures, TradeOff

_LEFT, _TOP = 60.0, 14.0


def reliability(figures: HeadFigures) -> Canvas | None:
    """What a head predicted against what followed; on the dashed line the two are the same.

    Args:
        figures: On held-out rows; None without two points.
    """
    points = [(one.predicted, one.observed) for one in figures.bins]
    if len(points) < 2:
        return None
    # One scale for both, so that the diagonal is where it should be.
    scale = axis([value for point in points for value in point], zero=True)
    height, right, bottom = 330.0, WIDTH - 14.0, 284.0
    place = _Placed(scale, scale, right, bottom)
    marks = tuple(
        Mark(f"predicted {one.predicted:.3g}, observed {one.observed:.3g}, {one.rows:,} rows", "winner", *place(*point))
        for one, point in zip(figures.bins, points, strict=True)
    )
    lines = (
        Line("what was predicted came", "baseline", (place(scale.low, scale.low), place(scale.high, scale.high)), None),
        Line(figures.head, "winner", tuple(place(*point) for point in points), None),
    )
    return _canvas(height, right, bottom, scale, scale, place, marks, lines)


def trade(curve: Sequence[TradeOff], chosen: float | None) -> Canvas | None:
    """Value against goals over relevance floors, each against ordering by the goal alone, which is 1.

    Args:
        curve: By floor.
        chosen: The floor that serves.
    """
    points = [(1.0 + point.goals_change, 1.0 + point.value_change) for point in curve]
    if len(set(points)) < 2:
        return None
    across, upward = axis(x for x, _ in points), axis(y for _, y in points)
    height, right, bottom = 330.0, WIDTH - 14.0, 284.0
    place = _Placed(across, upward, right, bottom)
    marks, free = [], -1e9
    for one, point in zip(curve, points, strict=True):
        x, y = place(*point)
        mine = chosen is not None and abs(one.floor - chosen) < 1e-9
        room = mine or abs(x - free) > 44.0
        marks.append(
            Mark(f"{one.floor:g}", "winner" if mine else "other", x, y, label=(x, y - 9.0, "middle") if room else None)
        )
        free = x if room else free
    line = Line("floors", "other", tuple(place(*point) for point in points), None)
    return _canvas(height, right, bottom, across, upward, place, tuple(marks), (line,))


class _Placed:
    """Where a pair of values stands on the canvas."""

    def __init__(self, across: Axis, upward: Axis, right: float, bottom: float) -> None:
        self._across, self._upward, self._right, self._bottom = across, upward, right, bottom

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        return (
            round(_LEFT + (self._right - _LEFT) * self._across.share(x), 2),
            round(self._bottom - (self._bottom - _TOP) * self._upward.share(y), 2),
        )


def _canvas(
    height: float,
    right: float,
    bottom: float,
    across: Axis,
    upward: Axis,
    place: _Placed,
    marks: tuple[Mark, ...],
    lines: tuple[Line, ...],
) -> Canvas:
    return Canvas(
        height,
        _LEFT,
        right,
        _TOP,
        bottom,
        tuple((place(tick, upward.low)[0], across.text(tick)) for tick in across.ticks),
        tuple((place(across.low, tick)[1], upward.text(tick)) for tick in upward.ticks),
        marks=marks,
        lines=lines,
    )
