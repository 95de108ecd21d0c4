"""Which models the data cannot support, found without fitting them: each recipe's own least is held against a count."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from penchant.dataset import Dataset
from penchant.events import Role
from penchant.models import AttributeSimilarity, PopularByCategory, Recipe
from penchant.models.history import POSITIVE, roles_named
from penchant.models.sequences import Window, sequences

Count = Callable[[Dataset, Recipe], tuple[int, str]]


def unsupported(data: Dataset, recipes: Mapping[str, Recipe]) -> Iterator[tuple[str, str]]:
    """Models without enough data, each with the reason in figures; what only a fit can tell is not found.

    Args:
        data: What is known.
        recipes: By name.
    """
    for name, recipe in recipes.items():
        reason = _reason(data, recipe)
        if reason is not None:
            yield name, reason


def _reason(data: Dataset, recipe: Recipe) -> str | None:
    if not len(data.positive(*roles_named(getattr(recipe, "roles", POSITIVE)))):
        return "no event of the roles it reads"
    if isinstance(recipe, PopularByCategory) and not data.table.has(recipe.field).any():
        return f'no item has a value in "{recipe.field}"'
    if isinstance(recipe, AttributeSimilarity) and not any(data.table.has(a.field).any() for a in recipe.attributes):
        return "no item has a value in any field that it reads"
    for field, count in _COUNTS.items():
        least = getattr(recipe, field, None)
        if least is not None:
            have, what = count(data, recipe)
            if have < least:
                return f"{have:,} {what}, {least:,} needed"
    return None


def _sequences(data: Dataset, recipe: Recipe) -> tuple[int, str]:
    window: Window = getattr(recipe, "window", "person")
    roles = getattr(recipe, "roles", POSITIVE)
    words = "sessions" if window == "session" else "people"
    return len(sequences(data, roles, window, least=2)), f"{words} with two steps or more"


def _people(data: Dataset, recipe: Recipe) -> tuple[int, str]:
    rows = data.positive(*roles_named(getattr(recipe, "roles", POSITIVE)))
    return int((np.bincount(rows.person) > 1).sum()), "people with two events or more"


def _repeats(data: Dataset, recipe: Recipe) -> tuple[int, str]:
    rows = data.positive(*roles_named(getattr(recipe, "roles", POSITIVE)))
    pairs = rows.person.astype(np.int64) * max(len(data.items), 1) + rows.item
    return len(pairs) - len(np.unique(pairs)), "repeats of an item by the same person"


def _answers(data: Dataset, recipe: Recipe) -> tuple[int, str]:
    names = (*getattr(recipe, "success", ()), *getattr(recipe, "failure", ()))
    return int(np.isin(data.interactions.role, [int(Role[name.upper()]) for name in names]).sum()), "answers"


def _failures(data: Dataset, recipe: Recipe) -> tuple[int, str]:
    names = getattr(recipe, "failure", ())
    return int(np.isin(data.interactions.role, [int(Role[name.upper()]) for name in names]).sum()), "failed answers"


_COUNTS: Mapping[str, Count] = {
    "least_sequences": _sequences,
    "least_units": _sequences,
    "least_people": _people,
    "least_repeats": _repeats,
    "least_answers": _answers,
    "least_failures": _failures,
}
"""What each field of a recipe counts."""
