"""Fitting a pack's recipes; one that the data does not support is named, not served."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from penchant.clock import Clock
from penchant.dataset import Dataset
from penchant.errors import ExtraNotInstalled, FitFailed
from penchant.models import Fitted, Recipe, Run


@dataclass(frozen=True)
class FittedModels:
    """What came of a pack's recipes.

    Attributes:
        models: Fitted models by name.
        seconds: Seconds each fit took.
        failed: Why a recipe could not be fitted, by name.
    """

    models: Mapping[str, Fitted]
    seconds: Mapping[str, float]
    failed: Mapping[str, str]


def fit(
    data: Dataset,
    recipes: Mapping[str, Recipe],
    run: Run,
    clock: Clock,
    progress: Callable[[str, float], None] = lambda name, share: None,
) -> FittedModels:
    """Fit every recipe on all of `data`.

    Args:
        data: What is known.
        recipes: Recipes by name.
        run: Seed and threads.
        clock: For the seconds.
        progress: Called with the model's name and the share of all fits that is done.
    """
    models: dict[str, Fitted] = {}
    seconds: dict[str, float] = {}
    failed: dict[str, str] = {}
    for done, (name, recipe) in enumerate(recipes.items()):
        progress(name, done / len(recipes))
        began = clock.elapsed()
        inside = replace(run, progress=_inside(progress, name, done, len(recipes)))
        try:
            models[name] = recipe.fit(data, inside)
        except FitFailed as error:
            failed[name] = error.reason
        except ExtraNotInstalled as error:
            failed[name] = error.message
        seconds[name] = clock.elapsed() - began
    progress("", 1.0)
    return FittedModels(models, seconds, failed)


def _inside(progress: Callable[[str, float], None], name: str, done: int, total: int) -> Callable[[float], None]:
    return lambda share: progress(name, (done + share) / total)
