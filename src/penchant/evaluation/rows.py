"""The rows of a report: every number of every model's lists in a test window, with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Dataset
from penchant.evaluation.beyond import Beyond
from penchant.evaluation.contest import CHOICE, HISTORY, SHOWN, Contest
from penchant.evaluation.interval import Estimate, coverage_interval, difference, intervals
from penchant.evaluation.ranking_metrics import measure
from penchant.evaluation.report import Row
from penchant.evaluation.targets import Targets
from penchant.evaluation.trial import Trial
from penchant.models import Reads
from penchant.pack import ABOUT_ITEMS, BLEND, Judged, Pack, Task
from penchant.slate import Codes

Part = Literal["all", "repeats", "new", "cold items", "cold people"]
"""Which targets, or whose, a number is about."""

Values = dict[tuple[Part, str], NDArray[np.float64]]
"""One value a row of lists by part of the targets and metric."""

Estimates = dict[tuple[Part, str], Estimate]


@dataclass(frozen=True)
class Jury:
    """What judges the lists of one contest.

    Attributes:
        pack: Whose metrics and baselines count.
        train: What was known before the window.
        contest: The lists.
        trials: What came of every recipe.
        seed: Seed of the intervals.
    """

    pack: Pack
    train: Dataset
    contest: Contest
    trials: Mapping[str, Trial]
    seed: int

    def rows(self) -> tuple[Row, ...]:
        """All rows, the best on test first, those that failed last."""
        found = self._estimates()
        rows = [self._row(name, found[name]) for name in self.contest.lists]
        task = self.contest.targets.task
        for name, trial in self.trials.items():
            if not trial.lists.get(task):
                why = trial.failed or "proposes for items, not for people"
                rows.append(Row(name=name, kind=trial.recipe.kind, baseline=name in self.pack.baselines, failed=why))
        if self.contest.lost:
            valid = self.contest.choices.valid.get(BLEND)
            rows.append(Row(name=BLEND, kind=BLEND, baseline=False, valid=valid, failed=self.contest.lost))
        return tuple(sorted(rows, key=lambda row: 1.0 if row.failed else -row.metrics[CHOICE].mean))

    def against(self, winner: str | None) -> dict[str, Estimate]:
        """NDCG@10 of the winner minus that of every other row, paired, in the order of the means."""
        ndcg, group = self.contest.ndcg, self.contest.targets.group
        if winner is None:
            return {}
        others = sorted((name for name in ndcg if name != winner), key=lambda name: -float(ndcg[name].mean()))
        gaps = {name: difference(ndcg[winner], ndcg[name], seed=self.seed, group=group) for name in others}
        return {name: gap for name, gap in gaps.items() if gap is not None}

    def _row(self, name: str, found: Estimates) -> Row:
        own = {metric.name for metric in self.pack.metrics}
        parts: dict[Part, dict[str, Estimate]] = {
            part: {} for part in ("all", "repeats", "new", "cold items", "cold people")
        }
        # The pack's own metrics come last, after those that every domain has.
        for (part, metric), estimate in sorted(found.items(), key=lambda pair: pair[0][1] in own):
            parts[part][metric] = estimate
        kind, fit_s, seconds = self._cost(name)
        return Row(
            name=name,
            kind=kind,
            baseline=name.removesuffix(HISTORY) in self.pack.baselines,
            metrics=parts["all"],
            on_repeats=parts["repeats"],
            on_new=parts["new"],
            on_cold_items=parts["cold items"],
            on_cold_people=parts["cold people"],
            valid=self.contest.choices.valid.get(name),
            fit_s=round(fit_s, 3),
            seconds=round(seconds, 3),
        )

    def _cost(self, name: str) -> tuple[str, float, float]:
        """Kind, seconds of the fit, and seconds of the lists of a row."""
        task = self.contest.targets.task
        blend = self.contest.choices.blend
        if name == BLEND and blend is not None:
            parts = {share.model for share in blend.shares}
            made = sum(self.trials[share.model].took[task, share.reads] for share in blend.shares)
            return BLEND, sum(self.trials[part].fit_s for part in parts), self.contest.seconds + made
        trial = self.trials[name.removesuffix(HISTORY)]
        reads: Reads = "seeds" if task in ABOUT_ITEMS and not name.endswith(HISTORY) else "person"
        return trial.recipe.kind, trial.fit_s, trial.took[task, reads]

    def _estimates(self) -> dict[str, Estimates]:
        targets, contest = self.contest.targets, self.contest
        beyond = Beyond.of(self.train, targets.queries, self.pack.attributes)
        values = {name: self._values(found, targets, beyond) for name, found in contest.lists.items()}
        out = self._intervals(values, targets)
        n_items = int(targets.space.sum())
        for name, found in contest.lists.items():
            covered = coverage_interval(found, SHOWN, n_items, seed=self.seed, group=targets.group)
            if covered is not None:
                out[name] = _after_ranking(out[name], ("all", f"coverage@{SHOWN}"), covered)
        if targets.newcomers is not None:
            cold = targets.newcomers
            apart: dict[str, Values] = {
                name: {("cold people", key): v for key, v in measure(found, cold.ptr, cold.items).items()}
                for name, found in contest.newcomers.items()
            }
            for name, found_there in self._intervals(apart, cold).items():
                out[name] |= found_there
        return out

    def _values(self, lists: Codes, targets: Targets, beyond: Beyond) -> Values:
        judged = Judged(
            lists,
            targets.queries,
            targets.ptr,
            targets.items,
            targets.values,
            self.train.table,
            targets.returned_ptr,
            targets.returned,
            targets.begun_ptr,
            targets.begun,
        )
        out: Values = {}
        out |= {("all", name): found for name, found in measure(lists, targets.ptr, targets.items).items()}
        out |= {("all", name): v for name, v in beyond.measure(lists, repeats=targets.task not in _BOUND).items()}
        out |= {("all", metric.name): metric.compute(judged) for metric in self.pack.metrics}
        parts: list[tuple[Part, NDArray[np.bool_]]] = [("cold items", targets.fresh)]
        if targets.task not in _BOUND:
            parts += [("repeats", targets.repeat), ("new", ~targets.repeat)]
        for part, mask in parts:
            if mask.any():
                out |= {(part, name): found for name, found in measure(lists, *targets.part(mask)).items()}
        return out

    def _intervals(self, values: Mapping[str, Values], targets: Targets) -> dict[str, Estimates]:
        columns = [(name, key) for name, found in values.items() for key in found]
        out: dict[str, Estimates] = {name: {} for name in values}
        if not columns:
            return out
        # All columns at once: drawing the people is the dear part.
        table = np.column_stack([values[name][key] for name, key in columns])
        means = intervals(table, seed=self.seed, group=targets.group)
        for (name, key), estimate in zip(columns, means, strict=True):
            if estimate is not None:
                out[name][key] = estimate
        return out


_BOUND: tuple[Task, ...] = ("new", "again")
"""Tasks in which all targets are new, or all repeats."""


def _after_ranking(found: Estimates, key: tuple[Part, str], estimate: Estimate) -> Estimates:
    """The estimates with one more behind the ranking metrics."""
    ranking = {k: v for k, v in found.items() if k in _RANKING}
    return ranking | {key: estimate} | {k: v for k, v in found.items() if k not in _RANKING}


_RANKING: frozenset[tuple[Part, str]] = frozenset(("all", name) for name in ("ndcg@10", "recall@20", "hr@10", "mrr@20"))
