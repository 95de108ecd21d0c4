"""Content: a reader or viewer explores, leaves noisy signals, and is judged by attention that lasts."""

from penchant.pack import Freshness, Pack
from penchant.packs.content.aims import AIMS
from penchant.packs.content.constraints import CONSTRAINTS
from penchant.packs.content.features import FEATURES
from penchant.packs.content.heads import HEADS
from penchant.packs.content.items import Content
from penchant.packs.content.metrics import METRICS
from penchant.packs.content.models import ATTRIBUTES, BASELINES, MODELS
from penchant.packs.content.objectives import OBJECTIVES
from penchant.packs.content.placements import ORDER, PLACEMENTS
from penchant.packs.content.signals import SIGNALS
from penchant.packs.content.texts import TEXTS

PACK = Pack(
    name="content",
    about="Articles, videos, tracks and podcasts: worth the person's time, now.",
    item=Content,
    signals=SIGNALS,
    goal="A completion: the person took it in to the end.",
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
    freshness=Freshness("6h", "What is talked about today is not what was yesterday."),
    texts=TEXTS,
    explore=0.03,
)

__all__ = ["PACK", "Content"]
