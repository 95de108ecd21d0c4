"""What age takes from items: by hand, never below what is told, and only where a placement asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.catalog import About, Item, ItemTable, Schema
from penchant.clock import DAY, FixedClock
from penchant.dataset import Queries
from penchant.pack import Ageing, Facts, Pack, Placement, Source
from penchant.placements import Answer, Ask, Parts, answer, why_not
from penchant.placements.freshness import aged, ages

NOW = 1_000 * DAY


class Piece(Item, frozen=True, kw_only=True):
    """An item that has been there since a moment."""

    out: datetime | None = None
    form: str | None = None


def table(*days: float | None, forms: str = "") -> ItemTable:
    """Items that came out so many days ago."""
    items = [
        Piece(
            id=f"i{n}",
            out=None if ago is None else datetime.fromtimestamp(NOW - ago * DAY, UTC),
            form=forms[n] if forms else None,
        )
        for n, ago in enumerate(days)
    ]
    return ItemTable([item.id for item in items], items, Schema.of(Piece))


def left(ageing: Ageing, shelf: ItemTable) -> list[float] | None:
    found = ages(ageing, shelf, np.arange(len(shelf), dtype=np.int32), NOW)
    return None if found is None else found.tolist()


def test_half_of_what_age_can_take_is_taken_in_a_half_life() -> None:
    ageing = Ageing(field="out", half_life_days=7, least=0.2)

    assert left(ageing, table(0, 7, 14, 70_000)) == pytest.approx([1.0, 0.6, 0.4, 0.2])


def test_what_is_not_out_yet_is_new_and_what_does_not_tell_is_as_the_others_are() -> None:
    assert left(Ageing(field="out", half_life_days=7), table(-3, 7, None)) == pytest.approx([1.0, 0.75, 0.875])


def test_a_kind_may_age_at_its_own_pace() -> None:
    ageing = Ageing(field="out", half_life_days=7, least=0.0, by="form", half_lives={"n": 1.0, "gone": 2.0})

    assert left(ageing, table(1, 7, forms="nb")) == pytest.approx([0.5, 0.5])


def test_nothing_ages_where_nothing_can_be_taken_or_nothing_tells() -> None:
    assert left(Ageing(field="out", half_life_days=7, least=1.0), table(1, 2)) is None
    assert left(Ageing(field="out", half_life_days=7), table(None, None)) is None


@settings(max_examples=50, deadline=None)
@given(
    worth=st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=20),
    days=st.lists(st.floats(0, 5_000), min_size=20, max_size=20),
    least=st.floats(0, 1),
)
def test_age_never_raises_and_never_takes_more_than_it_may(worth: list[float], days: list[float], least: float) -> None:
    values = np.array(worth, np.float32)
    factors = least + (1 - least) * 0.5 ** (np.array(days[: len(worth)]) / 30.0)
    found = aged(values, factors)
    floor = min(0.0, float(values.min()))

    assert (found <= values + 1e-4).all()
    assert (found - floor >= least * (values - floor) - 1e-3).all()


# In an answer


@pytest.fixture
def ask(pack: Pack, listing: Callable[..., Any]) -> Callable[..., Answer]:
    """Answers over three items, of which the first is the best and a year old, and the second as good as new."""

    def made(**fields: Any) -> Answer:
        shelf = table(365, 0, 0)
        place = Placement(name="home", about="", sources=(Source(model="a"),), fallback=(), size=2, **fields)
        own = replace(pack, item=Piece, constraints=())
        models = {"a": listing({0: 1.0, 1: 0.9, 2: 0.6})}
        eligible = np.ones(3, bool)
        asked = Ask(Facts(Queries.single(NOW)), 2, pack.objectives[0], eligible, about=About(now=NOW))
        return answer(place, Parts(own, models, shelf, 3), asked, FixedClock(0.0))

    return made


def test_what_is_old_stands_further_down_and_keeps_its_value(ask: Callable[..., Answer]) -> None:
    plain, fresh = ask(), ask(freshness=Ageing(field="out", half_life_days=7, least=0.7))

    assert [(item.id, item.value) for item in plain.items] == [("i0", 1.0), ("i1", 0.9)]
    assert [(item.id, item.value) for item in fresh.items] == [("i1", 0.9), ("i0", 1.0)]


def test_what_is_too_old_is_told_so(ask: Callable[..., Answer]) -> None:
    made = ask(freshness=Ageing(field="out", half_life_days=7, least=0.5))
    assert made.work is not None
    [told] = why_not(made.work, ["i0"])

    assert [item.id for item in made.items] == ["i1", "i2"]
    assert (told.stage, told.aged, told.value, told.rank) == ("freshness", 0.5, 1.0, 3)
    assert "multiplies its value by 0.5" in told.why
