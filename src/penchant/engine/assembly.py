"""What is installed and configured, put together: packs, the names configuration may use, a domain's setup."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import msgspec

from penchant.catalog import Item, Schema, parse_filter
from penchant.config import OWN_KEYS, Domain, Formulas, ObjectiveSettings, PackNames, Workspace, load, read_environment
from penchant.errors import FormulaWrong, InvalidRequest, Mistake, in_words
from penchant.experiments import Experiment
from penchant.features import RELEVANCE
from penchant.models import Recipe
from penchant.pack import Pack, Placement
from penchant.placements import PlacementSpec, codes_of, problems
from penchant.ranking import Objective, number_fields, parse
from penchant.serving import DomainSetup, unfit


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
            formulas=Formulas(
                {objective.name: tuple(dict(objective.constants)) for objective in pack.objectives},
                tuple(head.name for head in pack.heads),
                partial(_formula_mistakes, pack),
            ),
            parts_problems=partial(_parts_problems, pack),
            reasons=tuple(codes_of(pack)),
            arms_problems=partial(_arms_problems, pack),
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


def _formula_mistakes(pack: Pack, text: str, constants: Collection[str], free: Mapping[str, Any]) -> Sequence[Mistake]:
    """What is wrong with a formula of a domain's own."""
    numbers = number_fields(Schema.of(pack.item, free))
    heads, features = (head.name for head in pack.heads), (feature.name for feature in pack.features)
    try:
        formula = parse(text, {*heads, *features, RELEVANCE.name, *numbers, *constants})
    except FormulaWrong as error:
        return error.mistakes
    idle = [name for name in constants if name not in formula.names]
    return [Mistake(0, f'does not name its constant "{name}"') for name in idle]


_PARTS = ("needs", "sources", "constraints", "fallback", "learns", "order", "diversity", "freshness")
"""What a placement is made of; the rest of it is checked by configuration itself."""


def _parts_problems(pack: Pack, name: str, placement: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """What is wrong with the parts of a placement in penchant.toml, each with its key."""
    parts = {key: placement[key] for key in _PARTS if key in placement}
    if not parts:
        return ()
    try:
        spec = msgspec.convert({"like": placement.get("like"), **parts}, PlacementSpec)
    except msgspec.ValidationError as error:
        where = re.search(r" - at `\$\.(\w+)(.*)`$", str(error))
        key, rest = (where[1], where[2]) if where else ("sources", "")
        return [(key, f"{rest}: {in_words(str(error))}" if rest else in_words(str(error)))]
    shipped = {one.name: one for one in pack.placements}
    made = spec.laid_over(name, shipped)
    first = next(key for key in ("sources", *_PARTS) if key in parts)
    return [(first, text) for text in problems(made, pack)]


def _arms_problems(
    pack: Pack, slot: str, arms: Sequence[str], own: Mapping[str, Mapping[str, Any]]
) -> Sequence[tuple[str, str]]:
    """Which placements of penchant.toml may not fill another one's slot, and why."""
    shipped = {one.name: one for one in pack.placements}
    told = (*_PARTS, "like", "filter")
    placements = dict(shipped)
    for name, table in own.items():
        try:
            spec = msgspec.convert({key: table[key] for key in told if key in table}, PlacementSpec)
            placements[name] = spec.laid_over(name, shipped)
        except (msgspec.ValidationError, InvalidRequest):  # told of the placement itself
            return ()
    found = ((arm, unfit(slot, arm, placements)) for arm in arms)
    return [(arm, f"may not fill it: {why}") for arm, why in found if why]


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
        told = {field: value for field, value in msgspec.to_builtins(wanted).items() if value and field != "domain"}
        # What was left empty on purpose is said: no constraint, no fallback, nothing needed.
        told |= {key: () for key in ("needs", "constraints", "fallback") if getattr(wanted, key) == ()}
        told |= {key: have for key in ("fills", "order", "explore") if (have := getattr(wanted, key)) is not None}
        placements[key] = msgspec.convert(told, PlacementSpec).laid_over(key, shipped)
    pack = replace(pack, models=models, objectives=_objectives(pack, domain))
    objective = domain.objective or pack.objectives[0].name
    return DomainSetup(
        name,
        pack,
        placements,
        objective,
        domain.region,
        domain.attributes,
        pack.explore if domain.explore is None else domain.explore,
        domain.language,
        domain.reasons,
        domain.segments,
        {
            told.placement: Experiment(key, told.placement, tuple(told.arms.items()), told.share, told.salt or name)
            for key, told in settings.experiments.items()
            if told.domain == name
        },
    )


def _objectives(pack: Pack, domain: Domain) -> tuple[Objective, ...]:
    """The pack's objectives with the domain's constants, and after them the domain's own."""
    first, changed = pack.objectives[0], []
    for objective in pack.objectives:
        own = dict(domain.objectives.get(objective.name, {}))
        loss = float(own.pop("loss", objective.loss))
        constants = {**dict(objective.constants), **{name: float(number) for name, number in own.items()}}
        changed.append(replace(objective, loss=loss, constants=tuple(constants.items())))
    shipped = {objective.name for objective in pack.objectives}
    for name, table in domain.objectives.items():
        if name in shipped:
            continue
        told = msgspec.convert({key: given for key, given in table.items() if key in OWN_KEYS}, ObjectiveSettings)
        numbers = tuple((key, float(given)) for key, given in table.items() if key not in OWN_KEYS)
        about = told.about or f"The formula {told.formula}"
        goal = told.goal or first.goal
        made = Objective(name, told.version, about, first.terms, told.formula, goal, told.loss, numbers)
        changed.append(made)
    return tuple(changed)
