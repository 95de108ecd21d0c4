"""What is installed and configured, put together: packs, the names configuration may use, a domain's setup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import msgspec

from penchant.catalog import Item, Schema, parse_filter
from penchant.config import PackNames, Workspace, load, read_environment
from penchant.errors import InvalidRequest
from penchant.models import Recipe
from penchant.pack import Pack, Placement
from penchant.serving import DomainSetup


def installed_packs() -> dict[str, Pack]:
    """Every pack that is installed, ours and others', found through the entry point `penchant.packs`."""
    return {door.name: door.load() for door in entry_points(group="penchant.packs")}


def installed_models() -> dict[str, type[Recipe]]:
    """Every kind of model that is installed, ours and others', found through the entry point `penchant.models`."""
    return {door.name: door.load() for door in entry_points(group="penchant.models")}


def names_of(packs: Mapping[str, Pack]) -> dict[str, PackNames]:
    """What configuration may name of each pack."""
    kinds = installed_models()
    return {
        name: PackNames(
            models={model: type(recipe) for model, recipe in pack.models.items()},  # type: ignore[misc]
            objectives=[o.name for o in pack.objectives],
            placements=[p.name for p in pack.placements],
            item=pack.item,
            filter_problem=partial(_filter_problem, pack.item),
            kinds=kinds,  # type: ignore[arg-type]  # recipes are structs, which their protocol cannot say
        )
        for name, pack in packs.items()
    }


def _filter_problem(kind: type[Item], filter_: object, free: Mapping[str, Any]) -> tuple[str, str] | None:
    try:
        parse_filter(filter_, Schema.of(kind, free))
    except InvalidRequest as error:
        return error.field, error.message.removeprefix(f"{error.field}: ")
    return None


def read_workspace(path: Path, environment: Mapping[str, str] | None = None, *, imports: bool = True) -> Workspace:
    """Read and check a configuration without opening anything; with `imports`, the paths of files too.

    Raises:
        ConfigError: With every problem there is.
    """
    variables = read_environment() if environment is None else environment
    return load(path, names_of(installed_packs()), variables, imports=imports)


def set_up(name: str, pack: Pack, workspace: Workspace) -> DomainSetup:
    """A pack with the configured changes laid over it."""
    settings = workspace.settings
    domain = settings.domains[name]
    models = {
        model: msgspec.convert({**msgspec.to_builtins(recipe), **domain.models.get(model, {})}, type(recipe))
        for model, recipe in pack.models.items()
        if "kind" not in domain.models.get(model, {})
    }
    kinds = installed_models()
    for model, own in domain.models.items():
        if "kind" in own:
            models[model] = msgspec.convert({k: v for k, v in own.items() if k != "kind"}, kinds[own["kind"]])
    shipped = {placement.name: placement for placement in pack.placements}
    placements: dict[str, Placement] = dict(shipped)
    for key, wanted in settings.placements.items():
        if wanted.domain != name:
            continue
        given = {
            "size": wanted.size,
            "objective": wanted.objective,
            "budget_ms": wanted.budget_ms,
            "caps": wanted.caps,
            "filter": wanted.filter,
        }
        changes = {field: value for field, value in given.items() if value}
        placements[key] = msgspec.structs.replace(shipped[wanted.like or key], name=key, **changes)
    objective = domain.objective or pack.objectives[0].name
    return DomainSetup(name, replace(pack, models=models), placements, objective, domain.region, domain.attributes)
