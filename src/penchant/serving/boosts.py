"""Boosts of a request, as rules of that request alone."""

from __future__ import annotations

from collections.abc import Sequence

from penchant.catalog import Schema, parse_filter
from penchant.errors import InvalidRequest
from penchant.placements import CompiledRule, Rule
from penchant.serving.request import Boost

REQUEST = "request:"
"""What the ids of such rules begin with, in explanations and in the log; no kept rule's does."""


def boosts(told: Sequence[Boost], schema: Schema, path: str = "boost") -> tuple[CompiledRule, ...]:
    """What a request wants shown more or less, as rules: they obey all that rules obey.

    Args:
        told: As the request has them.
        schema: Columns of the domain's items.
        path: Where they stand in the request, for messages.

    Raises:
        InvalidRequest: One cannot be obeyed, with the field that is wrong.
    """
    return tuple(_rule(boost, schema, f"{path}[{number}]", number) for number, boost in enumerate(told))


def _rule(boost: Boost, schema: Schema, path: str, number: int) -> CompiledRule:
    if boost.by == 1:
        raise InvalidRequest(f"{path}.by", "must be above 1 to show more, or below 1 to show less", boost.by)
    if boost.filter is not None and boost.items:
        raise InvalidRequest(f"{path}.items", "cannot stand beside a filter: a boost is about the one or the other")
    if boost.filter is None and not boost.items:
        raise InvalidRequest(f"{path}.filter", "or items are needed: what is boosted")
    if boost.filter is not None:
        parse_filter(boost.filter, schema, f"{path}.filter")
    rule = Rule(
        action="boost" if boost.by > 1 else "bury",
        factor=boost.by,
        filter=boost.filter,
        items=tuple(dict.fromkeys(boost.items)),
    )
    return CompiledRule.of(f"{REQUEST}{number + 1}", 0, rule, schema)
