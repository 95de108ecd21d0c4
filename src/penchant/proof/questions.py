"""The questions: in each domain the right objective against the wrong ones, and what stands around it."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from penchant.pack import Placement, Source
from penchant.proof.question import ACADEMY, BOTH, SHOP, STREAM, Arm, Measure, Question
from penchant.simulation.market import RETURN_COST

_CF = "item-knn"
"""What others did, and nothing of paths: plain collaborative filtering."""


def _table(name: str, formula: str, goal: str) -> str:
    """An objective of a proof's own."""
    return (
        f'[domains.{{domain}}.objectives.{name}]\nabout = "An arm of the proof."\n'
        f'formula = "{formula}"\ngoal = "{goal}"\n'
    )


def _ranks(name: str, explore: float = 0.0) -> str:
    return f'objective = "{name}"\nexplore = {explore}\n'


_COSTS = f"[domains.{{domain}}.objectives.profit]\nreturn_cost = {RETURN_COST}\nreturn_share = 0.0\n"
"""An owner knows what a return costs."""


_HONEST = {"bait": 0.0, "returns": 0.1, "margins": 0.0}
"""A few returns are left: without any no head can tell their chance, and a formula that names it does not serve."""


def _collaborative(placement: Placement) -> Placement:
    """The same place filled by what others did next, whatever the path asks for; all else that must hold holds."""
    source = Source(model=_CF, reads="both" if "item" in placement.needs else "person")
    constraints = tuple(name for name in placement.constraints if name != "prerequisites")
    return msgspec.structs.replace(
        placement, sources=(source,), constraints=constraints, fallback=("popular",), learns=None, objective="likeness"
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

CLICKS = Arm("clicks", "Ranks by the chance of a click.", _ranks("clicks"), _table("clicks", "p_click", "p_click"))
STARTS = Arm("starts", "Ranks by the chance of a start.", _ranks("starts"), _table("starts", "p_start", "p_start"))
SECONDS = Arm(
    "seconds",
    "Ranks by the expected seconds played.",
    _ranks("seconds"),
    _table("seconds", "p_start * watch_s", "p_start") + "loss = 1.0\n",
)
REVENUE = Arm("revenue", "Ranks by the revenue that is expected to stay.", _ranks("revenue"))
PROFIT = Arm("profit", "Ranks by expected profit after returns.", _ranks("profit"), _COSTS)
COMPLETION = Arm("completion", "Ranks by expected completion against equally long items.", _ranks("completion"))
PROGRESS = Arm("progress", "Ranks by progress and mastery inside what is open to the learner.", _ranks("progress"))
OTHERS = Arm(
    "others",
    "Ranks by what other learners did next, without paths and prerequisites.",
    "explore = 0.0\n",
    tables='[domains.{domain}.objectives.likeness]\nabout = "An arm of the proof."\nformula = "relevance"\n',
    placement=_collaborative,
)
UNCONSTRAINED = Arm("unconstrained", "Without hard constraints.", _ranks("profit"), _COSTS, _unconstrained)
EXPLORING = Arm("exploring", "Gives three places of a hundred to chance.", _ranks("profit", 0.03), _COSTS)
EXPLOITING = Arm("exploiting", "Leaves nothing to chance.", _ranks("profit"), _COSTS)
TWO = Arm(
    "two", "Two models: the shop by expected profit, the channel by expected completion.", _ranks("profit"), _COSTS
)
ONE = Arm(
    "one",
    "One model of both catalogs and all events, which ranks by the chance that what is shown is opened.",
    _ranks("clicks"),
    CLICKS.tables,
    shared=True,
)

QUESTIONS = (
    Question(
        "product",
        SHOP,
        "profit after returns against clicks",
        PROFIT,
        CLICKS,
        (_PROFIT, _NET, _RETURNS, _CLICKS),
        _HONEST,
    ),
    Question(
        "product",
        SHOP,
        "revenue after returns against clicks",
        REVENUE,
        CLICKS,
        (_NET, _PROFIT, _RETURNS, _CLICKS),
        _HONEST,
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
        {"arrivals": 3.0},
        long=True,
    ),
    Question(
        "product and content",
        BOTH,
        "two models against one for both",
        TWO,
        ONE,
        (
            replace(_NET, world=SHOP),
            replace(_SATISFACTION, world=STREAM),
            replace(_PROFIT, world=SHOP),
            replace(_RETENTION, world=STREAM),
        ),
    ),
)
"""What the proof asks."""
