"""First stage: every source proposes, and the proposals become one row of candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.dataset import Queries
from penchant.models import BLEND_DEPTH, Lists, Reads, Share, distinct, finds_similar, retrieves, takes_in
from penchant.pack import BLEND, CHOSEN, CURATED, EDITORIAL, SEGMENT, Placement, Source
from penchant.people import Likes
from penchant.placements.curated import curated, editorial
from penchant.placements.liking import chosen, liking
from penchant.placements.request import Parts
from penchant.placements.wishes import NO_WISHES, Wishes
from penchant.slate import Candidates, Codes, Scores

LATEST = 3
"""Latest items of a history that stand in for seeds a request does not name."""

Row = tuple[Codes, Scores]


@dataclass(frozen=True)
class Retrieved:
    """Distinct candidates of one request, by code; all of them may be shown.

    Attributes:
        items: Item codes, rising.
        relevance: Weighted mean of the sources' scores, each scaled to 0..1, float32.
        shares: What each source added to relevance, by model name, aligned with `items`.
        blended: What each list of the blend added to that of the source `blend`, by model and what it reads.
        late: Sources skipped because the time budget was used up.
        failed: Sources that raised, with the error's text.
        ruled: Rules added to the candidates or took some away.
    """

    items: Codes
    relevance: Scores
    shares: Mapping[str, Scores]
    late: tuple[str, ...]
    failed: Mapping[str, str]
    ruled: bool = False
    blended: Mapping[tuple[str, Reads], Scores] = field(default_factory=dict)

    def where(self, kept: NDArray[np.bool_]) -> Retrieved:
        """Some of the candidates, in the same order."""
        at = np.flatnonzero(kept)
        return replace(
            self,
            items=self.items.take(at),
            relevance=self.relevance.take(at),
            shares={model: share.take(at) for model, share in self.shares.items()},
            blended={one: share.take(at) for one, share in self.blended.items()},
        )


class Retrieval:
    """Asks the sources of a placement for one request; models are asked once, with rules and without."""

    def __init__(
        self,
        placement: Placement,
        parts: Parts,
        queries: Queries,
        allowed: NDArray[np.bool_],
        in_time: Callable[[], bool],
        likes: Likes | None = None,
        segments: Sequence[str] = (),
    ) -> None:
        """Ask nothing yet.

        Args:
            placement: The placement.
            parts: The domain.
            queries: The request, a batch of one.
            allowed: Rows of the table that may be shown, whatever rules say.
            in_time: False once the time budget is used up.
            likes: What the person said they like.
            segments: Names of the segments that the request is of.
        """
        self._placement, self._parts, self._queries, self._allowed = placement, parts, queries, allowed
        self._in_time, self._likes, self._segments = in_time, likes or {}, segments
        self._liked: Scores | None = None
        """How much of what the person likes each item has."""
        self._depth = max(max((s.k for s in placement.sources), default=0), BLEND_DEPTH)
        self._asked: dict[tuple[object, ...], tuple[NDArray[np.bool_], list[Row]]] = {}
        """What models were asked about, and what they said."""
        self._unlike: dict[str, NDArray[np.bool_]] = {}
        """Rows that differ from what the request is about, by field; sources of a placement differ in the same one."""
        self._lists: tuple[tuple[Share, ...], Lists] | None = None
        """Those of the blend, as it was asked last."""
        self._tried: set[str] = set()
        self._late: dict[str, None] = {}
        self._failed: dict[str, str] = {}

    def found(self, wishes: Wishes = NO_WISHES) -> Retrieved:
        """The candidates under some rules."""
        rows, view = self._proposed(wishes)
        items, place = distinct(np.concatenate([found for found, _ in rows.values()] or [_NOTHING[0]]))
        at: dict[str, NDArray[np.int64]] = {}
        start = 0
        for model, (found, _) in rows.items():
            at[model] = place[start : start + len(found)]
            start += len(found)
        total = sum(s.weight for s in self._placement.sources if s.model in rows and len(rows[s.model][0]))
        shares: dict[str, Scores] = {}
        relevance = np.zeros(len(items), np.float32)
        for source in self._placement.sources:
            if source.model in rows:
                share = np.zeros(len(items), np.float32)
                weight = np.float32(source.weight / max(total, 1e-12))
                share[at[source.model]] = scaled(rows[source.model][1]) * weight
                if source.model == CHOSEN and self._liked is not None and len(at[source.model]):
                    # It speaks for whatever others propose too, as much as for the least it proposes itself.
                    beside = self._liked[items] * np.float32(0.5 * source.weight / max(total, 1e-12))
                    share = np.maximum(share, beside)
                shares[source.model] = share
                relevance += share
        blended = self._told(items, shares[BLEND]) if BLEND in shares else {}
        curating = bool(wishes.lists and EDITORIAL in rows) or bool(wishes.sets and CURATED in rows)
        return Retrieved(
            items,
            relevance,
            shares,
            tuple(self._late),
            dict(self._failed),
            view.dropped or curating,
            blended,
        )

    @property
    def failed(self) -> Mapping[str, str]:
        """Sources that raised so far, with the error's text."""
        return self._failed

    def proposed(self, wishes: Wishes = NO_WISHES) -> dict[str, Row]:
        """What each source proposes under some rules, best first, by model name."""
        return self._proposed(wishes)[0]

    def _proposed(self, wishes: Wishes) -> tuple[dict[str, Row], _View]:
        # What rules keep out is taken out of the models' answers, and not kept from them: so one answer tells what
        # would have been proposed without the rules too.
        left = wishes.open(self._allowed) if wishes.excludes else None
        view = _View(left)
        rows: dict[str, Row] = {}
        self._lists = None
        for source in self._placement.sources:
            row = self._row(source, view, wishes)
            if row is not None:
                rows[source.model] = row
        return rows, view

    def _told(self, items: Codes, share: Scores) -> dict[tuple[str, Reads], Scores]:
        """The blend's share in each item, parted by what its lists say of it."""
        if self._lists is None:
            return {}
        shares, lists = self._lists
        # What the blend has and nobody proposes stands too low in it.
        place = np.minimum(np.searchsorted(items, lists.items), max(len(items) - 1, 0))
        kept = items[place] == lists.items if len(items) else np.zeros(len(lists.items), bool)
        said = np.zeros((len(shares), len(items)), np.float32)
        said[:, place[kept]] = (lists.said * lists.weights[:, None])[:, kept]
        said *= share / np.maximum(said.sum(axis=0), 1e-12)
        return {(part.model, part.reads): said[i] for i, part in enumerate(shares)}

    def _row(self, source: Source, view: _View, wishes: Wishes) -> Row | None:
        """What one source proposes; None when it is late, fails, or there is nothing to ask."""
        name = source.model
        special = name in (EDITORIAL, CURATED, CHOSEN, SEGMENT)
        # Without a release there is nothing to ask, and one note says so; it need not be said of every source.
        if name in self._late or name in self._failed or not (special or self._parts.models):
            return None
        if name not in self._tried:
            self._tried.add(name)
            if not special and not self._in_time():
                self._late[name] = None
                return None
        try:
            if source.model == BLEND:
                return self._blend(source, view)
            return self._special(source, view, wishes) if special else self._ask(source, view)
        except LookupError as error:
            self._failed[name] = str(error)
        except Exception as error:  # one broken source must not take the answer down; it is named in `degraded`
            self._failed[name] = f"{type(error).__name__}: {error}"
        return None

    def _special(self, source: Source, view: _View, wishes: Wishes) -> Row:
        table = self._parts.table
        open_ = self._allowed if view.left is None else view.left
        if source.differs:
            open_ = open_ & self._differing(source.differs)
        if source.model == CHOSEN:
            return self._chosen(source, open_)
        if source.model == SEGMENT:
            return self._parts.segments.proposed(self._segments, open_, source.k)
        if source.model == EDITORIAL:
            return editorial(wishes.lists, table, open_, source.k)
        return curated(wishes.sets, table, about(self._queries), source.shares, open_, source.k)

    def _chosen(self, source: Source, open_: NDArray[np.bool_]) -> Row:
        if not self._likes:
            return _NOTHING
        parts, queries = self._parts, self._queries
        if self._liked is None:
            self._liked = liking(parts.table, parts.pack.attributes, self._likes)
        standing = parts.standing(self._placement)
        return chosen(self._liked, standing, parts.statistics, float(queries.now[0]), open_, source.k)

    def _ask(self, source: Source, view: _View) -> Row:
        found: list[Row] = []
        if source.reads in ("person", "both"):
            found.append(self.person(source.model, source.k, source.differs, view))
        if source.reads in ("seeds", "both"):
            found += self.near(source.model, source.differs, view)
        found = [(items, scaled(scores)) for items, scores in found if len(items)]
        if len(found) <= 1:
            return (found[0][0][: source.k], found[0][1][: source.k]) if found else _NOTHING
        items, at = np.unique(np.concatenate([items for items, _ in found]), return_inverse=True)
        sums = np.bincount(at, np.concatenate([scores for _, scores in found]))
        order = np.argsort(-sums, kind="stable")[: source.k]
        return items[order].astype(np.int32), sums[order].astype(np.float32)

    def _blend(self, source: Source, view: _View) -> Row:
        """What the evaluation judged as `blend` for the placement's task: the same lists, depth and weights."""
        blend = self._parts.blend_of(self._placement)
        if blend is None:
            return _NOTHING
        shares: list[Share] = []
        lists: list[tuple[Row, float]] = []
        for share in blend.shares:
            if lists and not self._in_time():
                self._late[f"{BLEND}:{share.model}"] = None
                continue
            if share.reads == "person":
                rows = [self.person(share.model, BLEND_DEPTH, source.differs, view)]
            else:
                near = self.near(share.model, source.differs, view)
                rows = [(items[:BLEND_DEPTH], scores[:BLEND_DEPTH]) for items, scores in near]
            # One seed is what was judged; of several, each counts the same.
            if rows:
                one = rows[0] if len(rows) == 1 else Lists.of([(row, 1.0) for row in rows], blend.by).best(BLEND_DEPTH)
                shares.append(share)
                lists.append((one, share.weight))
        if not lists:
            return _NOTHING
        joined = Lists.of(lists, blend.by)
        self._lists = tuple(shares), joined
        return joined.best(source.k)

    def person(self, name: str, k: int, differs: str, view: _View) -> Row:
        """The best k of a model for the person; the blend and a source of its own ask a model only once."""
        model = self._model(name)
        if not retrieves(model):
            raise TypeError("cannot retrieve for people")
        asked = self._rows(
            (name, differs),
            model,
            differs,
            self._depth,
            view,
            lambda open_: model.retrieve(self._queries, self._depth, open_),
        )
        items, scores = asked[0]
        return items[:k], scores[:k]

    def near(self, name: str, differs: str, view: _View) -> list[Row]:
        """What a model says of each of the items that the request is about; it is asked only once."""
        model = self._model(name)
        if not finds_similar(model):
            raise TypeError("cannot find similar items")
        seeds = about(self._queries)
        return self._rows(
            (name, differs, "seeds"),
            model,
            differs,
            self._depth,
            view,
            lambda open_: model.similar(seeds, self._depth, open_),
        )

    def _differing(self, field: str) -> NDArray[np.bool_]:
        found = self._unlike.get(field)
        if found is None:
            found = self._unlike[field] = unlike(field, self._parts.table, self._queries)
        return found

    def _model(self, name: str) -> object:
        model: object = self._parts.models.get(name)
        if model is None:
            raise LookupError("not in this release")
        return model

    def _rows(
        self,
        key: tuple[object, ...],
        model: object,
        differs: str,
        depth: int,
        view: _View,
        ask: Callable[[NDArray[np.bool_]], Candidates],
    ) -> list[Row]:
        """A model's answer without what rules keep out."""
        if key not in self._asked:
            n = reach(model, self._parts)
            open_ = self._allowed[:n]
            if differs:
                open_ = open_ & self._differing(differs)[:n]
            self._asked[key] = open_, _sound(ask(open_), open_)
        open_, rows = self._asked[key]
        if view.left is None:
            return rows
        cut = [_cut(row, view.left) for row in rows]
        view.dropped |= any(len(a[0]) != len(b[0]) for a, b in zip(rows, cut, strict=True))
        # Of a list that was not longer, most is gone: there is more where that came from.
        if any(len(a[0]) >= depth and 2 * len(b[0]) < depth for a, b in zip(rows, cut, strict=True)):
            if key not in view.again:
                fewer = open_ & view.left[: len(open_)]
                view.again[key] = _sound(ask(fewer), fewer)
            return view.again[key]
        return cut


@dataclass
class _View:
    """Which rows rules leave open (None for all that are allowed), and whether that took a proposal away.

    Models that were asked once more, for what is left alone, are in `again`.
    """

    left: NDArray[np.bool_] | None
    dropped: bool = False
    again: dict[tuple[object, ...], list[Row]] = field(default_factory=dict)


_NOTHING: Row = (np.zeros(0, np.int32), np.zeros(0, np.float32))


def reach(model: object, parts: Parts) -> int:
    """How many rows of the table a model can speak of: those of its release, and later ones if it takes them in."""
    return min(model.n_items, len(parts.table)) if takes_in(model) else parts.n_known


def scaled(scores: Scores) -> Scores:
    """Scores against the best one; the best is 1, and what scores nothing or less is 0.

    Dividing by the best, not by the span, keeps a flat list flat: ten near-equal candidates stay near equal.
    """
    if not len(scores):
        return scores
    best = float(scores.max())
    if best <= 0:
        return np.zeros_like(scores)
    shared: Scores = np.maximum(scores / best, 0.0).astype(np.float32, copy=False)
    return shared


def about(queries: Queries) -> Codes:
    """What a request is about: its seeds, or else the person's latest items."""
    return queries.seeds if len(queries.seeds) else latest(queries)


def latest(queries: Queries) -> Codes:
    """The last distinct items the person turned to, newest first, at most `LATEST`."""
    liked = queries.items[queries.weights > 0][::-1].tolist()
    return np.array(list(dict.fromkeys(liked))[:LATEST], np.int32)


def _sound(found: Candidates, open_: NDArray[np.bool_]) -> list[Row]:
    """Rows of what was found, without what may not be shown.

    Raises:
        ValueError: There are items in it that the model cannot know.
    """
    # Below 0 is far above everything for a number without a sign.
    try:
        kept = open_[found.items.view(np.uint32)]
    except IndexError:
        raise ValueError("proposed items that the release does not have") from None
    if kept.all():
        return [found.row(i) for i in range(len(found))]
    return [_cut(found.row(i), open_) for i in range(len(found))]


def _cut(row: Row, open_: NDArray[np.bool_]) -> Row:
    kept = open_[row[0]]
    return row if kept.all() else (row[0][kept], row[1][kept])


def unlike(field: str, table: ItemTable, queries: Queries) -> NDArray[np.bool_]:
    """Rows whose value of a field none of the seeds (or, without seeds, of the latest items) has.

    What has no value is like nothing.
    """
    wanted = about(queries)
    wanted = wanted[(wanted >= 0) & (wanted < len(table))]
    column = table.category(field)
    return ~column.holding([code for code in dict.fromkeys(column.codes[wanted].tolist()) if code >= 0])
