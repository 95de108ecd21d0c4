"""The transformer of `sasrec` in NumPy: what serves what PyTorch has trained."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

EPSILON = 1e-5
"""Added to the variance in every normalization, here and in the training."""


@dataclass(frozen=True)
class SASRecWeights:
    """All that is learned: d numbers an item, b blocks, h hidden numbers. Matrices are applied from the right.

    Attributes:
        items: Item embeddings, shape (n, d); they also score the answers.
        places: Place embeddings, shape (length, d); the newest step has the last one.
        norms: Gain and shift before the attention and before the hidden layer, shape (b, 2, 2, d).
        inward: Queries, keys and values of the attention, shape (b, d, 3 d).
        inward_bias: Shape (b, 3 d).
        outward: What mixes the heads, shape (b, d, d).
        outward_bias: Shape (b, d).
        widen: To the hidden layer, shape (b, d, h).
        widen_bias: Shape (b, h).
        narrow: And back, shape (b, h, d).
        narrow_bias: Shape (b, d).
        last_norm: Gain and shift after the last block, shape (2, d).
    """

    items: Floats
    places: Floats
    norms: Floats
    inward: Floats
    inward_bias: Floats
    outward: Floats
    outward_bias: Floats
    widen: Floats
    widen_bias: Floats
    narrow: Floats
    narrow_bias: Floats
    last_norm: Floats

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All arrays by name."""
        return {name: getattr(self, name) for name in WEIGHTS}


WEIGHTS = tuple(field.name for field in fields(SASRecWeights))
"""Names of all arrays."""


def forward(weights: SASRecWeights, path: NDArray[np.integer], heads: int) -> Floats:
    """What is expected after a path; an item's score is the dot product with its embedding.

    Pre-norm blocks with causal attention, as trained. The last block is worked out for the newest step alone, as
    nothing else of it is asked for.

    Args:
        weights: What was learned.
        path: Rows of `weights.items`, oldest first, 1 to `length` of them.
        heads: Attention heads; they divide d.

    Returns:
        Shape (d,).
    """
    n, width = len(path), weights.items.shape[1]
    x = weights.items[path] * np.float32(np.sqrt(width)) + weights.places[-n:]
    last = len(weights.norms) - 1
    for b in range(last + 1):
        asked = slice(n - 1, n) if b == last else slice(0, n)
        y = _normal(x, weights.norms[b, 0])
        q, k, v = np.split(y @ weights.inward[b] + weights.inward_bias[b], 3, axis=1)
        x = x[asked] + _attend(q[asked], k, v, heads) @ weights.outward[b] + weights.outward_bias[b]
        y = _normal(x, weights.norms[b, 1])
        hidden = np.maximum(y @ weights.widen[b] + weights.widen_bias[b], np.float32(0.0))
        x = x + hidden @ weights.narrow[b] + weights.narrow_bias[b]
    out: Floats = _normal(x[-1:], weights.last_norm)[0]
    return out


def _normal(x: Floats, gain_and_shift: Floats) -> Floats:
    centered = x - x.mean(axis=1, keepdims=True)
    variance = np.square(centered).mean(axis=1, keepdims=True)
    out: Floats = centered / np.sqrt(variance + np.float32(EPSILON)) * gain_and_shift[0] + gain_and_shift[1]
    return out


def _attend(q: Floats, k: Floats, v: Floats, heads: int) -> Floats:
    """Each step of `q`, the last ones of all, looks at itself and at what came before."""
    n, asked, width = len(k), len(q), q.shape[1] // heads
    q, k, v = (a.reshape(len(a), heads, width).transpose(1, 0, 2) for a in (q, k, v))
    scores = q @ k.transpose(0, 2, 1) * np.float32(1.0 / np.sqrt(width))
    later = np.arange(n)[None, :] > np.arange(n - asked, n)[:, None]
    scores = np.where(later, np.float32(-np.inf), scores)
    shares = np.exp(scores - scores.max(axis=2, keepdims=True))
    shares /= shares.sum(axis=2, keepdims=True)
    out: Floats = (shares @ v).transpose(1, 0, 2).reshape(asked, heads * width)
    return out
