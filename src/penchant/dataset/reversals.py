"""Goals that were taken back: a return is set against the purchases it returns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.events import Role
from penchant.slate import Codes


def reversed_at(
    person: Codes,
    item: Codes,
    time: NDArray[np.float64],
    role: NDArray[np.int8],
    quantity: NDArray[np.float32],
) -> NDArray[np.float64]:
    """When each goal was taken back wholly.

    A reversal of q pieces is set against the latest earlier goals of the same person and item, until q is used up;
    what is left over reverses nothing.

    Args:
        person: Person codes; rows sorted by person, then time.
        item: Item codes.
        time: Unix seconds.
        role: `Role` values.
        quantity: Pieces.

    Returns:
        Unix seconds of the reversal for goals that were reversed wholly, else inf.
    """
    out = np.full(len(item), np.inf)
    backs = np.flatnonzero(role == Role.REVERSAL)
    if not len(backs):
        return out
    wanted = np.unique(person[backs].astype(np.int64) << 32 | item[backs])
    key = person.astype(np.int64) << 32 | item
    goals = np.flatnonzero((role == Role.GOAL) & np.isin(key, wanted))
    left = dict(zip(goals.tolist(), quantity[goals].tolist(), strict=True))
    of_key: dict[int, list[int]] = {}
    for row in goals.tolist():
        of_key.setdefault(int(key[row]), []).append(row)
    for back in backs[np.argsort(time[backs], kind="stable")].tolist():
        pieces = float(quantity[back])
        for row in reversed(of_key.get(int(key[back]), [])):
            if time[row] > time[back] or left[row] <= 0:
                continue
            taken = min(pieces, left[row])
            left[row] -= taken
            pieces -= taken
            if left[row] <= 0:
                out[row] = time[back]
            if pieces <= 0:
                break
    return out
