"""One request of one placement: retrieve, constrain, value, rules, freshness, diversity, fall back, check, explore.

The answer cannot fail: a source or a feature that raises is named in `degraded`, and what is still empty is
filled by the fallback chain, whose last link is the catalog itself. Hard constraints hold for every link and every
rule.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from penchant.clock import Clock
from penchant.dataset import Queries
from penchant.features import RELEVANCE, Batch
from penchant.pack import Facts, Placement
from penchant.placements.brought import brought
from penchant.placements.chance import Given, chance
from penchant.placements.diversity import Variety
from penchant.placements.fallback import Fallback, Spare
from penchant.placements.filled import Filled
from penchant.placements.freshness import aged, ages
from penchant.placements.liking import faded
from penchant.placements.masks import allowed_by
from penchant.placements.plain import plainly
from penchant.placements.record import Record, recorded
from penchant.placements.request import Ask, Parts
from penchant.placements.retrieval import Retrieval, Retrieved, about
from penchant.placements.selection import Chosen, pin, seated, select
from penchant.placements.told import told
from penchant.placements.trace import Trace
from penchant.placements.wishes import NO_WISHES, Wish, Wishes
from penchant.ranking import Valued, value
from penchant.slate import Candidates, Codes, SlateItem

MOST_VALUED = 300
"""Candidates that are valued; where sources propose more, those of the highest relevance. What a place is kept for
(slots, sources that stand first, what rules are about) is always among them, and so are all where that many do not fill
the slate."""

_log = logging.getLogger("penchant.placements")


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
        broken: A stage raised that nothing stands in for, and the fallback chain alone answered.
    """

    items: tuple[SlateItem, ...]
    degraded: tuple[str, ...]
    trace: Trace = field(compare=False, repr=False)
    record: Record | None = None
    work: Work | None = field(default=None, compare=False, repr=False)
    broken: bool = False


def answer(placement: Placement, parts: Parts, ask: Ask, clock: Clock) -> Answer:
    """Answer one request.

    Args:
        placement: What to fill.
        parts: The domain.
        ask: The request.
        clock: For the time budget.

    Returns:
        At most `ask.size` items; fewer when no more may be shown, caps and quotas leave no room, or the placement is
        not filled up.
    """
    began = clock.elapsed()

    def in_time() -> bool:
        return (clock.elapsed() - began) * 1000.0 < placement.budget_ms

    facts = ask.facts if ask.personalized else replace(ask.facts, queries=_anonymous(ask.facts.queries))
    allowed, degraded = _allowed(placement, parts, ask.facts, ask.eligible)
    seeds = facts.queries.seeds
    allowed[seeds[(seeds >= 0) & (seeds < len(allowed))]] = False
    try:
        return _answered(placement, parts, ask, facts, allowed, degraded, in_time)
    except Exception as error:  # a stage that nothing stands in for: the fallback chain alone answers
        _log.error("placement %s of %s broke", placement.name, parts.pack.name, exc_info=error)
        items, trace = plainly(placement, parts, ask, facts.queries, allowed)
        return Answer(items, (*degraded, f"failed: {type(error).__name__}"), trace, broken=True)


def _answered(
    placement: Placement,
    parts: Parts,
    ask: Ask,
    facts: Facts,
    allowed: NDArray[np.bool_],
    degraded: Sequence[str],
    in_time: Callable[[], bool],
) -> Answer:
    """The answer by all stages; what is late is left out, and what raises where something stands in for it."""
    degraded = [*degraded]
    wishes, broken = Wishes.of(ask.rules, parts.table, ask.about, personalized=ask.personalized)
    degraded += broken
    wishes = wishes.at(placement, about(facts.queries))
    likes = ask.likes if ask.personalized else {}
    placement = faded(placement, likes, facts.queries)
    retrieval = Retrieval(placement, parts, facts.queries, allowed, in_time, likes, ask.segments)
    filling = _Filling(placement, parts, ask, facts.queries, allowed, in_time, {})
    found = retrieval.found(wishes)
    degraded += [f"late:{name}" for name in found.late]
    degraded += [f"source:{name}: {text}" for name, text in found.failed.items()]
    made = filling.fill(found, wishes)
    kinds = dict.fromkeys(parts.heads, "head")
    degraded += [f"{kinds.get(name, 'feature')}:{name}: {text}" for name, text in made.valued.failed.items()]
    degraded += [f"fallback:{name}: {text}" for name, text in made.failed.items()]
    record = plain = None
    if made.touched and filling.time_for("rules"):
        plain = filling.fill(retrieval.found(), NO_WISHES) if found.ruled else filling.fill(found, NO_WISHES, made)
        record = recorded(made, plain, wishes, ask.objective, parts.table)
    degraded += [f"late:{name}" for name in filling.late]
    drawn = chance(placement, parts, ask, made, wishes.quotas)
    slate = drawn.given(made)
    work = Work(placement, parts, ask, facts.queries, allowed, wishes, found, made, plain, drawn)
    trace = Trace.of(ask.objective, made.valued, made.batch, slate)
    return Answer(filling.items(made, slate, drawn), tuple(degraded), trace, record, work)


@dataclass(frozen=True)
class _Filling:
    """Fills the places of one request, with rules and without; `late` is what there was no time for."""

    placement: Placement
    parts: Parts
    ask: Ask
    queries: Queries
    allowed: NDArray[np.bool_]
    in_time: Callable[[], bool]
    late: dict[str, None]

    def time_for(self, stage: str) -> bool:
        """Whether there is time for a stage; where there is none, it is named."""
        if self.in_time():
            return True
        self.late[stage] = None
        return False

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
        wanted, owed = brought(found.items, left, wishes, fallback, size)
        codes = np.concatenate([found.items, np.array([*owed, *wanted], np.int32)])
        if scored is None:
            batch, valued = self._valued(found, codes)
        else:
            batch, valued = scored.batch, scored.valued.first(len(codes))
        fresh = ages(self.placement.freshness, table, codes, self.ask.facts.now)
        worth = aged(wishes.moved(codes, valued.value), fresh)
        pinned = pin(wishes.pins, codes, worth, table, size)
        ordered = worth
        if wanted:
            ordered = worth.copy()
            ordered[-len(wanted) :] = -np.inf  # what only a pin wants has the pin's place or none
        spread = self.placement.diversity
        variety = None
        if spread is not None and spread.weight > 0 and self.time_for("diversity"):
            variety = Variety(spread, table, self.queries)
        chosen = select(self.placement, codes, ordered, found.shares, size, table, pinned, wishes.quotas, variety)
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
            fresh,
            worth,
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
            parts.moment(self.ask.slot or self.placement.name, self.ask.device, len(codes)),
        )
        if len(codes) and not self.time_for("heads"):
            order = np.nan_to_num(relevance)
            return batch, Valued(order, {RELEVANCE.name: order}, {})
        features = {feature.name: feature for feature in parts.pack.features}
        return batch, value(objective, features, batch, parts.heads, parts.floor_of(objective))

    def _spares(
        self, chosen: Chosen, codes: Codes, left: NDArray[np.bool_], wishes: Wishes, fallback: Fallback
    ) -> list[Spare]:
        """What the fallback chain puts on places that ranking left empty."""
        lacking = self.ask.size - len(chosen.pinned) - len(chosen.others)
        if lacking <= 0 or not self.placement.fills:
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
        return told(self.placement, self.parts, self.ask.objective, self.queries, made, slate, drawn)


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
