"""The shop's hidden truth: what each person likes, and how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.simulation.choice import Index, Utility
from penchant.simulation.products import BRANDS, COLORS, KINDS, Products

STYLES = 4
"""Hidden dimensions of style: they show in no field of an item, only in what people choose."""

PRICE_WIDTH = 0.2
"""How far, in log price, a price may be from a person's wish before it is a drawback."""


@dataclass(frozen=True)
class Shoppers:
    """Tastes of all people and qualities of all products; utilities are logits.

    Attributes:
        products: The catalog.
        sports: Share of interest in each of `SPORTS` at the start and at the end, shape (2, people, sports).
        habits: Factor on the interest in each kind, shape (people, kinds).
        brands: Utility of each brand, shape (people, brands).
        colors: Utility of each colour; the last column, for goods without one, is 0. Shape (people, colours + 1).
        wish: Wished log price in each kind, shape (people, kinds).
        style: Shape (people, STYLES).
        looks: Style of each product, shape (products, STYLES).
        quality: Utility everyone sees in a product at the start, shape (products,).
        trend: How much that changes until the end, shape (products,).
    """

    products: Products
    sports: NDArray[np.float64]
    habits: NDArray[np.float64]
    brands: Utility
    colors: Utility
    wish: Utility
    style: Utility
    looks: Utility
    quality: Utility
    trend: Utility

    def kinds(self, person: Index, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """Long-term interest of people in each kind at a moment.

        Args:
            person: Person codes, shape (n,).
            at: Share of the simulated time that has passed, shape (n,).

        Returns:
            Weights, rows sum to 1, shape (n, kinds).
        """
        appeal = np.array([kind.appeal for kind in KINDS], np.float64).T
        before, after = self.sports[:, person]
        weights: NDArray[np.float64] = (
            (before * (1.0 - at)[:, None] + after * at[:, None]) @ appeal * self.habits[person]
        )
        weights /= weights.sum(axis=1, keepdims=True)
        return weights

    def liking(self, person: Index, at: NDArray[np.float64], kind: int) -> Utility:
        """How much people like each product of a kind, shape (n, products of the kind)."""
        products = self.products
        rows = products.of_kind(kind)
        away = np.log(products.price[rows]).astype(np.float32) - self.wish[person, kind][:, None]
        liking: Utility = (
            self.quality[rows]
            + at.astype(np.float32)[:, None] * self.trend[rows]
            + self.brands[person][:, products.brand[rows]]
            + self.colors[person][:, products.color[rows]]
            + self.style[person] @ self.looks[rows].T
            - np.minimum((away / PRICE_WIDTH) ** 2 / 2, 8.0)
        )
        return liking


def draw_shoppers(rng: np.random.Generator, people: int, products: Products) -> Shoppers:
    """Tastes for everyone: mostly one or two sports, a few loved brands, a price level, some colours, a style."""

    def normal(*shape: int, scale: float) -> Utility:
        return scale * rng.standard_normal(shape, dtype=np.float32)

    share = np.array([0.34, 0.16, 0.16, 0.14, 0.20])
    before = rng.dirichlet(1.2 * share, people) + 1e-3
    # Three in ten take up something else over the simulated time; the others stay as they are.
    after = np.where(rng.random(people)[:, None] < 0.3, rng.dirichlet(1.2 * share, people) + 1e-3, before)

    brands = normal(people, len(BRANDS), scale=0.9)
    brands[np.arange(people), rng.integers(len(BRANDS), size=people)] += 2.2

    log_price = np.log(products.price)
    middle = np.array([log_price[products.of_kind(k)].mean() for k in range(len(KINDS))])
    spread = np.array([log_price[products.of_kind(k)].std() for k in range(len(KINDS))])
    level = 0.85 * rng.standard_normal((people, 1)) + 0.5 * rng.standard_normal((people, len(KINDS)))

    n, models = len(products.items), int(products.group.max()) + 1
    looks = 0.9 * normal(models, STYLES, scale=1.0)[products.group] + normal(n, STYLES, scale=0.4)
    quality = normal(models, scale=0.35)[products.group] + normal(n, scale=0.2)
    trend = normal(models, scale=0.4)[products.group]
    colors = np.concatenate([normal(people, len(COLORS), scale=0.7), np.zeros((people, 1), np.float32)], axis=1)
    return Shoppers(
        products=products,
        sports=np.stack([before, after]),
        habits=np.exp(0.9 * rng.standard_normal((people, len(KINDS)))),
        brands=brands,
        colors=colors,
        wish=(middle + spread * level).astype(np.float32),
        style=normal(people, STYLES, scale=0.8),
        looks=looks,
        quality=quality,
        trend=trend,
    )
