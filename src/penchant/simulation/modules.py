"""The academy's catalog: series of modules about money, with what must come first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY, iso
from penchant.simulation.choice import Index

TOPICS = ("saving", "budgeting", "insurance", "credit", "investing", "retirement")
JURISDICTIONS = ("DE", "AT", "CH")


@dataclass(frozen=True)
class Series:
    """A series of modules, in teaching order.

    Attributes:
        name: Series id.
        topic: One of `TOPICS`.
        level: Level of the first module; the last is one higher.
        explains: Category of what it explains.
        titles: Module titles.
        after: Series whose first half comes first, or empty.
    """

    name: str
    topic: str
    level: int
    explains: str
    titles: tuple[str, ...]
    after: str = ""


SERIES = (
    Series("saving-first-steps", "saving", 1, "savings-account", (
        "Why save at all", "Three months of reserve", "Pay yourself first", "Where reserves belong",
        "Interest on interest", "Small sums, long times", "Saving with irregular income", "Your saving plan")),
    Series("saving-for-a-goal", "saving", 2, "fixed-deposit", (
        "Naming a goal", "What it costs, and when", "Notice and fixed terms", "Inflation and your goal",
        "Several goals at once", "Saving for children", "Keeping to it"), "saving-first-steps"),
    Series("budget-basics", "budgeting", 1, "household-budget", (
        "Where the money goes", "Fixed and variable costs", "A budget on one page", "Needs and wants",
        "Subscriptions", "Yearly bills", "Envelopes and accounts", "When the month is too long", "Your budget")),
    Series("household-together", "budgeting", 2, "joint-account", (
        "Yours, mine, ours", "Sharing rent and costs", "Money talks", "A child changes the budget",
        "Separate households", "Moving home", "Pocket money"), "budget-basics"),
    Series("insurance-what-for", "insurance", 1, "liability-insurance", (
        "What a risk is", "Which risks ruin you", "Liability", "Household contents",
        "Excess and premium", "Reading a policy", "What you need not insure", "Making a claim")),
    Series("insurance-for-a-family", "insurance", 3, "life-insurance", (
        "Who depends on you", "If you cannot work", "Term life", "Health abroad",
        "Children and accidents", "Reviewing your cover"), "insurance-what-for"),
    Series("credit-explained", "credit", 2, "consumer-credit", (
        "What credit costs", "The annual rate", "Overdraft", "Instalments",
        "Your credit record", "Comparing offers", "Paying back early", "When debts pile up")),
    Series("a-home-of-your-own", "credit", 3, "mortgage", (
        "Rent or buy", "What you can afford", "Equity", "Fixed and variable rates",
        "Repayment plans", "Side costs", "Refinancing"), "credit-explained"),
    Series("investing-first-steps", "investing", 2, "fund", (
        "Risk and return", "Time is on your side", "Shares, bonds, cash", "What a fund is",
        "Costs eat returns", "Spreading", "Saving plans", "Your own risk limit")),
    Series("markets-and-nerves", "investing", 4, "share", (
        "What moves prices", "When markets fall", "Rebalancing", "Common mistakes",
        "Taxes on gains", "Sustainable funds", "A review once a year"), "investing-first-steps"),
    Series("retirement-first-steps", "retirement", 2, "pension", (
        "The state pension", "Your pension gap", "Pension at work", "Private pension",
        "Starting late", "Breaks in a career", "Reading your statement", "Your pension plan")),
    Series("living-on-it", "retirement", 4, "annuity", (
        "How long must it last", "Drawing down", "Annuities", "Tax in retirement",
        "Care costs", "Giving and inheriting", "Putting papers in order"), "retirement-first-steps"),
)  # fmt: skip
"""What the academy teaches: 12 series, 90 modules."""


@dataclass(frozen=True)
class Modules:
    """The catalog, as items and as columns; rows are modules, in the order of `SERIES`.

    Attributes:
        items: Plain fields for the learning pack.
        series: Index in `SERIES`.
        position: Place in the series, from 1.
        last: Which modules end their series.
        topic: Index in `TOPICS`.
        level: Level, 1 to 5.
        length: Seconds.
        requires: `requires[i, j]`: j must be completed before i, shape (modules, modules).
        expires: When it is out of date, Unix seconds; inf = never.
        allowed: Where it may be shown, shape (modules, jurisdictions).
    """

    items: list[dict[str, Any]]
    series: Index
    position: Index
    last: NDArray[np.bool_]
    topic: Index
    level: Index
    length: NDArray[np.float64]
    requires: NDArray[np.bool_]
    expires: NDArray[np.float64]
    allowed: NDArray[np.bool_]


def draw_modules(rng: np.random.Generator, now: float, days: float) -> Modules:
    """The catalog: titles and order are fixed; lengths, dates and places are drawn."""
    names = [series.name for series in SERIES]
    sizes = np.array([len(series.titles) for series in SERIES])
    n, starts = int(sizes.sum()), np.cumsum(sizes) - sizes
    series = np.repeat(np.arange(len(SERIES)), sizes)
    position = np.arange(n) - starts[series] + 1
    requires = np.zeros((n, n), np.bool_)
    inside = np.flatnonzero(position > 1)
    requires[inside, inside - 1] = True
    for s, entry in enumerate(SERIES):
        if entry.after:
            before = names.index(entry.after)
            requires[starts[s], starts[before] + sizes[before] // 2 - 1] = True

    first_level = np.array([entry.level for entry in SERIES])[series]
    level = np.minimum(first_level + (position > 0.6 * sizes[series]), 5)
    # Only modules that end their series go out of date, so that nothing else hangs on them.
    ends = np.flatnonzero(position == sizes[series])
    expires = np.full(n, np.inf)
    aging = rng.permutation(ends)[:5]
    expires[aging] = now + DAY * np.array([-0.5, -0.3, -0.15, 1.0, 3.0]) * days
    allowed = np.ones((n, len(JURISDICTIONS)), np.bool_)
    for module in rng.permutation(np.setdiff1d(ends, aging))[:4]:
        allowed[module, rng.integers(len(JURISDICTIONS))] = False

    modules = Modules(
        items=[],
        series=series,
        position=position,
        last=position == sizes[series],
        topic=np.array([TOPICS.index(entry.topic) for entry in SERIES])[series],
        level=level,
        length=np.round(60.0 * np.clip(rng.normal(7.0, 2.5, n), 2.0, 15.0)),
        requires=requires,
        expires=expires,
        allowed=allowed,
    )
    ids = [f"{SERIES[int(s)].name}-{int(p)}" for s, p in zip(series, position, strict=True)]
    modules.items.extend(_fields(modules, ids, i) for i in range(n))
    return modules


def _fields(modules: Modules, ids: list[str], i: int) -> dict[str, Any]:
    entry, position = SERIES[int(modules.series[i])], int(modules.position[i])
    expires, allowed = float(modules.expires[i]), modules.allowed[i]
    return {
        "id": ids[i],
        "title": entry.titles[position - 1],
        "url": f"https://academy.example/{entry.name}/{position}",
        "series": entry.name,
        "position": position,
        "prerequisites": [ids[j] for j in np.flatnonzero(modules.requires[i]).tolist()],
        "topic": entry.topic,
        "level": int(modules.level[i]),
        "length_s": float(modules.length[i]),
        "explains": entry.explains,
        "jurisdictions": []
        if allowed.all()
        else [place for place, ok in zip(JURISDICTIONS, allowed.tolist(), strict=True) if ok],
        "expires": iso(expires) if np.isfinite(expires) else None,
    }
