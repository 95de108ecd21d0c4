"""BM25 weights of what people did with items."""

from __future__ import annotations

import numpy as np
from scipy import sparse


def bm25(x: sparse.csr_matrix, k1: float, b: float) -> sparse.csr_matrix:
    """Reweigh a matrix of units by items, with items as documents and units (people, sessions) as terms.

    Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009): repeats saturate, and often
    used items and units that use everything count less.

    Args:
        x: Summed weights, above 0.
        k1: How late repeats saturate.
        b: How much an item's total counts against it, 0 to 1.

    Returns:
        Same shape and cells, 0 or more.
    """
    total = np.asarray(x.sum(axis=0), np.float64).ravel()
    length = (1.0 - b) + b * total / max(float(total.mean()), 1e-12)
    distinct = np.diff(x.indptr)
    rarity = np.maximum(np.log(x.shape[1]) - np.log1p(distinct), 0.0)
    data = x.data * (k1 + 1.0) / (k1 * length[x.indices] + x.data) * np.repeat(rarity, distinct)
    return sparse.csr_matrix((data, x.indices, x.indptr), shape=x.shape)
