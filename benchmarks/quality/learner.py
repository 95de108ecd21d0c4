"""penchant as a benchmark sees it: recipes searched and blended on a validation window, then fitted on everything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from penchant.clock import SystemClock
from penchant.dataset import Dataset
from penchant.errors import ExtraNotInstalled, FitFailed
from penchant.evaluation import Targets, blended, choose_blend
from penchant.evaluation.lists import padded, propose, propose_similar
from penchant.evaluation.search import search
from penchant.evaluation.trial import lists_of
from penchant.models import BLEND_DEPTH, Blend, Fitted, Recipe, Retriever, Run, Share, Similar
from penchant.pack import Pack, Task
from penchant.slate import Candidates

CLOCK = SystemClock()

DEAR = 0.05
"""Share of a task's seconds from which on a fit with its lists counts as dear."""

GUESSES = ("personal-top", "item-knn", "popular-week")
"""What answers where nothing could be chosen, as there is nobody to choose by."""


class Learner:
    """Recipes and a blend for each task, chosen once; models, fitted when told to."""

    def __init__(self, pack: Pack, threads: int = 2, seed: int = 7) -> None:
        self.pack, self.run = pack, Run(seed=seed, threads=threads)
        self.recipes: dict[Task, Mapping[str, Recipe]] = {}
        self.blends: dict[Task, Blend] = {}
        self.models: dict[Recipe, Fitted] = {}
        self.told: dict[Task, dict[str, Any]] = {}

    def choose(self, train: Dataset, exams: Mapping[Task, Targets], seconds: float) -> None:
        """Search settings of every model, and learn the blends, on one window.

        What is dear to fit is fitted for the first task alone, and keeps the settings found there in the others too.
        """
        each, first = seconds / max(len(exams), 1), None
        for task, judged in exams.items():
            known = {} if first is None else first.trials
            dear = {name: trial for name, trial in known.items() if trial.fit_s + trial.seconds > DEAR * each}
            left = {name: recipe for name, recipe in self.pack.models.items() if name not in dear}
            asked = exams if first is None else {task: judged}
            found = search(
                train, asked, left, main=task, budget_s=each, run=self.run, clock=CLOCK,
                progress=lambda what, share: None,
            )  # fmt: skip
            first = first or found
            trials = {**dear, **found.trials}
            recipes = {name: trial.recipe for name, trial in trials.items()}
            blend = choose_blend(lists_of(trials, task), judged, self.run.seed)
            if blend is None:
                continue
            self.recipes[task], self.blends[task] = recipes, blend
            self.told[task] = {
                "by": blend.by,
                "blend": {f"{share.model} ({share.reads})": share.weight for share in blend.shares},
                "settings": {s.model: _changed(self.pack, s.model, recipes[s.model]) for s in blend.shares},
                "tried": len(found.tried),
            }

    def _of(self, task: Task) -> tuple[Blend, Mapping[str, Recipe]]:
        """The blend of a task; where nobody could be judged, that of another task, or plain guesses."""
        for learned in (task, *self.blends):
            if learned in self.blends:
                return self.blends[learned], self.recipes[learned]
        shares = tuple(Share(model=name, weight=1 / len(GUESSES)) for name in GUESSES)
        return Blend(shares=shares), self.pack.models

    def fit(self, data: Dataset) -> None:
        """Fit what the blends are made of, and what answers when they have nothing to say."""
        self.models = {}
        for blend, recipes in map(self._of, self.blends or ("next",)):
            for name in ["popular-week", *(share.model for share in blend.shares)]:
                recipe = recipes[name]
                if recipe not in self.models:
                    try:
                        self.models[recipe] = recipe.fit(data, self.run)
                    except (FitFailed, ExtraNotInstalled):
                        continue

    def lists(self, judged: Targets, k: int) -> Any:
        """Item codes, shape (n, k), -1 for empty places; the blend first, then what is popular."""
        blend, recipes = self._of(judged.task)
        parts = {}
        for share in blend.shares:
            model = self.models.get(recipes[share.model])
            if share.reads == "seeds" and isinstance(model, Similar):
                found = propose_similar(model, judged, BLEND_DEPTH, share.model)
                parts[share.model, share.reads] = _without_seen(found, judged)
            elif share.reads == "person" and isinstance(model, Retriever):
                parts[share.model, share.reads] = propose(model, judged, BLEND_DEPTH, share.model)
        kept = tuple(share for share in blend.shares if (share.model, share.reads) in parts)
        lists = padded(blended(parts, msgspec.structs.replace(blend, shares=kept), k), k)
        rest = self.models[recipes["popular-week"]]
        assert isinstance(rest, Retriever)
        fill = padded(propose(rest, judged, 2 * k, "popular-week"), 2 * k)
        for row, more in zip(lists, fill, strict=True):
            empty = np.flatnonzero(row < 0)
            if len(empty):
                other = more[(more >= 0) & ~np.isin(more, row)][: len(empty)]
                row[empty[: len(other)]] = other
        return lists


def _without_seen(found: Candidates, judged: Targets) -> Candidates:
    """Lists made from seeds know nothing of what else a row may not hold."""
    n = len(judged.space)
    rows = np.repeat(np.arange(len(judged)), np.diff(judged.seen_ptr))
    keep = ~np.isin(found.row_of * n + found.items, rows * n + judged.seen)
    ptr = np.concatenate([[0], np.cumsum(keep)])[found.ptr]
    return Candidates(ptr, found.items[keep], found.scores[keep])


def _changed(pack: Pack, name: str, recipe: Recipe) -> dict[str, Any]:
    """Settings that differ from the pack's."""
    before, after = msgspec.to_builtins(pack.models[name]), msgspec.to_builtins(recipe)
    return {key: value for key, value in after.items() if before.get(key) != value}
