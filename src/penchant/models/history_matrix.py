"""People's histories as one sparse matrix: what linear models are fitted on, and what they answer."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from penchant.dataset import Dataset, Queries
from penchant.models.history import Roles, Weights, decay, mask_of, roles_named
from penchant.models.need import need
from penchant.models.sequences import Window
from penchant.slate import Codes

Weighting = Literal["binary", "log", "sum"]
"""What a cell holds: 1, the logarithm of one plus the sum of the signals' weights, or the sum.

With a half-life, `binary` is what age has left of the newest event, and the sums are of decayed weights.
"""


def unit_matrix(
    data: Dataset,
    roles: Roles,
    window: Window = "person",
    weighting: Weighting = "binary",
    half_life_days: float | None = None,
    most: int | None = None,
) -> sparse.csr_matrix:
    """Units by items, from everything that speaks for an item by `data.now`.

    Args:
        data: What is known.
        roles: Roles that count.
        window: What a unit is.
        weighting: What a cell holds.
        half_life_days: Days after which an event counts half; None counts all alike.
        most: Events of a unit that count, the newest ones; None counts all.

    Returns:
        Shape (units with an event, n_items), float32, columns ascending.
    """
    rows = data.positive(*roles_named(roles))
    group = rows.person if window == "person" else rows.session
    starts = np.flatnonzero(np.diff(group, prepend=-1)) if len(rows) else np.zeros(0, np.int64)
    lengths = np.diff(starts, append=len(rows))
    unit = np.repeat(np.arange(len(starts)), lengths)
    if most is not None and lengths.max(initial=0) > most:
        newest = np.repeat(starts + lengths, lengths) - np.arange(len(rows)) <= most
        rows, unit = rows.where(newest), unit[newest]
    decays = decay(data.now - rows.time, half_life_days)
    return matrix_of_cells(unit, rows.item, rows.weight, decays, (len(starts), len(data.items)), weighting)


def history_matrix(
    queries: Queries,
    n_items: int,
    roles: Roles,
    weighting: Weighting = "binary",
    half_life_days: float | None = None,
) -> sparse.csr_matrix:
    """Requests by items, from what each history says for an item; items outside the item space are passed over.

    Args:
        queries: n requests.
        n_items: Size of the item space.
        roles: Roles that count.
        weighting: What a cell holds.
        half_life_days: Days after which an event counts half; None counts all alike.

    Returns:
        Shape (n, n_items), float32, columns ascending.
    """
    row, at = _speaking(queries, n_items, roles)
    decays = decay(queries.now[row] - queries.times[at], half_life_days)
    return matrix_of_cells(row, queries.items[at], queries.weights[at], decays, (len(queries), n_items), weighting)


def last_steps(queries: Queries, n_items: int, roles: Roles, most: int, fade: float) -> sparse.csr_matrix:
    """Requests by items, from the last steps of each history: the last one weighs 1, the one before it exp(-1 / fade).

    The same item twice or more in a row is one step, as in `sequences`. An item that comes back adds up.

    Args:
        queries: n requests.
        n_items: Size of the item space; other items are passed over.
        roles: Roles that count.
        most: Steps that count.
        fade: Steps after which a weight has fallen to 1 / e.

    Returns:
        Shape (n, n_items), float32, columns ascending.
    """
    row, at = _speaking(queries, n_items, roles)
    items = queries.items[at]
    steps = np.ones(len(row), bool)
    steps[1:] = (row[1:] != row[:-1]) | (items[1:] != items[:-1])
    row, items = row[steps], items[steps]
    ends = np.searchsorted(row, np.arange(len(queries)), side="right")
    back = ends[row] - 1 - np.arange(len(row))
    near = back < most
    row, items, weights = row[near], items[near], np.exp(-back[near] / fade)
    return matrix_of_cells(row, items, np.ones(len(row), np.float32), weights, (len(queries), n_items), "sum")


def last_steps_of_one(
    queries: Queries, n_items: int, roles: Roles, most: int, fade: float
) -> tuple[Codes, NDArray[np.float32]]:
    """The row of `last_steps` for a batch of one, to the bit: its columns, rising, and what is in them."""
    said = queries.weights > 0
    said &= mask_of(roles)[queries.roles]
    said &= queries.items >= 0
    said &= queries.items < n_items
    items = queries.items[said]
    if not len(items):
        return items, np.zeros(0, np.float32)
    steps = np.empty(len(items), bool)
    steps[0] = True
    np.not_equal(items[1:], items[:-1], out=steps[1:])
    items = items[steps][-most:]
    weights = np.exp(np.arange(1 - len(items), 1) / fade)
    order = items.argsort(kind="stable")
    items = items[order]
    starts = np.flatnonzero(np.diff(items, prepend=np.int32(-1)))
    return items[starts], np.add.reduceat(weights[order], starts).astype(np.float32)


def need_pairs(kind: str, x: sparse.csr_matrix, window: Window, least: int) -> None:
    """Refuse to fit where too few units hold two items or more, so that nothing can be told of pairs.

    Args:
        kind: The model's kind.
        x: Units by items.
        window: What a unit is.
        least: Units the model needs.

    Raises:
        FitFailed: There are fewer.
    """
    units = "people" if window == "person" else "sessions"
    need(kind, f"{units} with two items or more", int((np.diff(x.indptr) > 1).sum()), least)


def in_block(x: sparse.csr_matrix, place: Codes, size: int) -> sparse.csr_matrix:
    """The columns of some items alone, for a few rows at little cost.

    Args:
        x: Rows by items.
        place: The column each item gets, rising with its code, or -1; shape (n_items,).
        size: Columns there will be.
    """
    columns = place[x.indices]
    known = columns >= 0
    ptr = np.concatenate([[0], np.cumsum(known)])[x.indptr]
    return sparse.csr_matrix((x.data[known], columns[known], ptr.astype(np.int32)), shape=(x.shape[0], size))


def places(block: Codes, n_items: int) -> Codes:
    """The place of each item in a block of ascending codes, -1 outside; shape (n_items,)."""
    place = np.full(n_items, -1, np.int32)
    place[block] = np.arange(len(block), dtype=np.int32)
    return place


def _speaking(queries: Queries, n_items: int, roles: Roles) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The request and the place of every event that counts, in order."""
    known = (queries.items >= 0) & (queries.items < n_items)
    at = np.flatnonzero(mask_of(roles)[queries.roles] & known & (queries.weights > 0))
    if len(queries) == 1:
        return np.zeros(len(at), np.int64), at
    return np.searchsorted(queries.ptr, at, side="right") - 1, at


def matrix_of_cells(
    row: NDArray[np.int64],
    column: Codes,
    weight: NDArray[np.float32],
    decays: Weights,
    shape: tuple[int, int],
    weighting: Weighting,
) -> sparse.csr_matrix:
    """Events summed up by cell; what a row holds depends on its own events alone, to the last bit.

    Args:
        row: Row of each event.
        column: Column of each event.
        weight: What each event's signal weighs; `binary` does not ask.
        decays: What age has left of each event.
        shape: Shape of the matrix.
        weighting: What a cell holds.

    Returns:
        Float32, columns ascending.
    """
    width = max(shape[1], 1)
    key = row.astype(np.int64) * width + column
    order = np.argsort(key, kind="stable")
    key = key[order]
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    if weighting == "binary":
        values = np.maximum.reduceat(decays[order], starts)
    else:
        values = np.add.reduceat((weight * decays)[order], starts)
        values = np.log1p(values) if weighting == "log" else values
    key = key[starts]
    ptr = np.searchsorted(key, np.arange(shape[0] + 1) * width)
    return sparse.csr_matrix(
        (values.astype(np.float32), (key % width).astype(np.int32), ptr.astype(np.int32)), shape=shape
    )
