"""Are a placement's names real? Found when config is read, not when a request comes."""

from __future__ import annotations

from penchant.models import Retriever, Similar
from penchant.pack import BLEND, Pack, Placement


def problems(placement: Placement, pack: Pack) -> list[str]:
    """What is wrong with a placement of a pack, in sentences; empty when nothing is."""
    found: list[str] = []
    constraints = {c.name for c in pack.constraints}
    found += [f'no constraint "{name}"' for name in placement.constraints if name not in constraints]
    models = [source.model for source in placement.sources]
    found += [f'model "{name}" is a source twice' for name in dict.fromkeys(models) if models.count(name) > 1]
    for source in placement.sources:
        if source.model == BLEND:
            if source.reads != "person":
                found.append("the blend reads the person's history alone")
            continue
        recipe = pack.models.get(source.model)
        if recipe is None:
            found.append(f'no model "{source.model}"')
            continue
        if source.reads in ("person", "both") and not issubclass(recipe.fitted, Retriever):
            found.append(f'model "{source.model}" cannot retrieve for people')
        if source.reads in ("seeds", "both") and not issubclass(recipe.fitted, Similar):
            found.append(f'model "{source.model}" cannot find similar items')
        if source.differs and source.differs not in pack.item.__struct_fields__:
            found.append(f'no field "{source.differs}" to differ in')
    for name in placement.fallback:
        if name not in pack.models:
            found.append(f'no model "{name}" to fall back on')
    if placement.objective and placement.objective not in {o.name for o in pack.objectives}:
        found.append(f'no objective "{placement.objective}"')
    fields = pack.item.__struct_fields__
    found += [f'no field "{name}" to cap' for name in placement.caps if name not in fields]
    return found
