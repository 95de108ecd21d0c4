"""An experiment: some placements that fill one slot in turn, by whose turn it is to see which."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from penchant.experiments.assignment import luck


@dataclass(frozen=True)
class Experiment:
    """Which placement fills a slot for whom.

    Attributes:
        name: As in `home-by-profit`.
        placement: The slot: what requests ask for.
        arms: Placements that fill it, and the weight of each, above 0.
        share: Share of the people who take part, 0 to 1; all others see what the slot is without it. Whoever takes part
            goes on to when it grows, in the same arm.
        salt: What else luck depends on, so that two sites do not treat a person alike.
    """

    name: str
    placement: str
    arms: tuple[tuple[str, float], ...]
    share: float = 1.0
    salt: str = ""

    def arm(self, unit: str) -> str | None:
        """The placement that fills the slot for somebody; None for those who do not take part.

        Args:
            unit: Who it is, always by the same name.
        """
        if luck(self.salt, self.name, "share", unit) >= self.share:
            return None
        at = luck(self.salt, self.name, "arm", unit) * self._upto[-1]
        return self.arms[min(bisect_right(self._upto, at), len(self.arms) - 1)][0]

    @cached_property
    def _upto(self) -> tuple[float, ...]:
        return tuple(accumulate(weight for _, weight in self.arms))
