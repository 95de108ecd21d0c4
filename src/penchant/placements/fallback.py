"""What answers when ranking leaves places empty: models in turn, and last of all the catalog itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Queries
from penchant.models import retrieves
from penchant.pack import Placement
from penchant.placements.request import Parts
from penchant.placements.retrieval import reach, unlike
from penchant.placements.standing import kinship
from penchant.placements.wishes import Wishes
from penchant.slate import Codes

CATALOG = "catalog"
"""Source name of the last link of every fallback chain."""
_DEEPER = 50
"""Proposals of a link that are looked at where rules move some of them."""
_CHUNK = 1_024


@dataclass(frozen=True)
class Spare:
    """An item that a link of the chain proposes; `score` is what it says of it, 0 for nothing."""

    code: int
    score: float
    name: str


@dataclass(frozen=True)
class Fallback:
    """The chain of one request.

    Attributes:
        placement: Whose chain.
        parts: The domain.
        queries: The request, a batch of one.
        failed: What raised, for `degraded`; grows.
    """

    placement: Placement
    parts: Parts
    queries: Queries
    failed: dict[str, str]

    def proposals(self, free: NDArray[np.bool_], size: int, wishes: Wishes) -> Iterator[Spare]:
        """What the links propose, one after the other; the last one proposes everything there is.

        Args:
            free: Rows that may be shown and are not; a row that is no longer free when its turn comes is passed over.
            size: Items wanted of each link.
            wishes: Whose boosts and buries change the order inside a link.
        """
        depth = max(4 * size, _DEEPER) if wishes.moves else size
        for name in self.placement.fallback:
            model: object = self.parts.models.get(name)
            if not retrieves(model):
                continue
            try:
                codes, scores = model.retrieve(self.queries, depth, free[: reach(model, self.parts)]).row(0)
                inside = (codes >= 0) & (codes < len(free))
                codes, scores = codes[inside], scores[inside]
            except Exception as error:  # the next link answers
                self.failed[name] = f"{type(error).__name__}: {error}"
                continue
            if wishes.moves:
                order = np.argsort(-wishes.moved(codes, scores), kind="stable")
                codes, scores = codes[order], scores[order]
            for code, score in zip(codes.tolist(), scores.tolist(), strict=True):
                if free[code]:
                    yield Spare(code, score, name)
        codes = self._catalog(free)
        if wishes.moves:
            codes = _by_factor(codes, wishes)
        for start in range(0, len(codes), _CHUNK):
            for code in codes[start : start + _CHUNK].tolist():
                if free[code]:
                    yield Spare(code, 0.0, CATALOG)

    def _catalog(self, free: NDArray[np.bool_]) -> Codes:
        """Everything that is free, in the order that is declared; what is like the seeds comes first."""
        codes = np.flatnonzero(free)
        standing = self.parts.standing(self.placement)[codes]
        if not len(self.queries.seeds):
            return codes[np.argsort(standing)].astype(np.int32)
        alike = kinship(self.parts.table, self.parts.pack.attributes, self.queries.seeds)
        # What goes with shoes is no other shoe, where the placement says so.
        for field in dict.fromkeys(source.differs for source in self.placement.sources if source.differs):
            alike = np.where(unlike(field, self.parts.table, self.queries), alike, -1.0)
        return codes[np.lexsort((standing, -alike[codes]))].astype(np.int32)


def _by_factor(codes: Codes, wishes: Wishes) -> Codes:
    """Where nothing is said of any item, what is boosted stands first and what is buried last."""
    factors = wishes.factors(codes)
    groups = []
    for chosen in (factors > 1, factors == 1, factors < 1):
        some = codes[chosen]
        groups.append(some[np.argsort(-factors[chosen], kind="stable")] if not (factors[chosen] == 1).all() else some)
    return np.concatenate(groups)
