"""How to choose, as rules over figures: one file a topic, one function a piece of advice."""

from collections.abc import Callable, Iterable, Sequence

from penchant.evaluation.advice import Advice, Case
from penchant.evaluation.topics.collect import impressions, interest, negatives
from penchant.evaluation.topics.goal import fields, objective, prices
from penchant.evaluation.topics.models import models, order
from penchant.evaluation.topics.repeats import forget, repeats, rhythm
from penchant.evaluation.topics.signals import enough_goals, mixture_of_roles, personal
from penchant.evaluation.topics.stale import catalog, empty_fields, old

Rule = Callable[[Case], Iterable[Advice]]

RULES: Sequence[Rule] = (
    *(objective, fields, prices),
    *(enough_goals, personal, mixture_of_roles),
    *(models, order),
    *(repeats, rhythm, forget),
    *(impressions, negatives, interest),
    *(old, catalog, empty_fields),
)
"""Every rule, in the order of reading."""

__all__ = ["RULES", "Rule"]
