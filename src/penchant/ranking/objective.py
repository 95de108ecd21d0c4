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
    """What a domain is steered by: a formula over heads, and the sum of terms that stands in until they are learned.

    Attributes:
        name: Its name in config and in releases, as in `conversion`.
        version: Raised whenever the formula changes.
        about: One sentence: what a higher value means for the owner.
        terms: The sum, in the order it is shown; what serves while a head of the formula is missing.
        formula: Value of showing an item, over names of heads, features and number fields of items, as in
            `p_purchase * (margin * (1 - p_return) - p_return * return_cost) * priority`; empty when the sum is all.
        goal: Head whose ranking is what relevance means; the formula may cost that ranking at most `loss`.
        loss: Share of NDCG@10 that the formula may cost against ranking by `goal` alone; a relevance floor sees to it.
        constants: Numbers that the formula names and an owner sets, with their defaults, as `return_cost`.
    """

    name: str
    version: int
    about: str
    terms: tuple[Term, ...]
    formula: str = ""
    goal: str = ""
    loss: float = 0.03
    constants: tuple[tuple[str, float], ...] = ()

    @property
    def sum(self) -> str:
        """The sum as its owner reads it: `1.00 relevance + 0.30 price_band`."""
        return " + ".join(f"{t.weight:.2f} {t.feature}" for t in self.terms).replace("+ -", "- ")
