"""Candidates get their value: an objective's terms, one by one, so that every share can be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.dataset import Queries
from penchant.features import Feature
from penchant.ranking.objective import Objective
from penchant.slate import Candidates


@dataclass(frozen=True)
class Valued:
    """Values and where they come from, aligned with the candidates' items.

    Attributes:
        value: Sum of the terms, float32.
        terms: Share of each term by feature name, float32.
        failed: Features that raised, with the error's text; they add nothing.
    """

    value: NDArray[np.float32]
    terms: Mapping[str, NDArray[np.float32]]
    failed: Mapping[str, str]


def score(
    objective: Objective,
    features: Mapping[str, Feature],
    queries: Queries,
    candidates: Candidates,
    table: ItemTable,
) -> Valued:
    """Value candidates by an objective.

    Args:
        objective: The formula.
        features: Features by name; `relevance` is the candidates' own score.
        queries: n requests.
        candidates: n rows, whose scores are relevance, 0 to 1.
        table: The catalog in the candidates' item space.

    Returns:
        Values; a feature that can say nothing (NaN) adds nothing.
    """
    total = np.zeros(len(candidates.items), np.float32)
    terms: dict[str, NDArray[np.float32]] = {}
    failed: dict[str, str] = {}
    for term in objective.terms:
        if term.feature == "relevance":
            raw = candidates.scores
        else:
            try:
                raw = features[term.feature].compute(queries, candidates, table)
                if raw.shape != total.shape:
                    raise ValueError(f"{raw.shape} values for {total.shape} candidates")
            except Exception as error:  # an answer without one term is better than none; the caller says so
                failed[term.feature] = f"{type(error).__name__}: {error}"
                continue
        share = (np.nan_to_num(raw, nan=0.0) * np.float32(term.weight)).astype(np.float32)
        terms[term.feature] = share
        total += share
    return Valued(total, terms, failed)
