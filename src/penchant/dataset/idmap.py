"""External ids outside, dense codes inside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


class IdMap:
    """A one-to-one map between ids (text) and codes 0..n-1."""

    def __init__(self, ids: Sequence[str]) -> None:
        """Code i is ids[i]; ids must differ."""
        self.ids = tuple(ids)
        self._codes = {name: i for i, name in enumerate(self.ids)}
        if len(self._codes) != len(self.ids):
            raise ValueError("ids must differ")

    def __len__(self) -> int:
        """Number of ids."""
        return len(self.ids)

    def code(self, name: str) -> int:
        """The code of an id; -1 when unknown."""
        return self._codes.get(name, -1)

    def codes(self, names: Iterable[str]) -> NDArray[np.int32]:
        """Codes of many ids; -1 where unknown."""
        get = self._codes.get
        return np.fromiter((get(name, -1) for name in names), np.int32)
