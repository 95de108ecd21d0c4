"""An objective: the explicit, versioned formula that turns what is known of a candidate into value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """`weight` times the feature called `feature`; `relevance` is the blended retrieval score, 0 to 1."""

    feature: str
    weight: float


@dataclass(frozen=True)
class Objective:
    """A sum of terms.

    Attributes:
        name: Its name in config and in releases, as in `conversion`.
        version: Raised whenever the formula changes.
        about: One sentence: what a higher value means for the owner.
        terms: The sum, in the order it is shown.
    """

    name: str
    version: int
    about: str
    terms: tuple[Term, ...]

    @property
    def formula(self) -> str:
        """The formula as its owner reads it: `1.00 relevance + 0.30 price_band`."""
        return " + ".join(f"{t.weight:.2f} {t.feature}" for t in self.terms).replace("+ -", "- ")
