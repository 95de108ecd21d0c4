"""Why an item is shown: from what really moved it up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

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
    positions: Sequence[int],
    placement: Placement,
    shares: Mapping[str, Scores],
    moved: Sequence[tuple[Reason, Sequence[float]]] = (),
    blended: Mapping[Reason, Scores] | None = None,
) -> list[tuple[Reason, ...]]:
    """The strongest reasons of some candidates, at most three each, strongest first.

    That of a source that stands first leads.

    Args:
        positions: The candidates' positions in the arrays; one behind the end of an array has no part in it.
        placement: Whose sources carry reasons.
        shares: What each source added to relevance.
        moved: What each feature's reason counts, for these candidates in their order; see `recognised`.
        blended: What the lists of the blend added to relevance, by the reason they give.
    """
    told: list[tuple[Reason, Sequence[float], bool]] = []
    for source in placement.sources:
        if source.reason and source.model in shares:
            told.append((Reason(*source.reason), placed(shares[source.model], positions), source.first))
    told += [(reason, placed(added, positions), False) for reason, added in (blended or {}).items()]
    told += [(reason, added, False) for reason, added in moved]
    made: list[tuple[Reason, ...]] = []
    for place in range(len(positions)):
        found = [
            (values[place] + (_LEADS if first else 0.0), reason)
            for reason, values, first in told
            if values[place] >= LEAST or (first and values[place] > 0)
        ]
        found.sort(key=_strength, reverse=True)
        made.append(tuple(dict.fromkeys([reason for _, reason in found]))[:MOST])
    return made


_strength = itemgetter(0)


def placed(column: Scores, positions: Sequence[int]) -> list[float]:
    """A column at some positions; 0 behind its end."""
    n = len(column)
    if positions and max(positions) < n:
        every: list[float] = column.take(positions).tolist()
        return every
    values: list[float] = column[[at if at < n else 0 for at in positions]].tolist() if n else [0.0] * len(positions)
    return [value if at < n else 0.0 for value, at in zip(values, positions, strict=True)]


def recognised(
    objective: Objective,
    valued: Valued,
    reads: Collection[str],
    features: Sequence[Feature],
    batch: Batch,
    positions: Sequence[int],
) -> list[tuple[Reason, Sequence[float]]]:
    """What moved candidates by features that people recognise: what each added to a sum; of a formula, which are high.

    What is told are the features themselves, which say something of the person and the item. What a formula makes of
    them, and what an item earns, is nobody's reason to want it.

    Args:
        objective: What gave the values.
        valued: The values.
        reads: Features that the heads of the formula read.
        features: The pack's features; one without a reason stays silent.
        batch: The candidates.
        positions: Candidates that are asked about.

    Returns:
        The reason of each feature that has one, and what it counts for each of them.
    """
    if valued.by == "sum":
        reason_of = {one.name: one.reason for one in features}
        terms = ((reason_of.get(name), share) for name, share in valued.terms.items())
        return [(reason, placed(share, positions)) for reason, share in terms if reason is not None]
    weights = {term.feature: term.weight for term in objective.terms}
    named = {*reads, *weights}
    told = [one for one in features if one.reason is not None and one.name in named]
    made = _columns(told, valued, batch, np.array(positions, np.int64))
    least = np.array([HIGH if one.unit == "share" else 1.0 for one in told], np.float32)
    weight = np.array([weights.get(one.name, WEIGHT) for one in told], np.float32)
    with np.errstate(invalid="ignore"):
        high = np.where(made >= least, np.minimum(made, np.float32(1.0)) * weight, np.float32(0.0))
    columns: list[list[float]] = high.T.tolist()
    return [(one.reason, column) for one, column in zip(told, columns, strict=True) if one.reason and any(column)]


def _columns(told: Sequence[Feature], valued: Valued, batch: Batch, at: NDArray[np.int64]) -> NDArray[np.float32]:
    """Values of features for some candidates, shape (len(at), len(told)): those of ranking, where it has them."""
    made = valued.matrix
    if made is not None:
        places = {name: place for place, name in enumerate(made.names)}
        if all(one.name in places for one in told):
            return made.values[at[:, None], [places[one.name] for one in told]]
    return matrix(told, batch).values[at]


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
    ("ahead", "person"): Reason("ahead", "others have just reached it"),
    ("item-knn", "person"): Reason("chosen_with_yours", "often chosen with what you chose"),
    ("basket", "person"): Reason("goes_with", "goes with what you chose"),
    ("alike", "person"): Reason("alike", "like what you turned to"),
    ("alike", "seeds"): Reason("alike_to_it", "similar to it"),
    **dict.fromkeys([(kind, "seeds") for kind in ("slist", "next-items")], _AFTER_IT),
    **dict.fromkeys([(kind, "seeds") for kind in ("als", "bpr", "ease", "rp3beta", "item-knn", "basket")], _TOGETHER),
}
"""What a list of the blend says of itself where no source of the pack says it for the model."""


def of_list(model: str, reads: Reads, placement: Placement, pack: Pack) -> Reason | None:
    """The reason that a list of the blend gives.

    It is what a source says that reads the same of the same model: one of the placement, or else of the pack's others;
    where none does, what its kind says.
    """
    for source in placement.sources:
        if source.model == model and source.reads in (reads, "both") and source.reason:
            return Reason(*source.reason)
    said = pack.said.get((model, reads))
    if said is not None:
        return Reason(*said)
    recipe = pack.models.get(model)
    return None if recipe is None else _BY_KIND.get((recipe.kind, reads))


def by_kind() -> tuple[Reason, ...]:
    """Every reason that a list of the blend may give where no source of its pack says one."""
    return tuple(dict.fromkeys(_BY_KIND.values()))
