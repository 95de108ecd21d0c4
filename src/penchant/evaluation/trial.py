"""One window tried: every recipe fitted on what came before, and its lists for the judged people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from penchant.clock import Clock
from penchant.dataset import Dataset, Queries
from penchant.errors import ExtraNotInstalled, FitFailed
from penchant.evaluation.blend import blended
from penchant.evaluation.lists import propose
from penchant.evaluation.targets import Targets
from penchant.models import BLEND_DEPTH, Recipe, Retriever, Run
from penchant.slate import Candidates

BLEND = "blend"
"""Name and kind of the blend."""

Begin = Callable[[str], Callable[[float], None]]
"""Called when a recipe's turn comes, with its name; gives what is called with the share of its fit that is done."""


@dataclass(frozen=True)
class Trial:
    """One model in one window.

    Attributes:
        kind: Recipe kind.
        lists: Its lists for the judged people, or None.
        fit_s: Seconds of the fit.
        seconds: Seconds to make the lists.
        failed: Why there are no lists, or None.
    """

    kind: str
    lists: Candidates | None = None
    fit_s: float = 0.0
    seconds: float = 0.0
    failed: str | None = None


@dataclass(frozen=True)
class Stage:
    """One window.

    Attributes:
        train: What was known at its start.
        targets: Who is judged, and by what.
        queries: Requests of the judged people at its start.
        trials: What came of every recipe, by name.
    """

    train: Dataset
    targets: Targets
    queries: Queries
    trials: Mapping[str, Trial]

    @property
    def lists(self) -> dict[str, Candidates]:
        """The lists of every model that made any."""
        return {name: trial.lists for name, trial in self.trials.items() if trial.lists is not None}


def stage(
    train: Dataset, targets: Targets, recipes: Mapping[str, Recipe], run: Run, clock: Clock, begin: Begin
) -> Stage:
    """Fit every recipe and ask it for lists; one that cannot is a trial that says why.

    Args:
        train: What is known at the start of the window.
        targets: Who is judged.
        recipes: Recipes by name.
        run: Seed and threads.
        clock: For the seconds.
        begin: Told when each recipe's turn comes.
    """
    queries = train.queries(targets.people)
    trials = {}
    for name, recipe in recipes.items():
        inside = replace(run, progress=begin(name))
        trials[name] = _trial(name, recipe, train, targets, queries, inside, clock)
    return Stage(train, targets, queries, trials)


def with_blend(tried: Stage, weights: Mapping[str, float], k: int, clock: Clock) -> Stage:
    """The stage with the blend as one more trial; its seconds are those of its parts and of the merging."""
    parts = {name: tried.trials[name] for name in weights}
    lists = tried.lists
    lost = [name for name in parts if name not in lists]
    if lost:
        blend = Trial(BLEND, failed=f"a part could not be fitted: {', '.join(lost)}")
    else:
        began = clock.elapsed()
        merged = blended(lists, weights, k)
        seconds = clock.elapsed() - began + sum(part.seconds for part in parts.values())
        blend = Trial(BLEND, merged, sum(part.fit_s for part in parts.values()), seconds)
    return replace(tried, trials={**tried.trials, BLEND: blend})


def _trial(
    name: str, recipe: Recipe, train: Dataset, targets: Targets, queries: Queries, run: Run, clock: Clock
) -> Trial:
    if not issubclass(recipe.fitted, Retriever):
        return Trial(recipe.kind, failed="proposes for items, not for people")
    began = clock.elapsed()
    try:
        model = cast(Retriever, recipe.fit(train, run))
        fitted = clock.elapsed()
        lists = propose(model, queries, targets, BLEND_DEPTH, name)
    except FitFailed as error:
        return Trial(recipe.kind, failed=error.reason)
    except ExtraNotInstalled as error:
        return Trial(recipe.kind, failed=error.message)
    return Trial(recipe.kind, lists, fitted - began, clock.elapsed() - fitted)
