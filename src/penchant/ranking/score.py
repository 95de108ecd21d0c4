"""Candidates get their value by a sum: an objective's terms, one by one, so that every share can be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from penchant.features import Batch, Feature, Matrix
from penchant.ranking.objective import Objective


@dataclass(frozen=True)
class Valued:
    """Values and where they come from, aligned with the candidates' items.

    Attributes:
        value: What candidates are ordered by, float32. By a formula it is the formula's number; an item below the
            relevance floor stands below all others of its request, by its goal.
        terms: Share of each term by name, float32: of a sum, weight times feature; of a formula, what the value owes to
            this name not being as it is on average over the request.
        failed: Features and heads that raised, with the error's text; features add nothing.
        heads: Predictions by head, float32, of those that were asked.
        by: Whether the formula or the sum gave the values.
        below: Which items are below the relevance floor; empty when there is none.
        guessed: Items whose formula had no number, as where a margin is not told; they are valued for their goal as
            the others of their request are on average. Empty when there is none.
        matrix: Features that were worked out for it, for whoever reads them next; None where there were none.
    """

    value: NDArray[np.float32]
    terms: Mapping[str, NDArray[np.float32]]
    failed: Mapping[str, str]
    heads: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    by: Literal["formula", "sum"] = "sum"
    below: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    guessed: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    matrix: Matrix | None = None

    def first(self, n: int) -> Self:
        """The first n candidates alone; what failed is not told again."""
        return replace(
            self,
            value=self.value[:n],
            terms={name: share[:n] for name, share in self.terms.items()},
            failed={},
            heads={name: told[:n] for name, told in self.heads.items()},
            below=self.below[:n],
            guessed=self.guessed[:n],
            matrix=None if self.matrix is None else self.matrix.first(n),
        )


def score(objective: Objective, features: Mapping[str, Feature], batch: Batch) -> Valued:
    """Value candidates by the sum of an objective's terms.

    Args:
        objective: Its terms.
        features: Features by name; `relevance` is the candidates' own score.
        batch: n requests and their candidates, whose scores are relevance, 0 to 1.

    Returns:
        Values; a feature that can say nothing (NaN) adds nothing.
    """
    total = np.zeros(len(batch.candidates.items), np.float32)
    terms: dict[str, NDArray[np.float32]] = {}
    failed: dict[str, str] = {}
    for term in objective.terms:
        if term.feature == "relevance":
            raw = batch.candidates.scores
        else:
            try:
                raw = features[term.feature].compute(batch)
                if raw.shape != total.shape:
                    raise ValueError(f"{raw.shape} values for {total.shape} candidates")
            except Exception as error:  # an answer without one term is better than none; the caller says so
                failed[term.feature] = f"{type(error).__name__}: {error}"
                continue
        share = (np.nan_to_num(raw, nan=0.0) * np.float32(term.weight)).astype(np.float32)
        terms[term.feature] = share
        total += share
    return Valued(total, terms, failed)
