"""Every recipe passes the public checks."""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path

import msgspec

from penchant import models
from penchant.catalog import Attribute
from penchant.models import ALS, AttributeSimilarity, BasketAffinity, ItemKNN, PersonalTop, Popular, PopularByCategory
from penchant.testing import ModelChecks

ATTRIBUTES = (
    Attribute("category", "category", 2.0),
    Attribute("tags", "tags"),
    Attribute("price", "number"),
    Attribute("title", "text", 0.5),
)


class TestPopular(ModelChecks):
    recipe = Popular(half_life_days=7.0)
    personal = False


class TestPopularByCategory(ModelChecks):
    recipe = PopularByCategory(field="category")
    personal = False


class TestPersonalTop(ModelChecks):
    recipe = PersonalTop(half_life_days=60.0)
    personal = False


class TestPersonalTopAlone(ModelChecks):
    recipe = PersonalTop(fill=False)


class TestItemKNN(ModelChecks):
    recipe = ItemKNN()


class TestItemKNNCosine(ModelChecks):
    recipe = ItemKNN(similarity="cosine", window="session", neighbours=5, shrink=1.0)


class TestItemKNNCount(ModelChecks):
    recipe = ItemKNN(similarity="count", window="session", half_life_days=None)


class TestBasketAffinity(ModelChecks):
    recipe = BasketAffinity(min_support=2, min_lift=1.0)


class TestALS(ModelChecks):
    recipe = ALS(factors=6, iterations=3, regularization=0.1)


class TestAttributeSimilarity(ModelChecks):
    recipe = AttributeSimilarity(attributes=ATTRIBUTES)


def cases():
    """The contract checks of all files of this folder."""
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        if "(ModelChecks)" in path.read_text(encoding="utf-8"):
            spec = importlib.util.spec_from_file_location(f"checked_{path.stem}", path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            yield from (x for x in vars(module).values() if inspect.isclass(x) and issubclass(x, ModelChecks))


def test_every_recipe_of_the_room_is_checked_here_or_beside_its_own_tests():
    structs = (x for x in vars(models).values() if inspect.isclass(x) and issubclass(x, msgspec.Struct))
    recipes = {x for x in structs if hasattr(x, "kind")}
    checked = {type(case.recipe) for case in cases() if hasattr(case, "recipe")}

    assert len(recipes) > 7
    assert recipes - checked == set()
