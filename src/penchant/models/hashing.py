"""Names as columns: those known at the fit have one each, those that come later share a reserve."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
"""Names as numbers of 64 bits, the same in every process."""


def keys_of(names: Iterable[str]) -> Keys:
    """The key of each name; two names have the same one only by a chance of one in 10^19."""
    digests = b"".join(blake2b(name.encode(errors="replace"), digest_size=8).digest() for name in names)
    return np.frombuffer(digests, "<u8").astype(np.uint64)


@dataclass(frozen=True)
class Vocabulary:
    """Which column a name has.

    A name unknown at the fit has a column too, so that two new items of a new brand are alike; in the reserve two
    names may meet in one column (feature hashing: Weinberger et al., ICML 2009).

    Attributes:
        keys: Keys of the known names, rising; a name's place is its column.
        reserved: Columns behind them for all other names.
    """

    keys: Keys
    reserved: int

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.keys) + self.reserved

    def find(self, keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The column of each key, and whether it is known."""
        at = np.searchsorted(self.keys, keys)
        known = np.zeros(len(keys), bool)
        inside = at < len(self.keys)
        known[inside] = self.keys[at[inside]] == keys[inside]
        late = len(self.keys) + (keys % np.uint64(self.reserved)).astype(np.int64)
        return np.where(known, at, late), known
