"""Heads of one kind of rows: grown, calibrated and judged on parts of them, then fitted on all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.clock import iso
from penchant.dataset import Dataset
from penchant.errors import FitFailed
from penchant.models import Run
from penchant.ranking import AnyHead, FittedHead, Head, HeadFigures, Rows, fit_head, judge_head
from penchant.training.labels import Labeller, Labels
from penchant.training.ranks import Ranks
from penchant.training.rows import Examples
from penchant.training.splits import Part, Split

_FINAL = 1_000
"""Rows with a final outcome that are judged alone when there are so many."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class JudgedHead:
    """A head that was grown on earlier rows, or why not.

    Attributes:
        fitted: It; None when it could not be.
        figures: On later rows.
        final: Share of these whose outcome can no longer change.
        reason: Why there is none.
    """

    fitted: AnyHead | None = None
    figures: HeadFigures | None = None
    final: float = 1.0
    reason: str = ""


@dataclass(frozen=True)
class Fits:
    """What serves.

    Attributes:
        heads: By name.
        ranks: What shares taken in were ranked by, by head.
        failed: Why others could not be fitted.
    """

    heads: Mapping[str, FittedHead]
    ranks: Mapping[str, Ranks]
    failed: Mapping[str, str]


class Bench:
    """Fits heads on parts of some rows."""

    def __init__(
        self,
        data: Dataset,
        examples: Examples,
        heads: Sequence[Head],
        learns: Collection[str],
        split: Split,
        run: Run,
    ) -> None:
        """Take the rows.

        Args:
            data: Everything known.
            examples: The rows, with what was known then.
            heads: All heads that these rows have labels of.
            learns: Names of those that are learned from them.
            split: Their parts.
            run: Seed and threads.
        """
        self._data, self._examples, self._heads, self._run = data, examples, heads, run
        self.learns = tuple(head.name for head in heads if head.name in learns)
        self._learns = [head for head in heads if head.name in learns]
        self._split = split
        self._learn, self._calibrate, self._test = (
            Labeller(data, examples.asked, heads, part.known) for part in (split.learn, split.calibrate, split.test)
        )
        self._known_ranks = self._ranks(self._learn)

    def parted(self, split: Split, learns: Collection[str]) -> Bench:
        """The same rows in other parts, for some of the heads."""
        return Bench(self._data, self._examples, self._heads, learns, split, self._run)

    def followed(self, name: str) -> Labels:
        """What is known by now of a head's outcome."""
        return self._test.labels(name, self._known_ranks)

    def judge(self, progress: Progress) -> dict[str, JudgedHead]:
        """Figures of every head that is learned here, from rows that it has not seen."""
        made: dict[str, JudgedHead] = {}
        for done, head in enumerate(self._learns):
            progress(f"figures of {head.name}", done / len(self._learns))
            before = self._rows(self._learn, head.name, self._split.learn)
            between = self._rows(self._calibrate, head.name, self._split.calibrate)
            try:
                fitted = fit_head(head, before, between, self._run)
            except FitFailed as error:
                made[head.name] = JudgedHead(
                    reason=f"not judged: before {iso(self._split.learn.known)[:10]} {error.reason}"
                )
                continue
            made[head.name] = self.judged(fitted)
        return made

    def judged(self, fitted: AnyHead) -> JudgedHead:
        """A head or a chain, with its figures on the test rows."""
        after = self.followed(fitted.name)
        counts = self._split.test.rows & (after.weight > 0)
        final = counts & after.final
        rows = self._examples.rows(after, final if final.sum() >= _FINAL else counts)
        return JudgedHead(fitted, judge_head(fitted, rows), float(final.sum() / max(counts.sum(), 1)))

    def fit(self, late: NDArray[np.bool_], progress: Progress) -> Fits:
        """What serves.

        Args:
            late: The rows that calibrate it; the others grow it.
            progress: Told what is being done.
        """
        asked, now = self._examples.asked, self._data.now
        edge = float(asked.time[late].min()) if late.any() else now
        ranks = self._ranks(Labeller(self._data, asked, self._heads, edge))
        labeller = Labeller(self._data, asked, self._heads, now)
        ready: dict[str, FittedHead] = {}
        failed: dict[str, str] = {}
        for done, head in enumerate(self._learns):
            progress(f"fit {head.name}", done / len(self._learns))
            labels = labeller.labels(head.name, ranks)
            rows = self._examples.rows
            try:
                ready[head.name] = fit_head(head, rows(labels, ~late), rows(labels, late), self._run)
            except FitFailed as error:
                failed[head.name] = error.reason
        return Fits(ready, ranks, failed)

    def _rows(self, labeller: Labeller, name: str, part: Part) -> Rows:
        return self._examples.rows(labeller.labels(name, self._known_ranks), part.rows)

    def _ranks(self, labeller: Labeller) -> dict[str, Ranks]:
        ranked = [head.name for head in self._learns if head.outcome.reads == "taken_in"]
        found = {name: labeller.labels(name).ranks for name in ranked}
        return {name: ranks for name, ranks in found.items() if ranks is not None}
