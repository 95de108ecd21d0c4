"""What each placement serves: the winner of its task, and the blend that was learned for it."""

from __future__ import annotations

from penchant.evaluation.contest import HISTORY
from penchant.evaluation.report import Choice, Report
from penchant.models import Blend, Share
from penchant.pack import ABOUT_ITEMS, BLEND, Pack, Placement


def choices(report: Report, pack: Pack) -> dict[str, Choice]:
    """What each placement that learns something serves, by placement.

    A placement has the blend of its own task. Where its task was not judged, it has none, and its reason says so: a
    mixture that was learned for something else would be a guess.

    Args:
        report: The main task's report, with those of the other tasks in `also`.
        pack: Whose placements.
    """
    tasks = {one.task: one for one in (report, *report.also)}
    return {p.name: _choice(p, tasks.get(p.learns)) for p in pack.placements if p.learns is not None}


def _choice(placement: Placement, judged: Report | None) -> Choice:
    assert placement.learns is not None
    if judged is None:
        reason = f'the data has nothing to judge "{placement.learns}" by, so no blend was learned for it'
        return Choice(task=placement.learns, winner=None, reason=reason)
    row = judged.row(judged.winner) if judged.winner is not None else None
    return Choice(
        task=placement.learns,
        winner=judged.winner,
        reason=judged.winner_reason,
        blend=_served(judged),
        ndcg=row.metrics.get("ndcg@10") if row is not None else None,
    )


def _served(judged: Report) -> Blend | None:
    """What won, as a blend: the mixture, or one list alone; the mixture too where nobody could be called the winner."""
    if judged.winner is None or judged.winner == BLEND:
        return judged.blend
    alone = judged.task not in ABOUT_ITEMS or judged.winner.endswith(HISTORY)
    model = judged.winner.removesuffix(HISTORY) if judged.task in ABOUT_ITEMS else judged.winner
    return Blend(shares=(Share(model=model, reads="person" if alone else "seeds", weight=1.0),))
