"""What a person allows, from everything they said about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

Rules = Mapping[str, bool]
"""Whether each purpose is allowed; as a default: while a person has said nothing."""


class Statement(Protocol):
    """What somebody allowed or forbade, and when."""

    @property
    def purpose(self) -> str:
        """What for."""
        ...

    @property
    def granted(self) -> bool:
        """Allowed, or forbidden."""
        ...

    @property
    def at(self) -> int:
        """Milliseconds."""
        ...


def decide(statements: Iterable[Statement], default: Rules) -> dict[str, bool]:
    """What holds now: the latest word on each purpose, of two at one moment the one that forbids, else the default.

    Args:
        statements: Everything one person said, under any id, in any order.
        default: What holds for a purpose that nothing was said of.
    """
    latest: dict[str, tuple[int, bool]] = {}
    for said in statements:
        rank = (said.at, not said.granted)
        if said.purpose not in latest or rank > latest[said.purpose]:
            latest[said.purpose] = rank
    return {**default, **{purpose: not forbidden for purpose, (_, forbidden) in latest.items()}}
