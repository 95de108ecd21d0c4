"""One recipe tried at one cut: fitted on what came before, and asked for the lists of every task from that one fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from penchant.clock import Clock
from penchant.dataset import Dataset
from penchant.errors import ExtraNotInstalled, FitFailed
from penchant.evaluation.lists import propose, propose_similar
from penchant.evaluation.targets import Targets
from penchant.models import BLEND_DEPTH, Reads, Recipe, Retriever, Run, Similar
from penchant.pack import ABOUT_ITEMS, Task
from penchant.slate import Candidates

Begin = Callable[[str], Callable[[float], None]]
"""Called when a recipe's turn comes, with its name; gives what is called with the share of its fit that is done."""

Exams = Mapping[Task, Targets]
"""What is judged at one cut, by task."""


@dataclass(frozen=True)
class Trial:
    """One model at one cut.

    Attributes:
        recipe: The recipe.
        fit_s: Seconds of the fit.
        took: Seconds to make each list.
        failed: Why there are no lists, or None.
        lists: Its lists of `BLEND_DEPTH` for the judged rows, by task and by what they are made from: in tasks about
            people `person`; in tasks about items `seeds`, `person` or both, as the model can.
        newcomers: The same for cold people, of the tasks whose targets have them.
    """

    recipe: Recipe
    fit_s: float = 0.0
    took: Mapping[tuple[Task, Reads], float] = field(default_factory=dict)
    failed: str | None = None
    lists: Mapping[Task, Mapping[Reads, Candidates]] = field(default_factory=dict)
    newcomers: Mapping[Task, Candidates] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Seconds to make all lists."""
        return sum(self.took.values())


def attempt(name: str, recipe: Recipe, train: Dataset, exams: Exams, run: Run, clock: Clock) -> Trial:
    """Fit a recipe and ask it for its lists; one that cannot is a trial that says why.

    Args:
        name: The model's name, for errors.
        recipe: The recipe.
        train: What is known at the cut.
        exams: Who is judged, by task; one that nobody is judged in is left out.
        run: Seed, threads, and who is told of the fit's progress.
        clock: For the seconds.
    """
    asked = [(task, reads) for task in exams if len(exams[task]) for reads in readings(recipe, task)]
    if not asked:
        return Trial(recipe, failed="proposes for items, not for people")
    lists: dict[Task, dict[Reads, Candidates]] = {}
    newcomers: dict[Task, Candidates] = {}
    took: dict[tuple[Task, Reads], float] = {}
    began = clock.elapsed()
    try:
        model = recipe.fit(train, run)
        fit_s = clock.elapsed() - began
        for task, reads in asked:
            began = clock.elapsed()
            if reads == "seeds":
                assert isinstance(model, Similar)
                found = propose_similar(model, exams[task], BLEND_DEPTH, name)
            else:
                assert isinstance(model, Retriever)
                found = propose(model, exams[task], BLEND_DEPTH, name)
            lists.setdefault(task, {})[reads] = found
            took[task, reads] = clock.elapsed() - began
            cold = exams[task].newcomers
            if cold is not None and isinstance(model, Retriever):
                newcomers[task] = propose(model, cold, BLEND_DEPTH, name)
    except FitFailed as error:
        return Trial(recipe, failed=error.reason)
    except ExtraNotInstalled as error:
        return Trial(recipe, failed=error.message)
    return Trial(recipe, fit_s, took, None, lists, newcomers)


def readings(recipe: Recipe, task: Task) -> tuple[Reads, ...]:
    """What a recipe's lists for a task can be made from; none when it has nothing to say there."""
    person: tuple[Reads, ...] = ("person",) if issubclass(recipe.fitted, Retriever) else ()
    if task not in ABOUT_ITEMS:
        return person
    return ("seeds", *person) if issubclass(recipe.fitted, Similar) else person


def stage(
    train: Dataset, exams: Exams, recipes: Mapping[str, Recipe], run: Run, clock: Clock, begin: Begin
) -> dict[str, Trial]:
    """Try every recipe at one cut.

    Args:
        train: What is known at the cut.
        exams: Who is judged, by task.
        recipes: Recipes by name.
        run: Seed and threads.
        clock: For the seconds.
        begin: Told when each recipe's turn comes.

    Returns:
        Trials by name, in the order of the recipes.
    """
    return {
        name: attempt(name, recipe, train, exams, replace(run, progress=begin(name)), clock)
        for name, recipe in recipes.items()
    }


def lists_of(trials: Mapping[str, Trial], task: Task) -> dict[tuple[str, Reads], Candidates]:
    """Every list that was made for a task, by model and by what it was made from."""
    return {
        (name, reads): found for name, trial in trials.items() for reads, found in trial.lists.get(task, {}).items()
    }
