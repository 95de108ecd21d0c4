"""The sports shop's catalog: kinds of goods, brands, models and their colour variants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.simulation.choice import Index

BRANDS = (
    "Alvik", "Brennard", "Corvane", "Dunmoor", "Eskeld", "Fennick",
    "Galdor", "Hestrel", "Ilvane", "Jorund", "Kelby", "Lundhag",
)  # fmt: skip
COLORS = ("black", "white", "blue", "red", "green", "grey", "orange", "yellow", "pink", "violet")
NAMES = (
    "Tempo", "Glide", "Pulse", "Ridge", "Drift", "Stride", "Comet", "Harbor", "Summit", "Swift", "Ember", "Arrow",
    "Cirrus", "Delta", "Echo", "Flint", "Gale", "Heron", "Iris", "Jet", "Kite", "Lark", "Merle", "Nova",
)  # fmt: skip
SPORTS = ("running", "trail", "football", "yoga", "everyday")
OUT_OF_STOCK = 0.08
"""Share of variants that are sold out at the end."""


@dataclass(frozen=True)
class Kind:
    """A kind of goods: one category of the shop.

    Attributes:
        prefix: Start of item ids.
        category: Path in the shop's tree.
        noun: What one is called in a title.
        models: Number of models.
        variants: Least and most colours of a model; (0, 0) for goods without colours.
        price: Least and highest price.
        returned: Share of sold pieces that come back.
        appeal: How much each of `SPORTS` cares.
        replenishable: Bought again and again.
    """

    prefix: str
    category: str
    noun: str
    models: int
    variants: tuple[int, int]
    price: tuple[float, float]
    returned: float
    appeal: tuple[float, float, float, float, float]
    replenishable: bool = False


KINDS = (
    Kind("run", "Shoes > Running", "running shoe", 100, (3, 5), (40, 220), 0.16, (16, 2, 1, 0, 5)),
    Kind("trail", "Shoes > Trail", "trail shoe", 30, (3, 4), (60, 230), 0.15, (1, 10, 0, 0, 0.5)),
    Kind("boot", "Shoes > Football", "football boot", 28, (2, 4), (35, 240), 0.14, (0, 0, 10, 0, 0.5)),
    Kind("sock", "Socks", "running socks", 18, (2, 4), (6, 26), 0.01, (0.5, 0.5, 0.3, 0, 0.3), True),
    Kind("sole", "Insoles", "insole", 28, (0, 0), (12, 65), 0.03, (0.4, 0.4, 0.2, 0, 0.1), True),
    Kind("shorts", "Clothing > Shorts", "shorts", 28, (2, 4), (18, 85), 0.12, (2, 1, 2, 0.5, 2)),
    Kind("shirt", "Clothing > Shirts", "shirt", 36, (2, 4), (15, 95), 0.12, (2, 1, 3, 1, 3)),
    Kind("jacket", "Clothing > Jackets", "jacket", 24, (2, 4), (55, 260), 0.14, (2, 4, 1, 0, 3)),
    Kind("tights", "Clothing > Tights", "tights", 20, (2, 3), (25, 120), 0.13, (2, 1, 0, 4, 2)),
    Kind("ball", "Football > Balls", "ball", 10, (2, 3), (12, 140), 0.02, (0, 0, 3, 0, 0.5)),
    Kind("guard", "Football > Shin guards", "shin guard", 12, (2, 2), (8, 45), 0.03, (0, 0, 2, 0, 0)),
    Kind("mat", "Yoga > Mats", "yoga mat", 18, (3, 4), (15, 120), 0.04, (0, 0, 0, 8, 0.5)),
    Kind("block", "Yoga > Blocks and straps", "yoga block", 12, (2, 3), (6, 35), 0.02, (0, 0, 0, 4, 0.2)),
    Kind("watch", "Watches", "sports watch", 18, (2, 2), (90, 600), 0.08, (3, 2, 0.5, 0.5, 1)),
    Kind("bottle", "Bottles", "bottle", 14, (3, 4), (8, 38), 0.01, (0.5, 1, 0.5, 0.8, 0.5)),
    Kind("gel", "Nutrition", "energy gel", 30, (0, 0), (2, 32), 0.0, (0.8, 1, 0.2, 0, 0.2), True),
)
"""What the shop sells; about 1,200 variants."""

COMPLEMENTS: dict[str, tuple[tuple[str, float], ...]] = {
    "run": (("sock", 0.60), ("sole", 0.35), ("shorts", 0.06)),
    "trail": (("sock", 0.40), ("bottle", 0.20), ("sole", 0.10)),
    "boot": (("sock", 0.30), ("guard", 0.30)),
    "shirt": (("shorts", 0.35),),
    "shorts": (("shirt", 0.30),),
    "jacket": (("shirt", 0.15), ("tights", 0.15)),
    "tights": (("shirt", 0.20),),
    "mat": (("block", 0.40), ("bottle", 0.10)),
    "ball": (("guard", 0.15),),
    "watch": (("gel", 0.10),),
    "gel": (("bottle", 0.15),),
}
"""What is bought with what: kinds by prefix, with the share of purchases that take one along."""


@dataclass(frozen=True)
class Products:
    """The catalog, as items and as columns; rows are variants, in the order of `KINDS`.

    Attributes:
        items: Plain fields for the product pack.
        kind: Index in `KINDS`.
        brand: Index in `BRANDS`.
        color: Index in `COLORS`; -1 for goods without colours.
        group: Model number.
        price: Price of a piece.
    """

    items: list[dict[str, Any]]
    kind: Index
    brand: Index
    color: Index
    group: Index
    price: NDArray[np.float64]

    def of_kind(self, kind: int) -> Index:
        """Item codes of a kind."""
        return np.flatnonzero(self.kind == kind)


def draw_products(rng: np.random.Generator) -> Products:
    """A catalog: each brand sells about two thirds of the kinds and keeps its price level in all of them."""
    tier = rng.standard_normal(len(BRANDS))
    items: list[dict[str, Any]] = []
    columns: list[tuple[int, int, int, int, float]] = []
    group = 0
    for k, kind in enumerate(KINDS):
        sellers = rng.permutation(len(BRANDS))[: 8 if kind.models >= 20 else 6]
        low, high = np.log(kind.price[0]), np.log(kind.price[1])
        for model in range(kind.models):
            brand = int(rng.choice(sellers))
            level = (low + high) / 2 + (high - low) / 4.2 * (0.6 * tier[brand] + 0.8 * rng.standard_normal())
            price = round(max(float(np.floor(np.exp(np.clip(level, low, high)))) - 0.1, kind.price[0]), 2)
            margin = round(
                price * float(np.clip(0.36 + 0.05 * tier[brand] + 0.05 * rng.standard_normal(), 0.1, 0.6)), 2
            )
            least, most = kind.variants
            colors = rng.permutation(len(COLORS))[: rng.integers(least, most + 1)] if most else np.array([-1])
            name = f"{BRANDS[brand]} {NAMES[int(rng.integers(len(NAMES)))]} {model + 1} {kind.noun}"
            for color in colors.tolist():
                items.append(_fields(rng, kind, model, name, BRANDS[brand], color, price, margin))
                columns.append((k, brand, color, group, price))
            group += 1
    kinds, brands, tints, groups, prices = zip(*columns, strict=True)
    return Products(
        items, np.array(kinds), np.array(brands), np.array(tints), np.array(groups), np.array(prices, np.float64)
    )


def _fields(
    rng: np.random.Generator, kind: Kind, model: int, name: str, brand: str, color: int, price: float, margin: float
) -> dict[str, Any]:
    group = f"{kind.prefix}-{model + 1:03d}"
    tint = COLORS[color] if color >= 0 else None
    sold_out = rng.random() < OUT_OF_STOCK
    pieces = 1 + int(rng.gamma(1.5, 18.0))
    return {
        "id": f"{group}-{tint}" if tint else group,
        "title": f"{name}, {tint}" if tint else name,
        "url": f"https://shop.example/{group}" + (f"?color={tint}" if tint else ""),
        "image": None,
        "category": kind.category,
        "brand": brand,
        "group": group,
        "color": tint,
        "size": None,
        "price": price,
        "currency": "EUR",
        "margin": margin,
        "stock": 0 if sold_out else pieces,
        "replenishable": kind.replenishable,
        "regions": [],
    }
