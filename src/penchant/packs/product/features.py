"""What makes one product fit this shopper better than another, and how it adds up."""

from __future__ import annotations

from penchant.features import category_affinity, number_fit, sibling
from penchant.ranking import Objective, Term
from penchant.slate import Reason

FEATURES = (
    number_fit(
        "price_band",
        "price",
        "category",
        "How near the price is to what the person looks at in this category.",
        spread=0.25,
        reason=Reason("price_band", "in the price range you look at"),
    ),
    category_affinity(
        "category_affinity",
        "category",
        "The person's recent interest in this category.",
        half_life_days=3.0,
        reason=Reason("category", "from a category you look at"),
    ),
    category_affinity(
        "brand_affinity",
        "brand",
        "The person's liking of this brand.",
        half_life_days=30.0,
        reason=Reason("brand", "from a brand you like"),
    ),
    sibling(
        "other_variant",
        "group",
        "Another variant of a product the person looked at.",
        reason=Reason("other_variant", "another version of what you looked at"),
    ),
)

OBJECTIVES = (
    Objective(
        "conversion",
        1,
        "Likely to be bought: relevant, in the person's categories, brands and price range.",
        (
            Term("relevance", 1.0),
            Term("price_band", 0.4),
            Term("category_affinity", 0.3),
            Term("brand_affinity", 0.15),
            Term("other_variant", 0.15),
        ),
    ),
)
