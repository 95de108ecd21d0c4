from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from penchant.catalog import Item, ItemTable
from penchant.clock import iso
from penchant.dataset import Queries
from penchant.pack import Constraint, Facts, Kept
from penchant.packs import content, learning, product
from penchant.packs.content import Content
from penchant.packs.learning import Module
from penchant.packs.product import Product
from penchant.placements.masks import allowed_by

MOMENTS = (100.0, 200.0, 300.0)
"""Windows of the items open and close at these."""
AROUND = tuple(moment + beside for moment in (0.0, *MOMENTS) for beside in (-0.001, 0.0, 0.001, 50.0))


def told(moment: float) -> str:
    return iso(moment)


def table(*items: Item) -> ItemTable:
    return ItemTable([item.id for item in items], items)


@pytest.fixture(scope="module")
def shop() -> ItemTable:
    a, b, c = map(told, MOMENTS)
    return table(
        Product(id="always", price=9.0, stock=1),
        Product(id="from", price=9.0, available_from=a),
        Product(id="ahead", price=9.0, available_from=c, availability="preorder"),
        Product(id="until", price=9.0, expires=b),
        Product(id="sold-out", price=9.0, stock=0),
        Product(id="here", price=9.0, stock=3, stock_at={"berlin": 3, "bonn": 0}),
        Product(id="german", price=9.0, regions=("DE",)),
        Product(id="loss", price=9.0, cost=8.0, sale_price=7.0, sale_from=a, sale_until=c),
    )


@pytest.fixture(scope="module")
def channel() -> ItemTable:
    a, b, c = map(told, MOMENTS)
    return table(
        Content(id="always", kind="video"),
        Content(id="window", kind="video", available_from=a, available_until=c),
        Content(id="out", kind="video", published=b),
        Content(id="german", kind="video", regions=("DE",)),
    )


@pytest.fixture(scope="module")
def school() -> ItemTable:
    return table(
        Module(id="always"), Module(id="until", expires=told(MOMENTS[1])), Module(id="german", jurisdictions=("DE",))
    )


def facts(now: float, region: str | None, context: Mapping[str, Any]) -> Facts:
    return Facts(Queries.single(now), region, context)


@given(
    st.sampled_from(AROUND),
    st.sampled_from([None, "DE", "AT"]),
    st.sampled_from([{}, {"location": "berlin"}, {"location": "bonn"}, {"location": 1}, {"location": True}]),
)
def test_a_kept_answer_is_what_the_constraint_says(
    shop: ItemTable, channel: ItemTable, school: ItemTable, now: float, region: str | None, context: dict[str, Any]
) -> None:
    for pack, items in ((product.PACK, shop), (content.PACK, channel), (learning.PACK, school)):
        for constraint in pack.constraints:
            asked = facts(now, region, context)
            # The tables are those of all examples: what an earlier moment or place left there must not be told here.
            assert allowed_by(constraint, items, asked).tolist() == constraint.allow(items, asked).tolist()


def test_every_constraint_without_a_person_is_kept() -> None:
    kept = {one.name for pack in (product.PACK, content.PACK, learning.PACK) for one in pack.constraints if one.kept}

    assert kept == {
        *("in-stock", "sellable-region", "margin-floor"),
        *("rights-window", "published", "rights-region"),
        *("in-date", "jurisdiction"),
    }


class Counting:
    """Lets everything through, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, items: ItemTable, facts: Facts) -> NDArray[np.bool_]:
        self.asked += 1
        return np.ones(len(items), bool)


def test_a_constraint_is_asked_once_until_a_moment_passes_or_the_catalog_changes(shop: ItemTable) -> None:
    counting = Counting()
    rule = Constraint("r", "R.", counting, kept=Kept(("available_from",), lambda facts: facts.region))
    items = shop.changed({})

    def ask(now: float, region: str | None = "DE", of: ItemTable = items) -> int:
        allowed_by(rule, of, facts(now, region, {}))
        return counting.asked

    assert [ask(0.0), ask(99.0), ask(100.0), ask(299.0), ask(0.0)] == [1, 1, 2, 2, 2]
    assert [ask(0.0, "AT"), ask(0.0, None), ask(0.0, "AT")] == [3, 4, 4]
    changed = items.changed({"always": Product(id="always", price=9.0, available_from=told(50.0))})
    assert [ask(0.0, of=changed), ask(60.0, of=changed), ask(60.0)] == [5, 6, 6]


def test_a_kept_answer_cannot_be_written_to(shop: ItemTable) -> None:
    [rule] = [one for one in product.PACK.constraints if one.name == "in-stock"]

    with pytest.raises(ValueError, match="read-only"):
        allowed_by(rule, shop, facts(0.0, None, {}))[0] = False


def test_requests_that_name_any_place_do_not_fill_the_memory(shop: ItemTable) -> None:
    [rule] = [one for one in product.PACK.constraints if one.name == "in-stock"]
    for place in range(500):
        allowed_by(rule, shop, facts(0.0, None, {"location": f"town-{place}"}))

    assert len(shop.kept) < 100
