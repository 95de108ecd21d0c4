"""What people say they like: traits of their own, one for each domain and field, so that they merge and go with them.

A trait named `preferences.shop.category` with the value `["Shoes", "Hats"]` says which categories of the domain `shop`
a person likes; `preferences.shop.id` names single items. A number may be told as a range, as `[20, 50]` inside the
list; None is an open end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Value = str | float | tuple[float | None, float | None]
"""A text, a number, or a range of numbers, both ends in it; None is an open end."""
Likes = Mapping[str, tuple[Value, ...]]
"""What a person likes, by field of the domain's items; `id` names items."""

ITEMS = "id"
"""Field of the items themselves."""
MOST = 100
"""Values of one field that count; a trait may come from anywhere."""

_PREFIX = "preferences."


def trait_of(domain: str, field: str) -> str:
    """The name of the trait that keeps what is liked of a field."""
    return f"{_PREFIX}{domain}.{field}"


def likes_of(domain: str, traits: Mapping[str, Any]) -> Likes:
    """What a person likes in a domain, by what their traits say; what cannot be read counts for nothing.

    Args:
        domain: Domain name.
        traits: Values by name, as decoded from JSON.
    """
    begins = trait_of(domain, "")
    found: dict[str, tuple[Value, ...]] = {}
    for name, told in traits.items():
        if name.startswith(begins) and len(name) > len(begins):
            given: Sequence[Any] = told if isinstance(told, list | tuple) else (told,)
            values = tuple(dict.fromkeys(value for one in given[:MOST] if (value := _value(one)) is not None))
            if values:
                found[name.removeprefix(begins)] = values
    return found


def _value(told: object) -> Value | None:
    """A value as it counts; None for what is none."""
    if isinstance(told, str):
        return told or None
    if isinstance(told, bool):
        return None
    if isinstance(told, int | float):
        return float(told)
    if isinstance(told, list | tuple) and len(told) == 2:
        low, high = told
        if _is_end(low) and _is_end(high) and not (low is None and high is None):
            return (None if low is None else float(low), None if high is None else float(high))
    return None


def _is_end(told: object) -> bool:
    return told is None or (isinstance(told, int | float) and not isinstance(told, bool))
