"""Names by code, and codes by name: a list that only ever grows."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import eq
from typing import overload

from penchant.catalog.path import Paths


class Names(Sequence[str]):
    """A sequence of names that finds the place of each, its code.

    Sequences that grew out of one another share one list, of which each sees what its own length allows: to add a name
    to a million costs no more than to add one to ten.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Of these names; of one that occurs twice the last place counts."""
        self._shared = _Shared(list(names))
        self._length = len(self._shared.names)

    def find(self, name: str) -> int:
        """The code of a name; -1 when it is not there."""
        code = self._shared.codes().get(name, -1)
        return code if code < self._length else -1

    def below(self, path: str) -> Sequence[int]:
        """Codes of the names that are a category path or below it."""
        return self._shared.paths(self._length).below(path)

    def grown(self, new: Sequence[str]) -> Names:
        """These names, and new ones behind them."""
        if not new:
            return self
        shared = self._shared.grow(self._length, new)
        if shared is None:  # others grew it another way
            return Names([*self, *new])
        names = Names.__new__(Names)
        names._shared, names._length = shared, self._length + len(new)
        return names

    def __len__(self) -> int:
        """How many."""
        return self._length

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[str, ...]: ...

    def __getitem__(self, at: int | slice) -> str | tuple[str, ...]:
        """The name of a code, or some of them."""
        if isinstance(at, slice):
            return tuple(self._shared.names[i] for i in range(*at.indices(self._length)))
        if not -self._length <= at < self._length:
            raise IndexError(at)
        return self._shared.names[at if at >= 0 else at + self._length]

    def __iter__(self) -> Iterator[str]:
        """All names, by code."""
        return islice(self._shared.names, self._length)

    def __contains__(self, name: object) -> bool:
        """Whether a name is among them."""
        return isinstance(name, str) and self.find(name) >= 0

    def __eq__(self, other: object) -> bool:
        """Whether another sequence, a tuple for example, has the same names in the same order."""
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))

    def __repr__(self) -> str:
        """As a tuple."""
        return repr(tuple(self))


class _Shared:
    """The list that several sequences see a part of."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self._codes: dict[str, int] | None = None
        self._paths: tuple[int, Paths] | None = None
        self._lock = threading.Lock()

    def codes(self) -> dict[str, int]:
        if self._codes is None:
            with self._lock:
                if self._codes is None:
                    self._codes = dict(zip(self.names, range(len(self.names)), strict=True))
        return self._codes

    def grow(self, length: int, new: Sequence[str]) -> _Shared | None:
        """This list with names behind its first `length`; None when there are others already."""
        with self._lock:
            if len(self.names) != length:
                return None
            if self._codes is not None:
                self._codes |= zip(new, range(length, length + len(new)), strict=True)
            self.names += new
            return self

    def paths(self, length: int) -> Paths:
        known = self._paths
        if known is None or known[0] != length:
            known = self._paths = (length, Paths(islice(self.names, length)))
        return known[1]
