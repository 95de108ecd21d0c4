"""docs/models.md names every recipe and every setting, with the default the code has."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import msgspec
import pytest

from penchant import models
from penchant.packs import content, learning, product

PAGE = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
RECIPES = sorted(
    (x for x in vars(models).values() if inspect.isclass(x) and issubclass(x, msgspec.Struct) and hasattr(x, "kind")),
    key=lambda x: x.kind,
)
PACKS = (product.PACK, content.PACK, learning.PACK)


def section(recipe):
    found = re.search(rf"^## `{recipe.kind}`: {recipe.__name__}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f'no section "## `{recipe.kind}`: {recipe.__name__}"'
    return found[1]


def written(default):
    """A default as the page writes it."""
    if default is msgspec.NODEFAULT:
        return "required"
    if default is None:
        return "none"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return ", ".join(f"`{value}`" for value in default)
    return f"`{default}`" if isinstance(default, str) else f"{default:g}"


def test_there_are_recipes_to_document():
    assert {"als", "popular", "path"} <= {recipe.kind for recipe in RECIPES}


def test_the_page_tells_of_every_recipe_what_it_is_for_and_which_packs_ship_it():
    rows = re.findall(r"^\| `([\w-]+)` \| (.+?) \| .+ \| ([\w, ]+) \| .*\|$", PAGE.split("\n## `")[0], re.MULTILINE)
    shipped = {
        kind: [pack.name for pack in PACKS if kind in {r.kind for r in pack.models.values()}] for kind, *_ in rows
    }

    assert sorted(shipped) == [recipe.kind for recipe in RECIPES]
    for kind, _, said in rows:
        assert said == {0: "none", len(PACKS): "all"}.get(len(shipped[kind]), ", ".join(shipped[kind])), kind


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.kind)
def test_every_setting_is_documented_with_its_default(recipe):
    table = re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", section(recipe), re.MULTILINE)

    assert table == [(field.name, written(field.default)) for field in msgspec.structs.fields(recipe)]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.kind)
def test_every_setting_has_a_docstring_in_the_code(recipe):
    attributes = inspect.getdoc(recipe).split("Attributes:")[1]

    for field in recipe.__struct_fields__:
        assert re.search(rf"^    {field}: \S", attributes, re.MULTILINE), field


def test_the_page_has_no_section_of_a_recipe_that_is_gone():
    assert sorted(re.findall(r"^## `([\w-]+)`", PAGE, re.MULTILINE)) == [recipe.kind for recipe in RECIPES]
