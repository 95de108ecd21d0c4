"""What is fitted for a release: the models that something serves, with the settings that were chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec

from penchant.models import Blend, Recipe
from penchant.pack import Pack, Placement


def tuned(recipes: Mapping[str, Recipe], settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Recipe]:
    """Recipes with the hyper-parameters that a search chose.

    Args:
        recipes: Recipes by name.
        settings: Hyper-parameters by model, where they differ.
    """
    return {name: _with(recipe, settings[name]) if name in settings else recipe for name, recipe in recipes.items()}


def served(pack: Pack, placements: Iterable[Placement], blends: Mapping[str, Blend]) -> tuple[str, ...]:
    """Models that serve something, in the pack's order.

    They are the placements' sources and fallbacks, what their blends are made of, and the baselines, which every
    report shows. What lost and no placement names is left out: it would cost a fit and answer nothing.

    Args:
        pack: The domain's pack, with its configured models.
        placements: The domain's placements.
        blends: What was learned for the source `blend`, by placement.
    """
    named = set(pack.baselines)
    for placement in placements:
        named |= {source.model for source in placement.sources} | set(placement.fallback)
        if placement.name in blends:
            named |= {share.model for share in blends[placement.name].shares}
    return tuple(name for name in pack.models if name in named)


def _with(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    told = cast(dict[str, Any], msgspec.to_builtins(recipe))
    changed: Recipe = msgspec.convert({**told, **settings}, type(recipe))
    return changed
