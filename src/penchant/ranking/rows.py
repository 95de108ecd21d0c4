"""Rows that a head learns from: what was known when an item was shown, and what followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

POSITION = "position"
"""The feature that says where an item was shown; unknown of what was come upon otherwise."""


@dataclass(frozen=True)
class Rows:
    """m shown items, as a head sees them.

    Attributes:
        names: Names of the f features, in the order of the columns.
        values: Features as of the time each item was shown, shape (m, f), float32; NaN where nothing can be said.
        label: What followed, shape (m,), float32: 0 or 1, a share, or an amount; NaN where it is not known.
        weight: How much each row counts, shape (m,), float32; 0 leaves it out.
        group: The request it belongs to, shape (m,), int32; rows of one request stand together.
        time: When it was shown, Unix seconds, shape (m,), float64.
        come: Of a chance, share of the outcomes that come as soon as the row is old, shape (m,), float32; 1 where the
            outcome can no longer change. None where all are so.
    """

    names: tuple[str, ...]
    values: NDArray[np.float32]
    label: NDArray[np.float32]
    weight: NDArray[np.float32]
    group: NDArray[np.int32]
    time: NDArray[np.float64]
    come: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        """Refuse arrays of different lengths."""
        m = len(self.label)
        come = self.weight if self.come is None else self.come
        lengths = [len(one) for one in (self.values, self.weight, self.group, self.time, come)]
        if lengths != [m] * 5 or self.values.ndim != 2 or self.values.shape[1] != len(self.names):
            raise ValueError(f"{m} labels, {len(self.names)} names, values {self.values.shape}, others {lengths[1:]}")

    @classmethod
    def none(cls, names: Sequence[str] = ()) -> Rows:
        """No rows."""
        floats = np.zeros(0, np.float32)
        values = np.zeros((0, len(names)), np.float32)
        return cls(tuple(names), values, floats, floats, np.zeros(0, np.int32), np.zeros(0))

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """Rows of the same names, one after the other; their groups stay apart."""
        parts = [part for part in parts if len(part)]
        if not parts:
            return cls.none()
        if len({part.names for part in parts}) > 1:
            raise ValueError("rows of different features cannot be joined")
        groups, start = [], 0
        for part in parts:
            groups.append(part.group + np.int32(start))
            start = int(groups[-1].max()) + 1
        young = any(part.come is not None for part in parts)
        return cls(
            parts[0].names,
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.label for part in parts]),
            np.concatenate([part.weight for part in parts]),
            np.concatenate(groups).astype(np.int32),
            np.concatenate([part.time for part in parts]),
            np.concatenate([part.settled for part in parts]) if young else None,
        )

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.label)

    def take(self, at: NDArray[np.bool_] | NDArray[np.integer]) -> Rows:
        """Some rows, by mask or by place."""
        come = None if self.come is None else self.come[at]
        return Rows(
            self.names, self.values[at], self.label[at], self.weight[at], self.group[at], self.time[at], come
        )  # fancy indexing: copies

    @property
    def settled(self) -> NDArray[np.float32]:
        """`come`, of all rows."""
        return np.ones(len(self), np.float32) if self.come is None else self.come

    def of(self, names: Sequence[str]) -> NDArray[np.float32]:
        """The values of some features, in the order named, shape (m, len(names)).

        Raises:
            KeyError: A feature that is not there.
        """
        at = {name: column for column, name in enumerate(self.names)}
        columns = [at[name] for name in names]
        if columns == list(range(len(self.names))):
            return self.values
        return self.values[:, columns]

    @property
    def usable(self) -> Rows:
        """The rows whose label is known and which count."""
        keep = np.isfinite(self.label) & (self.weight > 0)
        return self if keep.all() else self.take(keep)

    def shown(self, features: Sequence[str]) -> Rows:
        """The rows of what was shown, for a head that reads where; all rows for others, or where no row says.

        What people came upon by themselves helps to learn from. What is said is of what will be shown.
        """
        if POSITION not in features or POSITION not in self.names:
            return self
        shown = ~np.isnan(self.values[:, self.names.index(POSITION)])
        return self if shown.all() or not shown.any() else self.take(shown)
