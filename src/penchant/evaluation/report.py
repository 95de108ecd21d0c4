"""What an evaluation says, as data."""

from __future__ import annotations

from typing import Any

import msgspec

from penchant.evaluation.interval import Estimate
from penchant.evaluation.outcomes import Outcomes
from penchant.models import Blend
from penchant.pack import Task


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What the test window was judged on.

    Attributes:
        train_rows: Interactions before the test window.
        train_goals: Goals among them that still stood.
        people_warm: People with a goal before the window and a target in it.
        people_judged: People that the metrics are about: warm people, or in tasks about items whoever had a basket or
            a session to judge by.
        people_cold: People with a target but no goal before; in tasks about people they are judged apart.
        items: Size of the item space.
        targets: Targets of the judged people.
        unknown_target_share: Share of what followed on items that no list could hold, as they were not there before the
            window, 0 to 1.
        repeats_share: Share of targets the person had before, 0 to 1.
        valid_people_judged: People judged in the validation window.
        requests: Requests of the judged people: one each, or in tasks about items one for a basket or a session.
    """

    train_rows: int
    train_goals: int
    people_warm: int
    people_judged: int
    people_cold: int
    items: int
    targets: int
    unknown_target_share: float
    repeats_share: float
    valid_people_judged: int
    requests: int = 0


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One model in the test window.

    Attributes:
        name: Its name in the pack, or `blend`.
        kind: Recipe kind, or `blend`.
        baseline: Whether the pack calls it a baseline.
        metrics: Ranking metrics and the pack's own; one that says nothing of anybody is missing.
        on_repeats: Ranking metrics of the same lists against the targets a person had before.
        on_new: Ranking metrics of the same lists against the other targets.
        on_cold_items: Ranking metrics of the same lists against targets whose item had fewer than five events before.
        on_cold_people: Ranking metrics of lists for people without a goal before the window, who are judged apart.
        valid: Mean NDCG@10 in the validation window, by which the winner is chosen; None when it failed there.
        fit_s: Seconds of the fit before the test window.
        seconds: Seconds to make the lists of all judged people.
        failed: Why there are no numbers, or None.
    """

    name: str
    kind: str
    baseline: bool
    metrics: dict[str, Estimate] = {}
    on_repeats: dict[str, Estimate] = {}
    on_new: dict[str, Estimate] = {}
    on_cold_items: dict[str, Estimate] = {}
    on_cold_people: dict[str, Estimate] = {}
    valid: float | None = None
    fit_s: float = 0.0
    seconds: float = 0.0
    failed: str | None = None


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One test window of several, each judged by models fitted strictly before it.

    Attributes:
        test_from: Its start, ISO 8601.
        test_until: Its end, ISO 8601.
        people_judged: People judged in it.
        means: Mean NDCG@10 by row name.
        winner: Who would have been called the winner by this window and the one before it alone.
        against_baseline: As in the report, of this window.
    """

    test_from: str
    test_until: str
    people_judged: int
    means: dict[str, float]
    winner: str | None
    against_baseline: Estimate | None = None


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """One setting of one model that a search tried on the validation window.

    Attributes:
        name: The model's name.
        settings: Hyper-parameters that differ from the pack's recipe.
        value: Mean NDCG@10 on validation; None when it failed.
        seconds: Seconds of its fit and its lists.
        failed: Why there is no value, or None.
    """

    name: str
    settings: dict[str, Any]
    value: float | None = None
    seconds: float = 0.0
    failed: str | None = None


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What one placement serves, and why.

    Attributes:
        task: What the placement is judged by.
        winner: Row of that task's report that won; None when nothing could be judged.
        reason: Why, in a sentence.
        blend: What the source `blend` is in this placement; None when nothing was learned.
        ndcg: NDCG@10 of the winner on test; None when nothing could be judged.
    """

    task: Task
    winner: str | None
    reason: str
    blend: Blend | None = None
    ndcg: Estimate | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One evaluation of one domain.

    Attributes:
        domain: Domain name.
        pack: Pack name.
        valid_from: Start of the validation window, ISO 8601.
        test_from: Start of the test window, ISO 8601.
        test_until: End of the test window, ISO 8601.
        repeats: `allowed` or `new-only`.
        counts: What the test window was judged on.
        rows: Models, best NDCG@10 first, failed ones last.
        winner: Name of the row to serve; None when nothing could be judged against a baseline.
        winner_reason: Why, in a sentence.
        against_baseline: NDCG@10 of the challenger minus that of the best baseline on test, paired; None when there
            was no challenger.
        against: NDCG@10 of the winner minus that of every other row on test, paired.
        blend: The learned mixture of lists; None when none could be learned.
        task: What was judged.
        windows: Every test window, the reported one last; several when the data allows.
        also: The same of the domain's other tasks, as far as the data has something to judge them by.
        placements: What each placement serves.
        settings: Hyper-parameters that a search chose, by model, where they differ from the pack's recipe.
        tried: Every setting that the search tried, in the order it did.
        outcomes: What heads and objectives learned from what people were shown; None where nobody looked.
    """

    domain: str
    pack: str
    valid_from: str
    test_from: str
    test_until: str
    repeats: str
    counts: Counts
    rows: tuple[Row, ...]
    winner: str | None
    winner_reason: str
    against_baseline: Estimate | None = None
    against: dict[str, Estimate] = {}
    blend: Blend | None = None
    task: Task = "next"
    windows: tuple[Turn, ...] = ()
    also: tuple[Report, ...] = ()
    placements: dict[str, Choice] = {}
    settings: dict[str, dict[str, Any]] = {}
    tried: tuple[Tried, ...] = ()
    outcomes: Outcomes | None = None

    def row(self, name: str) -> Row | None:
        """The row of a model, or None."""
        return next((row for row in self.rows if row.name == name), None)
