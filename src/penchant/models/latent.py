"""What texts are about, in a few directions: pieces of words by truncated SVD."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from penchant.models.axes import main_axes
from penchant.models.hashing import Keys, Vocabulary
from penchant.models.unit import unit_points, unit_rows
from penchant.models.words import WordCounts, pieces

_LEAST_TEXTS = 50
_MOST_TEXTS = 20_000
_MOST_PIECES = 32_768
_ROUNDS = 3


@dataclass(frozen=True)
class LatentPieces:
    """Turns texts into points; texts that share no word may still be near.

    Latent semantic analysis (Deerwester et al., 1990) on pieces of words in place of words, so that a word nobody used
    before has a place too. A text that comes later is folded in: its weights times the axes.

    Attributes:
        keys: Keys of the pieces that count, rising.
        axes: What each of them adds to each direction, its IDF included; shape (pieces, dims), float32.
    """

    keys: Keys
    axes: NDArray[np.float32]

    @property
    def dims(self) -> int:
        """Number of directions."""
        return int(self.axes.shape[1])

    @classmethod
    def fit(cls, texts: WordCounts, dims: int, seed: int) -> LatentPieces | None:
        """Learn the directions from at most 20,000 texts, drawn.

        Args:
            texts: The catalog's texts.
            dims: Directions wanted.
            seed: Seed of the draw and of the SVD.

        Returns:
            None when there are fewer than 50 texts, or too few pieces to span so many directions.
        """
        rng = np.random.default_rng(seed)
        told = np.flatnonzero(np.diff(texts.counts.indptr))
        if len(told) > _MOST_TEXTS:
            told = np.sort(rng.choice(told, _MOST_TEXTS, replace=False))
        keys, held = pieces(texts.words)
        x = (texts.counts[told] @ held).tocsr()
        holders = np.bincount(x.indices, minlength=len(keys))
        kept = np.flatnonzero(holders > 1)
        kept = kept[np.lexsort((keys[kept], -holders[kept]))][:_MOST_PIECES]
        kept = kept[np.argsort(keys[kept])]
        if len(told) < _LEAST_TEXTS or min(len(told), len(kept)) < 2 * dims:
            return None
        idf = np.log1p(len(told) / holders[kept])
        x = _weighed(x[:, kept].tocsr())
        x.data *= idf[x.indices].astype(np.float32)
        axes = main_axes(unit_rows(x), dims, _ROUNDS, rng)
        return cls(keys[kept], (axes * idf[:, None]).astype(np.float32))

    def encode(self, texts: WordCounts) -> NDArray[np.float32]:
        """Points of length 1, shape (n_texts, dims); zeros for a text without a known piece."""
        keys, held = pieces(texts.words)
        columns, known = Vocabulary(self.keys, 1).find(keys)
        order = np.flatnonzero(known)
        order = order[np.argsort(columns[order])]
        x = _weighed((texts.counts @ held[:, order].tocsr()).tocsr())
        points = np.asarray(x @ np.ascontiguousarray(self.axes[columns[order]]), np.float32)
        return unit_points(points)


def _weighed(x: sparse.csr_matrix) -> sparse.csr_matrix:
    """Counts of pieces as weights: said twice weighs more, but not twice."""
    x.sort_indices()
    x.data = (1.0 + np.log(x.data)).astype(np.float32)
    return x
