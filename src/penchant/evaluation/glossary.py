"""What the words of a report mean, in sentences for people who did not build it."""

from __future__ import annotations

from collections.abc import Mapping

from penchant.evaluation.beyond import BEYOND
from penchant.models import Blend
from penchant.pack import ABOUT_ITEMS, Metric, Task

TASKS: Mapping[Task, str] = {
    "next": "What do people reach the goal on next? What they had before may be proposed, and counts.",
    "new": "What do people reach the goal on next that is new to them? What they had before is taken out.",
    "again": "What do people come back to, among what they had before?",
    "together": "Given one item of a basket: which others are in it?",
    "following": "Given the item a person is at: what do they turn to next?",
}
"""What each task asks."""

ORIGINS: Mapping[str, str] = {
    "slates": "slates as they were served",
    "impressions": "what senders say was seen",
    "candidates": "lists that would have been shown, as nothing tells what was; to people who then reached a goal",
}
"""Where training rows come from."""

METRICS: Mapping[str, str] = {
    "ndcg@10": "How much of the best possible list this one is: hits count more the higher they stand, 0 to 1.",
    "recall@20": "Share of all that followed that stands in the first twenty.",
    "hr@10": "Share of lists whose first ten hold at least one hit.",
    "mrr@20": "One over the place of the first hit; 0 without one in the first twenty.",
    "coverage@10": "Share of all items that stand in the first ten of at least one list.",
    **{name: beside.about for name, beside in BEYOND.items()},
}
"""What the metrics mean that every domain has."""


def meaning(metric: str, own: Mapping[str, Metric]) -> str:
    """What a metric means and which way is better; empty for one that nobody explained.

    Args:
        metric: Its name.
        own: The pack's metrics by name.
    """
    told = own.get(metric) or BEYOND.get(metric)
    about = METRICS.get(metric, "") if told is None else told.about
    return f"{about} Lower is better." if told is not None and told.better == "lower" else about


def shares(blend: Blend, task: Task) -> tuple[tuple[str, float], ...]:
    """The lists of a blend as the task's report names them, and their weights."""
    # Where a request names an item, a list made from the history says so.
    history = " (history)" if task in ABOUT_ITEMS else ""
    return tuple((share.model + (history if share.reads == "person" else ""), share.weight) for share in blend.shares)


def mixture(blend: Blend, task: Task) -> str:
    """A blend in words: `0.70 habit + 0.30 als`."""
    return " + ".join(f"{weight:.2f} {name}" for name, weight in shares(blend, task))


def number(value: float) -> str:
    """A metric's value as it is written: four places below ten, fewer above."""
    size = abs(value)
    return f"{value:.4f}" if size < 10 else f"{value:,.2f}" if size < 1000 else f"{value:,.0f}"
