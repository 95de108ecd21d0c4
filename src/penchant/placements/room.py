"""Places of a slate as they are taken: what caps by field and the quotas of rules leave room for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.placements.wishes import Wish
from penchant.slate import Codes


@dataclass
class _Quota:
    """How many places some rows have, must have at least, and may have."""

    id: str
    rows: NDArray[np.bool_]
    least: int
    most: int | None
    used: int = 0

    @property
    def owed(self) -> int:
        """Places they still have to get."""
        return max(0, self.least - self.used)


class Room:
    """Counts how much room the caps of a placement and the quotas of rules leave."""

    def __init__(self, caps: Mapping[str, int], table: ItemTable, quotas: Sequence[Wish] = (), size: int = 0) -> None:
        """Start with nothing taken.

        Args:
            caps: Most items of one value, by field.
            table: The catalog.
            quotas: By priority; one that asks for more than those before it leave gets what is left.
            size: Places in all.
        """
        self._fields = tuple(caps)
        self._columns = [(table.category(field).codes, cap, dict[int, int]()) for field, cap in caps.items()]
        self._quotas: list[_Quota] = []
        for wish in quotas:
            least = min(wish.rule.rule.least or 0, size)
            size -= least
            self._quotas.append(_Quota(wish.rule.id, wish.rows, least, wish.rule.rule.most))

    def copy(self) -> Room:
        """The same room, to be taken otherwise."""
        found = object.__new__(Room)
        found._fields = self._fields
        found._columns = [(codes, cap, dict(used)) for codes, cap, used in self._columns]
        found._quotas = [replace(quota) for quota in self._quotas]
        return found

    def takes(self, item: int, left: int | None = None) -> bool:
        """Whether the item still fits; when it does, its place is taken.

        Args:
            item: Its row.
            left: Places that are free; with it, those that are owed to quotas are kept for them.
        """
        if not (self._columns or self._quotas):
            return True
        for codes, cap, used in self._columns:
            code = int(codes[item])
            if code >= 0 and used.get(code, 0) >= cap:
                return False
        if not self._quotas:
            self.gives(item)
            return True
        mine = [quota for quota in self._quotas if quota.rows[item]]
        if any(quota.most is not None and quota.used >= quota.most for quota in mine):
            return False
        if left is not None:
            owed = sum(quota.owed for quota in self._quotas)
            if left - 1 < owed - sum(quota.owed > 0 for quota in mine):
                return False
        self.gives(item)
        return True

    def full(self, item: int) -> tuple[str, str] | None:
        """What leaves no room for an item: `cap` and the field, or `quota` and the rule; None where it would fit."""
        for field, (codes, cap, used) in zip(self._fields, self._columns, strict=True):
            code = int(codes[item])
            if code >= 0 and used.get(code, 0) >= cap:
                return "cap", field
        for quota in self._quotas:
            if quota.rows[item] and quota.most is not None and quota.used >= quota.most:
                return "quota", quota.id
        return None

    def gives(self, item: int) -> None:
        """Take a place for an item, whether there is room or not."""
        for codes, _, used in self._columns:
            code = int(codes[item])
            if code >= 0:
                used[code] = used.get(code, 0) + 1
        for quota in self._quotas:
            quota.used += bool(quota.rows[item])


@dataclass
class Seats:
    """The places of one slate.

    Attributes:
        codes: Item code of each candidate.
        size: Places in all.
        room: What caps and quotas leave.
        taken: Candidates that have one.
    """

    codes: Sequence[int]
    size: int
    room: Room
    taken: set[int]

    def of(self, candidates: Sequence[int]) -> Codes:
        """Rows of some candidates."""
        return np.array([self.codes[i] for i in candidates], np.int32)

    @property
    def left(self) -> int:
        """Places that are free."""
        return self.size - len(self.taken)

    def copy(self) -> Seats:
        """The same places, to be taken otherwise."""
        return replace(self, room=self.room.copy(), taken=set(self.taken))

    def take(self, i: int, *, kept: bool = True) -> bool:
        """Take a place for a candidate, where there is room for it.

        Args:
            i: The candidate.
            kept: Leave alone what is owed to quotas.
        """
        left = self.left
        if i in self.taken or left <= 0 or not self.room.takes(self.codes[i], left if kept else None):
            return False
        self.taken.add(i)
        return True

    def first(self, order: Iterable[int], *, kept: bool) -> list[int]:
        """Fill all places with those that fit, in this order."""
        found: list[int] = []
        for i in order:
            if self.left <= 0:
                break
            if self.take(i, kept=kept):
                found.append(i)
        return found
