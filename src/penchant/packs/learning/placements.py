"""Where an academy shows modules."""

from __future__ import annotations

from penchant.pack import Diversity, Order, Placement, Source

_SUITABLE = ("prerequisites", "eligible", "in-date", "jurisdiction")
_NEW = (*_SUITABLE, "not-completed")

_SAME_PATH = ("same_path", "learners who did what you did took it too")
_ALIKE = ("alike", "close to what you worked on")
# Of what the request is about it is not known that the learner did anything with it.
_ALIKE_TO_IT = ("alike_to_it", "close to it")
_ON_PATH = ("on_path", "comes next on the path")
_WITHIN_REACH = ("within_reach", "neither too easy nor too hard for you")
_PICKED = ("picked", "picked by the teachers")
_CHOSEN_BY_YOU = ("chosen_by_you", "what you said you want to learn")

ORDER = Order(by=("position", "level"), turns="series")
"""As the curriculum has it: where each series begins, the easy ones first, then the second steps."""

PLACEMENTS = (
    Placement(
        name="next-step",
        about="The next step this learner can take.",
        sources=(
            Source(model="blend", weight=1.0),
            Source(model="path", weight=0.6, reason=_ON_PATH),
            Source(model="mastery", weight=0.2, reason=_WITHIN_REACH),
            Source(model="co-visitation", weight=0.3, reason=_SAME_PATH),
            Source(model="alike", weight=0.3, reason=_ALIKE),
            Source(model="editorial", weight=0.3, slots=1, k=50, reason=_PICKED),
            Source(model="chosen", weight=0.5, slots=1, reason=_CHOSEN_BY_YOU),
        ),
        constraints=_NEW,
        fallback=("popular-by-series", "popular-week", "popular"),
        size=3,
        learns="new",
    ),
    Placement(
        name="path",
        about="The learner's path: every step that is open to them, the nearest first.",
        sources=(Source(model="path", first=True, k=50, reason=_ON_PATH),),
        constraints=_NEW,
        fallback=("popular-by-series", "popular-week", "popular"),
        size=5,
    ),
    Placement(
        name="explore-topic",
        about="Other modules near one the learner looks at.",
        needs=("item",),
        sources=(Source(model="alike", reads="seeds", reason=_ALIKE_TO_IT),),
        constraints=_NEW,
        diversity=Diversity(field="series", weight=0.2),
        explore=0.02,
    ),
    Placement(
        name="similar",
        about="Modules like a given one.",
        needs=("item",),
        sources=(Source(model="alike", reads="seeds", reason=_ALIKE_TO_IT),),
        constraints=_SUITABLE,
    ),
    Placement(
        name="popular",
        about="What most learners complete.",
        sources=(Source(model="popular", reason=("popular", "many learners complete it")),),
        constraints=_SUITABLE,
    ),
)
