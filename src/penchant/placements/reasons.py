"""Why an item is shown: from what really moved it up."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from penchant.features import Batch, Feature, matrix
from penchant.models import Reads
from penchant.pack import Pack, Placement
from penchant.ranking import Objective, Valued
from penchant.slate import Reason, Scores

LEAST = 0.05
"""A share of value below this moved nothing that is worth a sentence."""
HIGH = 0.5
"""A share from which on a person sees what is meant; of other units it is 1, as in once bought, or twice as many."""
WEIGHT = 0.25
"""How strongly a feature that only heads read counts among reasons; others have their weight in the objective's sum."""
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
        terms: What each feature added to value, or counts among reasons; see `recognised`.
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


def recognised(
    objective: Objective, valued: Valued, reads: Collection[str], features: Mapping[str, Feature], batch: Batch
) -> Mapping[str, Scores]:
    """What moved candidates by features that people recognise: what each added to a sum; of a formula, which are high.

    What is told are the features themselves, which say something of the person and the item. What a formula makes of
    them, and what an item earns, is nobody's reason to want it.

    Args:
        objective: What gave the values.
        valued: The values.
        reads: Features that the heads of the formula read.
        features: Features by name.
        batch: The candidates.
    """
    if valued.by == "sum":
        return valued.terms
    weights = {term.feature: term.weight for term in objective.terms}
    named = {*reads, *weights}
    told = [one for one in features.values() if one.reason is not None and one.name in named]
    made = matrix(told, batch)
    found: dict[str, Scores] = {}
    for column, feature in zip(made.values.T, told, strict=True):
        least = HIGH if feature.unit == "share" else 1.0
        weight = np.float32(weights.get(feature.name, WEIGHT))
        with np.errstate(invalid="ignore"):
            found[feature.name] = np.where(column >= least, np.minimum(column, 1.0) * weight, 0.0).astype(np.float32)
    return found


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
