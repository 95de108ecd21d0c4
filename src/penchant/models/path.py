"""What can be taken next: items whose prerequisites are all completed, nearest first along the path somebody is on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from penchant.catalog import Categories, ItemTable
from penchant.dataset import Dataset, Queries
from penchant.models.choice import NOTHING, Allowed, allowed_in, best_among, first
from penchant.models.history import Past, Roles
from penchant.models.model import Fitted, Run, State
from penchant.models.need import need
from penchant.models.popularity import counts
from penchant.slate import Candidates, Codes, Offsets, Scores

ALONG = 0.7
"""What a step inside a series leaves of nearness."""
ACROSS = 0.5
"""What a step to an item of another series, or of none, leaves of it."""
BEFORE = 0.98
"""Nearness of each item somebody worked with before the latest one of the same series, against the next later."""
FAR = 1e-3
"""Most that an open item has that no path leads to from where somebody is: less than any that one leads to."""
WIDE = 50
"""Items on one place of a series that lead to those on the next; more on one place are no order."""
TOLD = 20
"""Cycles, and missing prerequisites, that are told by name."""


@dataclass(frozen=True)
class FittedPrerequisitePath:
    """The graph of steps.

    Attributes:
        recipe: What it was fitted with.
        ptr: Offsets of `after`, shape (n_items + 1,).
        after: Items that a step leads to from each item, by code.
        near: What each step leaves of nearness, same shape as `after`.
        needs: Distinct prerequisites of each item, missing ones among them, shape (n_items,).
        opens_ptr: Offsets of `opens`, shape (n_items + 1,).
        opens: Items that have each item as a prerequisite, by code.
        start: What speaks for each item without a history, above 0 and at most `FAR`, shape (n_items,): few items come
            before it, and many people completed it.
        series: Series of each item, -1 for none, shape (n_items,).
        cycles: Ids of items that need each other in a circle, so that none can ever be opened; at most `TOLD` circles.
        missing: Ids of items and of a prerequisite that nobody knows, so that it can never be opened; at most `TOLD`.
    """

    recipe: PrerequisitePath
    ptr: Offsets
    after: Codes
    near: Scores
    needs: Codes
    opens_ptr: Offsets
    opens: Codes
    start: Scores
    series: Codes
    cycles: tuple[tuple[str, ...], ...] = ()
    missing: tuple[tuple[str, str], ...] = ()

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """Open items that are not completed, nearest first; where to begin for those without a history."""
        n = len(self.needs)
        rows = []
        for i in range(len(queries)):
            past, mask = Past.of(queries, i, n), allowed_in(allowed, i)
            done = past.counted(self.recipe.done)[0]
            freed, met = np.unique(_cells(self.opens_ptr, self.opens, done)[1], return_counts=True)
            freed = freed[met >= self.needs[freed]]
            codes, near = self._reached(*self._stands(past))
            opened = (self.needs[codes] == 0) | np.isin(codes, freed)
            codes, near = codes[opened], near[opened]
            known = np.concatenate([done, freed, codes])
            begin = first(self.beginnings, k + len(known), mask)
            # What no path leads to and no prerequisite was met of goes by its place among the beginnings alone.
            far = np.concatenate([freed[~np.isin(freed, codes)], begin[~np.isin(begin, known)][: max(k, 0)]])
            found = np.concatenate([codes, far])
            scores = self.start[found]
            scores[: len(codes)] = np.maximum(scores[: len(codes)], near)
            order = np.argsort(found)
            order = order[~np.isin(found[order], done)]
            rows.append(best_among(found[order], scores[order], k, mask))
        return Candidates.from_rows(rows)

    @cached_property
    def beginnings(self) -> Codes:
        """Items that need none, what speaks most for itself first, equal ones by code."""
        free = np.flatnonzero(self.needs == 0)
        return free[np.argsort(-self.start[free], kind="stable")].astype(np.int32)

    def similar(self, items: Codes, k: int, allowed: Allowed = None) -> Candidates:
        """What comes after each item, nearest first, whether or not something else must be completed before."""
        n = len(self.needs)
        rows = []
        for i, code in enumerate(items):
            if not 0 <= code < n:
                rows.append(NOTHING)
                continue
            codes, near = self._reached(np.array([code], np.int32), np.ones(1, np.float32))
            rows.append(best_among(codes[codes != code], near[codes != code], k, allowed_in(allowed, i)))
        return Candidates.from_rows(rows)

    def state(self) -> State:
        """The graph, what is wrong with it, and the recipe."""
        names = ("ptr", "after", "near", "needs", "opens_ptr", "opens", "start", "series")
        told = {"recipe": msgspec.to_builtins(self.recipe), "cycles": self.cycles, "missing": self.missing}
        return State({name: getattr(self, name) for name in names}, told)

    @classmethod
    def restore(cls, state: State) -> FittedPrerequisitePath:
        """From `state()`."""
        return cls(
            recipe=msgspec.convert(state.settings["recipe"], PrerequisitePath),
            **{name: np.asarray(array) for name, array in state.arrays.items()},
            cycles=tuple(tuple(circle) for circle in state.settings["cycles"]),
            missing=tuple((item, name) for item, name in state.settings["missing"]),
        )

    def _stands(self, past: Past) -> tuple[Codes, Scores]:
        """Where somebody is: 1 at what they worked with last, less at what was before."""
        worked = past.latest(self.recipe.roles, len(past.items))[::-1]
        distinct, first = np.unique(worked, return_index=True)
        codes = distinct[np.argsort(first)][: self.recipe.recent]
        ranks: dict[int, int] = {}
        places: dict[int, int] = defaultdict(int)
        near = []
        for code in codes.tolist():
            # An item without a series is one of its own.
            series = int(self.series[code]) if self.series[code] >= 0 else -2 - code
            rank = ranks.setdefault(series, len(ranks))
            near.append(self.recipe.wander**rank * BEFORE ** places[series])
            places[series] += 1
        return codes, np.array(near, np.float32)

    def _reached(self, codes: Codes, near: Scores) -> tuple[Codes, Scores]:
        """What at most `ahead` steps lead to, by code, and the most that any of them leaves of nearness."""
        for _ in range(self.recipe.ahead):
            at, to = _cells(self.ptr, self.after, codes)
            left = np.repeat(near, self.ptr[codes + 1] - self.ptr[codes]) * self.near[at]
            codes, near = np.concatenate([codes, to]), np.concatenate([near, left])
            order = np.lexsort((-near, codes))
            order = order[np.diff(codes[order], prepend=-1) != 0]
            codes, near = codes[order], near[order]
        return codes, near


class PrerequisitePath(msgspec.Struct, frozen=True, kw_only=True):
    """Steps of a curriculum: prerequisites, and the order inside a series.

    An item is open when all its prerequisites are completed. Open items that are not completed are proposed by how near
    they are to where the person is: what they work with comes first, then what follows it in its series, then what it
    is a prerequisite of elsewhere, then the same from the series they worked in before; last what no path leads to, by
    how early it comes and how many people completed it. This is knowledge space theory's outer fringe (Doignon &
    Falmagne, "Spaces for the assessment of knowledge", International Journal of Man-Machine Studies 23, 1985), put in
    order. It needs no events, and it never proposes what cannot be taken.

    An item with a prerequisite that nobody knows, and items that need each other in a circle, can never be opened; they
    are told by `missing` and `cycles` of what is fitted.

    Attributes:
        requires: Tags field with the ids of the items to complete first; none goes by series alone.
        series: Category field with the series; none goes by prerequisites alone.
        position: Number field with the place in the series; what lacks it follows nothing.
        done: Roles that say that an item is completed.
        roles: Roles that say that somebody works with an item.
        ahead: Most steps that are looked ahead.
        recent: Items of the history that say where somebody is, the latest first.
        wander: What a series counts against the one that was worked in after it.
    """

    kind: ClassVar[str] = "path"
    fitted: ClassVar[type[Fitted]] = FittedPrerequisitePath
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {"wander": (0.5, 0.8), "recent": (20, 5)}

    requires: Annotated[str, Meta(min_length=1)] | None = "prerequisites"
    series: Annotated[str, Meta(min_length=1)] | None = "series"
    position: Annotated[str, Meta(min_length=1)] = "position"
    done: Roles = ("goal",)
    roles: Roles = ("goal", "strong", "weak")
    ahead: Annotated[int, Meta(ge=1, le=20)] = 4
    recent: Annotated[int, Meta(ge=1, le=1_000)] = 20
    wander: Annotated[float, Meta(gt=0, le=1)] = 0.5

    def fit(self, data: Dataset, run: Run) -> FittedPrerequisitePath:
        """Read the graph from the catalog; events only say which beginnings are taken most.

        Raises:
            FitFailed: No item leads to another.
        """
        n = len(data.items)
        series = _NO_SERIES if self.series is None else data.table.category(self.series)
        member = series.codes if len(series.codes) else np.full(n, -1, np.int32)
        one, needed, missing = self._required(data.table)
        first, second = self._ordered(data.table, member)
        near = np.where(member[needed] == member[one], ALONG, ACROSS)
        near[member[one] < 0] = ACROSS
        steps = sparse.coo_matrix(
            (np.append(near, np.full(len(first), ALONG)), (np.append(needed, first), np.append(one, second))), (n, n)
        )
        graph = _strongest(steps)
        need(self.kind, "steps from one item to another", int(graph.nnz), 1)
        require = sparse.csr_matrix((np.ones(len(one), np.int32), (needed, one)), (n, n))
        lacking = np.bincount([item for item, _ in missing], minlength=n)
        depth = _depth(require)
        popular = counts(data, self.done, None)
        share = popular / max(float(popular.max(initial=0.0)), 1.0)
        # What a series begins with comes before its later items even where these need nothing.
        place = _places(first, second, n)
        ids = data.table.ids
        return FittedPrerequisitePath(
            self,
            graph.indptr.astype(np.int64),
            graph.indices.astype(np.int32),
            graph.data.astype(np.float32),
            (np.asarray(require.sum(axis=0)).ravel() + lacking).astype(np.int32),
            require.indptr.astype(np.int64),
            require.indices.astype(np.int32),
            (FAR * (0.5 + 0.5 * share) / (1.0 + np.maximum(depth, place))).astype(np.float32),
            member.astype(np.int32),
            tuple(tuple(ids[code] for code in circle) for circle in _circles(require)[:TOLD]),
            tuple((ids[item], name) for item, name in missing[:TOLD]),
        )

    def _required(self, table: ItemTable) -> tuple[NDArray[np.int64], NDArray[np.int64], list[tuple[int, str]]]:
        """Items, the item each of them needs (each pair once), and what is needed and nobody knows."""
        if self.requires is None:
            return _NONE, _NONE, []
        tags = table.tags(self.requires)
        row = np.array([table.row(name) for name in tags.names], np.int64)
        pairs = np.unique(np.stack([tags.row_of.astype(np.int64), tags.codes.astype(np.int64)]), axis=1)
        to = row[pairs[1]] if len(row) else _NONE
        missing = [(int(item), tags.names[int(code)]) for item, code in pairs[:, to < 0].T]
        return pairs[0][to >= 0], to[to >= 0], missing

    def _ordered(self, table: ItemTable, member: Codes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Items, and each that stands on the next place of the same series."""
        place = table.number(self.position)
        at = np.flatnonzero((member >= 0) & np.isfinite(place))
        at = at[np.lexsort((place[at], member[at]))]
        fresh = np.flatnonzero(np.append(True, (np.diff(member[at]) != 0) | (np.diff(place[at]) != 0)))[: len(at)]
        steps: list[tuple[int, int]] = []
        blocks = np.split(at, fresh[1:]) if len(at) else []
        for earlier, later in pairwise(blocks):
            if member[earlier[0]] == member[later[0]]:
                steps += [(a, b) for a in earlier[:WIDE].tolist() for b in later[:WIDE].tolist()]
        flat = np.array(steps, np.int64).reshape(-1, 2)
        return flat[:, 0], flat[:, 1]


_NONE = np.zeros(0, np.int64)
_NO_SERIES = Categories.of(())


def _cells(ptr: Offsets, items: Codes, rows: Codes) -> tuple[NDArray[np.int64], Codes]:
    """Where the entries of some rows stand, and the entries."""
    starts = ptr[rows]
    lengths = ptr[rows + 1] - starts
    ends = np.cumsum(lengths)
    at = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + lengths, lengths)
    return at, items[at]


def _strongest(steps: sparse.coo_matrix) -> sparse.csr_matrix:
    """The graph in which a pair that stands more than once counts by its nearest step, without steps in place."""
    keep = steps.row != steps.col
    row, col, near = steps.row[keep], steps.col[keep], steps.data[keep]
    order = np.lexsort((-near, col, row))
    row, col, near = row[order], col[order], near[order]
    first = np.append(True, (np.diff(row) != 0) | (np.diff(col) != 0))[: len(row)]
    return sparse.csr_matrix((near[first], (row[first], col[first])), steps.shape)


def _depth(require: sparse.csr_matrix) -> NDArray[np.int64]:
    """How many items must be completed one after the other before each; those that can never be opened count as last.

    Args:
        require: What each row is a prerequisite of.
    """
    n = require.shape[0]
    open_needs = np.asarray(require.sum(axis=0)).ravel()
    ptr = require.indptr.astype(np.int64)
    depth, edge, level = np.full(n, n, np.int64), np.flatnonzero(open_needs == 0).astype(np.int32), 0
    while len(edge):
        depth[edge] = level
        freed = _cells(ptr, require.indices, edge)[1]
        open_needs = open_needs - np.bincount(freed, minlength=n)
        edge = np.unique(freed[open_needs[freed] == 0]).astype(np.int32)
        level += 1
    return depth


def _places(first: NDArray[np.int64], second: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """How many places of its series come before each item."""
    return _depth(sparse.csr_matrix((np.ones(len(first), np.int32), (first, second)), (n, n)))


def _circles(require: sparse.csr_matrix) -> list[list[int]]:
    """Items that need each other, by code; an item that needs itself is a circle of one."""
    if not require.nnz:
        return []
    _, label = csgraph.connected_components(require, directed=True, connection="strong")
    size = np.bincount(label)
    own = set(np.flatnonzero(require.diagonal()).tolist())
    circles: dict[int, list[int]] = defaultdict(list)
    for code in np.flatnonzero((size[label] > 1) | np.isin(np.arange(len(label)), list(own))).tolist():
        circles[int(label[code])].append(code)
    return sorted(circles.values())
