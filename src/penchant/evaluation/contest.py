"""One task in one window: what was chosen on validation, and the lists that stand by it on test."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.clock import Clock
from penchant.evaluation.blend import blended, choose_blend
from penchant.evaluation.lists import padded
from penchant.evaluation.ranking_metrics import measure
from penchant.evaluation.targets import Targets
from penchant.evaluation.trial import Trial, lists_of
from penchant.evaluation.verdict import Verdict, decide
from penchant.models import Blend, Reads
from penchant.pack import ABOUT_ITEMS, BLEND, Task
from penchant.slate import Candidates, Codes

CHOICE = "ndcg@10"
"""The metric that choices are made by."""

LIST = 20
"""Places of a list that metrics see."""

SHOWN = 10
"""Places of a list that count as shown, in coverage and beyond accuracy."""

Key = tuple[str, Reads]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Choices:
    """What the validation window says of one task.

    Attributes:
        blend: The learned mixture; None when none could be learned.
        valid: Mean NDCG@10 by row name; of the blend only when it mixes lists.
    """

    blend: Blend | None
    valid: Mapping[str, float]

    @property
    def mixed(self) -> bool:
        """Whether the blend has more than one list, and so a row of its own."""
        return self.blend is not None and len(self.blend.shares) > 1


def choose(trials: Mapping[str, Trial], targets: Targets, seed: int) -> Choices:
    """Choose on validation: the blend, and by what each row would lead.

    Args:
        trials: What came of every recipe at the start of the validation window.
        targets: What the window held.
        seed: Seed of the choice of the blend.
    """
    lists = lists_of(trials, targets.task)
    valid = {row_name(key, targets.task): _choice(found, targets) for key, found in lists.items()}
    blend = choose_blend(lists, targets, seed)
    if blend is not None and len(blend.shares) > 1:
        valid[BLEND] = _choice(blended(lists, blend, LIST), targets)
    return Choices(blend, valid)


@dataclass(frozen=True)
class Contest:
    """One task in one test window; rows stand by name, the blend last.

    Attributes:
        targets: Who is judged, and by what.
        choices: What validation said.
        lists: Items of each row's lists, shape (n, LIST), -1 for empty places.
        ndcg: NDCG@10 of each row, shape (n,).
        newcomers: Lists for cold people.
        seconds: Seconds to fuse the blend's lists.
        lost: Why the blend has no lists although it was chosen, or None.
    """

    targets: Targets
    choices: Choices
    lists: Mapping[str, Codes]
    ndcg: Mapping[str, Values]
    newcomers: Mapping[str, Codes]
    seconds: float = 0.0
    lost: str | None = None

    @property
    def means(self) -> dict[str, float]:
        """Mean NDCG@10 by row; the blend is there as well when it is one list alone."""
        means = {name: float(values.mean()) for name, values in self.ndcg.items()}
        blend = self.choices.blend
        if blend is not None and not self.choices.mixed:
            share = blend.shares[0]
            alone = row_name((share.model, share.reads), self.targets.task)
            if alone in means:
                means[BLEND] = means[alone]
        return means

    def coverage(self, name: str) -> float:
        """Share of the item space in the first ten of at least one list of a row."""
        top = self.lists[name][:, :SHOWN]
        return len(np.unique(top[top >= 0])) / max(int(self.targets.space.sum()), 1)

    def verdict(self, baselines: Collection[str], seed: int, earlier: Sequence[Mapping[str, float]] = ()) -> Verdict:
        """Who won; see `decide`.

        Args:
            baselines: Names of models that a winner must beat.
            seed: Seed of intervals.
            earlier: Means of earlier windows.
        """
        standing = {name for name in self.lists if name.removesuffix(HISTORY) in baselines}
        return decide(
            self.choices.valid,
            self.ndcg,
            standing,
            seed,
            group=self.targets.group,
            coverage={name: self.coverage(name) for name in self.lists},
            earlier=earlier,
        )


def hold(trials: Mapping[str, Trial], targets: Targets, choices: Choices, clock: Clock) -> Contest:
    """Make the lists of every row on test, the chosen blend's among them.

    Args:
        trials: What came of every recipe at the start of the test window.
        targets: What the window held.
        choices: What was chosen on validation.
        clock: For the seconds of the blend.
    """
    task = targets.task
    candidates = lists_of(trials, task)
    cold: dict[Key, Candidates] = {
        (name, "person"): trial.newcomers[task] for name, trial in trials.items() if task in trial.newcomers
    }
    lists = {row_name(key, task): padded(found, LIST) for key, found in candidates.items()}
    newcomers = {row_name(key, task): padded(found, LIST) for key, found in cold.items()}
    lost, seconds = None, 0.0
    if choices.blend is not None and choices.mixed:
        missing = [share.model for share in choices.blend.shares if (share.model, share.reads) not in candidates]
        if missing:
            lost = f"a part could not be fitted: {', '.join(missing)}"
        else:
            began = clock.elapsed()
            lists[BLEND] = padded(blended(candidates, choices.blend, LIST), LIST)
            seconds = clock.elapsed() - began
            if cold:
                newcomers[BLEND] = padded(blended(cold, choices.blend, LIST), LIST)
    ndcg = {name: measure(found, targets.ptr, targets.items)[CHOICE] for name, found in lists.items()}
    return Contest(targets, choices, lists, ndcg, newcomers, seconds, lost)


HISTORY = " (history)"
"""Behind the name of a model whose lists for requests about items are made from the person's history."""


def row_name(key: Key, task: Task) -> str:
    """The name of a list's row in a report."""
    model, reads = key
    return model + HISTORY if task in ABOUT_ITEMS and reads == "person" else model


def _choice(lists: Candidates, targets: Targets) -> float:
    return float(measure(padded(lists, LIST), targets.ptr, targets.items)[CHOICE].mean())
