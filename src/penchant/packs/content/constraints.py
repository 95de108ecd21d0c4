"""What must never be shown, whatever attention it would get."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable, in_region, open_at
from penchant.clock import parse_time
from penchant.events import Role
from penchant.pack import Constraint, Facts, Kept


def rights(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Content whose rights window is open now."""
    return open_at(table, "available_from", "available_until", facts.now)


def published(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Content that is out already."""
    date = table.number("published")
    return np.isnan(date) | (date <= facts.now)


def licensed(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Content with rights in the request's region."""
    return in_region(table, "regions", facts.region)


def of_age(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Content for people as old as the person; all of it when nobody says how old they are.

    A request may say `age` in its context, a person may have a trait `age` or `birthday`; the youngest counts.
    """
    told = [_years(facts.context.get("age")), _years(facts.person.get("age")), _since(facts)]
    known = [age for age in told if age is not None]
    if not known:
        return np.ones(len(table), bool)
    allowed: NDArray[np.bool_] = ~(table.number("age_rating") > min(known))
    return allowed


def for_all_ages(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Content without an age rating, for people of whom nobody can say now how old they are."""
    allowed: NDArray[np.bool_] = ~(table.number("age_rating") > 0)
    return allowed


def _years(told: object) -> float | None:
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        return None
    try:
        years = float(told)
    except (ValueError, OverflowError):
        return None
    return years if 0 <= years < 150 else None


def _since(facts: Facts) -> float | None:
    """Whole years since the person was born."""
    born = facts.person.get("birthday")
    if not isinstance(born, str):
        return None
    try:
        birth = datetime.fromtimestamp(parse_time(born), UTC)
        today = datetime.fromtimestamp(facts.now, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return _years(today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day)))


def not_finished(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Content the person has not finished."""
    return ~facts.queries.touched(len(table), Role.GOAL)


def not_turned_away(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Content the person did not skip or hide."""
    return ~facts.queries.touched(len(table), Role.NEGATIVE)


def _region(facts: Facts) -> str | None:
    return facts.region


_WINDOW = Kept(("available_from", "available_until"))

_OLDER = "Nothing for people older than the person."

CONSTRAINTS = (
    Constraint("rights-window", "Nothing outside its rights window.", rights, kept=_WINDOW),
    Constraint("published", "Nothing before it is out.", published, kept=Kept(("published",))),
    Constraint("rights-region", "Nothing without rights where the person is.", licensed, kept=Kept((), _region)),
    Constraint("age-rating", _OLDER, of_age, needs_person=True, anyone=for_all_ages),
    Constraint("not-finished", "Nothing the person finished already.", not_finished),
    Constraint("not-turned-away", "Nothing the person skipped or hid.", not_turned_away),
)
