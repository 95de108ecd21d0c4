"""What an evaluation says of heads and objectives, as data."""

from __future__ import annotations

from typing import Literal

import msgspec

from penchant.evaluation.interval import Estimate
from penchant.ranking import HeadFigures, TradeOff

EVERYTHING = "everything that happened"
"""Where rows of heads on a condition come from: every moment at which it came true, whatever led there."""


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """What heads on no condition learned from.

    Attributes:
        origin: `slates`: slates as they were served, and what senders say was seen beside them; `impressions`: what
            senders say was seen; `candidates`: lists that would have been shown on a day, as nothing tells what was.
        requests: Requests.
        rows: Items in them: those that were drawn, when there were too many.
        of_rows: Items in all there were.
        since: The first request, ISO 8601.
        until: The last one.
        figures_from: Figures are of rows from here, which neither trees nor calibration have seen.
        figures_until: To here.
    """

    origin: Literal["slates", "impressions", "candidates"]
    requests: int
    rows: int
    of_rows: int
    since: str
    until: str
    figures_from: str
    figures_until: str


class HeadRow(msgspec.Struct, frozen=True, kw_only=True):
    """One head.

    Attributes:
        name: As formulas call it.
        about: What it predicts.
        days: How long after it was shown the outcome counts.
        serves: Whether it is in the release, or would be.
        reason: Why not; empty when it is.
        figures: On held-out rows; None when it could not be learned from the earlier ones alone.
        final_share: Share of those rows whose outcome can no longer change; the others are weighted.
        origin: Where its rows come from: as in `Learned`, or `everything that happened`; empty where nobody said. Of a
            chain, the rows that it is judged on.
    """

    name: str
    about: str
    days: float
    serves: bool
    reason: str = ""
    figures: HeadFigures | None = None
    final_share: float = 1.0
    origin: str = ""


class ObjectiveRow(msgspec.Struct, frozen=True, kw_only=True):
    """One objective that has a formula.

    Attributes:
        name: Its name.
        formula: As its owner reads it.
        goal: Head whose ranking is what relevance means.
        serves: `formula` or `sum`.
        reason: Why the sum serves; empty when the formula does.
        loss: Share of NDCG@10 that the formula may cost.
        floor: The relevance floor that keeps it so; None where nothing could be chosen.
        curve: What other floors would have cost and brought, by rising floor.
        against_relevance: NDCG@10 of ordering by the goal head minus that of ordering by relevance, on the same
            held-out requests; None where nobody knows how relevant anything was.
    """

    name: str
    formula: str
    goal: str
    serves: Literal["formula", "sum"]
    reason: str = ""
    loss: float = 0.0
    floor: float | None = None
    curve: tuple[TradeOff, ...] = ()
    against_relevance: Estimate | None = None


class Outcomes(msgspec.Struct, frozen=True, kw_only=True):
    """Heads and objectives of one domain.

    Attributes:
        learned: What heads on no condition learned from; None where there was nothing.
        reason: Why there was nothing; empty where there was something.
        heads: In the pack's order.
        objectives: Those with a formula, in the pack's order.
        failed: Features that could not be worked out, with the error's text.
    """

    learned: Learned | None
    reason: str = ""
    heads: tuple[HeadRow, ...] = ()
    objectives: tuple[ObjectiveRow, ...] = ()
    failed: dict[str, str] = {}
