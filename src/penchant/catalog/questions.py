"""Questions for people of whom nothing is known, made from the catalog so that the answers part it well.

A question is about one attribute, an answer is one of its values (of paths: a part of the tree; of numbers: a range).
The set is chosen greedily by the entropy of the partition that all answers together make of the catalog, each item
weighing as much as it is liked. Rashid et al. (2002), "Getting to know you: learning new user preferences in
recommender systems", weigh entropy and popularity too, to choose single items to ask about. What an attribute adds
counts less where it matters less to what makes items alike.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.catalog.attribute import Attribute
from penchant.catalog.path import normal
from penchant.catalog.table import ItemTable

MOST_QUESTIONS = 5
MOST_ANSWERS = 8
FEWEST = 3
"""Items that an answer must have; of a large catalog `LEAST` of it."""
LEAST = 0.005
"""Share of the catalog's weight that an answer must have."""
GAIN = 0.2
"""Bits that a further question must add."""

_RANGES = 4
_DEEPEST = 4

Cells = NDArray[np.int64]
Weights = NDArray[np.float64]


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One answer.

    Attributes:
        value: What is chosen: a text, a number, or a range of two ends, of which None is open.
        label: The same for people.
        items: Items that have it.
    """

    value: str | float | tuple[float | None, float | None]
    label: str
    items: int


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question; any number of its answers may be chosen.

    Attributes:
        field: Field of the items it is about.
        label: The field in words.
        kind: `values` of a field, or `ranges` of a number.
        options: Answers, those with most weight first; ranges in their order.
        bits: What it adds to what the questions before it tell of an item.
    """

    field: str
    label: str
    kind: Literal["values", "ranges"]
    options: tuple[Option, ...]
    bits: float


@dataclass(frozen=True)
class _Asked:
    """A question that could be asked, the cell that each item falls in, and how much a bit of it counts."""

    field: str
    kind: Literal["values", "ranges"]
    options: tuple[Option, ...]
    cells: Cells
    counts: float = 1.0


def questions(
    table: ItemTable,
    attributes: Sequence[Attribute],
    liked: Weights | None = None,
    *,
    most: int = MOST_QUESTIONS,
    answers: int = MOST_ANSWERS,
) -> tuple[Question, ...]:
    """The questions that part a catalog best, the most telling first. The same catalog gives the same questions.

    Args:
        table: The catalog; items that are switched off count for nothing.
        attributes: What may be asked about; words are not.
        liked: How often each item is chosen, shape (n_items,), 0 or more; each weighs one more than that. All alike
            when None.
        most: Questions at most.
        answers: Answers of a question at most.
    """
    rows = np.flatnonzero(table.active)
    weights = np.ones(len(rows)) if liked is None else 1.0 + np.nan_to_num(liked[rows])
    open_ = [
        replace(made, counts=min(one.weight, 1.0))
        for one in attributes
        if (made := _asked(table, one, rows, weights, answers)) is not None
    ]
    parted = np.zeros(len(rows), np.int64)
    known, found = 0.0, list[Question]()
    while open_ and len(found) < most:
        told = [entropy(_joined(parted, one.cells), weights) - known for one in open_]
        best = int(np.argmax([round(bits * one.counts, 9) for bits, one in zip(told, open_, strict=True)]))
        if told[best] * open_[best].counts < GAIN:
            break
        one = open_.pop(best)
        parted = _joined(parted, one.cells)
        known += told[best]
        question = Question(
            field=one.field, label=words(one.field), kind=one.kind, options=one.options, bits=round(told[best], 3)
        )
        found.append(question)
    return tuple(found)


def entropy(cells: Cells, weights: Weights) -> float:
    """Bits that the cell of an item tells, on average by weight: `-sum p log2 p` over cells."""
    total = float(weights.sum())
    if total <= 0:
        return 0.0
    shares = np.bincount(cells, weights) / total
    shares = shares[shares > 0]
    return float(-(shares * np.log2(shares)).sum())


def words(field: str) -> str:
    """A field's name for people: `length_s` is `Length (seconds)`."""
    name = field.rpartition(".")[2]
    base, unit = (name.removesuffix("_s"), " (seconds)") if name.endswith("_s") else (name, "")
    return base.replace("_", " ").capitalize() + unit


def _asked(table: ItemTable, one: Attribute, rows: NDArray[np.int64], weights: Weights, answers: int) -> _Asked | None:
    """What could be asked of an attribute; None where fewer than two answers have enough items."""
    if one.kind == "text" or not one.asked or not len(rows):
        return None
    if one.kind == "number":
        return _of_numbers(one.field, table.number(one.field)[rows], weights, answers)
    column = table.tags(one.field)
    # Each entry of a chosen row: whose it is, and which name it has.
    place = np.full(len(table), -1, np.int64)
    place[rows] = np.arange(len(rows))
    owner = place[column.row_of]
    names = [str(name) for name in column.names]
    own, codes = owner[owner >= 0], column.codes[owner >= 0].astype(np.int64)
    if one.field in table.schema.kind.paths:
        codes, names = _of_paths(codes, names, own, weights, answers)
    return _of_names(one.field, own, codes, names, weights, answers)


def _of_names(
    field: str, own: Cells, codes: Cells, names: Sequence[str], weights: Weights, answers: int
) -> _Asked | None:
    pairs = np.unique(own * max(len(names), 1) + codes)
    own, codes = pairs // max(len(names), 1), pairs % max(len(names), 1)
    mass = np.bincount(codes, weights[own], minlength=len(names))
    count = np.bincount(codes, minlength=len(names))
    enough = (count >= min(FEWEST, math.ceil(len(weights) / 2))) & (mass >= LEAST * weights.sum())
    able = [code for code in np.flatnonzero(enough).tolist() if names[code]]
    able.sort(key=lambda code: (-mass[code], names[code]))
    able = able[:answers]
    if len(able) < 2:
        return None
    bit = np.zeros(len(names), np.int64)
    bit[able] = 1 << np.arange(len(able))
    cells = np.bincount(own, bit[codes], minlength=len(weights)).astype(np.int64)
    options = tuple(Option(value=names[code], label=_label(names[code]), items=int(count[code])) for code in able)
    return _Asked(field, "values", options, np.unique(cells, return_inverse=True)[1])


def _of_paths(
    codes: Cells, names: Sequence[str], own: Cells, weights: Weights, answers: int
) -> tuple[Cells, list[str]]:
    """Paths cut to the depth at which, of a handful of answers, they tell most."""
    parts = [normal(name).split(" > ") for name in names]
    best: tuple[float, Cells, list[str]] | None = None
    for depth in range(1, min(max(map(len, parts), default=1), _DEEPEST) + 1):
        cut = [" > ".join(path[:depth]) for path in parts]
        tops = sorted(set(cut))
        at = {name: i for i, name in enumerate(tops)}
        new = np.array([at[name] for name in cut], np.int64)[codes] if len(codes) else codes
        made = _of_names("", own, new, tops, weights, answers)
        told = entropy(made.cells, weights) if made is not None else -1.0
        if best is None or told > best[0] + 1e-9:
            best = (told, new, tops)
    assert best is not None
    return best[1], best[2]


def _of_numbers(field: str, values: Weights, weights: Weights, answers: int) -> _Asked | None:
    """Few values are answers as they are; many are parted into ranges of much the same weight."""
    told = ~np.isnan(values)
    if not told.any():
        return None
    counted = Counter(values[told].tolist())
    if len(counted) <= answers:
        able = sorted(value for value, number in counted.items() if number >= min(FEWEST, len(values)))
        if len(able) < 2:
            return None
        cells = np.where(told, np.searchsorted(able, np.nan_to_num(values)) + 1, 0)
        cells[~np.isin(values, able)] = 0
        options = tuple(Option(value=value, label=f"{value:g}", items=counted[value]) for value in able)
        return _Asked(field, "values", options, cells.astype(np.int64))
    order = np.argsort(values[told], kind="stable")
    reached = np.cumsum(weights[told][order]) / weights[told].sum()
    at = np.searchsorted(reached, np.arange(1, _RANGES) / _RANGES)
    edges = sorted({_round(float(values[told][order][i])) for i in at})
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    edges = [edge for edge in edges if low < edge < high]
    if not edges:
        return None
    cells = np.where(told, np.searchsorted(edges, np.nan_to_num(values), "right") + 1, 0).astype(np.int64)
    ends: list[float | None] = [None, *edges, None]
    options = tuple(
        Option(value=(begin, end), label=_between(begin, end), items=int((cells == i + 1).sum()))
        for i, (begin, end) in enumerate(pairwise(ends))
    )
    return _Asked(field, "ranges", options, cells)


def _round(value: float) -> float:
    """To a number that people would name: one digit, or a half between two."""
    if value == 0:
        return 0.0
    size = 10.0 ** math.floor(math.log10(abs(value)))
    return round(round(value / size * 2) / 2 * size, 12)


def _between(low: float | None, high: float | None) -> str:
    if low is None:
        return f"up to {high:g}"
    return f"from {low:g}" if high is None else f"{low:g} to {high:g}"


def _label(name: str) -> str:
    """The end of a path, or the name."""
    return name.rpartition(" > ")[2]


def _joined(a: Cells, b: Cells) -> Cells:
    """The cells of both partitions together."""
    found: Cells = np.unique(a * (int(b.max(initial=0)) + 1) + b, return_inverse=True)[1].astype(np.int64)
    return found
