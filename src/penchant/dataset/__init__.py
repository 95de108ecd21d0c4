"""Relational work on events: interactions, sessions, baskets, id maps and splits, written in Ibis."""

from penchant.dataset.attention import Attention
from penchant.dataset.build import build
from penchant.dataset.dataset import Dataset, Interactions
from penchant.dataset.history import Reader, Seen
from penchant.dataset.idmap import IdMap
from penchant.dataset.queries import Queries
from penchant.dataset.shown import Shown, read_slates
from penchant.dataset.shuffle import shuffled
from penchant.dataset.viewings import Watched, watched

__all__ = [
    "Attention",
    "Dataset",
    "IdMap",
    "Interactions",
    "Queries",
    "Reader",
    "Seen",
    "Shown",
    "Watched",
    "build",
    "read_slates",
    "shuffled",
    "watched",
]
