"""What lies ahead: items that somebody has reached, and most have not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta

from penchant.clock import DAY
from penchant.dataset import Dataset, Queries
from penchant.models.choice import Allowed, first, repeated
from penchant.models.history import POSITIVE, Roles, roles_named
from penchant.models.model import Fitted, Run, State
from penchant.models.need import need
from penchant.slate import Candidates, Codes, Scores

_FRESH_DAYS = 7.0
"""Days after which it counts half that an item has only just been reached."""


@dataclass(frozen=True)
class FittedAhead:
    """Items that are reached, and by whom not.

    Attributes:
        items: Their codes, those that most people still have before them first.
        scores: Share of the people who have not reached the item, a little more for what is new, above 0, same shape.
    """

    items: Codes
    scores: Scores

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """The same items for every row; fewer than k when fewer are ahead of anybody."""
        if allowed is None or allowed.ndim == 1:
            return repeated(self._top(k, allowed), len(queries))
        return Candidates.from_rows([self._top(k, allowed[i]) for i in range(len(queries))])

    def state(self) -> State:
        """Items and scores."""
        return State({"items": self.items, "scores": self.scores})

    @classmethod
    def restore(cls, state: State) -> FittedAhead:
        """From `state()`."""
        return cls(np.asarray(state.arrays["items"]), np.asarray(state.arrays["scores"]))

    def _top(self, k: int, allowed: Allowed) -> tuple[Codes, Scores]:
        at = first(np.arange(len(self.items), dtype=np.int32), k, None if allowed is None else allowed[self.items])
        return self.items[at], self.scores[at]


class Ahead(msgspec.Struct, frozen=True, kw_only=True):
    """Items by the share of people who have not reached them yet, among those that somebody has.

    Where a group goes through the same material, popularity looks back: what nearly everybody did is what is least
    likely to come next for anybody, and who has not done it by now has passed it over. What a few have just reached is
    what the others are about to. Of items that equally many have before them, the one that was first reached later
    stands first: it counts as reached by up to half a person less. The model knows nothing of the person and is of use
    in a blend; of catalogs that people choose freely from it says nothing.

    Attributes:
        active_days: People count who did something in so many days before now; None counts all.
        least_people: People who must have reached an item.
        enough: People who must count.
        roles: Roles by which an item is reached.
    """

    kind: ClassVar[str] = "ahead"
    fitted: ClassVar[type[Fitted]] = FittedAhead
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {"active_days": (None, 30.0, 7.0), "least_people": (1, 3, 10)}

    active_days: Annotated[float, Meta(gt=0, le=36_500)] | None = None
    least_people: Annotated[int, Meta(ge=1)] = 1
    enough: Annotated[int, Meta(ge=1)] = 20
    roles: Roles = POSITIVE

    def fit(self, data: Dataset, run: Run) -> FittedAhead:
        """Count people.

        Raises:
            FitFailed: Too few people did anything lately.
        """
        rows = data.positive(*roles_named(self.roles))
        n = len(data.items)
        counts = np.ones(len(data.people), bool)
        if self.active_days is not None:
            counts[:] = False
            counts[rows.person[rows.time >= data.now - self.active_days * DAY]] = True
        kept = counts[rows.person]
        person, item, time = rows.person[kept], rows.item[kept], rows.time[kept]
        active = len(np.unique(person))
        need(self.kind, "people who did something lately", active, self.enough)
        reached = np.unique(person.astype(np.int64) * n + item) % n
        people = np.bincount(reached, minlength=n)
        begun = np.full(n, np.inf)
        np.minimum.at(begun, item, time)
        items = np.flatnonzero((people >= self.least_people) & (people < active)).astype(np.int32)
        fresh = np.exp2(-(data.now - begun[items]) / (_FRESH_DAYS * DAY)) / 2.0
        scores = (1.0 - (people[items] - fresh) / active).astype(np.float32)
        order = np.argsort(-scores, kind="stable")
        return FittedAhead(items[order], scores[order])
