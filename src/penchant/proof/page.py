"""A proof as one HTML page that stands alone: styles and plots inside, nothing fetched, no script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from penchant.clock import iso
from penchant.evaluation.plots import Axis, axis
from penchant.proof.questions import QUESTIONS
from penchant.proof.report import Proof, Row

_pages = Environment(
    loader=PackageLoader("penchant.proof"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def percent(value: float) -> str:
    """A lift as it is written: `+5.3 %`; of what has no end, a sign for it."""
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{100 * value:+.1f} %"


def amount(value: float) -> str:
    """A mean with three figures that count."""
    return f"{value:,.{max(0, 2 - math.floor(math.log10(abs(value))))}f}" if value else "0"


_pages.filters["percent"] = percent
_pages.filters["amount"] = amount


@dataclass(frozen=True)
class Line:
    """A row as the page draws it.

    Attributes:
        row: The row.
        about: The measure in words.
        scale: Of its plot; the same for all rows of a question.
        off: The same row with the mechanism turned off, or None.
    """

    row: Row
    about: str
    scale: Axis
    off: Row | None


@dataclass(frozen=True)
class Section:
    """A question.

    Attributes:
        domain: Domain.
        name: The question.
        right: The right arm, in a sentence.
        wrong: The other, in a sentence.
        off: Mechanisms that are off in the second plot.
        lines: Its measures.
    """

    domain: str
    name: str
    right: str
    wrong: str
    off: tuple[str, ...]
    lines: tuple[Line, ...]


def render(proof: Proof, made: float) -> str:
    """The page.

    Args:
        proof: What was found.
        made: When, Unix seconds.
    """
    sections = [section for question in QUESTIONS if (section := _section(proof, question.name)) is not None]
    wins = sum(section.lines[0].row.wins for section in sections)
    return _pages.get_template("proof.html").render(proof=proof, sections=sections, wins=wins, made=iso(made))


def _section(proof: Proof, name: str) -> Section | None:
    rows = [row for row in proof.rows if row.question == name]
    if not rows:
        return None
    question = next(q for q in QUESTIONS if q.name == name)
    about = {measure.name: measure.about for measure in question.measures}
    offs = {row.measure: row for row in proof.without if row.question == name}
    scale = _scale([*rows, *offs.values()])
    lines = tuple(Line(row, about.get(row.measure, ""), scale, offs.get(row.measure)) for row in rows)
    off = next(iter(offs.values())).without if offs else ()
    return Section(rows[0].domain, name, question.right.about, question.wrong.about, off, lines)


def _scale(rows: Sequence[Row]) -> Axis:
    ends = [end for row in rows for end in (row.low, row.high, row.lift) if math.isfinite(end)]
    # One wide interval must not press all others into a point.
    near = [min(max(end, -1.0), 1.0) for end in ends]
    return axis([*near, 0.0])
