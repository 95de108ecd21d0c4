"""The main directions of a large sparse matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

_EXTRA = 16


def main_axes(x: sparse.csr_matrix, dims: int, rounds: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """The first right singular vectors, by a random range finder.

    Halko, Martinsson & Tropp, "Finding structure with randomness" (SIAM Review 53(2), 2011).

    Args:
        x: Float32.
        dims: Vectors wanted; fewer come when `x` is too small to have so many.
        rounds: Rounds of refining.
        rng: Where the first guess is from.

    Returns:
        Shape (columns, dims), columns of length 1, the largest singular value first.
    """
    with threadpool_limits(1, "blas"):  # one thread and several give the same bits
        z = rng.standard_normal((x.shape[1], min(dims + _EXTRA, *x.shape)), np.float32)
        for _ in range(rounds):
            y, _ = np.linalg.qr(x @ z)
            z, _ = np.linalg.qr(x.T @ y)
        _, _, turned = np.linalg.svd(x @ z, full_matrices=False)
        axes: NDArray[np.float32] = z @ turned[:dims].T
    return axes
