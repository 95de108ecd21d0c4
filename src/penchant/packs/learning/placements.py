"""Where an academy shows modules."""

from __future__ import annotations

from penchant.pack import Placement, Source

_SUITABLE = ("prerequisites", "eligible", "in-date", "jurisdiction")
_NEW = (*_SUITABLE, "not-completed")

_SAME_PATH = ("same_path", "learners on your path took it next")
_ALIKE = ("alike", "close to what you learned")
_PICKED = ("picked", "picked by the teachers")

PLACEMENTS = (
    Placement(
        name="next-step",
        about="The next step this learner can take.",
        sources=(
            Source(model="blend", weight=1.0),
            Source(model="co-visitation", weight=1.0, reason=_SAME_PATH),
            Source(model="item-knn", weight=0.7, reason=_SAME_PATH),
            Source(model="alike", weight=0.7, reason=_ALIKE),
            Source(model="editorial", weight=0.3, slots=1, k=50, reason=_PICKED),
        ),
        constraints=_NEW,
        fallback=("popular-by-series", "popular-week", "popular"),
        size=3,
    ),
    Placement(
        name="explore-topic",
        about="Other modules near one the learner looks at.",
        needs=("item",),
        sources=(Source(model="alike", reads="seeds", reason=_ALIKE),),
        constraints=_NEW,
    ),
    Placement(
        name="similar",
        about="Modules like a given one.",
        needs=("item",),
        sources=(Source(model="alike", reads="seeds", reason=_ALIKE),),
        constraints=_SUITABLE,
    ),
    Placement(
        name="popular",
        about="What most learners complete.",
        sources=(Source(model="popular", reason=("popular", "many learners complete it")),),
        constraints=_SUITABLE,
    ),
)
