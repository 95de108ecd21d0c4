"""What drives the market, each with the size that was published for it, and a factor to turn it."""

from __future__ import annotations

from dataclasses import dataclass, fields

ELASTICITY = 2.62
"""Mean price elasticity over 1,851 estimates: Bijmolt, van Heerde and Pieters (2005)."""

LOYALTY = 3.92
"""Weight of brand loyalty in the utility of a choice: Guadagni and Little (1983)."""

CARRY_OVER = 0.875
"""Share of brand loyalty that is carried over from purchase to purchase: Guadagni and Little (1983)."""

TASTE = 0.75
"""Standard deviation of hidden taste in logits: assumed; less than half of what chance adds to a choice (1.81)."""

AMPLIFIED = 3.0
"""How many times the influence of complements grows where a page shows them: Oestreicher-Singer and Sundararajan
(2012)."""

PERSISTENCE = 0.78
"""Mean chance to go on to the next place of a list: Park and Zhang (2007)."""

SAME_DAY = 0.5
"""Share of conversions within 24 hours: Chapelle (2014)."""

LATER_DAYS = 9.65
"""Mean further days of later conversions: assumed, so that 13 % of all take more than two weeks."""

RETURN_COST = 7.5
"""Euros to take back one piece: the middle of 5 to 10, EHI Retail Institute (2023)."""

RETURNED = 1.7
"""Factor on the return shares of kinds, so that 14.5 to 17.6 % of sales come back: NRF and Appriss Retail (2023)."""

OUT_OF_STOCK = 0.083
"""Share of items that are out of stock: Gruen, Corsten and Bharadwaj (2002)."""

ON_SALE = 0.10
"""Share of items on sale at a time: EDITED (2017) tells 9 % of the European and 13 % of the British products."""

TURNOVER = 0.03
"""Share of the assortment that comes anew in a month, as more than that leaves it: Bils and Klenow (2004)."""

MARGIN = 0.45
"""Mean gross margin as a share of the price: of the kinds sold here European makers and retailers have 39 to 63 %, and
specialty retail about 35 % (Damodaran 2019)."""

MARGIN_SPREAD = 0.13
"""Standard deviation of that share between models: assumed; those of Damodaran's (2019) industries of
consumer goods differ by 0.10."""

BAITED = 0.15
"""Share of models whose pictures and titles promise too much: assumed."""


@dataclass(frozen=True)
class ShopMechanisms:
    """A factor for each mechanism: 0 turns it off, 1 is its published size.

    Attributes:
        bait: Pictures and titles that draw clicks and disappoint.
        returns: Chance that a purchase comes back.
        margins: How much the margin differs between models.
        stockouts: How long sold-out items stay away; without it, stock is not counted.
        promotions: Share of items on sale, and the pull of the word "sale" itself.
        price_sensitivity: How much prices weigh.
        loyalty: How much the brands bought before weigh.
        complements: How much people want what goes with what they look at or bought.
        delay: Share of purchases that come days after the look.
        arrivals: How many new models come.
        position_bias: How much sooner the first places are looked at.
        taste: How much hidden taste weighs.
    """

    bait: float = 1.0
    returns: float = 1.0
    margins: float = 1.0
    stockouts: float = 1.0
    promotions: float = 1.0
    price_sensitivity: float = 1.0
    loyalty: float = 1.0
    complements: float = 1.0
    delay: float = 1.0
    arrivals: float = 1.0
    position_bias: float = 1.0
    taste: float = 1.0

    def __post_init__(self) -> None:
        """Refuse factors outside 0 to 3."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0.0 <= value <= 3.0:
                raise ValueError(f"{field.name} must be a factor from 0 to 3, got {value}")
