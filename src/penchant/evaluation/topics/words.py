"""Lists and spans of time, as advice tells them."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str]) -> str:
    """`A, B, C`, or `none`."""
    return ", ".join(names) if names else "none"


def some(names: Sequence[str]) -> str:
    """`A, B or C`, three at most."""
    few = [f'"{name}"' for name in names[:3]]
    return f"{', '.join(few[:-1])} or {few[-1]}" if len(few) > 1 else few[0]


def number_of_days(days: float) -> str:
    """Days with as many places as matter."""
    return f"{days:,.0f}" if days >= 10 else f"{days:.1f}"


def span(days: float) -> str:
    """Hours below two days, else days."""
    return f"{days * 24:.0f} hours" if days < 2 else f"{number_of_days(days)} days"
