"""One request of one placement: retrieve, constrain, value, select, fall back, explore, check again.

The answer cannot fail: a source or a feature that raises is named in `degraded`, and what is still empty is
filled by the fallback chain, whose last link is the catalog itself. Hard constraints hold for every link and every
rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from penchant.clock import Clock
from penchant.dataset import Queries
from penchant.features import Batch
from penchant.pack import BLEND, CURATED, EDITORIAL, Facts, Placement
from penchant.placements.chance import Given, chance
from penchant.placements.exploration import EXPLORED
from penchant.placements.fallback import Fallback, Spare
from penchant.placements.filled import Filled
from penchant.placements.liking import faded
from penchant.placements.masks import allowed_by
from penchant.placements.reasons import MOST, of_list, placed, reasons, recognised
from penchant.placements.record import Record, Shown, Worth, acted
from penchant.placements.request import Ask, Parts
from penchant.placements.retrieval import Retrieval, Retrieved, about
from penchant.placements.selection import Chosen, pin, seated, select
from penchant.placements.trace import Trace
from penchant.placements.wishes import NO_WISHES, Wish, Wishes
from penchant.ranking import Valued, value
from penchant.slate import Candidates, Codes, Reason, Scores, SlateItem

MOST_VALUED = 300
"""Candidates that are valued; where sources propose more, those of the highest relevance. What a place is kept for
(slots, sources that stand first, what rules are about) is always among them, and so are all where that many do not fill
the slate."""

RULE = "rule"
"""Source name of an item that a rule put on the slate."""

POPULAR = Reason("popular", "many people choose it")
CHOSEN = Reason("chosen", "chosen by the editors")
PROMOTED = Reason("promoted", "promoted by the editors")


@dataclass(frozen=True)
class Work:
    """What an answer was made of.

    Attributes:
        placement: The placement, with the weights it had for this request.
        parts: The domain.
        ask: The request.
        queries: Whom and what models were asked about.
        allowed: Rows that may be shown, whatever rules say, shape (n_items,).
        wishes: Rules that hold.
        found: What sources proposed.
        made: What filled the places, before chance.
        plain: What would have filled them without rules; None where rules are about nothing of it.
        drawn: What chance did.
    """

    placement: Placement
    parts: Parts
    ask: Ask
    queries: Queries
    allowed: NDArray[np.bool_]
    wishes: Wishes
    found: Retrieved
    made: Filled
    plain: Filled | None
    drawn: Given


@dataclass(frozen=True)
class Answer:
    """What came of a request.

    Attributes:
        items: The slate.
        degraded: What did not work on the way.
        trace: How the items got their order.
        record: What rules did, when any did something.
        work: What it was made of, for whoever asks why an item is not there.
    """

    items: tuple[SlateItem, ...]
    degraded: tuple[str, ...]
    trace: Trace = field(compare=False, repr=False)
    record: Record | None = None
    work: Work | None = field(default=None, compare=False, repr=False)


def answer(placement: Placement, parts: Parts, ask: Ask, clock: Clock) -> Answer:
    """Answer one request.

    Args:
        placement: What to fill.
        parts: The domain.
        ask: The request.
        clock: For the time budget.

    Returns:
        At most `ask.size` items, fewer only when no more may be shown or caps and quotas leave no room.
    """
    began = clock.elapsed()
    facts = ask.facts if ask.personalized else replace(ask.facts, queries=_anonymous(ask.facts.queries))
    allowed, degraded = _allowed(placement, parts, ask.facts, ask.eligible)
    seeds = facts.queries.seeds
    allowed[seeds[(seeds >= 0) & (seeds < len(allowed))]] = False
    wishes, broken = Wishes.of(ask.rules, parts.table, ask.about, personalized=ask.personalized)
    degraded += broken
    wishes = wishes.at(placement, about(facts.queries))

    def in_time() -> bool:
        return (clock.elapsed() - began) * 1000.0 < placement.budget_ms

    likes = ask.likes if ask.personalized else {}
    placement = faded(placement, likes, facts.queries)
    retrieval = Retrieval(placement, parts, facts.queries, allowed, in_time, likes, ask.segments)
    filling = _Filling(placement, parts, ask, facts.queries, allowed)
    found = retrieval.found(wishes)
    degraded += [f"late:{name}" for name in found.late]
    degraded += [f"source:{name}: {text}" for name, text in found.failed.items()]
    made = filling.fill(found, wishes)
    kinds = dict.fromkeys(parts.heads, "head")
    degraded += [f"{kinds.get(name, 'feature')}:{name}: {text}" for name, text in made.valued.failed.items()]
    degraded += [f"fallback:{name}: {text}" for name, text in made.failed.items()]
    record = plain = None
    if made.touched:
        plain = filling.fill(retrieval.found(), NO_WISHES) if found.ruled else filling.fill(found, NO_WISHES, made)
        record = filling.record(made, plain, wishes)
    drawn = chance(placement, parts, ask, made, wishes.quotas)
    slate = drawn.given(made)
    work = Work(placement, parts, ask, facts.queries, allowed, wishes, found, made, plain, drawn)
    return Answer(filling.items(made, slate, drawn), tuple(degraded), filling.trace(made, slate), record, work)


@dataclass(frozen=True)
class _Filling:
    """Fills the places of one request, with rules and without."""

    placement: Placement
    parts: Parts
    ask: Ask
    queries: Queries
    allowed: NDArray[np.bool_]

    def fill(self, found: Retrieved, wishes: Wishes, scored: Filled | None = None) -> Filled:
        """Value candidates, choose among them, and let the fallback chain fill what is left.

        Args:
            found: The candidates under these wishes.
            wishes: The rules.
            scored: The same candidates, valued already.
        """
        if scored is not None:
            return self._fill(scored.found, wishes, scored)
        near = self._nearest(found, wishes)
        made = self._fill(near, wishes)
        filled = len(made.slate) == self.ask.size and not any(isinstance(one, Spare) for one in made.slate)
        return made if filled or len(near.items) == len(found.items) else self._fill(found, wishes)

    def _nearest(self, found: Retrieved, wishes: Wishes) -> Retrieved:
        """Candidates that are valued: all of them, or where there are too many the most relevant ones."""
        if len(found.items) <= MOST_VALUED:
            return found
        kept = np.zeros(len(found.items), bool)
        kept[np.argsort(-found.relevance, kind="stable")[:MOST_VALUED]] = True
        for source in self.placement.sources:
            share = found.shares.get(source.model)
            if share is not None and source.first:
                kept |= share > 0
            elif share is not None and source.slots:
                # Some of its best may be on the slate already.
                kept[np.argsort(-share, kind="stable")[: source.slots + self.ask.size]] = True
        for wish in (*wishes.pins, *wishes.quotas, *wishes.moves):
            kept |= wish.rows[found.items]
        return found.where(kept)

    def _fill(self, found: Retrieved, wishes: Wishes, scored: Filled | None = None) -> Filled:
        table, size = self.parts.table, self.ask.size
        left = wishes.open(self.allowed)
        fallback = Fallback(self.placement, self.parts, self.queries, {})
        wanted, owed = self._brought(found.items, left, wishes, fallback)
        codes = np.concatenate([found.items, np.array([*owed, *wanted], np.int32)])
        if scored is None:
            batch, valued = self._valued(found, codes)
        else:
            batch, valued = scored.batch, scored.valued.first(len(codes))
        worth = wishes.moved(codes, valued.value)
        pinned = pin(wishes.pins, codes, worth, table, size)
        if wanted:
            worth = worth.copy()
            worth[-len(wanted) :] = -np.inf  # what only a pin wants has the pin's place or none
        chosen = select(self.placement, codes, worth, found.shares, size, table, pinned, wishes.quotas)
        spares = self._spares(chosen, codes, left, wishes, fallback)
        # Last of all, once more: no source, slot or rule may pass a hard constraint.
        places: dict[int, int | Spare] = dict(pinned)
        others: list[int | Spare] = [*chosen.others, *spares]
        filled = seated(places, others)
        slate = [one for one in filled if left[one.code if isinstance(one, Spare) else int(codes[one])]]
        return Filled(
            found,
            codes,
            batch,
            valued,
            wishes.factors(codes),
            frozenset(pinned.values()),
            chosen,
            tuple(slate),
            left,
            fallback.failed,
            bool(wishes) and self._touched(found, codes, bool(spares), bool(pinned), wishes),
        )

    def _valued(self, found: Retrieved, codes: Codes) -> tuple[Batch, Valued]:
        """The candidates, and what rules brought, which nobody retrieved; and what they are worth."""
        parts, objective = self.parts, self.ask.objective
        relevance = np.full(len(codes), np.nan, np.float32)
        relevance[: len(found.items)] = found.relevance
        batch = Batch(
            self.queries,
            Candidates(np.array([0, len(codes)], np.int64), codes, relevance),
            parts.table,
            parts.statistics,
            parts.moment(self.placement, self.ask.device, len(codes)),
        )
        features = {feature.name: feature for feature in parts.pack.features}
        return batch, value(objective, features, batch, parts.heads, parts.floor_of(objective))

    def _brought(
        self, items: Codes, left: NDArray[np.bool_], wishes: Wishes, fallback: Fallback
    ) -> tuple[list[int], list[int]]:
        """What no source proposed: rows that pins want, and rows that quotas must have."""
        if not (wishes.pins or wishes.quotas):
            return [], []
        free = left.copy()
        free[items] = False

        def best(wish: Wish, wanted: int, have: Codes) -> list[int]:
            lacking = min(wanted, self.ask.size) - int(wish.rows[have].sum())
            found: list[int] = []
            if lacking > 0:
                for spare in fallback.proposals(free & wish.rows, lacking, wishes):
                    if spare.code not in found:
                        found.append(spare.code)
                    if len(found) >= lacking:
                        break
                free[found] = False
            return found

        owed: list[int] = []
        for wish in wishes.quotas:
            owed += best(wish, wish.rule.rule.least or 0, np.append(items, owed).astype(np.int32))
        named = [code for wish in wishes.pins for code in wish.rule.codes(self.parts.table).tolist() if left[code]]
        wanted = [code for code in dict.fromkeys(named) if free[code]]
        free[wanted] = False
        # A pin by filter draws on candidates that no other pin takes.
        stock, drawn = np.setdiff1d(np.append(items, owed), named).astype(np.int32), 0
        for wish in wishes.pins:
            if wish.rule.rule.filter is not None:
                drawn += wish.rule.rule.most or 1
                wanted += best(wish, drawn, stock)
        return wanted, owed

    def _spares(
        self, chosen: Chosen, codes: Codes, left: NDArray[np.bool_], wishes: Wishes, fallback: Fallback
    ) -> list[Spare]:
        """What the fallback chain puts on places that ranking left empty."""
        lacking = self.ask.size - len(chosen.pinned) - len(chosen.others)
        if lacking <= 0:
            return []
        free = left.copy()
        free[codes[[*chosen.pinned.values(), *chosen.others]]] = False
        found: list[Spare] = []
        for spare in fallback.proposals(free, self.ask.size, wishes):
            if chosen.room.takes(spare.code):
                free[spare.code] = False
                found.append(spare)
                if len(found) >= lacking:
                    break
        return found

    def _touched(self, found: Retrieved, codes: Codes, spared: bool, pinned: bool, wishes: Wishes) -> bool:
        """Whether a rule is about anything that is, or would have been, on the slate."""
        if found.ruled or pinned:
            return True
        about_: tuple[Wish, ...] = (*wishes.moves, *wishes.quotas)
        if any(bool(wish.rows[codes].any()) for wish in about_):
            return True
        # Where the fallback chain answered, anything in the catalog would have been.
        return spared and any(bool((wish.rows & self.allowed).any()) for wish in (*about_, *wishes.excludes))

    def items(self, made: Filled, slate: Sequence[int | Spare], drawn: Given) -> tuple[SlateItem, ...]:
        """The slate in words."""
        queries, parts = self.queries, self.parts
        nobody = not len(queries.seeds) and not bool((queries.weights > 0).any())
        ranked = [one for one in slate if not isinstance(one, Spare)]
        reads = {name for head in made.valued.heads for name in parts.heads[head].features}
        moved = recognised(self.ask.objective, made.valued, reads, parts.pack.telling, made.batch, ranked)
        why_ = iter(reasons(ranked, self.placement, made.found.shares, moved, self._blended(made.found)))
        sources_ = iter(self._sources(ranked, made.found))
        told: list[SlateItem] = []
        for place, one in enumerate(slate):
            likely = float(drawn.propensity[place])
            if isinstance(one, Spare):
                # An item that stands there because nobody chose anything is not popular.
                popular = (POPULAR,) if one.score > 0 else ()
                told.append(self._item(one.code, place + 1, 0.0, (one.name,), popular, likely))
                continue
            found = one < len(made.found.items)
            why, sources = next(why_), next(sources_)
            if not why and nobody and found:
                why = (POPULAR,)  # without a history or seeds, what everybody chose is all that can have moved it
            if made.factors[one] > 1:
                why = (PROMOTED, *why)
            if one in made.pinned:
                why = (CHOSEN, *why)
            if one in made.pinned or not found:
                sources = (*sources, RULE)
            if place == drawn.place:
                sources = (*sources, EXPLORED)
            worth = float(made.valued.value[one])
            told.append(self._item(int(made.codes[one]), place + 1, worth, sources, why[:MOST], likely))
        return tuple(told)

    @staticmethod
    def _sources(positions: Sequence[int], found: Retrieved) -> list[tuple[str, ...]]:
        """What proposed some candidates; of the blend, the models whose lists have them."""
        lists = [(f"{BLEND}:{model}", placed(share, positions)) for (model, _), share in found.blended.items()]
        named = [(name, placed(share, positions)) for name, share in found.shares.items()]
        made: list[tuple[str, ...]] = []
        for place in range(len(positions)):
            parts = dict.fromkeys(name for name, shares in lists if shares[place] > 0)
            told = (name for name, shares in named if shares[place] > 0)
            made.append(tuple(part for name in told for part in ((name, *parts) if name == BLEND else (name,))))
        return made

    def _blended(self, found: Retrieved) -> dict[Reason, Scores]:
        """What the lists of the blend added to relevance, by the reason they give."""
        told: dict[Reason, Scores] = {}
        for (model, reads), share in found.blended.items():
            why = of_list(model, reads, self.placement, self.parts.pack)
            if why is not None:
                told[why] = told[why] + share if why in told else share
        return told

    def _item(
        self, code: int, position: int, worth: float, source: tuple[str, ...], why: tuple[Reason, ...], likely: float
    ) -> SlateItem:
        return SlateItem(
            id=self.parts.table.ids[code],
            position=position,
            value=round(worth, 6),
            source=source,
            reasons=why,
            propensity=float(f"{likely:.7g}"),
        )

    def trace(self, made: Filled, slate: Sequence[int | Spare]) -> Trace:
        """How the slate came to its order."""
        at = np.array([-1 if isinstance(one, Spare) else one for one in slate], np.int64)
        return Trace(self.ask.objective, made.valued, made.batch, at)

    def record(self, made: Filled, plain: Filled, wishes: Wishes) -> Record | None:
        """What rules did, against the slate without them; None when they did nothing."""
        table, rows = self.parts.table, made.rows
        shown = Shown(
            rows,
            [int(made.codes[one]) for one in made.slate if not isinstance(one, Spare) and one in made.pinned],
            self._of(EDITORIAL, made),
            self._of(CURATED, made),
        )
        done = acted(wishes, shown, plain.rows, table)
        if not done:
            return None
        values = [0.0 if isinstance(one, Spare) else float(plain.valued.value[one]) for one in plain.slate]
        without = tuple(Worth(table.ids[row], round(value, 6)) for row, value in zip(plain.rows, values, strict=True))
        objective = f"{self.ask.objective.name}@{self.ask.objective.version}"
        return Record(objective=objective, rules=done, without=without)

    @staticmethod
    def _of(source: str, made: Filled) -> list[int]:
        """Rows of the slate that a source proposed."""
        share: Scores | None = made.found.shares.get(source)
        if share is None:
            return []
        own = (one for one in made.slate if not isinstance(one, Spare) and one < len(share) and share[one] > 0)
        return [int(made.codes[one]) for one in own]


def _allowed(
    placement: Placement, parts: Parts, facts: Facts, eligible: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], list[str]]:
    table = parts.table
    allowed = table.active & eligible
    degraded: list[str] = []
    for constraint in parts.pack.constraints:
        if constraint.name in placement.constraints:
            try:
                allowed &= allowed_by(constraint, table, facts)
            except Exception as error:  # a rule that cannot be checked lets nothing pass
                allowed[:] = False
                degraded.append(f"constraint:{constraint.name}: {type(error).__name__}: {error}")
    return allowed, degraded


def _anonymous(queries: Queries) -> Queries:
    return Queries.single(float(queries.now[0]), seeds=queries.seeds)
