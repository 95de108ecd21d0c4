"""LensKit (MIT): ALS, EASE and item neighbours, asked one person at a time, as its pipelines do."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import pandas as pd
from lenskit.als import ImplicitMFScorer
from lenskit.data import ItemList, RecQuery, from_interactions_df
from lenskit.knn import EASEScorer, ItemKNNScorer
from protocol import Fold, padded

from peers.simple import best

logging.disable(logging.WARNING)


class LensKit(ABC):
    """A scorer of the library."""

    def __init__(self, **settings: Any) -> None:
        self.settings = settings

    @abstractmethod
    def make(self) -> Any:
        """The library's own object."""

    def fit(self, fold: Fold) -> None:
        """Fit on distinct pairs."""
        pairs = pd.DataFrame({"user_id": fold.person[fold.goal], "item_id": fold.item[fold.goal]}).drop_duplicates()
        self.data = from_interactions_df(pairs, user_col="user_id", item_col="item_id")
        self.known = np.sort(pairs["item_id"].unique())
        self.scorer = self.make()
        self.scorer.train(self.data)

    def lists(self, fold: Fold, mode: str) -> Any:
        """One list a row, from scores of every item."""
        everything, rows = ItemList(item_ids=self.known), []
        ptr = np.searchsorted(fold.person, np.arange(int(fold.n_people) + 1))
        prefixes = fold.prefixes() if fold.sessions else []
        for i, asked in enumerate(fold.asked):
            if fold.sessions:
                query = RecQuery(user_items=ItemList(item_ids=np.unique(prefixes[i])))
            else:
                query = RecQuery(user_id=int(asked), user_items=self.data.user_row(int(asked)))
            found = np.asarray(self.scorer(query, everything).scores("numpy"), np.float64)
            scores = np.full(int(fold.n_items), -np.inf)
            scores[self.known] = np.where(np.isnan(found), -np.inf, found)
            if mode == "new":
                scores[np.unique(fold.item[ptr[asked] : ptr[asked + 1]])] = -np.inf
            rows.append(best(scores))
        return padded(rows)


class ALS(LensKit):
    """Implicit matrix factorization."""

    def make(self) -> Any:
        """See the class."""
        return ImplicitMFScorer(epochs=10, user_embeddings="prefer", **self.settings)


class EASE(LensKit):
    """The closed-form linear model."""

    def make(self) -> Any:
        """See the class."""
        return EASEScorer(**self.settings)


class ItemKNN(LensKit):
    """Item neighbours."""

    def make(self) -> Any:
        """See the class."""
        return ItemKNNScorer(min_sim=1e-6, feedback="implicit", **self.settings)


SYSTEMS = {
    "lenskit-als": (
        ALS,
        [
            {"embedding_size": f, "regularization": r, "weight": w}
            for f, r, w in ((50, 0.1, 40), (64, 0.1, 5), (32, 0.1, 10), (128, 0.5, 10), (128, 2.0, 40), (16, 0.1, 5))
        ],
    ),
    "lenskit-ease": (EASE, [{"regularization": r} for r in (250.0, 20.0, 60.0, 120.0, 500.0, 1000.0, 2500.0)]),
    "lenskit-item-knn": (ItemKNN, [{"max_nbrs": k} for k in (20, 50, 100, 200, 500)]),
}
"""Name to class and the settings it may try."""
