"""Models, one file each: a recipe and what it fits."""

from penchant.models.model import Fitted, Recipe, Retriever, Run, Similar, State

__all__ = ["Fitted", "Recipe", "Retriever", "Run", "Similar", "State"]
