"""What a shop may be steered by, each as a formula that its owner can read."""

from __future__ import annotations

from penchant.ranking import Objective, Term

_FITS = (
    Term("relevance", 1.0),
    Term("price_band", 0.4),
    Term("category_affinity", 0.3),
    Term("brand_affinity", 0.15),
    Term("other_variant", 0.15),
)

OBJECTIVES = (
    Objective(
        "conversion",
        2,
        "Likely to be bought: relevant, in the person's categories, brands and price range.",
        _FITS,
        formula="p_purchase",
        goal="p_purchase",
    ),
    Objective(
        "revenue",
        1,
        "Money that stays: what is likely bought and kept, at what it costs now.",
        (*_FITS, Term("price_rank", 0.2)),
        formula="p_purchase * (1 - p_return) * price_now",
        goal="p_purchase",
    ),
    Objective(
        "profit",
        1,
        "What is earned after costs and returns, times how much the shop wants to show it.",
        (*_FITS, Term("margin_share", 0.4), Term("return_rate", -0.4)),
        formula=(
            "p_purchase"
            " * (where(margin_told, margin_now, margin_rate * price_now) * (1 - p_return)"
            " - p_return * (return_cost + return_share * price_now))"
            " * priority"
        ),
        goal="p_purchase",
        constants=(("margin_rate", 0.3), ("return_cost", 0.0), ("return_share", 0.15)),
    ),
    Objective(
        "kept",
        1,
        "Likely to be bought and not sent back, whatever it costs.",
        (*_FITS, Term("return_rate", -0.4)),
        formula="p_purchase * (1 - p_return)",
        goal="p_purchase",
    ),
)
