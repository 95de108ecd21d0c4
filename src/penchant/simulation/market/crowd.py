"""The market's people: what each likes, how much money weighs, how often they come, and what they remember."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.simulation.choice import Index
from penchant.simulation.luck import normal, uniform
from penchant.simulation.market.goods import STYLES, Goods
from penchant.simulation.market.mechanisms import CARRY_OVER
from penchant.simulation.products import BRANDS, COLORS, KINDS

VISITS = 0.30
"""Mean chance that a person comes on a day: assumed, for people who have an account and come back."""

_STYLE, _COLOR, _KIND, _HABIT, _THRIFT, _RATE, _EASE, _BACK, _DEAL, _BRAND = range(201, 211)

Floats = NDArray[np.float64]


@dataclass
class Crowd:
    """Hidden truth about people, and what they remember. Only the memory changes.

    Attributes:
        style: Liking of each hidden style, shape (people, STYLES).
        colors: Liking of each colour, last column 0 for goods without, shape (people, colours + 1).
        interest: Long-term share of interest in each kind, shape (people, kinds).
        thrift: Factor on how much prices weigh, by kind, shape (people, kinds).
        deals: Liking of the word "sale" itself.
        rate: Chance to come on a day.
        ease: How easily the person buys, in logits.
        returner: How easily the person sends back, in logits.
        loyalty: Share of loyalty to each brand, rows sum to 1, shape (people, brands). Memory.
        owned: Which models the person has, shape (people, models). Memory.
        wants: Kind looked for now; -1 for none. Memory.
        last: Kind bought last; -1 for none. Memory.
    """

    style: Floats
    colors: Floats
    interest: Floats
    thrift: Floats
    deals: Floats
    rate: Floats
    ease: Floats
    returner: Floats
    loyalty: Floats
    owned: NDArray[np.bool_]
    wants: Index
    last: Index

    def __len__(self) -> int:
        """Number of people."""
        return len(self.rate)

    def bought(self, person: Index, item: Index, goods: Goods) -> None:
        """Remember purchases: loyalty moves to the brand, the want is met."""
        for p, i in zip(person.tolist(), item.tolist(), strict=True):
            self.loyalty[p] *= CARRY_OVER
            self.loyalty[p, goods.brand[i]] += 1.0 - CARRY_OVER
        self.owned[person, goods.group[item]] |= ~goods.replenishable[item]
        self.wants[person[self.wants[person] == goods.kind[item]]] = -1
        self.last[person] = goods.kind[item]


def draw_crowd(seed: int, people: int, goods: Goods) -> Crowd:
    """People, each drawn by code, so that the first hundred are the same however many there are."""
    who = np.arange(people)
    column = who[:, None]
    sports = np.log(uniform(seed, _KIND, column, np.arange(5))) ** 2 * np.array([0.34, 0.16, 0.16, 0.14, 0.20])
    appeal = np.array([kind.appeal for kind in KINDS], np.float64).T
    # Kinds are about as often wanted as the square root of their appeal: shoes do not drown the rest.
    interest = np.sqrt(sports @ appeal) * np.exp(0.7 * normal(seed, _HABIT, column, np.arange(len(KINDS))))
    spread = np.exp(normal(seed, _BRAND, column, np.arange(len(BRANDS))))
    loved = np.argmax(uniform(seed, _BRAND, column, np.arange(len(BRANDS)), 1), axis=1)
    loyalty = 0.6 * spread / spread.sum(axis=1, keepdims=True)
    loyalty[who, loved] += 0.4
    colors = np.concatenate(
        [0.35 * normal(seed, _COLOR, column, np.arange(len(COLORS))), np.zeros((people, 1))], axis=1
    )
    return Crowd(
        style=normal(seed, _STYLE, column, np.arange(STYLES)),
        colors=colors,
        interest=interest / interest.sum(axis=1, keepdims=True),
        thrift=np.exp(
            0.35 * normal(seed, _THRIFT, column)
            + 0.2 * normal(seed, _THRIFT, column, 1 + np.arange(len(KINDS)))
            - 0.08125
        ),
        deals=0.3 * np.exp(0.6 * normal(seed, _DEAL, who)),
        rate=np.minimum(VISITS * np.exp(0.6 * normal(seed, _RATE, who) - 0.18), 0.9),
        ease=0.5 * normal(seed, _EASE, who),
        returner=0.5 * normal(seed, _BACK, who),
        loyalty=loyalty,
        owned=np.zeros((people, int(goods.group.max()) + 1), np.bool_),
        wants=np.full(people, -1),
        last=np.full(people, -1),
    )
