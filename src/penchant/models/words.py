"""Texts as counts of their words, and words as counts of their pieces."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from penchant.models.hashing import Keys, keys_of

_WORD = re.compile(r"[^\W\d_]{2,}")
_PIECES = (3, 4)
_LONGEST = 40
_MOST = 2_000


@dataclass(frozen=True)
class WordCounts:
    """How often each text holds each word.

    Attributes:
        words: The distinct words, sorted.
        counts: Shape (n_texts, words).
    """

    words: tuple[str, ...]
    counts: sparse.csr_matrix

    @classmethod
    def of(cls, texts: Sequence[str]) -> WordCounts:
        """Count. A word is two letters or more, in lower case; only the first 2,000 words of a text count."""
        code: dict[str, int] = {}
        at: list[int] = []
        ends = [0]
        for text in texts:
            if text:
                at += [code.setdefault(word, len(code)) for word in _WORD.findall(text.lower())[:_MOST]]
            ends.append(len(at))
        words = sorted(code)
        place = np.zeros(len(words), np.int32)
        place[[code[word] for word in words]] = np.arange(len(words))
        columns = place[np.array(at, np.int64)]
        counts = sparse.csr_matrix((np.ones(len(at)), columns, np.array(ends)), shape=(len(texts), len(words)))
        counts.sum_duplicates()
        return cls(tuple(words), counts)


def pieces(words: Sequence[str]) -> tuple[Keys, sparse.csr_matrix]:
    """Words as their runs of three and four characters, with marks where a word begins and ends.

    Pieces bring forms of one word together, and words that are written alike in several languages (subwords:
    Bojanowski et al., TACL 2017).

    Returns:
        Keys of the distinct pieces, in the order of the pieces, and how often each word holds each, shape (words,
        pieces). Of a very long word the first 40 characters count.
    """
    runs = [_runs(word) for word in words]
    names = sorted({piece for row in runs for piece in row})
    code = {name: i for i, name in enumerate(names)}
    ptr = np.cumsum([0, *map(len, runs)])
    columns = np.fromiter((code[piece] for row in runs for piece in row), np.int32, int(ptr[-1]))
    held = sparse.csr_matrix((np.ones(len(columns)), columns, ptr), shape=(len(words), len(names)))
    held.sum_duplicates()
    return keys_of(names), held


def _runs(word: str) -> list[str]:
    marked = f"<{word[:_LONGEST]}>"
    return [marked[at : at + n] for n in _PIECES for at in range(len(marked) - n + 1)]
