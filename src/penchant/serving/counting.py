"""What everything that counts the log beside the requests has in common: whose events count, and codes of items."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from penchant.people import Rules, decide
from penchant.storage import Store

NEEDED = ("analytics", "personalization")
"""What a person must allow before what they did is counted, as in training."""


def counted_of(store: Store, actors: Sequence[str], consent: Rules) -> list[bool]:
    """Which of these allow that models learn from what they did.

    Args:
        store: Knows what people said of it.
        actors: `user:…` or `anon:…`.
        consent: What holds for people who have said nothing.
    """
    said = store.consents(list(dict.fromkeys(actors)))
    silent = all(consent[purpose] for purpose in NEEDED)
    allows = {actor: all(decide(words, consent)[purpose] for purpose in NEEDED) for actor, words in said.items()}
    return [allows.get(actor, silent) for actor in actors]


class CodesSeen(dict[str, int]):
    """Item codes by id, looked up once each; remembers the highest."""

    def __init__(self, row: Callable[[str], int]) -> None:
        """Know none yet.

        Args:
            row: Code of an item id in the live catalog; -1 for none.
        """
        super().__init__()
        self._row = row
        self.most = -1

    def __missing__(self, item: str) -> int:
        """Look one up."""
        found = self[item] = self._row(item)
        self.most = max(self.most, found)
        return found
