"""One request of one placement: retrieve, constrain, value, select, fall back, check again.

The answer cannot fail: a source or a feature that raises is named in `degraded`, and what is still empty is
filled by the fallback chain, whose last link is the catalog itself. Hard constraints hold for every link and every
rule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from penchant.clock import Clock
from penchant.dataset import Queries
from penchant.pack import BLEND, CURATED, EDITORIAL, Facts, Placement
from penchant.placements.fallback import Fallback, Spare
from penchant.placements.reasons import MOST, of_list, reasons
from penchant.placements.record import Record, Shown, Worth, acted
from penchant.placements.request import Ask, Parts
from penchant.placements.retrieval import Retrieval, Retrieved, about
from penchant.placements.selection import Chosen, pin, seated, select
from penchant.placements.wishes import NO_WISHES, Wish, Wishes
from penchant.ranking import Valued, score
from penchant.slate import Candidates, Codes, Reason, Scores, SlateItem

RULE = "rule"
"""Source name of an item that a rule put on the slate."""

POPULAR = Reason("popular", "many people choose it")
CHOSEN = Reason("chosen", "chosen by the editors")
PROMOTED = Reason("promoted", "promoted by the editors")


@dataclass(frozen=True)
class Answer:
    """Items of a slate, what did not work on the way, and what rules did, when any did something."""

    items: tuple[SlateItem, ...]
    degraded: tuple[str, ...]
    record: Record | None = None


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

    retrieval = Retrieval(placement, parts, facts.queries, allowed, in_time)
    filling = _Filling(placement, parts, ask, facts.queries, allowed)
    found = retrieval.found(wishes)
    degraded += [f"late:{name}" for name in found.late]
    degraded += [f"source:{name}: {text}" for name, text in found.failed.items()]
    made = filling.fill(found, wishes)
    degraded += [f"feature:{name}: {text}" for name, text in made.valued.failed.items()]
    degraded += [f"fallback:{name}: {text}" for name, text in made.failed.items()]
    items = filling.items(made, wishes)
    record = None
    if made.touched:
        plain = filling.fill(retrieval.found(), NO_WISHES) if found.ruled else filling.fill(found, NO_WISHES, made)
        record = filling.record(made, plain, wishes)
    return Answer(items, tuple(degraded), record)


@dataclass(frozen=True)
class _Filled:
    """A slate before it is put into words.

    Attributes:
        found: What sources proposed.
        codes: Those candidates, and after them what rules brought.
        valued: Value of `codes` by the objective.
        factors: What rules multiply it by.
        pinned: Positions in `codes` of pins, by place.
        slate: Positions in `codes`, and spares where ranking left places empty.
        failed: Links of the fallback chain that raised.
        touched: Whether a rule is about anything of it.
    """

    found: Retrieved
    codes: Codes
    valued: Valued
    factors: NDArray[np.float64]
    pinned: frozenset[int]
    slate: tuple[int | Spare, ...]
    failed: dict[str, str]
    touched: bool

    @property
    def rows(self) -> list[int]:
        """Rows of the slate, in order."""
        return [one.code if isinstance(one, Spare) else int(self.codes[one]) for one in self.slate]


@dataclass(frozen=True)
class _Filling:
    """Fills the places of one request, with rules and without."""

    placement: Placement
    parts: Parts
    ask: Ask
    queries: Queries
    allowed: NDArray[np.bool_]

    def fill(self, found: Retrieved, wishes: Wishes, scored: _Filled | None = None) -> _Filled:
        """Value candidates, choose among them, and let the fallback chain fill what is left.

        Args:
            found: The candidates under these wishes.
            wishes: The rules.
            scored: The same candidates, valued already.
        """
        table, size = self.parts.table, self.ask.size
        left = wishes.open(self.allowed)
        fallback = Fallback(self.placement, self.parts, self.queries, {})
        wanted, owed = self._brought(found.items, left, wishes, fallback)
        codes = np.concatenate([found.items, np.array([*owed, *wanted], np.int32)])
        if scored is None:
            features = {feature.name: feature for feature in self.parts.pack.features}
            relevance = np.zeros(len(codes), np.float32)
            relevance[: len(found.items)] = found.relevance
            candidates = Candidates(np.array([0, len(codes)], np.int64), codes, relevance)
            valued = score(self.ask.objective, features, self.queries, candidates, table)
        else:
            some = slice(0, len(codes))
            terms = {name: share[some] for name, share in scored.valued.terms.items()}
            valued = Valued(scored.valued.value[some], terms, {})
        value = wishes.moved(codes, valued.value)
        pinned = pin(wishes.pins, codes, value, table, size)
        if wanted:
            value = value.copy()
            value[-len(wanted) :] = -np.inf  # what only a pin wants has the pin's place or none
        chosen = select(self.placement, codes, value, found.shares, size, table, pinned, wishes.quotas)
        spares = self._spares(chosen, codes, left, wishes, fallback)
        # Last of all, once more: no source, slot or rule may pass a hard constraint.
        places: dict[int, int | Spare] = dict(pinned)
        others: list[int | Spare] = [*chosen.others, *spares]
        filled = seated(places, others)
        slate = [one for one in filled if left[one.code if isinstance(one, Spare) else int(codes[one])]]
        return _Filled(
            found,
            codes,
            valued,
            wishes.factors(codes),
            frozenset(pinned.values()),
            tuple(slate),
            fallback.failed,
            bool(wishes) and self._touched(found, codes, bool(spares), bool(pinned), wishes),
        )

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

    def items(self, made: _Filled, wishes: Wishes) -> tuple[SlateItem, ...]:
        """The slate in words."""
        queries, parts = self.queries, self.parts
        nobody = not len(queries.seeds) and not bool((queries.weights > 0).any())
        features = {feature.name: feature for feature in parts.pack.features}
        blended = self._blended(made.found)
        told: list[SlateItem] = []
        for one in made.slate:
            if isinstance(one, Spare):
                # An item that stands there because nobody chose anything is not popular.
                told.append(self._item(one.code, len(told) + 1, 0.0, (one.name,), (POPULAR,) if one.score > 0 else ()))
                continue
            ranked = one < len(made.found.items)
            sources = self._sources(one, made.found) if ranked else ()
            shares = made.found.shares if ranked else {}
            why = reasons(one, self.placement, shares, made.valued.terms, features, blended if ranked else {})
            if not why and nobody and ranked:
                why = (POPULAR,)  # without a history or seeds, what everybody chose is all that can have moved it
            if made.factors[one] > 1:
                why = (PROMOTED, *why)
            if one in made.pinned:
                why = (CHOSEN, *why)
            if one in made.pinned or not ranked:
                sources = (*sources, RULE)
            value = float(made.valued.value[one])
            told.append(self._item(int(made.codes[one]), len(told) + 1, value, sources, why[:MOST]))
        return tuple(told)

    def _sources(self, one: int, found: Retrieved) -> tuple[str, ...]:
        """What proposed a candidate; of the blend, the models whose lists have it."""
        models = dict.fromkeys(model for (model, _), share in found.blended.items() if share[one] > 0)
        parts = tuple(f"{BLEND}:{model}" for model in models)
        named = (name for name, share in found.shares.items() if share[one] > 0)
        return tuple(part for name in named for part in ((name, *parts) if name == BLEND else (name,)))

    def _blended(self, found: Retrieved) -> dict[Reason, Scores]:
        """What the lists of the blend added to relevance, by the reason they give."""
        told: dict[Reason, Scores] = {}
        for (model, reads), share in found.blended.items():
            why = of_list(model, reads, self.placement, self.parts.pack)
            if why is not None:
                told[why] = told[why] + share if why in told else share
        return told

    def _item(
        self, code: int, position: int, value: float, source: tuple[str, ...], why: tuple[Reason, ...]
    ) -> SlateItem:
        name = self.parts.table.ids[code]
        return SlateItem(id=name, position=position, value=round(value, 6), source=source, reasons=why, propensity=1.0)

    def record(self, made: _Filled, plain: _Filled, wishes: Wishes) -> Record | None:
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
    def _of(source: str, made: _Filled) -> list[int]:
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
                allowed &= constraint.allow(table, facts)
            except Exception as error:  # a rule that cannot be checked lets nothing pass
                allowed[:] = False
                degraded.append(f"constraint:{constraint.name}: {type(error).__name__}: {error}")
    return allowed, degraded


def _anonymous(queries: Queries) -> Queries:
    return Queries.single(float(queries.now[0]), seeds=queries.seeds)
