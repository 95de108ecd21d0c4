"""What became of orders: lines that were told in parts, returned, cancelled or corrected.

A line that is told again later adds its pieces to what it was.

A return names an item, and mostly its order. It is set against that order's line of the item; when it names no order,
or one that has no such line, against the person's latest goals with the item, until its pieces are used up. A return
of a whole order comes as one of each of its lines, of all their pieces.

A correction says what the whole order is made of from its moment on: lines it lacks are taken back then, quantities
and prices of the others follow it, and lines the order did not have are new goals. It brings nothing back that was
returned.

A goal is taken back wholly when no piece of it is left. The moment of that is kept, so that what was known before is
known still.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from penchant.events import Role
from penchant.slate import Codes

ALL = math.inf
"""Pieces of a return that takes all there are."""

_Key = tuple[int, int]


@dataclass(frozen=True)
class Settled:
    """What holds after all returns and corrections; all arrays have one length.

    Attributes:
        keep: False for what only adds to another line, or corrects one.
        reversed_at: When a goal was taken back wholly, Unix seconds; inf = never.
        quantity: Pieces, as last corrected; what a return took, where it took all there were.
        price: Price of a piece, as last corrected.
    """

    keep: NDArray[np.bool_]
    reversed_at: NDArray[np.float64]
    quantity: NDArray[np.float32]
    price: NDArray[np.float32]


def settle(
    person: Codes,
    item: Codes,
    order: Codes,
    time: NDArray[np.float64],
    role: NDArray[np.int8],
    quantity: NDArray[np.float32],
    price: NDArray[np.float32],
    corrects: NDArray[np.bool_],
) -> Settled:
    """Make one row of each line of an order, and set returns and corrections against them.

    Args:
        person: Person codes; rows of one person and moment stand in the order they were stored.
        item: Item codes.
        order: Codes of the orders, of one person each; -1 where none was told.
        time: Unix seconds.
        role: `Role` values.
        quantity: Pieces; `ALL` takes back what is left, NaN in a correction leaves the number as it is.
        price: Price of a piece; NaN where not told.
        corrects: Lines of corrections; their role is GOAL.
    """
    keep = np.ones(len(item), bool)
    reversed_at = np.full(len(item), np.inf)
    quantity, price = quantity.copy(), price.copy()
    back = role == Role.REVERSAL
    goal = (role == Role.GOAL) & ~corrects
    # Only what another row can touch is gone through; all else stands as it is.
    touched = _again(goal & (order >= 0), _pair(order, item))
    if back.any():
        touched |= np.isin(_pair(person, item), _pair(person, item)[back])
    if corrects.any():
        touched |= (order >= 0) & np.isin(order, order[corrects])
    goal &= touched
    if (goal | corrects | back).any():
        rows = np.flatnonzero(goal | corrects | back)
        rank = np.where(back, 2, corrects.astype(np.int8))
        rows = rows[np.lexsort((np.where(corrects, order, -1)[rows], person[rows], rank[rows], time[rows]))]
        ledger = _Ledger(keep, reversed_at, quantity, price)
        columns = (a[rows].tolist() for a in (person, item, order, time, rank))
        for row, *told in zip(rows.tolist(), *columns, strict=True):
            ledger.take(row, *told)
        ledger.close()
    return Settled(keep, reversed_at, quantity, price)


def _pair(one: Codes, other: Codes) -> NDArray[np.int64]:
    return one.astype(np.int64) << 32 | other.astype(np.int64)


def _again(mask: NDArray[np.bool_], key: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Rows of a mask whose key another of them has too."""
    out = np.zeros(len(mask), bool)
    rows = np.flatnonzero(mask)
    rows = rows[np.argsort(key[rows], kind="stable")]
    same = key[rows][1:] == key[rows][:-1]
    out[rows[1:][same]] = out[rows[:-1][same]] = True
    return out


@dataclass
class _Ledger:
    """Goals as they stand while rows are gone through by time: goals, then corrections, then returns of each moment."""

    keep: NDArray[np.bool_]
    reversed_at: NDArray[np.float64]
    quantity: NDArray[np.float32]
    price: NDArray[np.float32]
    left: dict[int, float] = field(default_factory=dict)
    """Pieces left of each goal."""
    of_item: dict[_Key, list[int]] = field(default_factory=dict)
    """Goals by person and item, by time."""
    of_order: dict[_Key, dict[int, int]] = field(default_factory=dict)
    """The latest goal of each item, by person and order."""
    corrected: set[_Key] = field(default_factory=set)
    """Orders that a correction spoke of."""
    correction: tuple[_Key, float] | None = None
    """The one being read: its order and moment."""
    named: dict[int, int] = field(default_factory=dict)
    """Its lines, by item."""

    def take(self, row: int, person: int, item: int, order: int, time: float, rank: int) -> None:
        """Go through one row."""
        key = (person, order)
        if self.correction is not None and (rank != 1 or self.correction != (key, time)):
            self.close()
        if rank == 1:
            self.correction = (key, time)
            self.named[item] = row
        elif rank == 2:
            self._take_back(row, person, item, order, time)
        elif order >= 0 and key in self.corrected:
            self.keep[row] = False  # it came later than what corrects it
        else:
            self._add(row, person, item, order)

    def close(self) -> None:
        """The correction being read is whole."""
        if self.correction is None:
            return
        (person, order), time = self.correction
        lines = self.of_order.setdefault((person, order), {})
        for item, row in list(lines.items()):
            if item not in self.named and self.left[row] > 0:
                self._reverse(row, time)
                del lines[item]
        for item, row in self.named.items():
            self._correct(row, lines.get(item), person, item, order, time)
        self.corrected.add((person, order))
        self.correction, self.named = None, {}

    def _add(self, row: int, person: int, item: int, order: int) -> None:
        lines = self.of_order.setdefault((person, order), {}) if order >= 0 else {}
        line = lines.get(item)
        if line is not None and self.left[line] > 0:
            self.keep[row] = False
            self.left[line] += float(self.quantity[row])
            self.quantity[line] += self.quantity[row]
            return
        self.left[row] = float(self.quantity[row])
        self.of_item.setdefault((person, item), []).append(row)
        lines[item] = row

    def _reverse(self, row: int, time: float) -> None:
        self.left[row] = 0.0
        self.reversed_at[row] = time

    def _correct(self, row: int, line: int | None, person: int, item: int, order: int, time: float) -> None:
        told = float(self.quantity[row])
        if line is None:
            self.quantity[row] = 1.0 if math.isnan(told) else told
            self._add(row, person, item, order)
            return
        self.keep[row] = False
        if not math.isnan(self.price[row]):
            self.price[line] = self.price[row]
        # What was returned wholly stays so, whatever the order is said to be made of afterwards.
        if math.isnan(told) or self.left[line] <= 0:
            return
        self.left[line] += told - float(self.quantity[line])
        self.quantity[line] = told
        if self.left[line] <= 0:
            self._reverse(line, time)

    def _take_back(self, row: int, person: int, item: int, order: int, time: float) -> None:
        pieces, taken = float(self.quantity[row]), 0.0
        for goal in self._against(person, item, order):
            part = min(pieces - taken, self.left[goal])
            if part <= 0:
                continue
            taken += part
            self.left[goal] -= part
            if self.left[goal] <= 0:
                self._reverse(goal, time)
            if taken >= pieces:
                break
        if math.isinf(pieces):
            self.quantity[row] = taken or 1.0

    def _against(self, person: int, item: int, order: int) -> Iterator[int]:
        """The goals a return is set against, in turn."""
        line = self.of_order.get((person, order), {}).get(item) if order >= 0 else None
        if line is not None:
            yield line
        else:
            yield from reversed(self.of_item.get((person, item), []))
