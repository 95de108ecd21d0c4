"""What rises: items that more people turn to than the items' own past lets expect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.dataset import Dataset, Queries
from penchant.models.choice import Allowed, repeated
from penchant.models.history import POSITIVE, Roles, mask_of, roles_named
from penchant.models.model import Fitted, Run, State
from penchant.models.need import need
from penchant.models.news import News
from penchant.slate import Candidates, Codes, Scores


@dataclass(frozen=True)
class FittedTrending:
    """The items that rise; there may be none.

    Attributes:
        items: Their codes, best first.
        scores: How sure the rise is, above 0: deviations by which the recent count stands above the expected one.
        usual: Share of each item in all that happened before the fit, shape (n_items,); by it a rise after the fit is
            known. Empty in releases of before it was written down.
    """

    items: Codes
    scores: Scores
    usual: Scores

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """The same items for every row; fewer than k, or none, when fewer rise."""
        if allowed is None or allowed.ndim == 1:
            return repeated(self._top(k, allowed), len(queries))
        return Candidates.from_rows([self._top(k, allowed[i]) for i in range(len(queries))])

    def state(self) -> State:
        """Items and scores."""
        return State({"items": self.items, "scores": self.scores, "usual": self.usual})

    @classmethod
    def restore(cls, state: State) -> FittedTrending:
        """From `state()`."""
        usual = state.arrays.get("usual", np.zeros(0, np.float32))
        return cls(np.asarray(state.arrays["items"]), np.asarray(state.arrays["scores"]), np.asarray(usual))

    def _top(self, k: int, allowed: Allowed) -> tuple[Codes, Scores]:
        at = np.arange(len(self.items)) if allowed is None else np.flatnonzero(allowed[self.items])
        return self.items[at[: max(k, 0)]], self.scores[at[: max(k, 0)]]


class Trending(msgspec.Struct, frozen=True, kw_only=True):
    """Items that rise against their own baseline, the surest rise first.

    Time is cut into windows that end now. What an item is expected to have in the last one is its share of the
    earlier windows, newer ones counting more, of all that happened in the last one: a busy day makes no trend. The
    rise is judged as counts are: by the signed root of the Poisson deviance of the count from what was expected
    (McCullagh & Nelder, "Generalized Linear Models", 1989), which a few events cannot push far. A person counts at most
    `cap` times a window for an item, so that nobody makes a trend alone.

    Attributes:
        window_days: Length of a window; what rose in the last one is what trends.
        half_life_days: Days after which an earlier window counts half in the baseline; None counts all alike.
        cap: Times a person counts at most in a window, for one item.
        least_people: People an item must have in the last window.
        least_rise: How many times the expected count the recent one must be, above 1.
        prior: Events added to what is expected, so that an item without a past needs more than a few.
        roles: Roles that count, each event one.
        least_events: Events that the last window, and the time before it, must each hold; below that nothing can be
            told from chance.
    """

    kind: ClassVar[str] = "trending"
    fitted: ClassVar[type[Fitted]] = FittedTrending
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "window_days": (1.0, 3.0, 7.0, 0.25),
        "half_life_days": (14.0, 60.0, 3.0),
        "prior": (1.0, 5.0),
    }

    window_days: Annotated[float, Meta(gt=0, le=3_650)] = 1.0
    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = 14.0
    cap: Annotated[int, Meta(ge=1, le=1_000)] = 1
    least_people: Annotated[int, Meta(ge=1)] = 3
    least_rise: Annotated[float, Meta(ge=1)] = 1.5
    prior: Annotated[float, Meta(gt=0)] = 1.0
    roles: Roles = POSITIVE
    least_events: Annotated[int, Meta(ge=1)] = 100

    def fit(self, data: Dataset, run: Run) -> FittedTrending:
        """Count by window, and compare.

        Raises:
            FitFailed: The last window, or the time before it, holds too little.
        """
        rows = data.positive(*roles_named(self.roles))
        age = np.floor((data.now - rows.time) / (self.window_days * DAY)).astype(np.int64)
        item, age, count = _capped(rows.person, rows.item, np.maximum(age, 0), self.cap)
        last = age == 0
        need(self.kind, f"events in the last {self.window_days:g} days", int(count[last].sum()), self.least_events)
        need(self.kind, f"events before the last {self.window_days:g} days", int(count[~last].sum()), self.least_events)
        n = len(data.items)
        recent = np.bincount(item[last], count[last], minlength=n).astype(np.float64, copy=False)
        people = np.bincount(item[last], minlength=n)
        weight = count[~last] * self._kept(age[~last])
        share = np.bincount(item[~last], weight, minlength=n) / weight.sum()
        expected = share * recent.sum() + self.prior
        rises = (people >= self.least_people) & (recent > self.least_rise * expected)
        items = np.flatnonzero(rises).astype(np.int32)
        scores = deviations(recent[items], expected[items]).astype(np.float32)
        order = np.argsort(-scores, kind="stable")
        weight = count * self._kept(age + 1)
        usual = (np.bincount(item, weight, minlength=n) / weight.sum()).astype(np.float32)
        return FittedTrending(items[order], scores[order], usual)

    def followed(self, fitted: FittedTrending, news: News, now: float) -> FittedTrending:
        """What rises now: a rise of before the fit as long as it is in the window, and what rose after it.

        What an item is expected to have of what happened since, inside the window, is its share of all before. Whose
        rise was seen by the fit counts less with every hour that passed since, and nothing after a window.
        """
        n, window = len(fitted.usual), self.window_days * DAY
        if not n:
            return fitted
        tells = mask_of(self.roles)[news.roles] & (news.items >= 0) & (news.items < n) & (news.times > now - window)
        told = news.where(tells)
        item, _, count = _capped(told.people, told.items, np.zeros(len(told), np.int64), self.cap)
        recent = np.bincount(item, count, minlength=n).astype(np.float64, copy=False)
        people = np.bincount(item, minlength=n)
        expected = fitted.usual * recent.sum() + self.prior
        enough = recent.sum() >= self.least_events
        rises = np.flatnonzero((people >= self.least_people) & (recent > self.least_rise * expected) & enough)
        sure = np.zeros(n)
        sure[fitted.items] = fitted.scores * max(0.0, 1.0 - max(now - news.since, 0.0) / window)
        sure[rises] = np.maximum(sure[rises], deviations(recent[rises], expected[rises]))
        items = np.flatnonzero(sure > 0).astype(np.int32)
        order = np.argsort(-sure[items], kind="stable")
        return FittedTrending(items[order], sure[items[order]].astype(np.float32), fitted.usual)

    def _kept(self, age: NDArray[np.int64]) -> NDArray[np.float64]:
        if self.half_life_days is None:
            return np.ones(len(age))
        # The floor keeps the oldest windows above nothing at all, so that some past is always a past.
        kept: NDArray[np.float64] = np.exp2(np.maximum((1 - age) * self.window_days / self.half_life_days, -40.0))
        return kept


def deviations(count: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """The signed root of the Poisson deviance: about how many standard deviations a count is above what was expected.

    Args:
        count: Counts, 0 or more.
        expected: What was expected, above 0.
    """
    deviance = 2.0 * (count * np.log(np.maximum(count, 1e-12) / expected) - (count - expected))
    signed: NDArray[np.float64] = np.copysign(np.sqrt(np.maximum(deviance, 0.0)), count - expected)
    return signed


def _capped(
    person: NDArray[np.integer], item: Codes, age: NDArray[np.int64], cap: int
) -> tuple[Codes, NDArray[np.int64], NDArray[np.float64]]:
    """Items, windows and events of each person with each item in each window, `cap` events at most."""
    order = np.lexsort((item, age, person))
    person, item, age = person[order], item[order], age[order]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (np.diff(person) != 0) | (np.diff(item) != 0) | (np.diff(age) != 0)
    starts = np.flatnonzero(fresh)
    count = np.minimum(np.diff(starts, append=len(order)), cap).astype(np.float64)
    return item[starts], age[starts], count
