"""First stage: every source proposes, and the proposals become one row of candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.dataset import Queries
from penchant.models import BLEND_DEPTH, Retriever, Similar, fuse
from penchant.pack import BLEND, Placement, Source
from penchant.placements.request import Parts
from penchant.slate import Candidates, Codes, Scores

LATEST = 3
"""Latest items of a history that stand in for seeds a request does not name."""


@dataclass(frozen=True)
class Retrieved:
    """Distinct candidates of one request, by code.

    Attributes:
        items: Item codes, rising.
        relevance: Weighted mean of the sources' scores, each scaled to 0..1, float32.
        shares: What each source added to relevance, by model name, aligned with `items`.
        late: Sources skipped because the time budget was used up.
        failed: Sources that raised, with the error's text.
    """

    items: Codes
    relevance: Scores
    shares: Mapping[str, Scores]
    late: tuple[str, ...]
    failed: Mapping[str, str]


def retrieve(
    placement: Placement, parts: Parts, queries: Queries, allowed: NDArray[np.bool_], in_time: Callable[[], bool]
) -> Retrieved:
    """Ask every source of a placement.

    Args:
        placement: The placement.
        parts: The domain.
        queries: The request, a batch of one.
        allowed: Rows of the table that may be shown.
        in_time: False once the time budget is used up.
    """
    known = allowed[: parts.n_known]
    rows: dict[str, tuple[Codes, Scores]] = {}
    late: list[str] = []
    failed: dict[str, str] = {}
    people = _People(parts, queries, max((s.k for s in placement.sources), default=0))
    # Without a release there is nothing to ask, and one note says so; it need not be said of every source.
    for source in placement.sources if parts.models else ():
        if not in_time():
            late.append(source.model)
            continue
        try:
            open_ = known & _unlike(source.differs, parts.table, queries)[: parts.n_known] if source.differs else known
            rows[source.model] = _inside(_ask(source, people, open_), parts.n_known)
        except LookupError as error:
            failed[source.model] = str(error)
        except Exception as error:  # one broken source must not take the answer down; it is named in `degraded`
            failed[source.model] = f"{type(error).__name__}: {error}"
    items = np.unique(np.concatenate([found for found, _ in rows.values()] or [np.zeros(0, np.int32)]))
    total = sum(s.weight for s in placement.sources if s.model in rows and len(rows[s.model][0]))
    shares: dict[str, Scores] = {}
    for source in placement.sources:
        if source.model in rows:
            share = np.zeros(len(items), np.float32)
            found, scores = rows[source.model]
            share[np.searchsorted(items, found)] = scaled(scores) * np.float32(source.weight / max(total, 1e-12))
            shares[source.model] = share
    relevance = np.zeros(len(items), np.float32)
    for share in shares.values():
        relevance += share
    return Retrieved(items.astype(np.int32), relevance, shares, tuple(late), failed)


def scaled(scores: Scores) -> Scores:
    """Scores against the best one; the best is 1, and what scores nothing or less is 0.

    Dividing by the best, not by the span, keeps a flat list flat: ten near-equal candidates stay near equal.
    """
    if not len(scores):
        return scores
    best = float(scores.max())
    if best <= 0:
        return np.zeros_like(scores)
    shared: Scores = np.clip(scores / best, 0.0, 1.0).astype(np.float32)
    return shared


class _People:
    """Asks models for the person of one request; the blend and a source of its own ask a model only once."""

    def __init__(self, parts: Parts, queries: Queries, depth: int) -> None:
        """Keep what is asked `depth` items deep, at least as deep as a blend looks."""
        self.parts, self.queries = parts, queries
        self._depth = max(depth, BLEND_DEPTH)
        self._asked: dict[tuple[str, str], tuple[Codes, Scores]] = {}

    def ask(self, name: str, k: int, allowed: NDArray[np.bool_], differs: str = "") -> tuple[Codes, Scores]:
        """The best k of a model among the allowed items, which are those of the request that differ in a field."""
        key = (name, differs)
        if key not in self._asked:
            model: object = self.parts.models.get(name)
            if model is None:
                raise LookupError("not in this release")
            if not isinstance(model, Retriever):
                raise TypeError("cannot retrieve for people")
            self._asked[key] = model.retrieve(self.queries, self._depth, allowed).row(0)
        items, scores = self._asked[key]
        return items[:k], scores[:k]


def _ask(source: Source, people: _People, allowed: NDArray[np.bool_]) -> tuple[Codes, Scores]:
    if source.model == BLEND:
        return _blend(people, source.k, allowed)
    found: list[tuple[Codes, Scores]] = []
    if source.reads in ("person", "both"):
        found.append(people.ask(source.model, source.k, allowed, source.differs))
    if source.reads in ("seeds", "both"):
        queries, model = people.queries, people.parts.models.get(source.model)
        if model is None:
            raise LookupError("not in this release")
        if not isinstance(model, Similar):
            raise TypeError("cannot find similar items")
        seeds = queries.seeds if len(queries.seeds) else latest(queries)
        near = model.similar(seeds, source.k, allowed)
        found.extend(near.row(i) for i in range(len(near)))
    found = [(items, scaled(scores)) for items, scores in found if len(items)]
    if len(found) == 1:
        return found[0]
    if not found:
        return np.zeros(0, np.int32), np.zeros(0, np.float32)
    items, at = np.unique(np.concatenate([items for items, _ in found]), return_inverse=True)
    sums = np.bincount(at, np.concatenate([scores for _, scores in found]))
    order = np.argsort(-sums, kind="stable")[: source.k]
    return items[order].astype(np.int32), sums[order].astype(np.float32)


def _inside(found: tuple[Codes, Scores], n_items: int) -> tuple[Codes, Scores]:
    items = found[0]
    if len(items) and (items.min() < 0 or items.max() >= n_items):
        raise ValueError("proposed items that the release does not have")
    return found


def _blend(people: _People, k: int, allowed: NDArray[np.bool_]) -> tuple[Codes, Scores]:
    """What the evaluation judged as `blend`: the same models, depth and weights."""
    lists = [
        (Candidates.from_rows([people.ask(name, BLEND_DEPTH, allowed)]), weight)
        for name, weight in people.parts.blend.items()
    ]
    return fuse(lists, k).row(0) if lists else (np.zeros(0, np.int32), np.zeros(0, np.float32))


def _unlike(field: str, table: ItemTable, queries: Queries) -> NDArray[np.bool_]:
    """Rows whose value of a field none of the seeds (or, without seeds, of the latest items) has."""
    about = queries.seeds if len(queries.seeds) else latest(queries)
    about = about[(about >= 0) & (about < len(table))]
    codes = table.category(field).codes
    other: NDArray[np.bool_] = ~np.isin(codes, codes[about])
    return other


def latest(queries: Queries) -> Codes:
    """The last distinct items the person turned to, newest first, at most `LATEST`."""
    liked = queries.items[queries.weights > 0][::-1].tolist()
    return np.array(list(dict.fromkeys(liked))[:LATEST], np.int32)
