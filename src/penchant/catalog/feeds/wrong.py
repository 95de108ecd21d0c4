"""A word of a feed that cannot be taken, on its way to becoming a refused entry."""

from __future__ import annotations


class Wrong(ValueError):
    """One word of an entry is wrong. Never leaves this room: a dialect makes a `Refused` of it.

    Attributes:
        word: As the feed spells it; empty when it is no single one.
        reason: What is wrong with it, in a sentence.
    """

    def __init__(self, word: str, reason: str) -> None:
        self.word, self.reason = word, reason
        super().__init__(f"{word}: {reason}" if word else reason)


def shown(text: str, limit: int = 60) -> str:
    """A value in quotes for a reason, cut where it is long."""
    return f'"{text}"' if len(text) <= limit else f'"{text[: limit - 1]}…"'
