"""Heads are learned from what people were shown, and judged before they serve."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.clock import iso
from penchant.dataset import Dataset, Shown
from penchant.evaluation import EVERYTHING, HeadRow, Learned, ObjectiveRow, Outcomes
from penchant.features import Statistics
from penchant.models import Run
from penchant.pack import Pack
from penchant.ranking import AnyHead, FittedHead, Head, with_chains
from penchant.training.bench import Bench, JudgedHead, Progress
from penchant.training.conditions import free, from_events, led, met, unshown
from penchant.training.objectives import Held, judged
from penchant.training.ranks import Ranks
from penchant.training.rows import MOST, Builder, Examples, Origin, counted, sampled
from penchant.training.splits import Split, by_cut, by_edge, by_people, by_time

LEAST_REQUESTS = 300
"""Requests below which what was shown is not learned from."""

_SHARE = 0.15
"""Share of requests, the latest, that calibrate what serves."""


T = TypeVar("T")


@dataclass(frozen=True)
class LearnedHeads:
    """What came of a pack's heads.

    Attributes:
        heads: Those that serve, by name; chains are none, as they are worked out from these.
        ranks: What shares taken in were ranked by, by head.
        floors: Relevance floor by objective.
        statistics: Of everything known of items.
        placements: Names of placements by code.
        counts_slates: Whether slates are in the statistics.
        outcomes: What is to be told.
        chains: Names of the chains that serve.
    """

    heads: Mapping[str, FittedHead]
    ranks: Mapping[str, Ranks]
    floors: Mapping[str, float]
    statistics: Statistics
    placements: tuple[str, ...]
    counts_slates: bool
    outcomes: Outcomes
    chains: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Rows:
    """Rows of one kind.

    Attributes:
        shown: The requests that were drawn.
        examples: Their items, with what was known then.
        origin: Where they come from, as it is told.
        split: The parts that figures come from.
        own: Other parts, for heads that cannot be judged on `split`.
        late: Those that calibrate what serves.
        bench: Where heads are learned from them.
    """

    shown: Shown
    examples: Examples
    origin: str
    split: Split
    own: Split
    late: NDArray[np.bool_]
    bench: Bench


@dataclass(frozen=True)
class Sources:
    """What may have been shown.

    Attributes:
        logged: Slates as they were served.
        proposed: Lists that would have been shown at one or two moments.
    """

    logged: Shown = field(default_factory=Shown.none)
    proposed: Sequence[Shown] = ()


def learn_heads(
    data: Dataset,
    sources: Sources,
    pack: Pack,
    *,
    run: Run,
    most: int | None = None,
    serves: bool = True,
    progress: Progress = lambda what, share: None,
) -> LearnedHeads:
    """Learn a pack's heads and judge them.

    Heads on a condition that events tell of learn from every moment at which it came true; the others from what people
    were shown. Figures come from heads that were grown and calibrated on earlier rows alone. What serves is learned
    again, from all rows but the latest, and calibrated on these.

    Args:
        data: Everything known of the domain.
        sources: What people were shown, beside what `data` says of it.
        pack: Its heads, features and objectives.
        run: Seed and threads.
        most: Rows at most, of each kind; `rows.MOST` when None.
        serves: Learn what serves too; without, there are figures alone.
        progress: Told what is being done, by one thread at a time.

    Returns:
        What could be learned; `outcomes` says why the rest could not.
    """
    shown, origin, logged = _chosen(data, sources)
    statistics = counted(data, shown, logged)
    placements = tuple(sorted(placement.name for placement in pack.placements))
    nothing = LearnedHeads({}, {}, {}, statistics, placements, logged, Outcomes(learned=None))
    if not pack.heads:
        return nothing
    reason = _lacking(shown, data)
    builder = Builder(data, pack.features, statistics, placements, threads=run.threads)
    gathering = _Gathering(data, pack, builder, run, MOST if most is None else most, progress)
    main = None if shown is None or reason else gathering.shown(shown, origin)
    seen = None if shown is None or origin == "candidates" else shown
    others = {given: gathering.moments(given, main, seen) for given in gathering.conditions}
    kinds = [one for one in (main, *others.values()) if one is not None]
    if not kinds:
        return replace(nothing, outcomes=Outcomes(learned=None, reason=reason))

    found: dict[str, JudgedHead] = {}
    steps = {name for head in pack.heads for name in head.of}
    for made in _side_by_side(lambda one, told: _judged(one, steps, told), kinds, run, progress):
        found |= made
    for head in pack.heads:
        if head.name not in found and not head.of:
            lacks = gathering.given(head)
            words = f"what {lacks} predicts has not come true yet" if lacks else reason
            found[head.name] = JudgedHead(reason=words)
    able = with_chains(
        {name: one.fitted for name, one in found.items() if isinstance(one.fitted, FittedHead)}, pack.heads
    )
    for head in pack.heads:
        if head.of and (main is None or head.name not in able):
            found[head.name] = JudgedHead(reason=_unmade(head, able) or reason)
        elif head.of and main is not None:
            found[head.name] = main.bench.judged(able[head.name])
    objectives: tuple[ObjectiveRow, ...] = ()
    if main is not None:
        progress("figures of objectives", 0.0)
        objectives = _objectives(pack, able, main, builder, run)

    ready: dict[str, FittedHead] = {}
    ranks: dict[str, Ranks] = {}
    failed: dict[str, str] = {}
    serving = kinds if serves else ()
    for fits in _side_by_side(lambda one, told: one.bench.fit(one.late, told), serving, run, progress):
        ready, ranks, failed = {**ready, **fits.heads}, {**ranks, **fits.ranks}, {**failed, **fits.failed}
    # One order is behind all objectives of a goal; where it loses to relevance, none of them may serve by formula.
    lost = {row.goal: row.reason for row in objectives if row.serves == "sum" and row.against_relevance is not None}
    reasons = {**lost, **{name: one.reason for name, one in found.items() if one.fitted is None}, **failed}
    for head in pack.heads:
        if head.of and (words := _unmade(head, [name for name in found if name not in reasons])):
            reasons.setdefault(head.name, words)
    objectives = tuple(_held_back(row, lost, reasons) for row in objectives)
    rows = tuple(
        _row(head, found[head.name], reasons.get(head.name, ""), gathering.origin(head, main)) for head in pack.heads
    )
    served = {name: head for name, head in ready.items() if name not in reasons}
    chains = [head.name for head in pack.heads if head.of and head.name not in reasons]
    floors = {row.name: row.floor for row in objectives if row.serves == "formula" and row.floor is not None}
    learned = None if main is None or shown is None else _learned(main, shown, origin)
    failing = {name: text for one in kinds for name, text in one.examples.failed.items()}
    outcomes = Outcomes(learned=learned, reason=reason, heads=rows, objectives=objectives, failed=failing)
    return LearnedHeads(
        served, ranks, floors, statistics, placements, logged, outcomes, tuple(chains) if serves else ()
    )


class _Shares:
    """The share that is done of several works at once. It only grows, and is told by one thread at a time."""

    def __init__(self, works: int, progress: Progress) -> None:
        self._lock, self._shares, self._progress = threading.Lock(), [0.0] * works, progress

    def of(self, at: int) -> Progress:
        """What one of the works tells its own share."""

        def told(what: str, share: float) -> None:
            with self._lock:
                self._shares[at] = max(self._shares[at], share)
                self._progress(what, sum(self._shares) / len(self._shares))

        return told


def _side_by_side(
    work: Callable[[_Rows, Progress], T], kinds: Sequence[_Rows], run: Run, progress: Progress
) -> list[T]:
    """What comes of each kind of rows, in order; a head by itself has one thread, so that its sums are the same."""
    shares = _Shares(len(kinds), progress)
    with ThreadPoolExecutor(max(run.threads, 1)) as pool:
        return list(pool.map(work, kinds, map(shares.of, range(len(kinds)))))


def _judged(one: _Rows, steps: Collection[str], progress: Progress) -> dict[str, JudgedHead]:
    """The heads that learn from one kind of rows, judged; those that cannot be on its parts, on other ones."""
    found = one.bench.judge(progress)
    again = [name for name in one.bench.learns if found[name].fitted is None and name not in steps]
    if again and one.own is not one.split:
        # What comes seldom and late is not known often enough before the days the others are judged on.
        found |= one.bench.parted(one.own, again).judge(progress)
    return found


class _Gathering:
    """Gathers the rows that a pack's heads learn from."""

    def __init__(self, data: Dataset, pack: Pack, builder: Builder, run: Run, most: int, progress: Progress) -> None:
        self._data, self._pack, self._builder, self._run = data, pack, builder, run
        self._most, self._progress = most, progress
        self._heads = {head.name: head for head in pack.heads}

    @property
    def conditions(self) -> tuple[str, ...]:
        """Heads on whose outcomes others hang that learn from every such moment."""
        return tuple(dict.fromkeys(given for head in self._pack.heads if (given := self.given(head))))

    def given(self, head: Head) -> str:
        """The head whose outcome's moments are this one's rows; empty where they are what was shown."""
        return head.outcome.given if not head.of and from_events(head, self._heads) else ""

    def origin(self, head: Head, main: _Rows | None) -> str:
        """Where a head's rows come from; of a chain, those that it is judged by."""
        return EVERYTHING if self.given(head) else "" if main is None else main.origin

    def shown(self, shown: Shown, origin: Origin) -> _Rows:
        """What people were shown, for the heads that learn from it."""
        drawn = sampled(shown, self._run.seed, self._most)
        examples = self._built(drawn, "rows of what was shown")
        if origin == "candidates":
            split = by_cut(drawn, self._data.now, self._run.seed)
            edge = float(drawn.time.max())
        else:
            split = by_time(drawn, _settles(self._pack), self._data.now)
            edge = _latest(drawn)
        learns = [head.name for head in self._pack.heads if not head.of and not self.given(head)]
        bench = Bench(self._data, examples, self._pack.heads, learns, split, self._run)
        return _Rows(drawn, examples, origin, split, split, (drawn.time >= edge)[drawn.row_of], bench)

    def moments(self, given: str, main: _Rows | None, shown: Shown | None) -> _Rows | None:
        """Every moment at which an outcome came true, for the heads that hang on it; None where it never did."""
        condition = self._heads[given].outcome
        hanging = [head for head in self._pack.heads if self.given(head) == given]
        found = met(self._data, condition, [head.outcome for head in hanging])
        found = sampled(found, self._run.seed, self._most)
        if not len(found):
            return None
        came = None if shown is None else led(found, shown, condition.days)
        examples = unshown(self._built(found, f"rows of {given}"), came)
        now = self._data.now
        if main is None:
            split = by_time(found, max(head.outcome.days for head in hanging), now)
        else:
            # What is judged together has seen nothing of the same days.
            split = by_edge(found.time, main.split.since, main.split.until, now)
        own = by_people(found, now, self._run.seed)
        learns = [head.name for head in hanging]
        bench = Bench(self._data, examples, free(hanging), learns, split, self._run)
        return _Rows(found, examples, EVERYTHING, split, own, found.time >= _latest(found), bench)

    def _built(self, drawn: Shown, words: str) -> Examples:
        self._progress(words, 0.0)
        return self._builder.build(drawn, progress=lambda share: self._progress(words, share))


def _objectives(
    pack: Pack, able: Mapping[str, AnyHead], main: _Rows, builder: Builder, run: Run
) -> tuple[ObjectiveRow, ...]:
    """Objectives judged on the test requests."""
    rows = main.split.test.rows
    later = main.shown.take(np.unique(main.shown.row_of[rows]))  # requests are in a part as a whole
    held = Held(later, np.flatnonzero(rows), tuple(builder.batches(later, held=True)))
    goals = {objective.goal for objective in pack.objectives if objective.goal}
    labels = {goal: main.bench.followed(goal) for goal in goals}
    return judged(pack, able, labels, held, seed=run.seed, threads=run.threads)


def _unmade(head: Head, there: Collection[str]) -> str:
    """Why a chain cannot be worked out; empty when it can."""
    lacking = [name for name in head.of if name not in there]
    return f"it is the product of {' and '.join(head.of)}; {' and '.join(lacking)} cannot serve" if lacking else ""


def _learned(main: _Rows, shown: Shown, origin: Origin) -> Learned:
    drawn = main.shown
    return Learned(
        origin=origin,
        requests=len(drawn),
        rows=len(main.examples),
        of_rows=len(shown.items),
        since=iso(float(drawn.time.min())),
        until=iso(float(drawn.time.max())),
        figures_from=iso(main.split.since),
        figures_until=iso(main.split.until),
    )


def _chosen(data: Dataset, sources: Sources) -> tuple[Shown | None, Origin, bool]:
    """What is learned from, where it comes from, and whether slates are in it."""
    logged = sources.logged.before(data.now)
    seen = data.shown
    whole = logged if seen is None else logged.joined(seen)
    if len(logged) >= LEAST_REQUESTS:
        return whole, "slates", True
    if len(whole) >= LEAST_REQUESTS:
        return whole, "impressions", bool(len(logged))
    if sources.proposed:
        both = sources.proposed[0]
        for other in sources.proposed[1:]:
            both = both.joined(other)
        return both, "candidates", bool(len(logged))
    return (whole if len(whole) else None), "slates", bool(len(logged))


def _lacking(shown: Shown | None, data: Dataset) -> str:
    """Why nothing can be learned from it; empty when it can be tried."""
    if not len(data.interactions):
        return "there are no events"
    if shown is None or not len(shown):
        return "nothing tells what people were shown: no slates, no impressions, no lists of an evaluation"
    if len(shown) < LEAST_REQUESTS:
        return f"there are {len(shown):,} requests that tell what people were shown; it takes {LEAST_REQUESTS}"
    if np.ptp(shown.time) <= 0:
        return "all that is known to have been shown was shown at one moment; it takes another to judge by"
    return ""


def _settles(pack: Pack) -> float:
    """Days until the outcome that the domain exists for is final."""
    goals = [objective.goal for objective in pack.objectives if objective.goal]
    days = [head.outcome.days for head in pack.heads if head.name in goals[:1]]
    return max(days or [max(head.outcome.days for head in pack.heads)])


def _latest(shown: Shown) -> float:
    """The moment from which rows calibrate what serves."""
    return float(np.quantile(shown.time, 1 - _SHARE, method="higher"))


def _row(head: Head, found: JudgedHead, reason: str, origin: str) -> HeadRow:
    return HeadRow(
        name=head.name,
        about=head.outcome.about,
        days=head.outcome.days,
        serves=not reason,
        reason=reason,
        figures=found.figures,
        final_share=found.final,
        origin=origin,
    )


def _held_back(row: ObjectiveRow, lost: Mapping[str, str], reasons: Mapping[str, str]) -> ObjectiveRow:
    """An objective whose formula could serve, unless what it needs is held back."""
    if row.serves == "sum":
        return row
    named = {row.goal, *re.findall(r"[A-Za-z_]\w*", row.formula)}
    lacking = [name for name in reasons if name in named]
    reason = lost.get(row.goal) or (f"{', '.join(lacking)} cannot serve" if lacking else "")
    return msgspec.structs.replace(row, serves="sum", reason=reason) if reason else row
