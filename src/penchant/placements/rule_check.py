"""Is a rule sound? Found when it is written, with the field that is wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from penchant.catalog import Schema, parse_audience, parse_filter
from penchant.errors import InvalidRequest, choices, nearest
from penchant.placements.rule import Action, Rule

MOST_ITEMS = 1_000
"""Most items that one rule names."""

_ABOUT = ("items", "filter")
_USES: Mapping[Action, tuple[str, ...]] = MappingProxyType(
    {
        "pin": (*_ABOUT, "position", "most"),
        "boost": (*_ABOUT, "factor"),
        "bury": (*_ABOUT, "factor"),
        "exclude": _ABOUT,
        "quota": (*_ABOUT, "least", "most"),
        "list": ("items",),
        "set": ("items",),
    }
)
"""Fields that mean something to each action, beside those that every rule has."""
_OWN = ("items", "filter", "position", "factor", "least", "most")


def validate_rule(rule: Rule, schema: Schema, placements: Collection[str], path: str = "") -> None:
    """Check that a rule can be obeyed.

    Args:
        rule: The rule.
        schema: Columns of the domain's items, which filters name.
        placements: Names of the domain's placements.
        path: Where the rule stands in what was sent, for messages.

    Raises:
        InvalidRequest: With the field that is wrong.
    """
    check_shape(rule, path)
    at = f"{path}." if path else ""
    if rule.filter is not None:
        parse_filter(rule.filter, schema, f"{at}filter")
    if rule.audience is not None:
        parse_audience(rule.audience, f"{at}audience")
    for number, name in enumerate(rule.placements):
        if name not in placements:
            near = nearest(name, placements)
            hint = f'did you mean "{near}"?' if near else f"have: {choices(placements, 30)}"
            raise InvalidRequest(f"{at}placements[{number}]", f"no such placement; {hint}", name)


def check_shape(rule: Rule, path: str = "") -> None:
    """Check what can be checked without knowing the domain.

    Raises:
        InvalidRequest: With the field that is wrong.
    """
    at = f"{path}." if path else ""
    action = rule.action
    for name in _OWN:
        if name not in _USES[action] and getattr(rule, name) not in (None, ()):
            raise InvalidRequest(f"{at}{name}", f"means nothing to {action}; leave it out")
    _check_about(rule, at)
    factor = rule.factor
    if action == "boost" and (factor is None or not factor > 1):
        raise InvalidRequest(f"{at}factor", "of a boost must be above 1", factor)
    if action == "bury" and (factor is None or not 0 <= factor < 1):
        raise InvalidRequest(f"{at}factor", "of bury must be from 0 to below 1", factor)
    if action == "pin" and rule.most is not None and (rule.filter is None or not rule.most):
        wanted = "must be 1 or more" if rule.filter is not None else "means nothing to a pin of named items"
        raise InvalidRequest(f"{at}most", wanted, rule.most)
    if action == "quota":
        if not rule.least and rule.most is None:
            raise InvalidRequest(f"{at}least", "or most is needed: at least, or at most, how many places")
        if rule.least is not None and rule.most is not None and rule.least > rule.most:
            raise InvalidRequest(f"{at}least", f"must not be above most, which is {rule.most}", rule.least)
    starts, ends = rule.span
    if not starts < ends:
        raise InvalidRequest(f"{at}ends", "must be after starts", str(rule.ends))


def _check_about(rule: Rule, at: str) -> None:
    """Items or a filter, not both, and no item twice."""
    if rule.items and rule.filter is not None:
        raise InvalidRequest(f"{at}filter", "cannot stand beside items: a rule is about the one or the other")
    if not rule.items and rule.filter is None:
        either = " or a filter" if "filter" in _USES[rule.action] else ""
        raise InvalidRequest(f"{at}items", f"are needed: which items{either} {rule.action} is about")
    if rule.action == "set" and len(rule.items) < 2:
        raise InvalidRequest(f"{at}items", "of a set must be at least 2", len(rule.items))
    if len(rule.items) > MOST_ITEMS:
        raise InvalidRequest(f"{at}items", f"must be at most {MOST_ITEMS:,}", len(rule.items))
    seen: set[str] = set()
    for number, name in enumerate(rule.items):
        if name in seen:
            raise InvalidRequest(f"{at}items[{number}]", "stands in the list already", name)
        seen.add(name)
