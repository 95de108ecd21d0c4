"""What a model needs, said in figures when the data does not have it."""

from __future__ import annotations

from penchant.errors import FitFailed


def need(kind: str, what: str, have: int, least: int) -> None:
    """Refuse to fit noise.

    Args:
        kind: The model's kind.
        what: What is counted, in the plural: `sessions of two items or more`.
        have: How many there are.
        least: How many the model needs.

    Raises:
        FitFailed: There are fewer: `212 sessions of two items or more, 2,000 needed`.
    """
    if have < least:
        raise FitFailed(kind, f"{have:,} {what}, {least:,} needed")
