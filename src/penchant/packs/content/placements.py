"""Where a publisher shows content."""

from __future__ import annotations

from penchant.pack import Placement, Source

_RIGHTS = ("rights-window", "rights-region", "published", "age-rating")
_NEW = (*_RIGHTS, "not-finished", "not-turned-away")

_SIMILAR_TASTE = ("similar_taste", "people with a taste like yours took it in to the end")
_ALSO_WATCHED = ("also_followed", "often follows what you finished")
_ALIKE = ("alike", "like what you finished")
_PICKED = ("picked", "picked by the editors")

PLACEMENTS = (
    Placement(
        name="feed",
        about="The start page: what this person will want to take in to the end.",
        sources=(
            Source(model="blend", weight=1.0),
            Source(model="als", weight=0.6, reason=_SIMILAR_TASTE),
            Source(model="item-knn", weight=0.6, reason=_ALSO_WATCHED),
            Source(model="alike", weight=1.0, reason=_ALIKE),
            Source(model="editorial", weight=0.3, slots=2, k=50, reason=_PICKED),
        ),
        constraints=_NEW,
        caps={"creator": 6},
        fallback=("popular-by-creator", "popular-week", "popular"),
    ),
    Placement(
        name="up-next",
        about="After one ended: what to play next.",
        needs=("item",),
        sources=(
            Source(model="co-visitation", reads="seeds", weight=1.0, reason=_ALSO_WATCHED),
            Source(model="alike", reads="seeds", weight=1.0, reason=_ALIKE),
            Source(model="als", weight=0.5, reason=_SIMILAR_TASTE),
        ),
        constraints=_NEW,
        size=5,
    ),
    Placement(
        name="because-you-liked",
        about="More like one the person liked.",
        needs=("item",),
        sources=(
            Source(model="alike", reads="seeds", weight=1.0, reason=_ALIKE),
            Source(model="item-knn", reads="seeds", weight=1.0, reason=_ALSO_WATCHED),
        ),
        constraints=_NEW,
    ),
    Placement(
        name="trending",
        about="What is taken in most these days.",
        sources=(Source(model="popular-week", reason=("trending", "much seen this week")),),
        constraints=_NEW,
        fallback=("popular",),
    ),
    Placement(
        name="editors-picks",
        about="What the editors put together, in their order, then what most people finish.",
        sources=(
            Source(model="editorial", first=True, reason=_PICKED),
            Source(model="popular", weight=0.5),
        ),
        constraints=_NEW,
    ),
    Placement(
        name="similar",
        about="Content like a given one.",
        needs=("item",),
        sources=(Source(model="alike", reads="seeds", reason=_ALIKE),),
        constraints=_RIGHTS,
    ),
    Placement(
        name="popular",
        about="What most people finish.",
        sources=(Source(model="popular", reason=("popular", "many people finish it")),),
        constraints=_RIGHTS,
    ),
)
