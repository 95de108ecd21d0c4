"""Where a publisher shows content."""

from __future__ import annotations

from penchant.pack import Diversity, Order, Placement, Source

_RIGHTS = ("rights-window", "rights-region", "published", "age-rating")
_NEW = (*_RIGHTS, "not-finished", "not-turned-away")

_SIMILAR_TASTE = ("similar_taste", "people with a taste like yours turned to it")
_ALSO_WATCHED = ("also_followed", "often chosen with what you turned to")
_ALIKE = ("alike", "like what you turned to")
# Of what the request is about it is not known that the person did anything with it.
_ALIKE_TO_IT = ("alike_to_it", "similar to it")
_TOGETHER = ("chosen_together", "often chosen together with it")
_TRENDING = ("trending", "more people turn to it than before")
_BEGUN = ("begun", "you began it")
_GOES_ON = ("goes_on", "goes on from what was played")
_PICKED = ("picked", "picked by the editors")
_CHOSEN_BY_YOU = ("chosen_by_you", "what you said you like")
_POPULAR_HERE = ("popular_here", "many in a situation like yours choose it")

_FRESH = {"field": "published", "range": [{"now": "-14d"}, {"now": "0d"}]}

ORDER = Order(by=("-published",), turns="creator")
"""What came out last; creators take turns."""

PLACEMENTS = (
    Placement(
        name="feed",
        about="The start page: what this person will want to take in to the end.",
        sources=(
            Source(model="blend", weight=1.0),
            Source(model="als", weight=0.3, reason=_SIMILAR_TASTE),
            Source(model="item-knn", weight=0.3, reason=_ALSO_WATCHED),
            Source(model="alike", weight=0.4, reason=_ALIKE),
            Source(model="editorial", weight=0.3, slots=2, k=50, reason=_PICKED),
            Source(model="chosen", weight=0.6, slots=3, reason=_CHOSEN_BY_YOU),
            Source(model="segment", weight=0.3, k=100, reason=_POPULAR_HERE),
        ),
        constraints=_NEW,
        caps={"creator": 6},
        fallback=("popular-by-creator", "popular-week", "popular"),
        learns="new",
        diversity=Diversity(field="topics", weight=0.2),
    ),
    Placement(
        name="up-next",
        about="After one ended: what to play next.",
        needs=("item",),
        sources=(
            Source(model="blend", reads="seeds", weight=1.0),
            Source(model="co-visitation", reads="seeds", weight=0.4, reason=_TOGETHER),
            Source(model="alike", reads="seeds", weight=0.4, reason=_ALIKE_TO_IT),
            Source(model="als", weight=0.2, reason=_SIMILAR_TASTE),
        ),
        constraints=_NEW,
        size=5,
        learns="following",
    ),
    Placement(
        name="playlist",
        about="To play through, on from what was named or played last: in order, and nothing twice.",
        sources=(
            Source(model="playlist", first=True, k=50, reason=_GOES_ON),
            Source(model="blend", weight=0.5),
            Source(model="alike", weight=0.4, reason=_ALIKE),
        ),
        constraints=_NEW,
        size=20,
        learns="new",
    ),
    Placement(
        name="because-you-liked",
        about="More like one the person liked.",
        needs=("item",),
        sources=(
            Source(model="alike", reads="seeds", weight=1.0, reason=_ALIKE_TO_IT),
            Source(model="item-knn", reads="seeds", weight=1.0, reason=_TOGETHER),
        ),
        constraints=_NEW,
        explore=0.03,
    ),
    Placement(
        name="continue",
        about="What this person began and has not finished.",
        needs=("person",),
        sources=(Source(model="begun", first=True, k=50, reason=_BEGUN),),
        constraints=_NEW,
        fills=False,
        size=5,
    ),
    Placement(
        name="trending",
        about="What more people turn to than before, then what is taken in most these days.",
        sources=(
            Source(model="trending", weight=1.0, reason=_TRENDING),
            Source(model="popular-week", weight=0.5, reason=("much_seen", "much seen this week")),
        ),
        constraints=_NEW,
        fallback=("popular-week", "popular"),
    ),
    Placement(
        name="fresh",
        about="What came out in the last two weeks, this person's first.",
        sources=(
            Source(model="blend", weight=1.0),
            Source(model="alike", weight=1.0, reason=_ALIKE),  # what has just come out is known by nothing else
            Source(model="popular-day", weight=0.5),
            Source(model="chosen", weight=0.6, slots=3, reason=_CHOSEN_BY_YOU),
        ),
        constraints=_NEW,
        filter=_FRESH,
        caps={"creator": 6},
        fallback=("popular-day", "popular"),
        learns="new",
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
        sources=(Source(model="alike", reads="seeds", reason=_ALIKE_TO_IT),),
        constraints=_RIGHTS,
    ),
    Placement(
        name="popular",
        about="What most people finish.",
        sources=(Source(model="popular", reason=("popular", "many people finish it")),),
        constraints=_RIGHTS,
    ),
)
