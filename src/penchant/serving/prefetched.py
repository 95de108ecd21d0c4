"""Models asked once for many people, and then, one person at a time, in the words of the model itself.

What a model says of a person does not depend on what may be shown: that only keeps items out. So a model may be asked
for a whole batch, a little deeper and about whatever anybody may be shown, and each person's answer is what is left of
their row. Where too little is left, the model is asked for that person alone: the answer is the same in every case,
save for the last bits of numbers that are summed in another order for a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.dataset import Queries
from penchant.models import BLEND_DEPTH, Extends, Retriever, Similar, State
from penchant.pack import BLEND, Placement
from penchant.placements import Parts
from penchant.placements.retrieval import about, reach
from penchant.slate import Candidates, Codes, Scores

DEEPER = 100
"""Items beyond what a placement asks for: what this person may not be shown is left out of them."""

Mask = NDArray[np.bool_]
Row = tuple[Codes, Scores]


def joined(queries: Sequence[Queries]) -> Queries:
    """Requests one behind the other, as one batch."""

    def offsets(each: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
        return np.concatenate([[0], np.cumsum(np.concatenate([np.diff(ptr) for ptr in each]))]).astype(np.int64)

    def column(name: str) -> Any:
        return np.concatenate([getattr(one, name) for one in queries])

    return Queries(
        offsets([one.ptr for one in queries]),
        column("items"),
        column("times"),
        column("weights"),
        column("roles"),
        column("now"),
        offsets([one.seed_ptr for one in queries]),
        column("seeds"),
    )


class Prefetched:
    """The models of a placement, asked for a batch of people."""

    def __init__(self, placement: Placement, parts: Parts, queries: Sequence[Queries], allowed: Mask) -> None:
        """Ask the models that the placement's sources and its blend ask.

        Args:
            placement: The placement.
            parts: The domain.
            queries: A request for each person.
            allowed: Rows that may be shown to any of them, shape (n_items,); more is fine, less is not.
        """
        self._parts = parts
        self._depth = max(max((source.k for source in placement.sources), default=0), BLEND_DEPTH) + DEEPER
        people, seeds = _asked(placement, parts)
        batch = joined(queries)
        about_ = np.unique(np.concatenate([about(one) for one in queries])).astype(np.int32)
        self._people: dict[str, Candidates] = {}
        self._near: dict[str, dict[int, Row]] = {}
        for name, model in parts.models.items():
            try:
                open_ = allowed[: reach(model, parts)]
                if name in people and isinstance(model, Retriever):
                    self._people[name] = model.retrieve(batch, self._depth, open_)
                if name in seeds and isinstance(model, Similar) and len(about_):
                    near = model.similar(about_, self._depth, open_)
                    self._near[name] = {int(item): near.row(row) for row, item in enumerate(about_)}
            except Exception:  # asked for one person alone, it says itself what is wrong
                self._people.pop(name, None)
                self._near.pop(name, None)

    def parts(self, person: int) -> Parts:
        """The domain as one of the people is answered from it."""
        models: dict[str, Any] = dict(self._parts.models)
        for name in {*self._people, *self._near}:
            model = models[name]
            row = self._people[name].row(person) if name in self._people else None
            made = _class_of(isinstance(model, Retriever), isinstance(model, Similar), isinstance(model, Extends))
            models[name] = made(model, row, self._near.get(name, {}), self._depth)
        return replace(self._parts, models=models)


class _Asked:
    """A model that was asked; what it was not asked for it is asked now."""

    def __init__(self, model: Any, row: Row | None, near: Mapping[int, Row], depth: int) -> None:
        self.model, self.row, self.near, self.depth = model, row, near, depth

    def state(self) -> State:
        """That of the model."""
        state: State = self.model.state()
        return state

    def left(self, row: Row | None, k: int, allowed: Mask | None) -> Row | None:
        """The best k of a row that may be shown; None where the row does not tell."""
        if row is None or k > self.depth or allowed is None:
            return None
        items, scores = row
        kept = allowed[items]
        if len(items) >= self.depth and int(kept.sum()) < k:
            return None
        return items[kept][:k], scores[kept][:k]


class _AskedForPeople(_Asked):
    def retrieve(self, queries: Queries, k: int, allowed: Mask | None = None) -> Candidates:
        """See `Retriever.retrieve`."""
        left = self.left(self.row, k, allowed)
        if left is not None:
            return Candidates.from_rows([left])
        found: Candidates = self.model.retrieve(queries, k, allowed)
        return found


class _AskedForItems(_Asked):
    def similar(self, items: Codes, k: int, allowed: Mask | None = None) -> Candidates:
        """See `Similar.similar`."""
        rows = []
        for item in items:
            left = self.left(self.near.get(int(item)), k, allowed)
            rows.append(self.model.similar(items[items == item][:1], k, allowed).row(0) if left is None else left)
        return Candidates.from_rows(rows)


class _AskedAndGrows(_Asked):
    @property
    def n_items(self) -> int:
        """See `Extends`."""
        found: int = self.model.n_items
        return found

    def extended(self, codes: Codes, told: ItemTable, n_items: int) -> Any:
        """See `Extends`."""
        return self.model.extended(codes, told, n_items)


@cache
def _class_of(retrieves: bool, near: bool, grows: bool) -> Callable[..., Any]:
    """A class with just the abilities of a model: what asks for them looks at the class."""
    each = ((_AskedForPeople, retrieves), (_AskedForItems, near), (_AskedAndGrows, grows))
    return type("_Prefetched", tuple(kind for kind, has in each if has), {})


def _asked(placement: Placement, parts: Parts) -> tuple[set[str], set[str]]:
    """Names of the models that are asked about people, and of those that are asked about items."""
    people = {source.model for source in placement.sources if source.reads in ("person", "both")}
    items = {source.model for source in placement.sources if source.reads in ("seeds", "both")}
    blend = parts.blend_of(placement) if any(source.model == BLEND for source in placement.sources) else None
    for share in () if blend is None else blend.shares:
        (people if share.reads == "person" else items).add(share.model)
    # What a source leaves out for each person is no matter of what is left of one list.
    differs = {source.model for source in placement.sources if source.differs}
    return people - differs, items - differs
