"""A head that is not learned: its chance is the product of the chances of several, each given the one before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from penchant.ranking.fitted import FittedHead, Kind
from penchant.ranking.head import Head


@dataclass(frozen=True)
class Chain:
    """Fitted heads multiplied, as the chance to be opened and the chance to be bought once opened.

    What is rare from where an item is shown may be common one step later, and most of those steps are taken from
    elsewhere. (Ma et al. 2018, "Entire space multi-task model: an effective approach for estimating post-click
    conversion rate", without its shared network.)

    Attributes:
        name: As formulas call it.
        kind: What the product is.
        parts: The fitted heads, the first step first.
    """

    name: str
    kind: Kind
    parts: tuple[FittedHead, ...]

    @cached_property
    def features(self) -> tuple[str, ...]:
        """Names of what any part reads, in the order of the columns."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.features))

    @property
    def trees(self) -> int:
        """Number of trees of all parts."""
        return sum(part.trees for part in self.parts)

    @property
    def fitted_on(self) -> int:
        """Rows that the part with the fewest was grown on."""
        return min(part.fitted_on for part in self.parts)

    @property
    def calibrated_on(self) -> int:
        """Rows that the part with the fewest was calibrated on."""
        return min(part.calibrated_on for part in self.parts)

    def predict(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """The product of what the parts say.

        Args:
            values: Shape (m, f), float32, in the order of `features`; NaN where nothing can be said.

        Returns:
            Shape (m,).
        """
        at = {name: column for column, name in enumerate(self.features)}
        return product([part.predict(values[:, [at[name] for name in part.features]]) for part in self.parts])


AnyHead = FittedHead | Chain
"""What formulas may ask."""


def product(factors: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """All factors multiplied, from the first on; float32."""
    out = factors[0]
    for factor in factors[1:]:
        out = out * factor
    return out


def with_chains(
    heads: Mapping[str, FittedHead], declared: Iterable[Head], only: Collection[str] | None = None
) -> dict[str, AnyHead]:
    """Fitted heads, and the chains whose parts are all among them.

    Args:
        heads: Fitted heads by name. One that was fitted under the name of a chain stays as it is.
        declared: The pack's heads.
        only: Names of the chains that are wanted; all when None.
    """
    made: dict[str, AnyHead] = dict(heads)
    for head in declared:
        wanted = head.of and head.name not in heads and (only is None or head.name in only)
        if wanted and all(name in heads for name in head.of):
            made[head.name] = Chain(head.name, head.outcome.kind, tuple(heads[name] for name in head.of))
    return made
