"""Models, one file each: a recipe and what it fits."""

from penchant.models.als import ALS
from penchant.models.attributes import AttributeSimilarity
from penchant.models.basket import BasketAffinity
from penchant.models.blend import BLEND_DEPTH, BLEND_RANK, fuse
from penchant.models.history import PositiveRole
from penchant.models.item_knn import ItemKNN
from penchant.models.model import Extends, Fitted, Recipe, Retriever, Run, Similar, State
from penchant.models.personal import PersonalTop
from penchant.models.popularity import Popular, PopularByCategory

__all__ = [
    "ALS",
    "BLEND_DEPTH",
    "BLEND_RANK",
    "AttributeSimilarity",
    "BasketAffinity",
    "Extends",
    "Fitted",
    "ItemKNN",
    "PersonalTop",
    "Popular",
    "PopularByCategory",
    "PositiveRole",
    "Recipe",
    "Retriever",
    "Run",
    "Similar",
    "State",
    "fuse",
]
