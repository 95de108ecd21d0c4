"""Are a placement's names real? Found when config is read, not when a request comes."""

from __future__ import annotations

from penchant.catalog import Schema, parse_filter
from penchant.errors import InvalidRequest
from penchant.models import Retriever, Similar
from penchant.pack import BLEND, CHOSEN, CURATED, EDITORIAL, SEGMENT, Pack, Placement


def problems(placement: Placement, pack: Pack, schema: Schema | None = None) -> list[str]:
    """What is wrong with a placement of a pack, in sentences; empty when nothing is.

    Args:
        placement: The placement.
        pack: The pack.
        schema: Columns of the domain's items; those of the pack's item type when None.
    """
    found: list[str] = []
    constraints = {c.name for c in pack.constraints}
    found += [f'no constraint "{name}"' for name in placement.constraints if name not in constraints]
    models = [source.model for source in placement.sources]
    found += [f'model "{name}" is a source twice' for name in dict.fromkeys(models) if models.count(name) > 1]
    for source in placement.sources:
        found += [
            f'no field "{field}" to {verb}'
            for field, verb in ((source.differs, "differ in"), (source.shares, "share"))
            if field and field not in pack.item.__struct_fields__
        ]
        if source.shares and source.model != CURATED:
            found.append(f'"{source.model}" has no sets to share')
        if source.model == BLEND:
            if source.reads == "seeds" and "item" not in placement.needs:
                found.append("the blend reads seeds only where the placement needs an item")
            continue
        if source.model in (EDITORIAL, CURATED, CHOSEN, SEGMENT):
            continue
        recipe = pack.models.get(source.model)
        if recipe is None:
            found.append(f'no model "{source.model}"')
            continue
        if source.reads in ("person", "both") and not issubclass(recipe.fitted, Retriever):
            found.append(f'model "{source.model}" cannot retrieve for people')
        if source.reads in ("seeds", "both") and not issubclass(recipe.fitted, Similar):
            found.append(f'model "{source.model}" cannot find similar items')
    for name in placement.fallback:
        if name not in pack.models:
            found.append(f'no model "{name}" to fall back on')
    if placement.objective and placement.objective not in {o.name for o in pack.objectives}:
        found.append(f'no objective "{placement.objective}"')
    fields = pack.item.__struct_fields__
    found += [f'no field "{name}" to cap' for name in placement.caps if name not in fields]
    ordered = (placement.order or pack.order).fields
    found += [f'no field "{name}" to order by' for name in ordered if name not in fields]
    found += _stages(placement, pack, schema or Schema.of(pack.item))
    if placement.filter is not None:
        try:
            parse_filter(placement.filter, schema or Schema.of(pack.item))
        except InvalidRequest as error:
            found.append(error.message)
    return found


def _stages(placement: Placement, pack: Pack, schema: Schema) -> list[str]:
    """What is wrong with how a placement varies and ages."""
    found: list[str] = []
    private = pack.item.private
    if placement.diversity is not None:
        field = placement.diversity.field
        if schema.columns.get(field) not in ("category", "tags"):
            found.append(f'no text or tags field "{field}" to vary by')
        elif field in private:
            found.append(f'field "{field}" is private: what is varied by shows')
    if placement.freshness is not None:
        field, by = placement.freshness.field, placement.freshness.by
        if schema.columns.get(field) != "time":
            found.append(f'no time field "{field}" to age by')
        if by and schema.columns.get(by) != "category":
            found.append(f'no text field "{by}" to age otherwise by')
        if placement.freshness.half_lives and not by:
            found.append("half-lives by value need the field that has them (by)")
    return found
