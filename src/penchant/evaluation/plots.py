"""Where marks stand in a plot: plain geometry that a template draws as SVG.

Plots inside a table row have places in percent, so that they are as wide as their cell. The others have a canvas of
`WIDTH` by their own height, in the units of an SVG view box.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

WIDTH = 720.0
"""Width of a canvas."""

Part = Literal["winner", "baseline", "other"]
"""How a model is drawn: by what it is, beside its name."""

_LETTER, _LINE = 6.8, 14.0
"""Width of a letter and height of a line of the labels."""


@dataclass(frozen=True)
class Axis:
    """A linear scale.

    Attributes:
        low: Value at its beginning.
        high: Value at its end.
        ticks: Round values between them.
    """

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """Where a value stands, 0 to 1; what lies outside is drawn at the edge."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def percent(self, value: float) -> float:
        """Where a value stands, in percent."""
        return round(100.0 * self.share(value), 2)

    def text(self, tick: float) -> str:
        """A tick as it is written."""
        step = self.ticks[1] - self.ticks[0] if len(self.ticks) > 1 else self.high - self.low
        return f"{tick:,.{max(0, -math.floor(math.log10(step) + 1e-9))}f}"


def axis(values: Iterable[float], *, zero: bool = False, most: int = 6) -> Axis:
    """A scale that holds all values and ends at round ones.

    Args:
        values: What will be drawn.
        zero: Whether it begins at 0 at the latest.
        most: Ticks at most.
    """
    known = [value for value in values if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low < 1e-9 * max(abs(high), abs(low), 1.0):
        room = max(0.5 * abs(high), 0.5)
        low, high = low - room, high + room
    raw = (high - low) / max(most - 1, 1)
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(unit * m for m in (1, 2, 5, 10, 20) if unit * m >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(round(n * step, 12) for n in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks)


@dataclass(frozen=True)
class Mark:
    """One value of one model.

    Attributes:
        name: The model.
        part: How it is drawn.
        x: The value, or where it stands across.
        y: Where it stands from above; 0 in a row.
        low: Where its interval begins, across.
        high: Where its interval ends, across.
        label: Where its name is written and how: x, y and `start`, `middle` or `end`; None where there is no room.
    """

    name: str
    part: Part
    x: float
    y: float = 0.0
    low: float = 0.0
    high: float = 0.0
    label: tuple[float, float, str] | None = None


@dataclass(frozen=True)
class Line:
    """One model's course.

    Attributes:
        name: The model.
        part: How it is drawn.
        points: Places on the canvas; None where it has no value.
        label: Where its name is written, from above; None when it is not.
    """

    name: str
    part: Part
    points: tuple[tuple[float, float] | None, ...]
    label: float | None = None

    @property
    def runs(self) -> tuple[str, ...]:
        """Its unbroken parts of two places or more, as SVG's `points`."""
        found: list[list[tuple[float, float]]] = [[]]
        for point in self.points:
            if point is None:
                found.append([])
            else:
                found[-1].append(point)
        return tuple(" ".join(f"{x:g},{y:g}" for x, y in run) for run in found if len(run) > 1)


@dataclass(frozen=True)
class Canvas:
    """A plot with two axes.

    Attributes:
        height: Of the view box.
        left: Where the plot's area begins.
        right: Where it ends.
        top: Where it begins from above.
        bottom: Where it ends.
        across: Ticks along the bottom: place and text.
        up: Ticks along the left side: place and text.
        marks: Single values.
        lines: Courses.
    """

    height: float
    left: float
    right: float
    top: float
    bottom: float
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]
    marks: tuple[Mark, ...] = ()
    lines: tuple[Line, ...] = ()


def courses(
    names: Sequence[str],
    parts: Sequence[Part],
    values: Sequence[Sequence[float | None]],
    heads: Sequence[str],
    named: int = 8,
) -> Canvas:
    """Lines over equally spaced moments.

    Args:
        names: Models, the most interesting first.
        parts: How each is drawn.
        values: One a moment for each model; None where it has none.
        heads: Words under each moment.
        named: How many of the first models have their name beside the line.
    """
    height, left, right, top, bottom = 330.0, 48.0, WIDTH - 170.0, 14.0, 296.0
    scale = axis(value for row in values for value in row if value is not None)
    room = (right - left - 40.0) / max(len(heads) - 1, 1)
    places = [left + 20.0 + room * n for n in range(len(heads))]

    def up(value: float) -> float:
        return round(bottom - (bottom - top) * scale.share(value), 2)

    drawn = [
        tuple(None if v is None else (round(x, 2), up(v)) for x, v in zip(places, row, strict=True)) for row in values
    ]
    last = [next((point[1] for point in reversed(points) if point), None) for points in drawn]
    wished = {n: y for n, y in enumerate(last[:named]) if y is not None}
    beside = _apart(wished, top, bottom)
    lines = tuple(
        Line(name, part, points, beside.get(n))
        for n, (name, part, points) in enumerate(zip(names, parts, drawn, strict=True))
    )
    return Canvas(
        height,
        left,
        right,
        top,
        bottom,
        tuple((round(x, 2), head) for x, head in zip(places, heads, strict=True)),
        tuple((up(tick), scale.text(tick)) for tick in scale.ticks),
        lines=lines,
    )


def scattered(names: Sequence[str], parts: Sequence[Part], xs: Sequence[float], ys: Sequence[float]) -> Canvas:
    """Points with names, as many as there is room for; earlier names are written first.

    Args:
        names: Models, the most interesting first.
        parts: How each is drawn.
        xs: Values across.
        ys: Values upward.
    """
    height, left, right, top, bottom = 380.0, 48.0, WIDTH - 14.0, 14.0, 330.0
    across, upward = axis(xs, zero=True), axis(ys, zero=True)
    places = [
        (round(left + (right - left) * across.share(x), 2), round(bottom - (bottom - top) * upward.share(y), 2))
        for x, y in zip(xs, ys, strict=True)
    ]
    taken = [(x - 5.0, y - 5.0, x + 5.0, y + 5.0) for x, y in places]
    marks = []
    for name, part, (x, y) in zip(names, parts, places, strict=True):
        label = None
        for at_x, at_y, anchor, box in _around(x, y, _LETTER * len(name)):
            inside = box[0] >= left and box[2] <= WIDTH and box[1] >= 0 and box[3] <= bottom + _LINE / 2
            if inside and not any(_meet(box, other) for other in taken):
                label = (round(at_x, 2), round(at_y, 2), anchor)
                taken.append(box)
                break
        marks.append(Mark(name, part, x, y, label=label))
    return Canvas(
        height,
        left,
        right,
        top,
        bottom,
        tuple((round(left + (right - left) * across.share(t), 2), across.text(t)) for t in across.ticks),
        tuple((round(bottom - (bottom - top) * upward.share(t), 2), upward.text(t)) for t in upward.ticks),
        marks=tuple(marks),
    )


def climb(seconds: Sequence[float], values: Sequence[float | None], names: Sequence[str]) -> Canvas:
    """What was tried over time, and the best so far as a line of steps.

    Args:
        seconds: When each try was done.
        values: What it reached; None when it failed.
        names: What was tried; a try that became the best has its name beside it, as far as there is room.
    """
    height, left, right, top, bottom = 300.0, 48.0, WIDTH - 14.0, 20.0, 256.0
    known = [value for value in values if value is not None]
    scale = axis([value for value in known if value >= 0.5 * max(known)] if known else [])
    across = axis([0.0, *seconds], zero=True)
    marks: list[Mark] = []
    steps: list[tuple[float, float]] = []
    best = -math.inf
    free = left
    for second, value, name in zip(seconds, values, names, strict=True):
        if value is None:
            continue
        x = round(left + (right - left) * across.share(second), 2)
        y = round(bottom - (bottom - top) * scale.share(value), 2)
        label = None
        if value > best:
            if steps:
                steps.append((x, steps[-1][1]))
            steps.append((x, y))
            best = value
            if x >= free and x + _LETTER * len(name) <= WIDTH:
                label, free = (x, y - 8.0, "start"), x + _LETTER * (len(name) + 1)
        marks.append(Mark(name, "winner" if value == best else "other", x, y, label=label))
    if steps:
        end = round(left + (right - left) * across.share(max(seconds)), 2)
        steps.append((end, steps[-1][1]))
    return Canvas(
        height,
        left,
        right,
        top,
        bottom,
        tuple((round(left + (right - left) * across.share(t), 2), across.text(t)) for t in across.ticks),
        tuple((round(bottom - (bottom - top) * scale.share(t), 2), scale.text(t)) for t in scale.ticks),
        marks=tuple(marks),
        lines=(Line("best so far", "winner", tuple(steps)),),
    )


_Box = tuple[float, float, float, float]


def _around(x: float, y: float, width: float) -> Iterable[tuple[float, float, str, _Box]]:
    """Where a label may stand at a point: place, anchor, and the room it takes."""
    half = _LINE / 2
    yield x + 9, y + 4, "start", (x + 7, y - half, x + 9 + width, y + half)
    yield x - 9, y + 4, "end", (x - 9 - width, y - half, x - 7, y + half)
    for up, text in ((-18.0, -9.0), (6.0, 18.0)):
        yield x, y + text, "middle", (x - width / 2, y + up, x + width / 2, y + up + _LINE - 2)


def _meet(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _apart(wished: dict[int, float], top: float, bottom: float) -> dict[int, float]:
    """Places as near to those wished for as lines of text allow."""
    order = sorted(wished, key=lambda key: wished[key])
    placed: list[float] = []
    for key in order:
        placed.append(max(wished[key], placed[-1] + _LINE) if placed else max(wished[key], top))
    over = bottom
    for n in reversed(range(len(placed))):
        placed[n] = min(placed[n], over)
        over = placed[n] - _LINE
    return {key: round(y + 4.0, 2) for key, y in zip(order, placed, strict=True)}
