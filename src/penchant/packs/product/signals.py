"""How a shop's events are read."""

from __future__ import annotations

from penchant.events import Role, Signal

SIGNALS = (
    Signal("Order Completed", Role.GOAL, 1.0, matures_days=7),
    Signal("Order Updated", Role.GOAL, 1.0, matures_days=7, corrects=True),
    Signal("Product Added", Role.STRONG, 0.6),
    Signal("Product Added to Wishlist", Role.STRONG, 0.5),
    Signal("Product Shared", Role.STRONG, 0.4),
    Signal("Product Viewed", Role.WEAK, 0.2),
    Signal("Product Clicked", Role.WEAK, 0.1),
    Signal("Recommendation Clicked", Role.WEAK, 0.1),
    Signal("Product Removed", Role.NEGATIVE, -0.3),
    Signal("Recommendation Dismissed", Role.NEGATIVE, -0.4),
    Signal("Order Refunded", Role.REVERSAL, -1.0, matures_days=30),
    Signal("Order Cancelled", Role.REVERSAL, -1.0),
    Signal("Product List Viewed", Role.IMPRESSION, 0.0),
    Signal("Recommendation Viewed", Role.IMPRESSION, 0.0),
)
