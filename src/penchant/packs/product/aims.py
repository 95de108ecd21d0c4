"""What owners of shops want, and what it takes."""

from __future__ import annotations

from penchant.events import Role
from penchant.pack import Aim, Wanted

AIMS = (
    Aim(
        "conversion",
        "More visits that end in a purchase.",
        "conversion",
        ("ndcg@10", "hr@10", "out-of-stock@10"),
        fields=(Wanted(("stock", "stock_at", "availability"), "what is gone must not be shown."),),
        roles=(Role.GOAL, Role.STRONG, Role.WEAK),
    ),
    Aim(
        "revenue",
        "More money from what is shown.",
        "revenue",
        ("revenue@10", "ndcg@10"),
        fields=(Wanted(("price",), "prices tell which purchases weigh more."),),
        roles=(Role.GOAL,),
        priced=True,
    ),
    Aim(
        "profit",
        "More of what stays after costs and returns.",
        "profit",
        ("margin@10", "returned@10", "revenue@10"),
        fields=(
            Wanted(("margin", "cost"), "without margin or cost nobody can tell money that is earned from money spent."),
            Wanted(("price",), "a margin is earned on a price."),
        ),
        roles=(Role.GOAL, Role.REVERSAL),
        priced=True,
    ),
    Aim(
        "fewer-returns",
        "Purchases that are kept.",
        "kept",
        ("returned@10", "ndcg@10"),
        roles=(Role.GOAL, Role.REVERSAL),
    ),
    Aim(
        "discovery",
        "More of the catalog found by those it suits.",
        "conversion",
        ("coverage@10", "novelty@10", "diversity@10"),
        fields=(Wanted(("category",), "what is like what must be known for items that nobody had yet."),),
    ),
)
