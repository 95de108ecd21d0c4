"""Paths of categories, as in `Shoes > Running`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence


def normal(path: str) -> str:
    """The path with one space around each `>` and none at its ends: `Shoes>Running` is `Shoes > Running`."""
    return " > ".join(map(str.strip, path.split(">"))) if ">" in path else path.strip()


def is_below(path: str, top: str) -> bool:
    """Whether a path is `top` or below it; `Shoestrings` is not below `Shoes`."""
    path, top = normal(path), normal(top)
    return path == top or path.startswith(f"{top} > ")


class Paths:
    """Many paths, in an order in which those below another stand together."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Of these; the place of each is its code."""
        order = sorted((normal(path), code) for code, path in enumerate(paths))
        self._paths = [path for path, _ in order]
        self._codes = [code for _, code in order]

    def below(self, top: str) -> Sequence[int]:
        """Codes of the paths that are `top` or below it."""
        top = normal(top)
        own = bisect_left(self._paths, top)
        after = own
        while after < len(self._paths) and self._paths[after] == top:
            after += 1
        # What is below begins with "top > "; the sign after the space ends it.
        first, last = bisect_left(self._paths, f"{top} > "), bisect_left(self._paths, f"{top} >!")
        return [*self._codes[own:after], *self._codes[first:last]]
