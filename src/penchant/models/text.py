"""Texts as vectors: their words by TF-IDF, and what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from penchant.models.hashing import Vocabulary, keys_of
from penchant.models.latent import LatentPieces
from penchant.models.model import State
from penchant.models.sentence import SentenceEncoder
from penchant.models.unit import cells, unit_rows
from penchant.models.words import WordCounts

RESERVED = 32_768
"""Columns for words that the vocabulary lacks."""

_RARE = 0.7
_BATCH = 65_536


@dataclass(frozen=True)
class TextEncoder:
    """Turns texts into sparse rows of words, and points of what they are about.

    Words weigh TF-IDF (Spärck Jones, 1972). One that a single text of the fit holds, or none, counts less: it may be a
    slip of the pen, and in the reserve it may meet another.

    Attributes:
        words: Known words.
        idf: Weight of each known word, float32.
        rare: Weight of any other.
        about: What texts are about; None where the catalog is too small to tell.
        share: Share of `about` in the similarity of two texts, 0 to 1.
    """

    words: Vocabulary
    idf: NDArray[np.float32]
    rare: float
    about: LatentPieces | SentenceEncoder | None
    share: float

    @classmethod
    def fit(
        cls, texts: Sequence[str], words: int, about: SentenceEncoder | None, dims: int, share: float, seed: int
    ) -> TextEncoder:
        """Learn words and directions from a catalog's texts.

        Args:
            texts: One an item, empty where it has none.
            words: Most words to know, the most frequent first.
            about: A sentence encoder; directions are learned from the texts when None.
            dims: How many directions.
            share: Share of what texts are about.
            seed: Seed of all randomness.
        """
        found = WordCounts.of(texts)
        holders = np.bincount(found.counts.indices, minlength=len(found.words))
        kept = np.argsort(-holders, kind="stable")[:words]
        keys, place = np.unique(keys_of([found.words[i] for i in kept]), return_index=True)
        often = holders[kept[place]]
        idf = np.log1p(len(texts) / np.maximum(often, 1)) * np.where(often > 1, 1.0, _RARE)
        learned = about if about is not None or not dims or not share else LatentPieces.fit(found, dims, seed)
        rare = _RARE * float(np.log1p(len(texts)))
        if not found.words:
            return cls(Vocabulary(keys, RESERVED), idf.astype(np.float32), rare, None, 0.0)
        return cls(Vocabulary(keys, RESERVED), idf.astype(np.float32), rare, learned, share if learned else 0.0)

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.words.width

    @property
    def dims(self) -> int:
        """Number of directions; 0 without any."""
        return self.about.dims if self.about is not None else 0

    def encode(self, texts: Sequence[str]) -> tuple[sparse.csr_matrix, NDArray[np.float32]]:
        """Weights of words, shape (n_texts, width), and points, shape (n_texts, dims), each with the root of its share.

        Rows and points have the length that makes the sum of both dot products a similarity, 1 at most.
        """
        parts = [self._encode(texts[at : at + _BATCH]) for at in range(0, max(len(texts), 1), _BATCH)]
        if len(parts) == 1:
            return parts[0]
        rows = sparse.vstack([rows for rows, _ in parts], format="csr")
        return rows, np.concatenate([points for _, points in parts])

    def _encode(self, texts: Sequence[str]) -> tuple[sparse.csr_matrix, NDArray[np.float32]]:
        found = WordCounts.of(texts)
        columns, known = self.words.find(keys_of(found.words))
        weight = np.full(len(columns), self.rare)
        weight[known] = self.idf[columns[known]]
        x = found.counts
        value = (1.0 + np.log(x.data)) * weight[x.indices]
        row = np.repeat(np.arange(len(texts)), np.diff(x.indptr))
        rows = unit_rows(cells(row, columns[x.indices], value, (len(texts), self.width)))
        if self.about is None:
            return rows, np.zeros((len(texts), 0), np.float32)
        about = self.about
        points = about.encode(found) if isinstance(about, LatentPieces) else about.encode(texts)
        rows.data *= np.sqrt(1.0 - self.share)
        return rows, points * np.float32(np.sqrt(self.share))

    def state(self) -> State:
        """Keys, weights and axes; of a sentence encoder its name and digest."""
        arrays: dict[str, NDArray[Any]] = {"keys": self.words.keys, "idf": self.idf}
        settings: dict[str, Any] = {"rare": self.rare, "share": self.share, "reserved": self.words.reserved}
        if isinstance(self.about, LatentPieces):
            arrays |= {"pieces": self.about.keys, "axes": self.about.axes}
        elif self.about is not None:
            settings["sentence"] = {"model": self.about.model, "dims": self.about.dims, "digest": self.about.digest}
        return State(arrays, settings)

    @classmethod
    def restore(cls, state: State) -> TextEncoder:
        """From `state()`."""
        about: LatentPieces | SentenceEncoder | None = None
        if "axes" in state.arrays:
            about = LatentPieces(state.arrays["pieces"], state.arrays["axes"])
        elif "sentence" in state.settings:
            about = SentenceEncoder(**state.settings["sentence"])
        words = Vocabulary(state.arrays["keys"], state.settings["reserved"])
        return cls(words, state.arrays["idf"], state.settings["rare"], about, state.settings["share"])
