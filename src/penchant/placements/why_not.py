"""Why an item is not on a slate: the stage that took it out.

Nothing of this is worked out for an ordinary answer. Whoever asks gets the parts that one was made of looked at again,
and sources asked deeper than the answer needed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import msgspec
import numpy as np

from penchant.pack import BLEND, CHOSEN, CURATED, EDITORIAL, SEGMENT, Source
from penchant.placements.fallback import Spare
from penchant.placements.masks import allowed_by
from penchant.placements.pipeline import MOST_VALUED, Work
from penchant.placements.retrieval import Retrieval, Row, reach, unlike
from penchant.placements.wishes import Wish
from penchant.slate import Scores

DEEP = 10_000
"""How deep sources are asked for the rank of an item that they did not propose."""

Stage = Literal[
    "shown",
    "unknown",
    "inactive",
    "constraint",
    "placement_filter",
    "request_filter",
    "excluded",
    "earlier_page",
    "other_block",
    "seed",
    "rule",
    "not_proposed",
    "not_valued",
    "freshness",
    "cap",
    "quota",
    "kept_place",
    "diversity",
    "chance",
    "outranked",
    "shown_now",
]
"""Where an item was taken out, in the order in which a request goes through them. Two are no stages: `shown`, it is on
the slate; `shown_now`, it was not, but the same request would show it now."""


class Gate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What keeps an item out, whatever it is worth.

    Attributes:
        stage: Which stage.
        by: What did it: the constraint, the rule.
        why: In a sentence.
    """

    stage: Stage
    why: str
    by: str = ""


class Proposed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one source says of an item.

    Attributes:
        source: The source.
        k: How many candidates it is asked for.
        rank: Where the item stands with it, from 1; None where it does not propose it at all.
        why: Why it does not; empty where it does.
    """

    source: str
    k: int
    rank: int | None = None
    why: str = ""


class WhyNot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why one item is not on a slate, or where it stands.

    Attributes:
        id: The item.
        stage: The first stage that took it out.
        why: In a sentence.
        by: What did it: a constraint, a rule, a field, a source.
        position: Its place, where it is shown.
        also: What else would have kept it out.
        sources: What each source says of it.
        relevance: The sources' blended score, 0 to 1.
        value: Its value by the objective.
        factor: What rules multiply the value by; None where none does.
        aged: What its age multiplies the value by; None where the placement lets nothing age.
        rank: Its place by value, as rules and age leave it, among all that were valued; by relevance, if it was not.
        least: The lowest value, as rules and age leave it, that had a place for its value.
        below_floor: It is too little relevant to be ordered by value.
    """

    id: str
    stage: Stage
    why: str
    by: str = ""
    position: int | None = None
    also: tuple[Gate, ...] = ()
    sources: tuple[Proposed, ...] = ()
    relevance: float | None = None
    value: float | None = None
    factor: float | None = None
    aged: float | None = None
    rank: int | None = None
    least: float | None = None
    below_floor: bool = False


def why_not(
    work: Work, ids: Iterable[str], outside: Callable[[int], Sequence[Gate]] = lambda row: (), before: int = 0
) -> tuple[WhyNot, ...]:
    """Why items are not in an answer.

    Args:
        work: What the answer was made of.
        ids: The items.
        outside: What of the request itself keeps a row out: filters, exclusions, other pages.
        before: Items on the pages before, so that places go on.
    """
    inquiry = _Inquiry(work, before)
    return tuple(inquiry.about(name, outside) for name in dict.fromkeys(ids))


@dataclass(frozen=True)
class _Inquiry:
    """Looks at one answer again."""

    work: Work
    before: int

    def about(self, name: str, outside: Callable[[int], Sequence[Gate]]) -> WhyNot:
        work = self.work
        row = work.parts.table.row(name)
        if row < 0:
            return WhyNot(id=name, stage="unknown", why="the catalog has no such item, and no event names it")
        if not work.parts.table.active[row]:
            return WhyNot(id=name, stage="inactive", why=self._inactive(row))
        slate = work.drawn.given(work.made)
        shown = [one.code if isinstance(one, Spare) else int(work.made.codes[one]) for one in slate]
        if row in shown:
            place = self.before + shown.index(row) + 1
            return WhyNot(id=name, stage="shown", why=f"it stands at place {place}", position=place)
        gates = [*self._constraints(row), *outside(row), *self._named(row), *self._kept_out(row)]
        if gates:
            first = gates[0]
            return WhyNot(id=name, stage=first.stage, by=first.by, why=first.why, also=tuple(gates[1:]))
        return self._in_the_race(name, row, shown)

    # what keeps out, whatever an item is worth

    def _inactive(self, row: int) -> str:
        if not self.work.parts.table.present[row]:
            return "it is not in the catalog: it was taken out, or events alone name it"
        return "the catalog has switched it off (active = false)"

    def _constraints(self, row: int) -> list[Gate]:
        work, found = self.work, list[Gate]()
        for one in work.parts.pack.constraints:
            if one.name not in work.placement.constraints:
                continue
            try:
                open_ = bool(allowed_by(one, work.parts.table, work.ask.facts)[row])
                why = f"the constraint {one.name} keeps it out: {one.about}"
            except Exception as error:  # as in the answer: what cannot be checked lets nothing pass
                open_, why = False, f"the constraint {one.name} cannot be checked: {type(error).__name__}"
            if not open_:
                found.append(Gate(stage="constraint", by=one.name, why=why))
        return found

    def _named(self, row: int) -> list[Gate]:
        if row not in self.work.queries.seeds:
            return []
        return [Gate(stage="seed", why="the request is about it")]

    def _kept_out(self, row: int) -> list[Gate]:
        return [
            Gate(stage="rule", by=wish.rule.id, why=f"the rule {wish.rule.id} excludes it")
            for wish in self.work.wishes.excludes
            if wish.rows[row]
        ]

    # what was not enough

    def _in_the_race(self, name: str, row: int, shown: Sequence[int]) -> WhyNot:
        work = self.work
        sources = tuple(self._says(source, row) for source in work.placement.sources)
        found = work.found
        at = np.flatnonzero(found.items == row)
        relevance = float(f"{float(found.relevance[at[0]]):.4g}") if len(at) else None
        codes = np.flatnonzero(work.made.codes == row)
        if len(codes):
            told = self._valued(name, int(codes[0]), row, shown)
        elif len(at):
            rank = 1 + int((found.relevance > found.relevance[at[0]]).sum())
            why = f"{rank} by relevance of {len(found.items):,} candidates; the {MOST_VALUED} most relevant are valued"
            told = WhyNot(id=name, stage="not_valued", why=why, rank=rank)
        elif work.plain is not None and row in work.plain.rows:  # rules move what the fallback chain proposes, too
            stage, by, why = self._moved(row, shown)
            told = WhyNot(id=name, stage=stage, by=by, why=why)
        else:
            told = WhyNot(id=name, stage="not_proposed", why=self._unproposed())
        return msgspec.structs.replace(told, sources=sources, relevance=relevance)

    def _unproposed(self) -> str:
        spares = [one.name for one in self.work.made.slate if isinstance(one, Spare)]
        if not spares:
            return "no source proposed it"
        names = ", ".join(dict.fromkeys(spares))
        return f"no source proposed it, and the fallback chain ({names}) came to others first for {len(spares)} places"

    def _valued(self, name: str, i: int, row: int, shown: Sequence[int]) -> WhyNot:
        """Of one that ranking saw."""
        made = self.work.made
        worth = self._worth
        rank = 1 + int((worth > worth[i]).sum())
        by_value = [one for one in made.slate if self._by_value(one)]
        least = min((float(worth[one]) for one in by_value if isinstance(one, int)), default=None)
        stage, by, why = self._stage(i, row, shown, least, rank)
        return WhyNot(
            id=name,
            stage=stage,
            by=by,
            why=why,
            value=round(float(made.valued.value[i]), 6),
            factor=None if made.factors[i] == 1.0 else round(float(made.factors[i]), 6),
            aged=None if made.ages is None else round(self._age(i), 6),
            rank=rank,
            least=None if least is None else round(least, 6),
            below_floor=bool(len(made.valued.below) and made.valued.below[i]),
        )

    def _stage(self, i: int, row: int, shown: Sequence[int], least: float | None, rank: int) -> tuple[Stage, str, str]:
        work, made, worth = self.work, self.work.made, self._worth
        if work.drawn.place is not None and made.rows[work.drawn.place] == row:
            return (
                "chance",
                "",
                f"it stood at place {self.before + work.drawn.place + 1}, which was left to chance this time",
            )
        if i in made.chosen.passed and work.placement.diversity is not None:
            field = work.placement.diversity.field
            return "diversity", field, f"value alone would show it; others stand there so that {field} varies"
        full = made.chosen.room.full(row)
        enough = least is None or worth[i] >= least
        if full is not None and enough:
            if full[0] == "cap":
                cap = work.placement.caps[full[1]]
                return "cap", full[1], f"the slate has {cap} of the same {full[1]} already, and the cap allows no more"
            return "quota", full[1], f"the rule {full[1]} allows no more of these"
        if work.plain is not None and row in work.plain.rows:
            return self._moved(row, shown)
        if i >= len(made.found.items):
            brought = [wish for wish in (*work.wishes.pins, *work.wishes.quotas) if wish.rows[row]]
            return "rule", _ids(brought), "no source proposed it, and the rules that bring it found no place for it"
        if least is not None and not enough and self._too_old(i):
            why = f"its age multiplies its value by {self._age(i):.4g}; if nothing aged it would be shown"
            return "freshness", "", why
        kept = [one for one in made.chosen.kept if worth[one] < worth[i] and one in made.slate]
        before = sum(
            1
            for other in np.flatnonzero(worth > worth[i]).tolist()
            if other not in made.slate and made.chosen.room.full(int(made.codes[other])) is None
        )
        if before < len(kept):
            names = ", ".join(dict.fromkeys(made.chosen.kept[one] for one in kept))
            return "kept_place", names, f"{len(kept)} places are kept for {names}, whose items are worth less"
        behind = "" if least is None else f"; the last place by value went at {least:.4g}"
        return "outranked", "", f"{rank} by value of {len(made.codes):,} that were valued, at {worth[i]:.4g}{behind}"

    def _moved(self, row: int, shown: Sequence[int]) -> tuple[Stage, str, str]:
        """Of one that would be shown if there were no rules."""
        wishes = self.work.wishes
        buries = [wish for wish in wishes.moves if wish.rows[row] and (wish.rule.rule.factor or 0.0) < 1]
        if buries:
            factor = f"{wishes.factors(np.array([row], np.int32))[0]:.4g}"
            return "rule", _ids(buries), f"the rule {_ids(buries)} multiplies its value by {factor}"
        rows = np.array(shown, np.int64)
        groups = (wishes.pins, wishes.moves, wishes.quotas, wishes.lists, wishes.sets)
        others = [wish for group in groups for wish in group if wish.rows[rows].any()]
        return "rule", _ids(others), f"without rules it would be shown; {_ids(others)} put others in its place"

    # what is worked out once

    @property
    def _worth(self) -> Scores:
        """Value of each candidate, as rules and age leave it."""
        return self.work.made.worth

    def _by_value(self, one: int | Spare) -> bool:
        """Whether what stands somewhere stands there for its value."""
        made = self.work.made
        if isinstance(one, Spare) or one in made.pinned:
            return False
        return one not in made.chosen.kept and one not in made.chosen.varied

    def _age(self, i: int) -> float:
        """What its age multiplies the value of a candidate by."""
        ages = self.work.made.ages
        return 1.0 if ages is None else float(ages[i])

    def _too_old(self, i: int) -> bool:
        """Whether a candidate would be worth enough if nothing aged."""
        made = self.work.made
        if self._age(i) >= 1.0:
            return False
        new = self.work.wishes.moved(made.codes, made.valued.value)
        return bool(new[i] >= min(new[one] for one in made.slate if isinstance(one, int) and self._by_value(one)))

    @cached_property
    def _deep(self) -> tuple[Mapping[str, Row], Mapping[str, str]]:
        """What sources propose when they are asked for more, and which could not be asked."""
        work = self.work
        sources = tuple(msgspec.structs.replace(source, k=max(source.k, DEEP)) for source in work.placement.sources)
        retrieval = Retrieval(
            msgspec.structs.replace(work.placement, sources=sources),
            work.parts,
            work.queries,
            work.allowed,
            lambda: True,
            work.ask.likes if work.ask.personalized else {},
            work.ask.segments,
        )
        return retrieval.proposed(work.wishes), retrieval.failed

    def _says(self, source: Source, row: int) -> Proposed:
        rows, failed = self._deep
        name = source.model
        told = Proposed(source=name, k=source.k)
        if name in self.work.found.late:
            return msgspec.structs.replace(told, why="it was late")
        found = rows.get(name)
        if found is None:
            return msgspec.structs.replace(told, why=failed.get(name, "there is no release to ask"))
        at = np.flatnonzero(found[0] == row)
        if len(at):
            rank = int(at[0]) + 1
            why = "" if rank <= source.k else f"it is asked for {source.k:,}"
            return msgspec.structs.replace(told, rank=rank, why=why)
        return msgspec.structs.replace(told, why=self._silent(source, row))

    def _silent(self, source: Source, row: int) -> str:
        """Why a source does not have an item."""
        work = self.work
        if source.differs and not unlike(source.differs, work.parts.table, work.queries)[row]:
            return f"it has the same {source.differs} as what the request is about"
        if source.model == BLEND and work.parts.blend_of(work.placement) is None:
            return "the release has learned none for this placement"
        if source.model in _NO_MODELS:
            return _NO_MODELS[source.model]
        model = work.parts.models.get(source.model)
        if model is not None and row >= reach(model, work.parts):
            return "it came after the release"
        return "it does not propose it, however deep it is asked"


_NO_MODELS: Mapping[str, str] = {
    EDITORIAL: "no editorial list that holds here has it",
    CURATED: "no curated set has it together with what the request is about",
    CHOSEN: "it has nothing of what the person said they like",
    SEGMENT: "it is not among what is popular where and when the request is made",
}


def _ids(wishes: Collection[Wish]) -> str:
    return ", ".join(dict.fromkeys(wish.rule.id for wish in wishes))
