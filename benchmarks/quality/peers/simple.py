"""Baselines that need no library: popularity, and what a person had most."""

from __future__ import annotations

from typing import Any

import numpy as np
from protocol import LIST, Fold, padded

DAY = 86_400.0


def popularity(fold: Fold, half_life_days: float | None) -> Any:
    """Decayed number of goals of each item."""
    age = (fold.now - fold.time[fold.goal]) / DAY
    weight = np.ones(len(age)) if half_life_days is None else np.exp2(-age / half_life_days)
    return np.bincount(fold.item[fold.goal], weight, int(fold.n_items))


def offsets(fold: Fold) -> Any:
    """Rows of person p are `offsets[p]:offsets[p + 1]`."""
    return np.searchsorted(fold.person, np.arange(int(fold.n_people) + 1))


class Popular:
    """What most people do, the newer the more."""

    def __init__(self, half_life_days: float | None = None) -> None:
        self.half_life_days = half_life_days

    def fit(self, fold: Fold) -> None:
        """Count."""
        self.order = np.argsort(-popularity(fold, self.half_life_days), kind="stable")

    def lists(self, fold: Fold, mode: str) -> Any:
        """The same for everyone, without what a person had in mode `new`."""
        if fold.sessions:
            return padded([self.order[:LIST]] * len(fold.asked))
        if mode != "new":
            return padded([self.order[:LIST]] * len(fold.asked))
        ptr, rows = offsets(fold), []
        for person in fold.asked:
            had = np.unique(fold.item[ptr[person] : ptr[person + 1]])
            head = self.order[: LIST + len(had)]
            rows.append(head[~np.isin(head, had)])
        return padded(rows)


class PersonalTop:
    """What the person had most, the newer the more, then what is popular."""

    def __init__(self, half_life_days: float | None = None) -> None:
        self.half_life_days = half_life_days

    def fit(self, fold: Fold) -> None:
        """Count what fills up."""
        found = popularity(fold, 14.0)
        self.popular = found / max(found.max(), 1e-12)

    def lists(self, fold: Fold, mode: str) -> Any:
        """One list a person."""
        ptr, rows = offsets(fold), []
        for person in fold.asked:
            span = slice(ptr[person], ptr[person + 1])
            items, goal = fold.item[span], fold.goal[span]
            age = (fold.now - fold.time[span]) / DAY
            weight = np.ones(len(age)) if self.half_life_days is None else np.exp2(-age / self.half_life_days)
            own = np.bincount(items[goal], weight[goal], int(fold.n_items))
            least = own[own > 0].min() if (own > 0).any() else 1.0
            scores = own + self.popular * least * 1e-2
            if mode == "new":
                scores[np.unique(items)] = -np.inf
            rows.append(best(scores))
        return padded(rows)


def best(scores: Any, k: int = LIST) -> Any:
    """Codes of the k best scores that are not minus infinity."""
    top = np.argpartition(-scores, min(k, len(scores) - 1))[:k]
    top = top[np.argsort(-scores[top], kind="stable")]
    return top[np.isfinite(scores[top])]


SYSTEMS = {
    "popular": (Popular, [{}]),
    "popular-recent": (Popular, [{"half_life_days": h} for h in (7, 1, 3, 14, 30, 90, 0.5, 0.25)]),
    "personal-top": (PersonalTop, [{"half_life_days": h} for h in (None, 365, 180, 90, 30, 14, 7, 3)]),
}
"""Name to class and the settings it may try."""
