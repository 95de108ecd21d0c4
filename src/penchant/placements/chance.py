"""Chance at work on one slate: which item may give way, and what may come instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.events import Role
from penchant.pack import Placement
from penchant.placements.exploration import Limit, Lottery, fitting
from penchant.placements.fallback import Spare
from penchant.placements.filled import Filled
from penchant.placements.request import Ask, Parts
from penchant.placements.thompson import Known
from penchant.placements.wishes import Wish
from penchant.slate import Codes, Scores

_OPENED = (Role.GOAL, Role.STRONG, Role.WEAK)
"""Roles of events that say that somebody turned to an item."""


@dataclass(frozen=True)
class Given:
    """What chance did to a slate.

    Attributes:
        propensity: Chance that each place came to hold what it holds, shape (places,).
        place: The place that was given away, from 0; None when none was.
        one: Position in the candidates of what stands there now.
    """

    propensity: NDArray[np.float64]
    place: int | None = None
    one: int = -1

    def given(self, made: Filled) -> tuple[int | Spare, ...]:
        """The slate as chance leaves it."""
        if self.place is None:
            return made.slate
        return (*made.slate[: self.place], self.one, *made.slate[self.place + 1 :])


def chance(placement: Placement, parts: Parts, ask: Ask, made: Filled, quotas: Sequence[Wish]) -> Given:
    """Leave a place to chance, if this slate's luck will have it.

    What may come instead was proposed by a source, may be shown, is not buried by a rule, and leaves caps and quotas as
    they are. Pins stay where they are, and so does what a source that stands first proposed. A placement that learns
    nothing, as bestsellers, shows what it says it shows, and nothing else, unless it asks for chance itself.

    Args:
        placement: Which slot.
        parts: The domain.
        ask: The request.
        made: The slate as it was chosen.
        quotas: Rules that limit how many places something has.
    """
    none = Given(np.ones(len(made.slate)))
    shows = placement.learns is None and placement.explore is None
    if ask.explore <= 0 or shows or len(made.slate) < 2:
        return none
    pool = _pool(made)
    if not len(pool):
        return none
    codes, rows = made.codes[pool], np.array(made.rows)
    shares = made.found.shares
    first = [shares[source.model] for source in placement.sources if source.first and source.model in shares]
    drawn = Lottery(
        ask.explore,
        fitting(len(rows), len(codes), _limits(placement, parts, quotas, rows, codes)),
        [_free(one, first, made) for one in made.slate],
        lambda: _known(parts, made.worth[pool], codes, ask.facts.now),
    ).draw(ask.seed)
    if drawn.place is None:
        return Given(drawn.propensity)
    one = int(pool[drawn.taken])
    # Last of all, once more: chance may not pass a hard constraint either.
    return Given(drawn.propensity, drawn.place, one) if made.left[made.codes[one]] else none


def _pool(made: Filled) -> NDArray[np.int64]:
    """Positions of candidates that chance may show."""
    good = made.left[made.codes] & (made.factors >= 1)
    good[len(made.found.items) :] = False  # what no source proposed
    for row in made.rows:
        good &= made.codes != row
    return np.flatnonzero(good)


def _free(one: int | Spare, first: Sequence[Scores], made: Filled) -> bool:
    """Whether what stands at a place may give way; `first` is what sources that stand first proposed."""
    if isinstance(one, Spare):
        return True
    if one in made.pinned:
        return False
    return one >= len(made.found.items) or not any(share[one] > 0 for share in first)


def _limits(
    placement: Placement, parts: Parts, quotas: Sequence[Wish], rows: NDArray[np.int64], codes: NDArray[np.int32]
) -> list[Limit]:
    """Caps and quotas."""
    limits = []
    for field, most in placement.caps.items():
        groups = parts.table.category(field).codes
        limits.append(Limit(groups[rows], groups[codes], 0, most))
    for wish in quotas:
        rule = wish.rule.rule
        of_slate, of_pool = (np.where(wish.rows[some], 0, -1) for some in (rows, codes))
        limits.append(Limit(of_slate, of_pool, rule.least or 0, len(rows) if rule.most is None else rule.most))
    return limits


def _known(parts: Parts, worth: Scores, codes: Codes, now: float) -> Known | None:
    """What is known of candidates by now; None where nobody counts."""
    if not len(parts.statistics):
        return None
    counts = parts.statistics.at(codes, np.full(len(codes), now))
    shown, reached = counts.of(Role.IMPRESSION, np.inf), counts.of(Role.GOAL, np.inf)
    # Not every site tells what it shows, and not all that is opened was shown by a slate.
    tried = np.maximum(shown, counts.of(_OPENED, np.inf))
    return Known(worth.astype(np.float64), shown, tried, np.minimum(reached, tried)) if tried.any() else None
