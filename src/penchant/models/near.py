"""What is nearest to an item, kept from one request to the next while its model serves.

What is nearest depends on the model alone: a request only says what of it may be shown. So the first request about an
item looks deeper than it must, and what later ones want is what is left of that list. Where too little is left the
model is asked again, for what may be shown: the items are the same in every case.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from penchant.models.choice import Allowed
from penchant.slate import Codes, Scores

DEPTH = 256
"""Items kept of each list."""
MOST = 8_192
"""Lists kept of a model, two kilobytes each; where there are more, the oldest goes."""
FEW = 8
"""Items of one call that lists are kept of; more come from a training, and would push out what pages ask about."""

Row = tuple[Codes, Scores]


class NearLists:
    """Lists of one model, by item. Safe to ask from several threads."""

    def __init__(self, most: int = MOST) -> None:
        """Keep nothing yet, and no more than so many lists."""
        self._most = most
        self._rows: dict[int, Row] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Lists that are kept."""
        return len(self._rows)

    def row(self, code: int, k: int, allowed: Allowed, ask: Callable[[int, Allowed], Row]) -> Row:
        """At most k allowed items nearest to one, best first.

        Args:
            code: The item.
            k: How many.
            allowed: Items that may be proposed, shape (n_items,); None allows all.
            ask: Gives the nearest so many of what is allowed; None there allows all.
        """
        if k > DEPTH:
            return ask(k, allowed)
        kept = self._rows.get(code)
        if kept is None:
            kept = ask(DEPTH, None)
            self._keep(code, kept)
        codes, scores = kept
        whole = len(codes) < DEPTH
        if allowed is not None:
            left = allowed[codes]
            codes, scores = codes[left], scores[left]
            if len(codes) < k and not whole:
                return ask(k, allowed)
        return codes[:k], scores[:k]

    def _keep(self, code: int, row: Row) -> None:
        for array in row:
            array.flags.writeable = False
        with self._lock:
            self._rows[code] = row
            if len(self._rows) > self._most:
                del self._rows[next(iter(self._rows))]
