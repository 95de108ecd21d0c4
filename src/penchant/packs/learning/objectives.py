"""What an academy may be steered by, each as a formula that its owner can read."""

from __future__ import annotations

from penchant.ranking import Objective, Term

# What work on a module can teach, as a share: learning is much alike by opportunity to practise, whoever learns
# (Koedinger, Carvalho, Liu and McLaughlin 2023, "An astonishing regularity in student learning rate"), and what is left
# to learn shrinks with each. `usual` is taken off, as a learner takes one thing or nothing of a list: what is begun
# most and teaches little stands in the way of what teaches more (the best assortment under a logit choice:
# Rusmevichientong, Shen and Shmoys 2010).
_WORTH = "1 - exp(-length_s / depth_s) - usual + on_path * next_in_series"
# Below nothing it counts by what it would not be: of two that teach little, the one that is completed stands first.
_STEP = f"p_complete * max({_WORTH}, 0) + (1 - p_complete) * min({_WORTH}, 0)"
_SHARED = (
    # Where a module does not tell how long it is.
    ("length_s", 480.0),
    ("depth_s", 600.0),
    ("usual", 0.3),
    ("on_path", 0.1),
)

# No relevance floor: engagement is no end here, and what nobody would complete is worth little by any of these. So a
# training does not hold them against relevance either.
OBJECTIVES = (
    Objective(
        "progress",
        3,
        "Brings the learner further: what teaches most and is completed, next steps a little more.",
        (
            Term("relevance", 1.0),
            Term("next_in_series", 1.0),
            Term("topic_interest", 0.3),
            Term("level_fit", 0.2),
        ),
        formula=f"{_STEP} + mastery * p_progress * gain",
        constants=(*_SHARED, ("mastery", 1.0)),
    ),
    Objective(
        "informed_action",
        2,
        "Learners do what they learned about, having completed it first.",
        (
            Term("relevance", 1.0),
            Term("next_in_series", 0.6),
            Term("topic_interest", 0.5),
            Term("level_fit", 0.2),
        ),
        formula=f"p_complete * p_action + step * ({_STEP})",
        constants=(*_SHARED, ("step", 0.2)),
    ),
)
