"""What may be shown while nobody can say who a person is: no more than may be shown whoever they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.catalog import Item, ItemTable
from penchant.dataset import Queries
from penchant.pack import Constraint, Facts
from penchant.packs import content, learning, product
from penchant.packs.content import Content
from penchant.packs.learning import Module
from penchant.placements.masks import allowed_by

PACKS = {pack.name: pack for pack in (product.PACK, content.PACK, learning.PACK)}
ASKING = [(name, one) for name, pack in PACKS.items() for one in pack.constraints if one.needs_person]
RULES: tuple[dict[str, Any] | None, ...] = (
    None,
    {"field": "tier", "eq": "gold"},
    {"not": {"field": "tier", "eq": "gold"}},
    {"field": "tier", "exists": False},
    {"any": [{"field": "age", "range": [18, None]}, {"field": "tier", "exists": False}]},
)
ITEMS: dict[str, list[Item]] = {
    "content": [Content(id=f"c{n}", age_rating=rating) for n, rating in enumerate((None, 0, 6, 12, 18))],
    "learning": [Module(id=f"m{n}", eligibility=rule) for n, rule in enumerate(RULES)],
}
TABLES = {name: ItemTable([item.id for item in items], items) for name, items in ITEMS.items()}
PEOPLE = st.fixed_dictionaries(
    {}, optional={"tier": st.sampled_from(["gold", "silver", ""]), "age": st.integers(-1, 120) | st.text(max_size=3)}
)


def facts(person: dict[str, Any], *unread: str) -> Facts:
    return Facts(Queries.single(0.0), None, {}, person, frozenset(unread))


@pytest.mark.parametrize(("name", "constraint"), ASKING, ids=[one.name for _, one in ASKING])
@given(person=PEOPLE)
def test_what_anyone_may_see_is_what_everyone_may_see(
    name: str, constraint: Constraint, person: dict[str, Any]
) -> None:
    table = TABLES[name]
    unread = allowed_by(constraint, table, facts({}, "traits"))
    read = allowed_by(constraint, table, facts(person))

    assert not (unread & ~read).any()


@pytest.mark.parametrize(
    ("pack", "rule", "open_"),
    [("content", "age-rating", [True, True, False, False, False]), ("learning", "eligible", [True] + [False] * 4)],
)
def test_what_is_meant_for_some_is_closed_while_traits_cannot_be_read(pack: str, rule: str, open_: list[bool]) -> None:
    constraint = next(one for one in PACKS[pack].constraints if one.name == rule)

    assert allowed_by(constraint, TABLES[pack], facts({"age": 99, "tier": "gold"}, "traits")).tolist() == open_


def test_a_constraint_that_does_not_say_what_anyone_may_see_lets_nothing_pass() -> None:
    asks = Constraint("asks", "Asks.", lambda table, facts: np.ones(len(table), bool), needs_person=True)
    table = TABLES["content"]

    assert allowed_by(asks, table, facts({})).all()
    assert not allowed_by(asks, table, facts({}, "traits")).any()
    assert allowed_by(asks, table, facts({}, "history")).all()
