"""How much better people did in checks than was to be expected of them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from penchant.slate import Codes

RATE = 1.0
FADE = 0.05
_SPREAD = 30.0


def gains(person: Codes, item: Codes, success: NDArray[np.float32], n_people: int, n_items: int) -> NDArray[np.float32]:
    """Success less what was expected, of each check.

    The Elo rating system of learners and items (Pelánek 2016, "Applications of the Elo rating system in adaptive
    educational systems", Computers & Education 98): success is expected with 1 / (1 + exp(difficulty - ability)), all
    start at 0, and each check moves both by what it differs from the expected, times `RATE / (1 + FADE n)` after n
    checks. What is expected of a check rests on earlier ones alone.

    Args:
        person: Person codes; rows stand by time.
        item: Item codes.
        success: Share of right answers, 0 to 1.
        n_people: People there are.
        n_items: Items there are.
    """
    ability, difficulty = [0.0] * n_people, [0.0] * n_items
    by_person, by_item = [0] * n_people, [0] * n_items
    out = np.empty(len(person), np.float32)
    for n, (who, what, told) in enumerate(zip(person.tolist(), item.tolist(), success.tolist(), strict=True)):
        off = min(max(difficulty[what] - ability[who], -_SPREAD), _SPREAD)
        error = told - 1.0 / (1.0 + math.exp(off))
        out[n] = error
        ability[who] += error * RATE / (1.0 + FADE * by_person[who])
        difficulty[what] -= error * RATE / (1.0 + FADE * by_item[what])
        by_person[who] += 1
        by_item[what] += 1
    return out
