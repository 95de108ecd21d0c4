"""The offline evaluation of one domain: fit on the past, judge by what followed, window after window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import msgspec

from penchant.clock import Clock, SystemClock, iso
from penchant.config.settings import Evaluation
from penchant.dataset import Dataset
from penchant.errors import InvalidRequest
from penchant.evaluation.blend import blended
from penchant.evaluation.choices import choices
from penchant.evaluation.contest import Choices, Contest, choose, hold
from penchant.evaluation.eligible import known_at
from penchant.evaluation.judge import judge
from penchant.evaluation.report import Counts, Report, Tried, Turn
from penchant.evaluation.rows import Jury
from penchant.evaluation.search import search
from penchant.evaluation.targets import Targets
from penchant.evaluation.trial import Trial, lists_of, stage
from penchant.evaluation.window import Windows
from penchant.events import Role
from penchant.models import Blend, Recipe, Run
from penchant.pack import Pack, Task
from penchant.slate import Candidates, Codes

Progress = Callable[[str, float], None]
"""Called with what is being done, and the share of the whole that is done, 0 to 1."""

Propose = Callable[[float, Codes, Candidates], None]
"""Called with a moment, people, and the lists that would have been shown to them then."""

PROPOSED = 30
"""Items of a list that `Propose` is told."""

ASIDE = 2_000
"""Requests judged at most in tasks beside the main one."""

CHOSEN = 3_000
"""Requests judged at most in a window that choices are made on and nothing is reported of."""


def evaluate(
    data: Dataset,
    windows: Windows,
    pack: Pack,
    recipes: Mapping[str, Recipe],
    *,
    settings: Evaluation,
    run: Run,
    clock: Clock | None = None,
    progress: Progress = lambda what, share: None,
    budget_s: float | None = None,
    propose: Propose = lambda cut, people, lists: None,
) -> Report:
    """Judge recipes by global splits in time.

    At every cut each recipe is fitted on everything before, and asked for the lists of every task from that one fit. In
    each window the blend's weights and the challenger are chosen by what the validation window held; only then are
    the lists of the test window looked at. The last window is reported, and earlier ones beside it.

    Nothing later than a window's start reaches a choice: what happened in a validation window is taken as it was known
    at its end.

    Args:
        data: Everything known of the domain.
        windows: When to judge, from `resolve`. Early ones in which nobody can be judged are left out.
        pack: Whose baselines, metrics and placements count.
        recipes: Recipes by name, the pack's baselines among them.
        settings: Whether repeats count, and how many requests are judged at most.
        run: Seed of samples, intervals and fits; threads of fits.
        clock: For the seconds in the report; the machine's when None.
        progress: Told what is being done.
        budget_s: Seconds to search for better settings with, on the first validation window; None takes the recipes
            as they are.
        propose: Told the blend's lists of the main task at the start of the last validation and test window.

    Raises:
        InvalidRequest: Nobody can be judged in one of the last windows; says what is missing.
    """
    clock = clock or SystemClock()
    main: Task = "next" if settings.repeats == "allowed" else "new"
    # All windows are looked at before anything is fitted, so that an empty one is told at once.
    windows, exams = _exams(data, windows, pack, main, settings, run, search=budget_s is not None)
    steps, given = _Steps(progress, len(exams), len(recipes)), recipes
    tried: tuple[Tried, ...] = ()
    chosen: dict[Task, Choices] = {}
    turns: list[Turn] = []
    for i, exam in enumerate(exams):
        train = known_at(data, windows.edges[i])
        steps.cut("validation" if i == 0 else f"test {i} of {len(windows)}" if len(windows) > 1 else "test")
        if i == 0 and budget_s is not None:
            found = search(
                train, exam, recipes, main=main, budget_s=budget_s, run=run, clock=clock, progress=steps.tell
            )
            recipes, trials, tried = found.recipes, found.trials, found.tried
        else:
            trials = stage(train, exam, recipes, run, clock, steps.begin)
        if i > 0:
            turns.append(_turn(hold(trials, exam[main], chosen[main], clock), windows, i, pack, run.seed))
        if i < len(windows):
            chosen = {task: choose(trials, targets, run.seed) for task, targets in exam.items() if len(targets)}
        blend = chosen[main].blend
        if i >= len(windows) - 1 and blend is not None:
            _tell(propose, windows.edges[i], exam[main], trials, blend)
        if i < len(windows):
            trials = {}  # their lists are as large as those that come now
    progress("intervals", 1.0)
    bench = _Bench(data.domain, pack, windows, settings.repeats, train, trials, chosen, run.seed, clock)
    judged = {task: targets.people for task, targets in exams[-2].items()}
    report = bench.report(exams[-1][main], judged[main], [turn.means for turn in turns[:-1]])
    also = tuple(
        bench.report(targets, judged[task])
        for task, targets in exams[-1].items()
        if task != main and task in chosen and len(targets)
    )
    report = msgspec.structs.replace(
        report, windows=tuple(turns), also=also, tried=tried, settings=_differing(given, recipes)
    )
    return msgspec.structs.replace(report, placements=choices(report, pack))


def _tell(propose: Propose, cut: float, targets: Targets, trials: Mapping[str, Trial], blend: Blend) -> None:
    """Tell of the blend's lists, unless one that it is made of could not be made at this cut."""
    lists = lists_of(trials, targets.task)
    if all((share.model, share.reads) in lists for share in blend.shares):
        propose(cut, targets.group, blended(lists, blend, PROPOSED))


@dataclass(frozen=True)
class _Bench:
    """What the last window is reported from; train and trials are those of its start."""

    domain: str
    pack: Pack
    windows: Windows
    repeats: str
    train: Dataset
    trials: Mapping[str, Trial]
    chosen: Mapping[Task, Choices]
    seed: int
    clock: Clock

    def report(self, targets: Targets, valid_people: int, earlier: Sequence[Mapping[str, float]] = ()) -> Report:
        """One task's report."""
        choice = self.chosen[targets.task]
        contest = hold(self.trials, targets, choice, self.clock)
        jury = Jury(self.pack, self.train, contest, self.trials, self.seed)
        verdict = contest.verdict(self.pack.baselines, self.seed, earlier)
        return Report(
            domain=self.domain,
            pack=self.pack.name,
            valid_from=iso(self.windows.valid_from),
            test_from=iso(self.windows.test_from),
            test_until=iso(self.windows.test_until),
            repeats=self.repeats,
            counts=_counts(self.train, targets, valid_people),
            rows=jury.rows(),
            winner=verdict.winner,
            winner_reason=verdict.reason,
            against_baseline=verdict.against_baseline,
            against=jury.against(verdict.winner),
            blend=choice.blend,
            task=targets.task,
        )


class _Steps:
    """Turns the progress of single fits into the progress of the whole."""

    def __init__(self, progress: Progress, cuts: int, recipes: int) -> None:
        self._progress, self._recipes, self._cut, self._done = progress, max(recipes, 1), -1, 0
        self._cuts = max(cuts, 1)

    def cut(self, what: str) -> None:
        """The next cut's turn comes."""
        self._what, self._cut, self._done = what, self._cut + 1, 0

    def begin(self, name: str) -> Callable[[float], None]:
        """A recipe's turn comes."""
        what, done = f"{self._what}: {name}", self._done
        self._done += 1
        self.tell(what, done / self._recipes)
        return lambda share: self.tell(what, (done + share) / self._recipes)

    def tell(self, what: str, share: float) -> None:
        """What is being done, and the share of this cut that is done."""
        self._progress(what, (self._cut + min(share, 1.0)) / self._cuts)


def _exams(
    data: Dataset, windows: Windows, pack: Pack, main: Task, settings: Evaluation, run: Run, *, search: bool
) -> tuple[Windows, list[dict[Task, Targets]]]:
    """Who is judged at every cut: by the main task everywhere, by the pack's other tasks in the last window alone.

    A search chooses by the other tasks too, so they are judged at the first cut when there is one.
    """
    learned = dict.fromkeys(p.learns for p in pack.placements if p.learns is not None and p.learns != main)
    edges, last = windows.edges, len(windows)

    def exam(i: int, *, full: bool) -> dict[Task, Targets]:
        cut, until = edges[i], edges[i + 1]
        # What is chosen by must not know of what came later, such as returns; what is reported knows all there is.
        known = data if i == last else data.before(until)
        train = known.before(cut)
        tasks: tuple[Task, ...] = (main, *learned) if full else (main,)
        first = i == last - len(windows)
        limit = min(settings.max_people, CHOSEN) if first else settings.max_people
        most = {task: limit if task == main else min(limit, ASIDE) for task in tasks}
        return {
            task: judge(known, train, cut, until, task, max_people=most[task], seed=run.seed, newcomers=i == last)
            for task in tasks
        }

    exams: list[dict[Task, Targets]] = []
    for i, field in ((last - 1, "valid_from"), (last, "test_from")):
        exams.append(exam(i, full=True))
        if not len(exams[-1][main]):
            _refuse(field, edges[i], edges[i + 1], main)
    for i in reversed(range(last - 1)):
        found = exam(i, full=False)
        if not len(found[main]):
            windows = windows.later(i + 1)
            break
        exams.insert(0, found)
    if search and len(windows) > 1:
        exams[0] = exam(last - len(windows), full=True)
    return windows, exams


def _refuse(field: str, cut: float, until: float, main: Task) -> NoReturn:
    item = "an item new to them that others had before" if main == "new" else "an item that had events before"
    wanted = f"a window in which someone with an earlier goal reaches one on {item}"
    raise InvalidRequest(f"evaluation.{field}", wanted, f"nobody from {iso(cut)} to {iso(until)}")


def _turn(contest: Contest, windows: Windows, i: int, pack: Pack, seed: int) -> Turn:
    """One window by itself, whose test begins at edge i."""
    verdict = contest.verdict(pack.baselines, seed)
    return Turn(
        test_from=iso(windows.edges[i]),
        test_until=iso(windows.edges[i + 1]),
        people_judged=contest.targets.people,
        means=contest.means,
        winner=verdict.winner,
        against_baseline=verdict.against_baseline,
    )


def _differing(before: Mapping[str, Recipe], after: Mapping[str, Recipe]) -> dict[str, dict[str, Any]]:
    """Hyper-parameters that are no longer what they were, by model."""
    out: dict[str, dict[str, Any]] = {}
    for name, recipe in after.items():
        if name not in before or recipe == before[name] or not isinstance(recipe, msgspec.Struct):
            continue
        was, now = msgspec.to_builtins(before[name]), msgspec.to_builtins(recipe)
        out[name] = {field: value for field, value in now.items() if was.get(field) != value}
    return out


def _counts(train: Dataset, targets: Targets, n_valid: int) -> Counts:
    return Counts(
        train_rows=len(train.interactions),
        train_goals=len(train.positive(Role.GOAL)),
        people_warm=targets.warm,
        people_judged=targets.people,
        people_cold=targets.cold,
        items=int(targets.space.sum()),
        targets=len(targets.items),
        unknown_target_share=round(targets.unknown_share, 6),
        repeats_share=round(targets.repeat_share, 6),
        valid_people_judged=n_valid,
        requests=len(targets),
    )
