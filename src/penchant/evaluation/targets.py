"""Who is judged, and by what: the goals people really reached inside a window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Dataset
from penchant.events import Role
from penchant.slate import Codes, Offsets


@dataclass(frozen=True)
class Targets:
    """The judged people of one window and what followed; row i belongs to `people[i]`.

    Attributes:
        people: Person codes, ascending: warm people with at least one target, at most `max_people` of them.
        ptr: Target offsets, shape (n + 1,).
        items: Target item codes, distinct and ascending inside a row.
        values: Money of each target (price times pieces, summed over the window); NaN where no price is known.
        repeat: Which targets the person had any event with before the cut; none in `new-only`.
        space: The item space: which items may be proposed, shape (n_items,).
        seen_ptr: Offsets of `seen`, shape (n + 1,).
        seen: Item codes each person had any event with before the cut, distinct inside a row.
        new_only: Whether seen items are taken out of list and target.
        warm: Warm people with a target, before any were drawn.
        cold: People with a target but no goal before the cut; they are counted, not judged.
        unknown_share: Share of the window's goals whose item had no event before the cut, so that no model that
            learns from events can propose it; NaN without goals.
        repeat_share: Share of warm people's targets that are repeats, before `new-only` takes them out; NaN without
            targets.
    """

    people: Codes
    ptr: Offsets
    items: Codes
    values: NDArray[np.float32]
    repeat: NDArray[np.bool_]
    space: NDArray[np.bool_]
    seen_ptr: Offsets
    seen: Codes
    new_only: bool
    warm: int
    cold: int
    unknown_share: float
    repeat_share: float

    def __len__(self) -> int:
        """Number of judged people."""
        return len(self.people)

    def part(self, mask: NDArray[np.bool_]) -> tuple[Offsets, Codes]:
        """Offsets and items of some of the targets, for the same people; `mask` is aligned with `items`."""
        before = np.concatenate([[0], np.cumsum(mask)]).astype(np.int64)
        return before[self.ptr], self.items[mask]

    def allowed(self, start: int, stop: int) -> NDArray[np.bool_]:
        """What may be proposed to rows start to stop: shape (n_items,), or (stop - start, n_items) in `new-only`."""
        if not self.new_only:
            return self.space
        out = np.repeat(self.space[None, :], stop - start, axis=0)
        a, b = int(self.seen_ptr[start]), int(self.seen_ptr[stop])
        rows = np.repeat(np.arange(stop - start), np.diff(self.seen_ptr[start : stop + 1]))
        out[rows, self.seen[a:b]] = False
        return out


def judge(data: Dataset, cut: float, until: float, *, new_only: bool, max_people: int, seed: int) -> Targets:
    """Find who is judged between two moments, and by what.

    A target is a goal inside the window that was never reversed, not even later, on an item of the item space. The
    item space is every item with an event before the cut; goals that were reversed before the cut, and reversals
    themselves, count as if they had never happened. A person is warm with a goal before the cut that still stood then.

    Args:
        data: The whole data, with everything that is known today.
        cut: Start of the window; training data ends here.
        until: End of the window, not part of it.
        new_only: Take what a person had any event with before the cut, impressions included, out of the targets.
        max_people: Most people judged.
        seed: Seed of the draw when there are more.
    """
    rows, n_items = data.interactions, len(data.items)
    known = (rows.time < cut) & (rows.role != int(Role.REVERSAL)) & ~(rows.reversed_at < cut)
    goal = (rows.role == int(Role.GOAL)) & (rows.weight > 0)
    space = np.zeros(n_items, bool)
    space[rows.item[known]] = True
    warm = np.zeros(len(data.people), bool)
    warm[rows.person[known & goal]] = True

    window = rows.where(goal & (rows.time >= cut) & (rows.time < until) & np.isinf(rows.reversed_at))
    in_space = space[window.item]
    unknown_share = float((~in_space).mean()) if len(window) else float("nan")
    window = window.where(in_space)
    seen = np.unique(_keys(rows.person[known], rows.item[known], n_items))
    keys, row = np.unique(_keys(window.person, window.item, n_items), return_inverse=True)
    repeat = _contains(seen, keys)
    money = _sums(row, len(keys), window.price.astype(np.float64) * window.quantity)
    repeats = repeat[warm[keys // max(n_items, 1)]]
    if new_only:
        keys, money, repeat = keys[~repeat], money[~repeat], repeat[~repeat]
    person, item = keys // max(n_items, 1), keys % max(n_items, 1)

    everyone = np.unique(person)
    judged = everyone[warm[everyone]]
    n_warm = len(judged)
    if n_warm > max_people:
        judged = np.sort(np.random.default_rng(seed).choice(judged, max_people, replace=False))
    mine = np.isin(person, judged)
    # Keys ascend by person, so the rows of the judged stand in order already.
    seen = seen[np.isin(seen // max(n_items, 1), judged)]
    return Targets(
        people=judged.astype(np.int32),
        ptr=_offsets(person[mine], judged),
        items=item[mine].astype(np.int32),
        values=money[mine].astype(np.float32),
        repeat=repeat[mine],
        space=space,
        seen_ptr=_offsets(seen // max(n_items, 1), judged),
        seen=(seen % max(n_items, 1)).astype(np.int32),
        new_only=new_only,
        warm=n_warm,
        cold=len(everyone) - n_warm,
        unknown_share=unknown_share,
        repeat_share=float(repeats.mean()) if len(repeats) else float("nan"),
    )


def _keys(person: Codes, item: Codes, n_items: int) -> NDArray[np.int64]:
    return person.astype(np.int64) * n_items + item


def _contains(ordered: NDArray[np.int64], keys: NDArray[np.int64]) -> NDArray[np.bool_]:
    if not len(ordered):
        return np.zeros(len(keys), bool)
    at = np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)
    found: NDArray[np.bool_] = ordered[at] == keys
    return found


def _sums(row: NDArray[np.intp], n: int, money: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums by target, over the rows that know a price; NaN where none does."""
    priced = ~np.isnan(money)
    total = np.bincount(row[priced], money[priced], minlength=n)
    return np.where(np.bincount(row[priced], minlength=n) > 0, total, np.nan)


def _offsets(person: NDArray[np.int64], people: NDArray[np.int64]) -> Offsets:
    """Row offsets of `people` in rows that ascend by person and hold nobody else."""
    return np.concatenate([np.searchsorted(person, people), [len(person)]]).astype(np.int64)
