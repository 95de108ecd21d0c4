"""The offline evaluation of one domain: fit on the past, judge by what followed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from penchant.clock import Clock, SystemClock, iso
from penchant.config.settings import Evaluation
from penchant.dataset import Dataset
from penchant.errors import InvalidRequest
from penchant.evaluation.blend import blended, choose_weights
from penchant.evaluation.interval import Estimate, coverage_interval, intervals
from penchant.evaluation.lists import padded
from penchant.evaluation.ranking_metrics import measure
from penchant.evaluation.report import Counts, Report, Row
from penchant.evaluation.targets import Targets, judge
from penchant.evaluation.trial import BLEND, Stage, Trial, stage, with_blend
from penchant.evaluation.verdict import decide
from penchant.evaluation.window import Window
from penchant.events import Role
from penchant.models import Recipe, Run
from penchant.pack import Judged, Pack
from penchant.slate import Candidates, Codes

Progress = Callable[[str, float], None]
"""Called with what is being done, and the share of the whole that is done, 0 to 1."""

CHOICE = "ndcg@10"
"""The metric that choices are made by."""

LIST = 20
"""Places of a list that metrics see."""

Part = Literal["all", "repeats", "new"]
"""Which targets a number is about."""

Values = Mapping[tuple[Part, str], NDArray[np.float64]]
"""One value a person by part of the targets and metric."""

Estimates = Mapping[tuple[Part, str], Estimate]


def evaluate(
    data: Dataset,
    window: Window,
    pack: Pack,
    recipes: Mapping[str, Recipe],
    *,
    settings: Evaluation,
    run: Run,
    clock: Clock | None = None,
    progress: Progress = lambda what, share: None,
) -> Report:
    """Judge recipes by a global split in time.

    Every recipe is fitted on everything before the validation window and asked for lists; the blend's weights and the
    challenger are chosen by what that window held. Every recipe is fitted again on everything before the test window,
    and only those numbers are reported.

    Args:
        data: Everything known of the domain.
        window: When to judge, from `resolve`.
        pack: Whose baselines and metrics count.
        recipes: Recipes by name, the pack's baselines among them.
        settings: Whether repeats count, and how many people are judged at most.
        run: Seed of samples, intervals and fits; threads of fits.
        clock: For the seconds in the report; the machine's when None.
        progress: Told what is being done.

    Raises:
        InvalidRequest: Nobody can be judged in one of the windows; says what is missing.
    """
    clock = clock or SystemClock()
    # Both windows are looked at before anything is fitted, so that an empty one is told at once.
    valid_targets = _targets(data, "valid_from", window.valid_from, window.test_from, settings, run)
    test_targets = _targets(data, "test_from", window.test_from, window.test_until, settings, run)
    steps = _Steps(progress, 2 * len(recipes))
    valid = stage(data.before(window.valid_from), valid_targets, recipes, run, clock, steps.of("validation"))
    chosen = {name: _choice(lists, valid_targets) for name, lists in valid.lists.items()}
    weights = choose_weights(valid.lists, valid_targets.ptr, valid_targets.items, run.seed)
    if len(weights) > 1:
        chosen[BLEND] = _choice(blended(valid.lists, weights, LIST), valid_targets)
    del valid  # its lists are as large as those of the test, which come now
    test = stage(data.before(window.test_from), test_targets, recipes, run, clock, steps.of("test"))
    if len(weights) > 1:
        test = with_blend(test, weights, LIST, clock)
    progress("intervals", 1.0)
    lists = {name: padded(found, LIST) for name, found in test.lists.items()}
    values = {name: _values(found, test, pack) for name, found in lists.items()}
    verdict = decide(chosen, {name: found["all", CHOICE] for name, found in values.items()}, pack.baselines, run.seed)
    estimates = _estimates(values, lists, int(test_targets.space.sum()), run.seed)
    rows = [_row(name, trial, pack, estimates.get(name, {}), chosen) for name, trial in test.trials.items()]
    return Report(
        domain=data.domain,
        pack=pack.name,
        valid_from=iso(window.valid_from),
        test_from=iso(window.test_from),
        test_until=iso(window.test_until),
        repeats=settings.repeats,
        counts=_counts(test, len(valid_targets)),
        rows=tuple(sorted(rows, key=lambda row: 1.0 if row.failed else -row.metrics[CHOICE].mean)),
        winner=verdict.winner,
        winner_reason=verdict.reason,
        against_baseline=verdict.against_baseline,
        blend=weights,
    )


class _Steps:
    """Turns the progress of single fits into the progress of the whole."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, max(total, 1), 0

    def of(self, window: str) -> Callable[[str], Callable[[float], None]]:
        def begin(name: str) -> Callable[[float], None]:
            what, done = f"{window}: {name}", self._done
            self._done += 1
            self._progress(what, done / self._total)
            return lambda share: self._progress(what, (done + share) / self._total)

        return begin


def _targets(data: Dataset, field: str, start: float, end: float, settings: Evaluation, run: Run) -> Targets:
    new_only = settings.repeats == "new-only"
    found = judge(data, start, end, new_only=new_only, max_people=settings.max_people, seed=run.seed)
    if not len(found):
        item = "an item new to them that others had before" if new_only else "an item that had events before"
        wanted = f"a window in which someone with an earlier goal reaches one on {item}"
        raise InvalidRequest(f"evaluation.{field}", wanted, f"nobody from {iso(start)} to {iso(end)}")
    return found


def _choice(lists: Candidates, targets: Targets) -> float:
    return float(measure(padded(lists, LIST), targets.ptr, targets.items)[CHOICE].mean())


def _values(lists: Codes, test: Stage, pack: Pack) -> Values:
    targets = test.targets
    judged = Judged(lists, test.queries, targets.ptr, targets.items, targets.values, test.train.table)
    out: dict[tuple[Part, str], NDArray[np.float64]] = {}
    out |= {("all", name): found for name, found in measure(lists, targets.ptr, targets.items).items()}
    out |= {("all", metric.name): metric.compute(judged) for metric in pack.metrics}
    if not targets.new_only:
        parts: tuple[tuple[Part, NDArray[np.bool_]], ...] = (("repeats", targets.repeat), ("new", ~targets.repeat))
        for part, mask in parts:
            out |= {(part, name): found for name, found in measure(lists, *targets.part(mask)).items()}
    return out


def _estimates(
    values: Mapping[str, Values], lists: Mapping[str, Codes], n_items: int, seed: int
) -> dict[str, Estimates]:
    columns = [(name, key) for name, found in values.items() for key in found]
    if not columns:
        return {}
    # All columns at once: drawing the people is the dear part.
    means = intervals(np.column_stack([values[name][key] for name, key in columns]), seed=seed)
    out: dict[str, dict[tuple[Part, str], Estimate]] = {name: {} for name in values}
    for (name, key), estimate in zip(columns, means, strict=True):
        if estimate is not None:
            out[name][key] = estimate
    for name, found in lists.items():
        covered = coverage_interval(found, 10, n_items, seed=seed)
        if covered is not None:
            out[name]["all", "coverage@10"] = covered
    return dict(out)


def _row(name: str, trial: Trial, pack: Pack, found: Estimates, chosen: Mapping[str, float]) -> Row:
    own = {metric.name for metric in pack.metrics}
    parts: dict[Part, dict[str, Estimate]] = {"all": {}, "repeats": {}, "new": {}}
    # The pack's own metrics come last, after those that every domain has.
    for (part, metric), estimate in sorted(found.items(), key=lambda pair: pair[0][1] in own):
        parts[part][metric] = estimate
    return Row(
        name=name,
        kind=trial.kind,
        baseline=name in pack.baselines,
        metrics=parts["all"],
        on_repeats=parts["repeats"],
        on_new=parts["new"],
        valid=chosen.get(name),
        fit_s=round(trial.fit_s, 3),
        seconds=round(trial.seconds, 3),
        failed=trial.failed,
    )


def _counts(test: Stage, n_valid: int) -> Counts:
    targets = test.targets
    return Counts(
        train_rows=len(test.train.interactions),
        train_goals=len(test.train.positive(Role.GOAL)),
        people_warm=targets.warm,
        people_judged=len(targets),
        people_cold=targets.cold,
        items=int(targets.space.sum()),
        targets=len(targets.items),
        unknown_target_share=round(targets.unknown_share, 6),
        repeats_share=round(targets.repeat_share, 6),
        valid_people_judged=n_valid,
    )
