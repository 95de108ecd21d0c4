"""Learning: a learner moves through a series and is judged by informed action."""

from penchant.pack import Freshness, Pack
from penchant.packs.learning.aims import AIMS
from penchant.packs.learning.constraints import CONSTRAINTS
from penchant.packs.learning.features import FEATURES
from penchant.packs.learning.heads import HEADS
from penchant.packs.learning.items import Module
from penchant.packs.learning.metrics import METRICS
from penchant.packs.learning.models import ATTRIBUTES, BASELINES, MODELS
from penchant.packs.learning.objectives import OBJECTIVES
from penchant.packs.learning.placements import ORDER, PLACEMENTS
from penchant.packs.learning.signals import SIGNALS
from penchant.packs.learning.texts import TEXTS

PACK = Pack(
    name="learning",
    about="Modules of an academy: the next step that this learner can take and profit from.",
    item=Module,
    signals=SIGNALS,
    goal="A module completed; never a sale.",
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
    freshness=Freshness("7d", "A curriculum changes slowly; what a learner did is read at each request."),
    texts=TEXTS,
    explore=0.02,
)

__all__ = ["PACK", "Module"]
