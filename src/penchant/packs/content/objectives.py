"""What a publisher may be steered by, each as a formula that its owner can read."""

from __future__ import annotations

from penchant.ranking import Objective, Term

_FITS = (
    Term("relevance", 1.0),
    Term("topic_affinity", 0.35),
    Term("creator_affinity", 0.3),
    Term("format_affinity", 0.2),
    Term("length_fit", 0.3),
    Term("freshness", 0.1),
    Term("creator_aversion", -0.5),
    Term("format_aversion", -0.2),
)

# No relevance floor: what nobody would begin is worth nothing by any of these, and nothing but attention is in them.
OBJECTIVES = (
    Objective(
        "completion",
        2,
        "Likely to be taken in to the end: relevant, on topic, of a fitting length, and new.",
        _FITS,
        formula="p_start * (completion - exit_cost * p_early_exit)",
        constants=(("exit_cost", 0.5),),
    ),
    Objective(
        "time_well_spent",
        1,
        "Minutes that were worth it: long attention counts by how far it goes to the end, and more while it is new.",
        _FITS,
        formula="p_start * (completion * log1p(watch_s / 60) * (1 + new * freshness) - exit_cost * p_early_exit)",
        constants=(("new", 0.2), ("exit_cost", 0.5), ("freshness", 0.0)),
    ),
    Objective(
        "return_visit",
        1,
        "Attention after which people come back within a week.",
        (*_FITS, Term("topic_fatigue", -0.2), Term("creator_fatigue", -0.2)),
        formula="p_start * (completion * p_return_visit - exit_cost * p_early_exit)",
        constants=(("exit_cost", 0.5),),
    ),
)
