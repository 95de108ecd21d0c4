"""One piece of advice, and what those who give it look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import msgspec

from penchant.config.settings import Evaluation
from penchant.dataset import Dataset
from penchant.evaluation.figures import Figures, figures, filled, forgetting
from penchant.evaluation.ordering import Ordering, ordering
from penchant.evaluation.report import Report
from penchant.models import Recipe
from penchant.pack import Aim, Pack

Severity = Literal["must", "should", "may", "fine"]
"""`must`: without it the goal cannot be reached or judged. `should`: it costs quality. `may`: worth trying. `fine`: as
it should be."""

SEVERITIES: tuple[Severity, ...] = ("must", "should", "may", "fine")
"""The most urgent first."""

Topic = Literal["goal", "signals", "models", "repeats", "collect", "stale"]
"""What advice is about."""

TOPICS: Mapping[Topic, str] = {
    "goal": "The goal",
    "signals": "Signals",
    "models": "Models",
    "repeats": "Repeats and time",
    "collect": "What to collect next",
    "stale": "What is stale",
}
"""Topics in the order of reading, and their headings."""


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of advice.

    Attributes:
        code: Stable name, as in `few-goals`.
        topic: What it is about.
        severity: How urgent it is.
        what: What was found, in a sentence.
        why: The figures behind it, and what follows from them.
        todo: What to do; empty where nothing is to be done.
    """

    code: str
    topic: Topic
    severity: Severity
    what: str
    why: str
    todo: str = ""


@dataclass(frozen=True)
class Case:
    """What an adviser looks at; what takes time is worked out once, when it is first asked for.

    Attributes:
        data: What is known of the domain.
        pack: Its pack.
        recipes: The models it would be fitted with, by name.
        settings: How it is judged.
        aim: What its owner wants.
        now: The moment, Unix seconds.
        seed: Seed of what is drawn.
        report: The latest evaluation; None without any.
    """

    data: Dataset
    pack: Pack
    recipes: Mapping[str, Recipe]
    settings: Evaluation
    aim: Aim
    now: float
    seed: int
    report: Report | None = None

    @cached_property
    def figures(self) -> Figures:
        """Counts and shares."""
        return figures(self.data)

    @cached_property
    def forgetting(self) -> dict[float | None, float]:
        """What popularity of each half-life holds of the latest goals."""
        return forgetting(self.data)

    @cached_property
    def orderings(self) -> tuple[Ordering, ...]:
        """Whether order matters, in sessions and in whole histories."""
        found = (ordering(self.data, self.seed, window) for window in ("session", "person"))
        return tuple(one for one in found if one is not None)

    def filled(self, *fields: str) -> float:
        """The largest share of items that have one of these fields; NaN without a catalog."""
        return max(filled(self.data, field) for field in fields)
