"""What an evaluation says, as data."""

from __future__ import annotations

import msgspec

from penchant.evaluation.interval import Estimate


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What the test window was judged on.

    Attributes:
        train_rows: Interactions before the test window.
        train_goals: Goals among them that still stood.
        people_warm: People with a goal before the window and a target in it.
        people_judged: Those of them that were judged.
        people_cold: People with a target but no goal before; not judged.
        items: Size of the item space.
        targets: Targets of the judged people.
        unknown_target_share: Share of the window's goals on items without any event before it, 0 to 1.
        repeats_share: Share of targets the person had before, 0 to 1.
        valid_people_judged: People judged in the validation window.
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


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One model in the test window.

    Attributes:
        name: Its name in the pack, or `blend`.
        kind: Recipe kind, or `blend`.
        baseline: Whether the pack calls it a baseline.
        metrics: Ranking metrics and the pack's own; one that says nothing of anybody is missing.
        on_repeats: Ranking metrics of the same lists against the targets a person had before.
        on_new: Ranking metrics of the same lists against the other targets.
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
    valid: float | None = None
    fit_s: float = 0.0
    seconds: float = 0.0
    failed: str | None = None


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
        blend: Weights of the models in the blend, summing to 1; models without weight are left out.
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
    blend: dict[str, float] = {}

    def row(self, name: str) -> Row | None:
        """The row of a model, or None."""
        return next((row for row in self.rows if row.name == name), None)
