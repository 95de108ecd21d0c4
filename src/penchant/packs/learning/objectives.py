"""What an academy may be steered by, each as a formula that its owner can read."""

from __future__ import annotations

from penchant.ranking import Objective, Term

# No relevance floor: engagement is no end here, and what nobody would complete is worth little by any of these.
OBJECTIVES = (
    Objective(
        "progress",
        2,
        "Brings the learner a step further: next in a series first, then interest and level.",
        (
            Term("relevance", 1.0),
            Term("next_in_series", 1.0),
            Term("topic_interest", 0.3),
            Term("level_fit", 0.2),
        ),
        formula="p_complete * (1 + on_path * next_in_series) + mastery * p_progress * gain",
        constants=(("on_path", 0.5), ("mastery", 1.0)),
    ),
    Objective(
        "informed_action",
        1,
        "Learners do what they learned about, having completed it first.",
        (
            Term("relevance", 1.0),
            Term("next_in_series", 0.6),
            Term("topic_interest", 0.5),
            Term("level_fit", 0.2),
        ),
        formula="p_complete * (p_action + step * (1 + on_path * next_in_series))",
        constants=(("step", 0.2), ("on_path", 0.5)),
    ),
)
