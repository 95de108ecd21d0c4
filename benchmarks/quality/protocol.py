"""What every system of the quality benchmark is given and how its lists are judged; needs NumPy alone.

It is read in each peer's own environment, so it knows nothing of penchant. `tests/benchmarks` holds that its numbers
are those of `penchant.evaluation`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

LIST = 20
"""Places of a list."""

DRAWS = 1000
"""Bootstrap draws of people."""


@dataclass(frozen=True)
class Fold:
    """One moment of one data set: what is known before it, and who is asked for.

    Rows are sorted by person, then time; people, items and baskets are codes.

    Attributes:
        person: Shape (rows,).
        item: Shape (rows,).
        time: Unix seconds.
        goal: Whether the row is what counts (bought, watched, opened); the others were shown, or rated low.
        basket: Which rows were done together.
        n_people: People there are.
        n_items: Items there are; all of them may be proposed.
        now: The moment.
        asked: Rows to answer. For people: their codes. For sessions: numbers from 0.
        prefix_ptr: For sessions, offsets of what came before in the session; empty for people.
        prefix: Items of that, oldest first.
        target_ptr: Offsets of the targets of each row asked for.
        target: Item codes, distinct inside a row.
        repeat: Whether the person had the target before.
        group: What the bootstrap draws: the person, or the session.
        texts: One text an item, for what reads them; may be empty.
        labels: One label an item (category, creator, topic); may be empty.
    """

    person: Any
    item: Any
    time: Any
    goal: Any
    basket: Any
    n_people: Any
    n_items: Any
    now: Any
    asked: Any
    prefix_ptr: Any
    prefix: Any
    target_ptr: Any
    target: Any
    repeat: Any
    group: Any
    texts: Any
    labels: Any

    @property
    def sessions(self) -> bool:
        """Whether sessions are asked for."""
        return len(self.prefix_ptr) > 0

    def save(self, path: Path) -> None:
        """Write as arrays."""
        np.savez_compressed(path, **{f.name: np.asarray(getattr(self, f.name)) for f in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Fold:
        """Read what `save` wrote."""
        with np.load(path) as found:
            return cls(**{f.name: found[f.name] for f in fields(cls)})

    def prefixes(self) -> list[Any]:
        """What came before, one array a session."""
        return np.split(self.prefix, self.prefix_ptr[1:-1])

    def goals(self, mode: str) -> tuple[Any, Any]:
        """Offsets and items of the targets that count: all of them, or those new to the person."""
        if mode != "new":
            return self.target_ptr, self.target
        before = np.concatenate([[0], np.cumsum(~self.repeat)])
        return before[self.target_ptr], self.target[~self.repeat]


def hits(lists: Any, ptr: Any, items: Any) -> Any:
    """Which places of the lists hold a target; -1 is an empty place."""
    width = max(int(items.max(initial=0)), int(lists.max(initial=0))) + 2
    rows = np.arange(len(lists))
    keys = np.sort(np.repeat(rows, np.diff(ptr)) * width + items)
    if not len(keys):
        return np.zeros(lists.shape, bool)
    wanted = rows[:, None] * width + np.where(lists < 0, width - 1, lists)
    return keys[np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)] == wanted


def measure(lists: Any, ptr: Any, items: Any) -> dict[str, Any]:
    """NDCG@10, Recall@20, HR@10 and MRR@20 of every row; NaN for rows without a target."""
    hit, size = hits(lists, ptr, items), np.diff(ptr)
    gain = 1 / np.log2(np.arange(2, 12))
    ideal = np.concatenate([[0], np.cumsum(gain)])[np.minimum(size, 10)]
    some = hit.any(axis=1)
    values = {
        "ndcg@10": hit[:, :10] @ gain / np.maximum(ideal, 1e-12),
        "recall@20": hit[:, :20].sum(axis=1) / np.maximum(size, 1),
        "hr@10": hit[:, :10].any(axis=1).astype(float),
        "mrr@20": np.where(some, 1 / (hit.argmax(axis=1) + 1.0), 0.0),
    }
    return {name: np.where(size > 0, found, np.nan) for name, found in values.items()}


def interval(values: Any, group: Any, seed: int = 1) -> tuple[float, float, float]:
    """Mean over rows, and its 95 % percentile interval from drawing groups with replacement."""
    known = ~np.isnan(values)
    _, code = np.unique(group[known], return_inverse=True)
    total, count = np.bincount(code, values[known]), np.bincount(code)
    n, rng = len(total), np.random.default_rng(seed)
    if not n:
        return (float("nan"),) * 3
    means = np.empty(DRAWS)
    for draw in range(DRAWS):
        times = np.bincount(rng.integers(0, n, n), minlength=n)
        means[draw] = (times @ total) / max(times @ count, 1e-12)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(values[known].mean()), float(low), float(high)


def coverage(lists: Any, n_items: int) -> float:
    """Share of the items that stand among somebody's first ten."""
    shown = np.unique(lists[:, :10])
    return float((shown >= 0).sum() / n_items)


def padded(rows: list[Any], k: int = LIST) -> Any:
    """Rows of items as a rectangle, -1 for empty places."""
    out = np.full((len(rows), k), -1, np.int64)
    for i, row in enumerate(rows):
        out[i, : min(k, len(row))] = row[:k]
    return out
