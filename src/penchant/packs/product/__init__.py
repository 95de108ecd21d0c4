"""Products: a shopper has a goal, leaves strong signals, and is judged by money."""

from penchant.pack import Freshness, Pack
from penchant.packs.product.aims import AIMS
from penchant.packs.product.constraints import CONSTRAINTS
from penchant.packs.product.features import FEATURES
from penchant.packs.product.heads import HEADS
from penchant.packs.product.items import Product
from penchant.packs.product.metrics import METRICS
from penchant.packs.product.models import ATTRIBUTES, BASELINES, MODELS
from penchant.packs.product.objectives import OBJECTIVES
from penchant.packs.product.placements import ORDER, PLACEMENTS
from penchant.packs.product.signals import SIGNALS
from penchant.packs.product.texts import TEXTS

PACK = Pack(
    name="product",
    about="Products of a shop: the right one, in stock, at a price that fits.",
    item=Product,
    signals=SIGNALS,
    goal="A purchase that is kept: matures after 7 days, net of returns within 30.",
    attributes=ATTRIBUTES,
    models=MODELS,
    baselines=BASELINES,
    features=FEATURES,
    objectives=OBJECTIVES,
    constraints=CONSTRAINTS,
    placements=PLACEMENTS,
    metrics=METRICS,
    aims=AIMS,
    heads=HEADS,
    order=ORDER,
    freshness=Freshness("1d", "Goods and prices change by the day; tastes by the season."),
    texts=TEXTS,
    explore=0.03,
)

__all__ = ["PACK", "Product"]
