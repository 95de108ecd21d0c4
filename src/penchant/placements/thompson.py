"""How likely each candidate is to be the best one, as far as anybody knows.

Thompson sampling shows an item as often as it is the best by what is known (Thompson, W. R. (1933). On the likelihood
that one unknown probability exceeds another in view of the evidence of two samples). What is known of how well an item
does is a Beta distribution over the times it was tried: wide for a new item, narrow for one that many have seen. The
odds are worked out by numerical integration, not by drawing, so that they can be told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

MOST = 48
"""Candidates that are weighed against each other; the rest could hardly be the best, and has no chance here."""
_POINTS = 40
"""Points of the integral. Few of them make the odds less like it, and not less true: they are what is drawn by."""
_SPREAD = np.array([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0, 8.0])
"""Where the points lie, in standard deviations from what each candidate is held to be worth."""
_LEAST, _HIGHEST = 1e-4, 0.5
"""What the usual rate of success is held to be at least, and at most."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Known:
    """What is known of some candidates.

    Attributes:
        worth: What ranking holds each to be worth to this person.
        shown: How often each was shown.
        tried: How often people saw or opened it, shape as `worth`.
        reached: How often that reached the domain's goal, at most `tried`.
    """

    worth: Floats
    shown: Floats
    tried: Floats
    reached: Floats

    def take(self, at: NDArray[np.int64]) -> Known:
        """Those at these positions."""
        return Known(self.worth[at], self.shown[at], self.tried[at], self.reached[at])


def odds(known: Known) -> Floats:
    """The chance of each candidate to be the best, shape (m,), which add up to 1.

    What ranking holds a candidate to be worth is multiplied by what is not known of it: a draw from its Beta
    distribution over the mean of that. Before anything is known, an item is held to do as candidates do on average,
    and that counts as one success.

    Args:
        known: At least one candidate.
    """
    tried, reached = known.tried, np.minimum(known.reached, known.tried)
    rate = float(np.clip((reached.sum() + 1.0) / (tried.sum() + 10.0), _LEAST, _HIGHEST))
    a, b = 1.0 + reached, 1.0 / rate - 1.0 + tried - reached
    spread = np.sqrt(b / (a * (a + b + 1.0)))
    height = known.worth - min(0.0, float(known.worth.min()))
    top = float(height.max())
    height = np.maximum(height / top, 1e-9) if top > 0 else np.ones(len(height))
    found = np.zeros(len(height))
    at = np.argsort(-height * (1.0 + 3.0 * spread), kind="stable")[:MOST]
    height, spread, a, b = height[at, None], spread[at, None], a[at, None], b[at, None]
    points = np.quantile(np.maximum(height * (1.0 + _SPREAD * spread), 0.0), np.linspace(0.0, 1.0, _POINTS))
    below = betainc(a, b, np.minimum(points * (a / (a + b)) / height, 1.0))
    below[:, 0], below[:, -1] = 0.0, 1.0  # all that lies outside of the points is counted at their ends
    # The chance to lie between two points, while all others lie below: in their midst, where they lie there too.
    middle = np.log(np.maximum((below[:, 1:] + below[:, :-1]) / 2.0, 1e-300))
    each = (np.diff(below, axis=1) * np.exp(middle.sum(axis=0) - middle)).sum(axis=1)
    total = float(each.sum())
    found[at] = each / total if total > 0 else 1.0 / len(at)
    return found
