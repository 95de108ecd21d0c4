from __future__ import annotations

from dataclasses import replace

from penchant.models import ALS, Blend, ItemKNN, PersonalTop, Popular, Share
from penchant.pack import Placement, Source
from penchant.packs.product import PACK
from penchant.training import served, tuned

RECIPES = {"popular": Popular(), "als": ALS(), "knn": ItemKNN(), "habit": PersonalTop(), "loser": PersonalTop()}


def test_what_a_search_chose_is_laid_over_the_recipes() -> None:
    found = tuned(RECIPES, {"popular": {"half_life_days": 3.0}})

    assert found == {**RECIPES, "popular": Popular(half_life_days=3.0)}
    assert tuned(RECIPES, {}) == RECIPES


def test_what_something_serves_is_fitted_and_nothing_else() -> None:
    pack = replace(PACK, models=RECIPES, baselines=("popular",))
    home = Placement(name="home", about="P.", sources=(Source(model="blend"),), fallback=("habit",))
    near = Placement(name="near", about="P.", sources=(Source(model="knn"), Source(model="editorial")), fallback=())
    blend = Blend(shares=(Share(model="als", weight=1.0),))

    assert served(pack, (home, near), {"home": blend}) == ("popular", "als", "knn", "habit")
    assert served(pack, (home,), {"elsewhere": blend}) == ("popular", "habit")
