"""`implicit` (MIT): ALS, BPR, and item neighbours by cosine and BM25. Its own `recommend` makes the lists."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from protocol import LIST, Fold, padded
from scipy import sparse
from threadpoolctl import threadpool_limits


def matrix(fold: Fold, counts: bool) -> Any:
    """People by items, from goals."""
    shape = (int(fold.n_people), int(fold.n_items))
    ones = np.ones(int(fold.goal.sum()), np.float32)
    x = sparse.csr_matrix((ones, (fold.person[fold.goal], fold.item[fold.goal])), shape=shape)
    x.sum_duplicates()
    if not counts:
        x.data[:] = 1
    return x


class Implicit(ABC):
    """One of the library's models."""

    counts = False

    def __init__(self, **settings: Any) -> None:
        self.settings = settings

    @abstractmethod
    def make(self) -> Any:
        """The library's own object."""

    def fit(self, fold: Fold) -> None:
        """Fit with one BLAS thread, as the library asks for."""
        self.x = matrix(fold, self.counts)
        self.model = self.make()
        with threadpool_limits(1, "blas"):
            self.model.fit(self.x, show_progress=False)

    def lists(self, fold: Fold, mode: str) -> Any:
        """Lists of people the model knows, or of sessions folded in."""
        n = int(fold.n_items)
        if fold.sessions:
            ptr, ones = fold.prefix_ptr, np.ones(len(fold.prefix), np.float32)
            x = sparse.csr_matrix((ones, fold.prefix, ptr), shape=(len(fold.asked), n))
            x.sum_duplicates()
            extra = {"recalculate_user": True} if hasattr(self.model, "recalculate_user") else {}
            items, scores = self.model.recommend(
                np.arange(len(fold.asked)), x, N=min(LIST, n), filter_already_liked_items=False, **extra
            )
            return padded([row[np.isfinite(s)] for row, s in zip(items, scores, strict=True)])
        seen = sparse.csr_matrix((np.ones(len(fold.item)), (fold.person, fold.item)), shape=self.x.shape)
        new = mode == "new"
        # What was shown but not liked is taken out here: the library only knows what was liked.
        depth = LIST + (200 if new and seen.nnz > self.x.nnz else 0)
        items, scores = self.model.recommend(
            fold.asked, self.x[fold.asked], N=min(depth, n), filter_already_liked_items=new
        )
        rows = []
        for person, row, score in zip(fold.asked, items, scores, strict=True):
            row = row[np.isfinite(score) & (score > -3e38)]
            if new:
                row = row[~np.isin(row, seen.indices[seen.indptr[person] : seen.indptr[person + 1]])]
            rows.append(row[:LIST])
        return padded(rows)


class ALS(Implicit):
    """Alternating least squares."""

    def make(self) -> Any:
        """See the class."""
        from implicit.cpu.als import AlternatingLeastSquares

        return AlternatingLeastSquares(iterations=15, num_threads=2, random_state=7, **self.settings)


class BPR(Implicit):
    """Bayesian personalized ranking."""

    def make(self) -> Any:
        """See the class."""
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        return BayesianPersonalizedRanking(num_threads=2, random_state=7, **self.settings)


class Cosine(Implicit):
    """Item neighbours by cosine."""

    def make(self) -> Any:
        """See the class."""
        from implicit.nearest_neighbours import CosineRecommender

        return CosineRecommender(num_threads=2, **self.settings)


class BM25(Implicit):
    """Item neighbours by BM25."""

    counts = True

    def make(self) -> Any:
        """See the class."""
        from implicit.nearest_neighbours import BM25Recommender

        return BM25Recommender(num_threads=2, **self.settings)


def _als(*rows: tuple[int, float, float]) -> list[dict[str, Any]]:
    return [{"factors": f, "regularization": r, "alpha": a} for f, r, a in rows]


SYSTEMS = {
    "implicit-als": (
        ALS,
        _als(
            (64, 0.05, 1),
            (64, 1, 10),
            (32, 0.1, 1),
            (128, 0.1, 1),
            (128, 5, 10),
            (32, 5, 40),
            (128, 10, 3),
            (16, 0.5, 5),
        ),
    ),
    "implicit-bpr": (
        BPR,
        [
            {"factors": f, "learning_rate": rate, "regularization": r, "iterations": n}
            for f, rate, r, n in (
                (64, 0.05, 0.01, 100),
                (64, 0.01, 0.01, 100),
                (32, 0.05, 0.05, 100),
                (128, 0.05, 0.01, 50),
                (64, 0.1, 0.02, 150),
                (32, 0.03, 0.001, 50),
            )
        ],
    ),
    "implicit-cosine": (Cosine, [{"K": k} for k in (100, 20, 50, 200, 500, 1000)]),
    "implicit-bm25": (
        BM25,
        [
            {"K": k, "K1": k1, "B": b}
            for k, k1, b in (
                (100, 1.2, 0.75),
                (500, 1.2, 0.75),
                (100, 1.2, 0.2),
                (500, 1.2, 0.2),
                (500, 0.5, 0.9),
                (20, 1.2, 0.75),
                (100, 3, 0.5),
                (1000, 0.3, 0.2),
            )
        ],
    ),
}
"""Name to class and the settings it may try."""
