"""What may follow when a product is shown: a look, a purchase, a return.

The chance of a purchase is made of two steps: that it is opened, and that it is bought once opened.
"""

from __future__ import annotations

from penchant.events import Role
from penchant.features import OF_THE_SHOWING
from penchant.ranking import Head, Outcome

HEADS = (
    Head(
        "p_click",
        Outcome(
            "The person opens it within a day of seeing it.",
            "chance",
            "reached",
            roles=(Role.WEAK, Role.STRONG, Role.GOAL),
            days=1.0,
        ),
        falling=("position",),
    ),
    Head(
        "p_buy",
        Outcome(
            "The person, having opened it, buys it within a week.",
            "chance",
            "reached",
            roles=(Role.GOAL,),
            days=7.0,
            given="p_click",
        ),
        # Whoever comes for an item buys it sooner than who is led to it: whether it was shown may be read.
        without=tuple(name for name in OF_THE_SHOWING if name != "position"),
    ),
    # Few of the items on slates are bought, too few to learn from; of what is opened, far more is, and most of that was
    # found without a slate.
    Head(
        "p_purchase",
        Outcome("The person buys it within a week of seeing it.", "chance", "reached", roles=(Role.GOAL,), days=7.0),
        of=("p_click", "p_buy"),
    ),
    Head(
        "p_return",
        Outcome(
            "The person sends it back within a month of buying it.", "chance", "reversed", days=30.0, given="p_buy"
        ),
        # Where it was shown makes nobody keep it; and what was bought was relevant anyway.
        without=OF_THE_SHOWING,
        rising=("return_rate", "returned_rate", "returner"),
    ),
)
