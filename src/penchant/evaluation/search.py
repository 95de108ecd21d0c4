"""Better settings for recipes, within a budget of seconds, judged by the validation window alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.clock import Clock
from penchant.dataset import Dataset
from penchant.evaluation.blend import Key, useful
from penchant.evaluation.lists import padded
from penchant.evaluation.ranking_metrics import measure
from penchant.evaluation.report import Tried
from penchant.evaluation.targets import Targets
from penchant.evaluation.trial import Exams, Trial, attempt, lists_of
from penchant.models import Recipe, Run, Tunable
from penchant.pack import Task
from penchant.slate import Candidates

Progress = Callable[[str, float], None]
"""Called with what is being done, and the share of the budget that is used up, 0 to 1."""

Settings = Mapping[str, Any]
"""Values by hyper-parameter."""

CHOICE = "ndcg@10"
PLACES = 20

FIRST = 2
"""Settings that every family tries in the first round; twice as many in each later one."""

LEAST = 3
"""Families that halving leaves over at least."""


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Attributes:
        recipes: Every recipe by name, with the best settings that were found.
        trials: What came of those recipes.
        tried: Everything that was tried, in order.
    """

    recipes: dict[str, Recipe]
    trials: dict[str, Trial]
    tried: tuple[Tried, ...]


def search(
    train: Dataset,
    exams: Exams,
    recipes: Mapping[str, Recipe],
    *,
    main: Task,
    budget_s: float,
    run: Run,
    clock: Clock,
    progress: Progress = lambda what, share: None,
) -> Found:
    """Try every recipe as it is, and then other settings of it while the budget lasts.

    Successive halving over families (Jamieson & Talwalkar, "Non-stochastic best arm identification and hyperparameter
    optimization", AISTATS 2016): each round every family that is left tries some settings, the better half goes on
    with twice as many. A family that a mixture would be made of goes on too, for what it adds counts, not its own
    rank. Settings are drawn from `tries` in turns with single steps away from the best ones found so far.

    Args:
        train: What is known at the start of the validation window.
        exams: Who is judged in it, by task.
        recipes: Recipes by name. All are tried as they are, however small the budget.
        main: The task that settings are chosen by; a model that has no lists for it is judged by the first it has.
        budget_s: Seconds for all of it. A fit that would outlast them, going by how long the recipe as it is took, is
            not begun.
        run: Seed and threads.
        clock: For the seconds.
        progress: Told what is being done.
    """
    return _Search(train, exams, main, budget_s, run, clock, progress).run_all(recipes)


@dataclass
class _Family:
    """One name of the pack and the settings of it that were tried."""

    name: str
    given: Recipe
    recipe: Recipe
    trial: Trial
    values: NDArray[np.float64] | None
    seconds: float
    proposals: Iterator[Settings]
    tried: int = 1
    settings: Settings | None = None
    done: bool = False

    @property
    def value(self) -> float:
        """Mean NDCG of the best settings; -1 when nothing worked."""
        return -1.0 if self.values is None else float(self.values.mean())


class _Search:
    def __init__(
        self, train: Dataset, exams: Exams, main: Task, budget_s: float, run: Run, clock: Clock, progress: Progress
    ) -> None:
        self._train, self._exams, self._main, self._budget = train, exams, main, budget_s
        self._run, self._clock, self._progress = run, clock, progress
        self._began = clock.elapsed()
        self._rng = np.random.default_rng(run.seed)
        self._tried: list[Tried] = []
        self._families: list[_Family] = []

    def run_all(self, recipes: Mapping[str, Recipe]) -> Found:
        families = {}
        for done, (name, recipe) in enumerate(recipes.items()):
            self._progress(f"search: {name} as it is", min(self._used, done / max(len(recipes), 1)))
            trial, values, seconds = self._attempt(name, recipe, {})
            families[name] = _Family(name, recipe, recipe, trial, values, seconds, iter(()))
        self._families = list(families.values())
        for family in self._families:
            family.proposals = self._proposals(family)
        left = [f for f in families.values() if f.values is not None and isinstance(f.given, Tunable)]
        each = FIRST
        while left:
            for family in left:
                self._go_on(family, each)
            left = [family for family in left if not family.done]
            left = self._better(left, families)
            each *= 2
        self._progress("search: done", 1.0)
        return Found(
            {name: family.recipe for name, family in families.items()},
            {name: family.trial for name, family in families.items()},
            tuple(self._tried),
        )

    @property
    def _used(self) -> float:
        return (self._clock.elapsed() - self._began) / self._budget if self._budget > 0 else 1.0

    @property
    def _left(self) -> float:
        return self._budget - (self._clock.elapsed() - self._began)

    def _go_on(self, family: _Family, most: int) -> None:
        """Try some more settings of one family, as far as time allows."""
        for _ in range(most):
            # Half of what is left may pass between two looks at the clock, never more.
            if self._left <= 0 or family.seconds > self._left:
                family.done = True
                return
            settings = next((one for one in family.proposals if not self._taken(family, one)), None)
            if settings is None:
                family.done = True
                return
            told = f"search: {family.name}, {family.tried} tried, best {family.value:.4f}, {_left(self._left)}"
            self._progress(told, min(self._used, 1.0))
            recipe = _with(family.given, settings)
            trial, values, seconds = self._attempt(family.name, recipe, settings)
            family.tried += 1
            family.seconds = max(family.seconds, seconds)
            if values is not None and self._beats(values, family):
                family.recipe, family.trial, family.values, family.settings = recipe, trial, values, settings

    def _taken(self, family: _Family, settings: Settings) -> bool:
        """Whether another model of the pack is just that: two names for one list would add nothing."""
        recipe = _with(family.given, settings)
        return any(recipe in (other.given, other.recipe) for other in self._families if other is not family)

    def _attempt(
        self, name: str, recipe: Recipe, settings: Settings
    ) -> tuple[Trial, NDArray[np.float64] | None, float]:
        began = self._clock.elapsed()
        trial = attempt(name, recipe, self._train, self._exams, self._run, self._clock)
        seconds = self._clock.elapsed() - began
        values = self._values(trial)
        self._tried.append(
            Tried(
                name=name,
                settings=dict(settings),
                value=None if values is None else round(float(values.mean()), 6),
                seconds=round(seconds, 3),
                failed=trial.failed,
            )
        )
        return trial, values, seconds

    def _values(self, trial: Trial) -> NDArray[np.float64] | None:
        """NDCG by row in the main task, or in the first other one that there are lists for; of two lists, the best."""
        for task in (self._main, *self._exams):
            lists = trial.lists.get(task)
            if lists:
                targets = self._exams[task]
                return max((_ndcg(found, targets) for found in lists.values()), key=lambda values: float(values.mean()))
        return None

    @staticmethod
    def _beats(values: NDArray[np.float64], family: _Family) -> bool:
        """Whether settings are better than the best so far; against the recipe as it is, by more than a trifle."""
        assert family.values is not None
        gain = values - family.values
        chance = 0.5 * float(gain.std()) / np.sqrt(len(gain)) if family.settings is None else 0.0
        return float(gain.mean()) > chance

    def _better(self, left: list[_Family], families: Mapping[str, _Family]) -> list[_Family]:
        """The better half, and families that add to a mixture."""
        if len(left) <= LEAST or self._left <= 0:
            return left
        best = sorted(left, key=lambda family: -family.value)[: max((len(left) + 1) // 2, LEAST)]
        kept = {family.name for family in best} | self._adding({name: f.trial for name, f in families.items()})
        return [family for family in left if family.name in kept]

    def _adding(self, trials: Mapping[str, Trial]) -> set[str]:
        """Models that a mixture for any of the tasks would be made of."""
        found: set[str] = set()
        for task, targets in self._exams.items():
            lists: dict[Key, Candidates] = lists_of(trials, task)
            if len(targets) and lists:
                found |= {model for model, _ in useful(lists, targets, self._run.seed)}
        return found

    def _proposals(self, family: _Family) -> Iterator[Settings]:
        """Settings that were not tried yet: drawn, and single steps away from the best, in turns."""
        if not isinstance(family.given, Tunable):
            return
        tries = {name: tuple(values) for name, values in family.given.tries.items() if len(values)}
        everything = [dict(zip(tries, values, strict=True)) for values in product(*tries.values())]
        told = msgspec.to_builtins(family.given)
        start = {name: told[name] for name in tries}
        seen = [start]
        waiting = [everything[i] for i in self._rng.permutation(len(everything)) if everything[i] != start]
        step = True
        while waiting:
            base = {**start, **(family.settings or {})}
            near = [one for one in waiting if sum(one[name] != base[name] for name in tries) == 1]
            chosen = near[0] if step and near else waiting[0]
            waiting.remove(chosen)
            seen.append(chosen)
            step = not step
            yield {name: value for name, value in chosen.items() if value != start[name]}


def _with(recipe: Recipe, settings: Settings) -> Recipe:
    """The recipe with other settings."""
    told = cast(dict[str, Any], msgspec.to_builtins(recipe))
    changed: Recipe = msgspec.convert({**told, **settings}, type(recipe))
    return changed


def _ndcg(lists: Candidates, targets: Targets) -> NDArray[np.float64]:
    return measure(padded(lists, PLACES), targets.ptr, targets.items)[CHOICE]


def _left(seconds: float) -> str:
    return f"{seconds / 60:.0f} min left" if seconds >= 90 else f"{max(seconds, 0):.0f} s left"
