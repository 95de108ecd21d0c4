"""Cells and vectors of length 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

_LEAST = 1e-12


def cells(
    row: NDArray[np.integer], column: NDArray[np.integer], value: NDArray[np.float64], shape: tuple[int, int]
) -> sparse.csr_matrix:
    """A sparse matrix from its cells, rows rising; cells of one place are added up."""
    ptr = np.zeros(shape[0] + 1, np.int64)
    np.cumsum(np.bincount(row, minlength=shape[0]), out=ptr[1:])
    x = sparse.csr_matrix((value, column, ptr), shape=shape)
    x.sum_duplicates()
    return x


def unit_rows(x: sparse.csr_matrix) -> sparse.csr_matrix:
    """Sparse rows scaled, in place, to length 1; empty rows stay empty."""
    lengths = np.diff(x.indptr)
    squares = np.bincount(np.repeat(np.arange(len(lengths)), lengths), np.square(x.data, dtype=np.float64))
    x.data /= np.repeat(np.sqrt(squares), lengths[: len(squares)]).astype(x.data.dtype)
    return x


def unit_points(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Dense rows scaled to length 1; rows of zeros stay as they are."""
    norm = np.sqrt(np.einsum("ij,ij->i", points, points))[:, None]
    unit: NDArray[np.float32] = np.divide(points, norm, out=np.zeros_like(points), where=norm > _LEAST)
    return unit
