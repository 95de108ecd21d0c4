"""A slate in words: of each item its value, who proposed it, why it is shown, and how likely that was."""

from __future__ import annotations

from collections.abc import Sequence

from penchant.dataset import Queries
from penchant.pack import BLEND, Placement
from penchant.placements.chance import Given
from penchant.placements.diversity import DIVERSITY
from penchant.placements.exploration import EXPLORED
from penchant.placements.fallback import Spare
from penchant.placements.filled import Filled
from penchant.placements.reasons import MOST, of_list, placed, reasons, recognised
from penchant.placements.request import Parts
from penchant.placements.retrieval import Retrieved
from penchant.ranking import Objective
from penchant.slate import Reason, Scores, SlateItem

RULE = "rule"
"""Source name of an item that a rule put on the slate."""

POPULAR = Reason("popular", "many people choose it")
CHOSEN = Reason("chosen", "chosen by the editors")
PROMOTED = Reason("promoted", "promoted by the editors")


def told(
    placement: Placement,
    parts: Parts,
    objective: Objective,
    queries: Queries,
    made: Filled,
    slate: Sequence[int | Spare],
    drawn: Given,
) -> tuple[SlateItem, ...]:
    """A slate in words.

    Args:
        placement: Whose sources give reasons.
        parts: The domain.
        objective: What valued the candidates.
        queries: Whom and what models were asked about.
        made: What filled the places.
        slate: The places as chance left them: positions in the candidates, and spares.
        drawn: What chance did.
    """
    nobody = not len(queries.seeds) and not bool((queries.weights > 0).any())
    ranked = [one for one in slate if not isinstance(one, Spare)]
    reads = {name for head in made.valued.heads for name in parts.heads[head].features}
    moved = recognised(objective, made.valued, reads, parts.pack.telling, made.batch, ranked)
    why_ = iter(reasons(ranked, placement, made.found.shares, moved, _blended(placement, parts, made.found)))
    sources_ = iter(_sources(ranked, made.found))
    items: list[SlateItem] = []
    for place, one in enumerate(slate):
        likely = float(drawn.propensity[place])
        if isinstance(one, Spare):
            # An item that stands there because nobody chose anything is not popular.
            popular = (POPULAR,) if one.score > 0 else ()
            items.append(_item(parts, one.code, place + 1, 0.0, (one.name,), popular, likely))
            continue
        found = one < len(made.found.items)
        why, sources = next(why_), next(sources_)
        if not why and nobody and found:
            why = (POPULAR,)  # without a history or seeds, what everybody chose is all that can have moved it
        if made.factors[one] > 1:
            why = (PROMOTED, *why)
        if one in made.pinned:
            why = (CHOSEN, *why)
        if one in made.pinned or not found:
            sources = (*sources, RULE)
        if one in made.chosen.varied:
            sources = (*sources, DIVERSITY)
        if place == drawn.place:
            sources = (*sources, EXPLORED)
        worth = float(made.valued.value[one])
        items.append(_item(parts, int(made.codes[one]), place + 1, worth, sources, why[:MOST], likely))
    return tuple(items)


def _sources(positions: Sequence[int], found: Retrieved) -> list[tuple[str, ...]]:
    """What proposed some candidates; of the blend, the models whose lists have them."""
    lists = [(f"{BLEND}:{model}", placed(share, positions)) for (model, _), share in found.blended.items()]
    named = [(name, placed(share, positions)) for name, share in found.shares.items()]
    made: list[tuple[str, ...]] = []
    for place in range(len(positions)):
        parts = dict.fromkeys(name for name, shares in lists if shares[place] > 0)
        has = (name for name, shares in named if shares[place] > 0)
        made.append(tuple(part for name in has for part in ((name, *parts) if name == BLEND else (name,))))
    return made


def _blended(placement: Placement, parts: Parts, found: Retrieved) -> dict[Reason, Scores]:
    """What the lists of the blend added to relevance, by the reason they give."""
    made: dict[Reason, Scores] = {}
    for (model, reads), share in found.blended.items():
        why = of_list(model, reads, placement, parts.pack)
        if why is not None:
            made[why] = made[why] + share if why in made else share
    return made


def _item(
    parts: Parts,
    code: int,
    position: int,
    worth: float,
    source: tuple[str, ...],
    why: tuple[Reason, ...],
    likely: float,
) -> SlateItem:
    return SlateItem(
        id=parts.table.ids[code],
        position=position,
        value=round(worth, 6),
        source=source,
        reasons=why,
        propensity=float(f"{likely:.7g}"),
    )
