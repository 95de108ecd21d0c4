"""Item-item products: the block of items they are for, what is solved with them, and the strongest cells of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from penchant.slate import Codes

_BLOCK_CELLS = 4_000_000
_EXACT = 2_000
_MOST_CELLS = 10_000_000
_LEAST_KEPT = 20
_STEP = 256
"""Rows that are solved for at a time."""
_WIDE = 512
"""Columns that one thread solves for at a time, and rows that it searches."""

Dense = NDArray[np.floating]

T = TypeVar("T")


def frequent(x: sparse.csr_matrix, most: int) -> Codes:
    """The columns with the most cells, at most `most`, ascending; equal ones by code, empty ones never."""
    counts = np.bincount(x.indices, minlength=x.shape[1])
    best = np.argsort(-counts, kind="stable")[:most]
    return np.sort(best[counts[best] > 0]).astype(np.int32)


def products(left: sparse.csr_matrix, right: sparse.csr_matrix) -> Iterator[tuple[slice, sparse.csr_matrix]]:
    """`left.T @ right` in row blocks, so that memory stays bounded however dense the whole would be.

    Args:
        left: Rows by columns.
        right: As many rows.

    Yields:
        Which rows, and the block; columns are in no order.
    """
    n = left.shape[1]
    columns = left.T.tocsr()
    step = max(16, _BLOCK_CELLS // max(right.shape[1], 1))
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        yield rows, columns[rows] @ right


def products_of(n: int) -> Dense:
    """Room for the products of n items with each other: zeros, shape (n, n).

    Float64 as long as it costs little; float32 beyond, in half the time and memory.
    """
    return np.zeros((n, n), np.float64 if n <= _EXACT else np.float32)


def add_product(total: Dense, left: sparse.csr_matrix, right: sparse.csr_matrix, share: float = 1.0) -> None:
    """Add `share * left.T @ right` to a dense matrix, in place.

    Args:
        total: What it is added to, shape (columns of `left`, columns of `right`).
        left: Rows by columns.
        right: As many rows.
        share: What the product counts.
    """
    for rows, block in products(left, right):
        total[rows] += share * block.toarray()


@dataclass(frozen=True)
class Factor:
    """The lower Cholesky factor of a symmetric positive definite matrix, in that matrix's memory.

    What is solved with it is solved by products of matrices, in blocks of fixed sizes: unlike LAPACK as SciPy calls it,
    these let other threads work, and however many there are, the same bits come out.

    Attributes:
        lower: The factor, shape (n, n); what stands above its diagonal means nothing.
        corners: Inverses of the factor's blocks on the diagonal, each of `_STEP` rows and columns or what is left.
    """

    lower: Dense
    corners: tuple[Dense, ...]

    @classmethod
    def of(cls, g: Dense) -> Factor:
        """Factor a matrix.

        Args:
            g: Float32 or float64, rows one after the other in memory; what it held is lost.

        Raises:
            LinAlgError: It is not positive definite as far as its precision shows.
        """
        if not len(g):
            return cls(g, ())
        factor = lapack.spotrf if g.dtype == np.float32 else lapack.dpotrf
        with threadpool_limits(1, "blas"):
            # LAPACK reads by columns: its upper triangle is the lower one here.
            turned, wrong = factor(g.T, lower=0, overwrite_a=1, clean=0)
            if wrong:
                raise np.linalg.LinAlgError(f"not positive definite (LAPACK {wrong})")
            if not np.shares_memory(turned, g):
                g[:] = turned.T
            blocks = (np.tril(g[a : a + _STEP, a : a + _STEP]).astype(np.float64) for a in range(0, len(g), _STEP))
            corners = tuple(lapack.dtrtri(block, lower=1)[0].astype(g.dtype) for block in blocks)
        return cls(g, corners)

    def solve(self, right: Dense, threads: int = 1) -> Dense:
        """What the matrix times it is `right`, in the memory of `right`.

        Args:
            right: Shape (n, m).
            threads: How many work at once.

        Returns:
            `right`.
        """

        def some(start: int) -> None:
            columns = np.ascontiguousarray(right[:, start : start + _WIDE])
            self._solve(columns)
            right[:, start : start + _WIDE] = columns

        _side_by_side(some, range(0, right.shape[1], _WIDE), threads)
        return right

    def _solve(self, b: Dense) -> None:
        """Solve in place: down the factor, and up again."""
        steps = [(a, min(a + _STEP, len(b))) for a in range(0, len(b), _STEP)]
        for (a, e), corner in zip(steps, self.corners, strict=True):
            b[a:e] = corner @ (b[a:e] - self.lower[a:e, :a] @ b[:a])
        for (a, e), corner in zip(reversed(steps), reversed(self.corners), strict=True):
            b[a:e] = corner.T @ (b[a:e] - self.lower[e:, a:e].T @ b[e:])


def invert(g: Dense) -> Dense:
    """The inverse of a symmetric positive definite matrix, by Cholesky, in the memory of `g`.

    Args:
        g: Float32 or float64, rows one after the other in memory; what it held is lost.

    Returns:
        `g`.

    Raises:
        LinAlgError: It is not positive definite as far as its precision shows.
    """
    if not len(g):
        return g
    factor, inverse = (lapack.spotrf, lapack.spotri) if g.dtype == np.float32 else (lapack.dpotrf, lapack.dpotri)
    with threadpool_limits(1, "blas"):  # one thread and several give the same bits
        turned, wrong = factor(g.T, lower=1, overwrite_a=1, clean=0)  # LAPACK reads by columns
        if not wrong:
            turned, wrong = inverse(turned, lower=1, overwrite_c=1)
    if wrong:
        raise np.linalg.LinAlgError(f"not positive definite (LAPACK {wrong})")
    if not np.shares_memory(turned, g):
        g[:] = turned.T
    # Only the upper triangle of `g` (LAPACK's lower) is filled; the other follows in tiles.
    step = 1_024
    for a in range(0, len(g), step):
        tile = g[a : a + step, a : a + step]
        tile[:] = np.triu(tile) + np.triu(tile, 1).T
        g[a + step :, a : a + step] = g[a : a + step, a + step :].T
    return g


def _side_by_side(work: Callable[[int], T], starts: Iterable[int], threads: int) -> list[T]:
    """What comes of every start, in order; BLAS has one thread meanwhile, so that sums do not depend on how many."""
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(max(threads, 1)) as pool:
        return list(pool.map(work, starts))


def kept(neighbours: int, n_items: int) -> int:
    """Weights kept a row: `neighbours`, or fewer (100 at 100,000 items) where all rows would take 80 MB or more."""
    return min(neighbours, max(_LEAST_KEPT, _MOST_CELLS // max(n_items, 1)))


def strongest(block: sparse.csr_matrix, top: int) -> sparse.csr_matrix:
    """The `top` cells of each row that are farthest from 0; equal ones by column.

    Args:
        block: Some rows; changed by sorting its columns.
        top: Cells kept a row.

    Returns:
        Columns ascending, no cell of 0, float32.
    """
    block.sort_indices()
    size = np.abs(block.data)
    keep = size > 0
    for a, b in zip(block.indptr[:-1].tolist(), block.indptr[1:].tolist(), strict=True):
        if b - a > top:
            keep[a:b] &= _largest(size[a:b], top)
    before = np.concatenate([[0], np.cumsum(keep)])
    cells = (block.data[keep].astype(np.float32), block.indices[keep], before[block.indptr])
    return sparse.csr_matrix(cells, shape=block.shape)


def strongest_of(rows: Callable[[int, int], Dense], n: int, top: int, threads: int = 1) -> list[sparse.csr_matrix]:
    """As `strongest`, of a matrix of n dense rows that are made some at a time.

    Args:
        rows: Makes the rows from one up to another.
        n: Number of rows.
        top: Cells kept a row.
        threads: How many work at once.

    Returns:
        Consecutive row blocks.
    """
    return _side_by_side(
        lambda start: _strongest_dense(rows(start, min(start + _WIDE, n)), top), range(0, n, _WIDE), threads
    )


def _strongest_dense(rows: Dense, top: int) -> sparse.csr_matrix:
    size, width = np.abs(rows), rows.shape[1]
    keep = size > 0
    if top < width:
        edge = np.partition(size, width - top, axis=1)[:, width - top]
        keep &= size >= edge[:, None]
        for row in np.flatnonzero(np.count_nonzero(keep, axis=1) > top).tolist():
            keep[row] = _largest(size[row], top)
    ptr = np.concatenate([[0], np.cumsum(np.count_nonzero(keep, axis=1))]).astype(np.int32)
    at = np.flatnonzero(keep)
    cells = (rows.ravel()[at].astype(np.float32), (at % max(width, 1)).astype(np.int32), ptr)
    return sparse.csr_matrix(cells, shape=rows.shape)


def _largest(size: Dense, top: int) -> NDArray[np.bool_]:
    """Which values are among the `top` largest; of those at the edge, the first ones."""
    edge = np.partition(size, len(size) - top)[len(size) - top]
    keep: NDArray[np.bool_] = size > edge
    level = np.flatnonzero(size == edge)
    keep[level[: top - int(keep.sum())]] = True
    return keep
