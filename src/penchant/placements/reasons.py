"""Why an item is shown: from what really moved it up."""

from __future__ import annotations

from collections.abc import Mapping

from penchant.features import Feature
from penchant.models import Reads
from penchant.pack import Pack, Placement
from penchant.slate import Reason, Scores

LEAST = 0.05
"""A share of value below this moved nothing that is worth a sentence."""
MOST = 3
_LEADS = 1e9
"""Above any share of value."""


def reasons(
    position: int,
    placement: Placement,
    shares: Mapping[str, Scores],
    terms: Mapping[str, Scores],
    features: Mapping[str, Feature],
    blended: Mapping[Reason, Scores] | None = None,
) -> tuple[Reason, ...]:
    """The strongest reasons of one candidate, at most three, strongest first; that of a source that stands first leads.

    Args:
        position: The candidate's position in the arrays.
        placement: Whose sources carry reasons.
        shares: What each source added to relevance.
        terms: What each feature added to value.
        features: Features by name; one without a reason stays silent.
        blended: What the lists of the blend added to relevance, by the reason they give.
    """
    found: list[tuple[float, Reason]] = []
    for source in placement.sources:
        share = float(shares[source.model][position]) if source.model in shares else 0.0
        if source.reason and (share >= LEAST or (source.first and share > 0)):
            found.append((share + (_LEADS if source.first else 0.0), Reason(*source.reason)))
    for reason, added in (blended or {}).items():
        if added[position] >= LEAST:
            found.append((float(added[position]), reason))
    for name, added in terms.items():
        feature = features.get(name)
        if feature and feature.reason and added[position] >= LEAST:
            found.append((float(added[position]), feature.reason))
    found.sort(key=lambda pair: -pair[0])
    unique = dict.fromkeys(reason for _, reason in found)
    return tuple(unique)[:MOST]


_TASTE = Reason("similar_taste", "people with a taste like yours chose it")
_AFTER = Reason("chosen_after", "often chosen after what you turned to last")
_AFTER_IT = Reason("chosen_after_it", "often chosen after it")
_POPULAR = Reason("popular", "many people choose it")
_TOGETHER = Reason("chosen_together", "often chosen together with it")
_BY_KIND: Mapping[tuple[str, Reads], Reason] = {
    **dict.fromkeys([(kind, "person") for kind in ("als", "bpr", "ease", "gf-cf", "rp3beta", "up-cf")], _TASTE),
    **dict.fromkeys([(kind, "person") for kind in ("slist", "session-knn", "next-items", "sasrec")], _AFTER),
    **dict.fromkeys([(kind, "person") for kind in ("popular", "popular-by")], _POPULAR),
    ("trending", "person"): Reason("trending", "more people choose it now than before"),
    ("item-knn", "person"): Reason("chosen_with_yours", "often chosen with what you chose"),
    ("basket", "person"): Reason("goes_with", "goes with what you chose"),
    ("alike", "person"): Reason("alike", "like what you turned to"),
    ("alike", "seeds"): Reason("alike", "like what you look at"),
    **dict.fromkeys([(kind, "seeds") for kind in ("slist", "next-items")], _AFTER_IT),
    **dict.fromkeys([(kind, "seeds") for kind in ("als", "bpr", "ease", "rp3beta", "item-knn", "basket")], _TOGETHER),
}
"""What a list of the blend says of itself where no source of the pack says it for the model."""


def of_list(model: str, reads: Reads, placement: Placement, pack: Pack) -> Reason | None:
    """The reason that a list of the blend gives.

    It is what a source says that reads the same of the same model: one of the placement, or else of the pack's others;
    where none does, what its kind says.
    """
    for one in (placement, *pack.placements):
        for source in one.sources:
            if source.model == model and source.reads in (reads, "both") and source.reason:
                return Reason(*source.reason)
    recipe = pack.models.get(model)
    return None if recipe is None else _BY_KIND.get((recipe.kind, reads))
