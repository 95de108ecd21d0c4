"""The questions: in each domain the right objective against the wrong ones, and what stands around it."""

from __future__ import annotations

import msgspec

from penchant.pack import Placement, Source
from penchant.proof.question import ACADEMY, SHOP, STREAM, Arm, Measure, Question

_CF = "item-knn"
"""What others did, and nothing of paths: plain collaborative filtering."""


def _objective(name: str, formula: str, goal: str) -> str:
    """Settings of an arm that is steered by a formula of its own."""
    return (
        f'objective = "{name}"\n[domains.{{domain}}.objectives.{name}]\n'
        f'about = "An arm of the proof."\nformula = "{formula}"\ngoal = "{goal}"\n'
    )


def _shipped(name: str) -> str:
    return f'objective = "{name}"\n'


def _collaborative(placement: Placement) -> Placement:
    """The same place filled by what others did next, whatever the path asks for."""
    source = Source(model=_CF, reads="both" if "item" in placement.needs else "person")
    return msgspec.structs.replace(
        placement, sources=(source,), constraints=(), fallback=("popular",), learns=None, objective="likeness"
    )


def _unconstrained(placement: Placement) -> Placement:
    """The same place without any hard rule."""
    return msgspec.structs.replace(placement, constraints=())


_NET = Measure("net_revenue", "revenue less refunds and what returns cost to handle")
_PROFIT = Measure("net_profit", "margin less what returns cost")
_RETURNS = Measure("return_rate", "returned orders per order", "lower")
_CLICKS = Measure("clicks", "clicks on what was shown")
_SATISFACTION = Measure("satisfaction", "true enjoyment of what was started")
_RETENTION = Measure("retained", "people who still come within a week at the end")
_SECONDS = Measure("seconds", "seconds played")
_MASTERY = Measure("mastery_won", "how much more is mastered at the end than at the start")
_GAIN = Measure("mastery_gain", "true mastery gained")
_ACTIONS = Measure("actions", "informed actions taken")
_VIOLATIONS = Measure("violations", "shown although a prerequisite was missing", "lower")

CLICKS = Arm(
    "clicks",
    "Ranks by the chance of a click.",
    _objective("clicks", "p_click", "p_click"),
)
STARTS = Arm("starts", "Ranks by the chance of a start.", _objective("starts", "p_start", "p_start"))
SECONDS = Arm(
    "seconds",
    "Ranks by the expected seconds played.",
    _objective("seconds", "p_start * watch_s", "p_start"),
)
PROFIT = Arm("profit", "Ranks by expected profit after returns.", _shipped("profit"))
COMPLETION = Arm("completion", "Ranks by expected completion against equally long items.", _shipped("completion"))
PROGRESS = Arm("progress", "Ranks by progress and mastery inside what is open to the learner.", _shipped("progress"))
OTHERS = Arm(
    "others",
    "Ranks by what other learners did next, without paths and prerequisites.",
    '[domains.{domain}.objectives.likeness]\nabout = "An arm of the proof."\nformula = "relevance"\n',
    _collaborative,
)
UNCONSTRAINED = Arm("unconstrained", "Without hard constraints.", _shipped("profit"), _unconstrained)
EXPLORING = Arm("exploring", "Gives three places of a hundred to chance.", 'objective = "profit"\nexplore = 0.03\n')
EXPLOITING = Arm("exploiting", "Leaves nothing to chance.", 'objective = "profit"\nexplore = 0.0\n')

QUESTIONS = (
    Question(
        "product",
        SHOP,
        "profit after returns against clicks",
        PROFIT,
        CLICKS,
        (_NET, _PROFIT, _RETURNS, _CLICKS),
        {"bait": 0.0, "returns": 0.0, "margins": 0.0},
    ),
    Question(
        "content",
        STREAM,
        "completion against starts",
        COMPLETION,
        STARTS,
        (_SATISFACTION, _RETENTION),
        {"bait": 0.0, "duration_bias": 0.0, "background": 0.0},
    ),
    Question(
        "content",
        STREAM,
        "completion against seconds",
        COMPLETION,
        SECONDS,
        (_SATISFACTION, _RETENTION, _SECONDS),
        {"bait": 0.0, "duration_bias": 0.0, "background": 0.0},
    ),
    Question(
        "learning",
        ACADEMY,
        "the path against what others did",
        PROGRESS,
        OTHERS,
        (_GAIN, _MASTERY, _ACTIONS, _VIOLATIONS),
        {"prerequisites": 0.0, "attraction": 0.0},
    ),
    Question(
        "product",
        SHOP,
        "with against without constraints",
        PROFIT,
        UNCONSTRAINED,
        (_NET, Measure("out_of_stock_shown", "places given to what cannot be had", "lower")),
        {"stockouts": 0.0},
    ),
    Question(
        "product",
        SHOP,
        "with against without exploration",
        EXPLORING,
        EXPLOITING,
        (_NET, _PROFIT),
        {"arrivals": 0.0},
        long=True,
    ),
)
"""What the proof asks."""
