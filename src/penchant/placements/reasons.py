"""Why an item is shown: from what really moved it up."""

from __future__ import annotations

from collections.abc import Mapping

from penchant.features import Feature
from penchant.pack import Placement
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
) -> tuple[Reason, ...]:
    """The strongest reasons of one candidate, at most three, strongest first; that of a source that stands first leads.

    Args:
        position: The candidate's position in the arrays.
        placement: Whose sources carry reasons.
        shares: What each source added to relevance.
        terms: What each feature added to value.
        features: Features by name; one without a reason stays silent.
    """
    found: list[tuple[float, Reason]] = []
    for source in placement.sources:
        share = float(shares[source.model][position]) if source.model in shares else 0.0
        if source.reason and (share >= LEAST or (source.first and share > 0)):
            found.append((share + (_LEADS if source.first else 0.0), Reason(*source.reason)))
    for name, added in terms.items():
        feature = features.get(name)
        if feature and feature.reason and added[position] >= LEAST:
            found.append((float(added[position]), feature.reason))
    found.sort(key=lambda pair: -pair[0])
    unique = dict.fromkeys(reason for _, reason in found)
    return tuple(unique)[:MOST]
