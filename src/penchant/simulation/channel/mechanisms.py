"""What makes the channel's log deceive, each by a factor."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class StreamMechanisms:
    """How strong each mechanism is: 0 turns it off, 1 is the published size (docs/worlds.md names the sources).

    Attributes:
        bait: Covers that promise other than what the item holds; items made to lure are enjoyed less.
        duration_bias: Lengths differ: long items gather more seconds at equal enjoyment, short ones end sooner. At 0
            every item is as long as the median one.
        background: Items that play while nobody attends.
        freshness: Interest that fades after publication, by format.
        trends: Topics that flare up and calm down.
        fatigue: Topics, creators and items that tire when repeated.
        churn: How badly served people come less, leave sooner, and go for good.
        position_bias: Places further down that are looked at less.
        arrivals: New items a day, of quality that nobody knows yet.
        taste: How much people differ in what they enjoy.
    """

    bait: float = 1.0
    duration_bias: float = 1.0
    background: float = 1.0
    freshness: float = 1.0
    trends: float = 1.0
    fatigue: float = 1.0
    churn: float = 1.0
    position_bias: float = 1.0
    arrivals: float = 1.0
    taste: float = 1.0

    def __post_init__(self) -> None:
        """Refuse factors below 0."""
        for field in fields(self):
            if not getattr(self, field.name) >= 0.0:
                raise ValueError(f"{field.name}: expected a factor of 0 or more, got {getattr(self, field.name)!r}")
