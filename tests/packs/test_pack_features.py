"""Features of every pack on catalogs and histories of all kinds: a batch is its requests, and ranges are kept."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from penchant.catalog import Item, ItemTable
from penchant.clock import DAY
from penchant.dataset import Queries
from penchant.events import Role
from penchant.features import RELEVANCE, Batch, Moment, Statistics, matrix
from penchant.pack import Pack
from penchant.packs import content, learning, product
from penchant.packs.content import Content
from penchant.packs.learning import Module
from penchant.packs.product import Product
from penchant.ranking import parse
from penchant.slate import Candidates
from penchant.testing import joined

NOW = 60 * DAY
DOCS = Path(__file__).parents[2] / "docs"
PACKS = (product.PACK, content.PACK, learning.PACK)


def some(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, *values])


DATES = some(*(datetime.fromtimestamp(day * DAY, UTC) for day in (10, 55, 59, 61, 90)))
PRICES = some(0.0, 5.0, 9.99, 120.0)
ITEMS: dict[str, st.SearchStrategy[Item]] = {
    "product": st.builds(
        Product,
        id=st.just("x"),
        category=some("A > B", "A > C", "D"),
        brand=some("x", "y"),
        group=some("g", "h"),
        size=some("S", "M"),
        labels=st.lists(st.sampled_from("pqr"), max_size=2, unique=True).map(tuple),
        price=PRICES,
        sale_price=PRICES,
        sale_until=DATES,
        cost=PRICES,
        margin=some(-3.0, 4.0),
        stock=some(0, 7),
        return_rate=some(0.0, 0.5),
        replenishable=st.booleans(),
    ),
    "content": st.builds(
        Content,
        id=st.just("x"),
        kind=st.sampled_from(["video", "article"]),
        topics=st.lists(st.sampled_from("pqr"), max_size=3, unique=True).map(tuple),
        creator=some("a", "b"),
        format=some("f", "g"),
        series=some("s", "t"),
        episode=some(1, 2, 4),
        length_s=some(10.0, 600.0),
        language=some("de", "en"),
        published=DATES,
        flags=st.lists(st.sampled_from(["breaking"]), max_size=1).map(tuple),
    ),
    "learning": st.builds(
        Module,
        id=st.just("x"),
        series=some("s", "t"),
        position=some(1, 2, 4),
        prerequisites=st.lists(st.sampled_from(["0", "1", "nowhere"]), max_size=2, unique=True).map(tuple),
        topic=some("a", "b"),
        level=some(1, 3, 5),
        length_s=some(60.0, 600.0),
        explains=some("loan"),
        expires=DATES,
    ),
}
ENTRIES = st.lists(
    st.tuples(
        st.integers(-1, 7),
        st.sampled_from([0.0, 1.0, 30.0, 58.5, 59.0, 59.99]),
        st.sampled_from([-1.0, -0.1, 0.2, 1.0]),
        st.sampled_from(list(Role)),
    ),
    max_size=8,
).map(lambda rows: sorted(rows, key=lambda row: row[1]))


def request(history: list[tuple[int, float, float, Role]], seeds: list[int]) -> Queries:
    codes, days, weights, roles = zip(*history, strict=True) if history else ((), (), (), ())
    return Queries.single(NOW, codes, [day * DAY for day in days], weights, [int(role) for role in roles], seeds)


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(data=st.data())
def test_a_batch_is_its_requests_and_values_keep_their_range(pack: Pack, data: st.DataObject) -> None:
    items = data.draw(st.lists(st.one_of(st.none(), ITEMS[pack.name]), min_size=1, max_size=6))
    table, n = ItemTable([str(i) for i in range(len(items))], items), len(items)
    rows = data.draw(st.lists(st.tuples(ENTRIES, st.lists(st.integers(-1, 7), max_size=2)), min_size=1, max_size=4))
    shown = [data.draw(st.lists(st.integers(0, n - 1), max_size=5), label="candidates") for _ in rows]
    told = np.random.default_rng(7)
    statistics = Statistics.of(told.integers(0, n, 60), NOW * told.random(60), told.integers(0, len(Role), 60), n)
    candidates = Candidates.from_rows([(np.array(row, np.int32), np.full(len(row), 0.5, np.float32)) for row in shown])
    moment = Moment.plain(len(rows), len(candidates.items))
    whole = Batch(joined([request(*row) for row in rows]), candidates, table, statistics, moment)

    found = matrix([*pack.features, RELEVANCE], whole)
    single = [matrix([*pack.features, RELEVANCE], whole.take(i, i + 1)).values for i in range(len(rows))]

    assert found.failed == {}
    np.testing.assert_array_equal(found.values, np.concatenate(single))
    for feature in pack.features:
        values = found.column(feature.name)
        outside = values[(values < np.float32(feature.low)) | (values > np.float32(feature.high)) | np.isinf(values)]
        assert not len(outside), (feature.name, outside)


def test_packs_say_enough_of_what_they_show() -> None:
    assert len(product.PACK.features) >= 60
    assert all(len(pack.features) >= 50 for pack in PACKS)


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_what_a_formula_names_has_a_value_where_only_the_price_is_told(pack: Pack) -> None:
    """A formula is worth nothing where a part of it is unknown; where no margin is told, none is asked for."""
    bare = pack.item(id="a", **({"price": 3.0} if pack.name == "product" else {}))
    one = Candidates(np.array([0, 1]), np.array([0], np.int32), np.ones(1, np.float32))
    batch = Batch(Queries.single(NOW), one, ItemTable(["a"], [bare]))
    features = {feature.name: feature for feature in pack.features}
    numbers = {name for name, kind in batch.table.schema.columns.items() if kind in ("number", "flag")}
    known = {**dict.fromkeys((head.name for head in pack.heads), 0.5)}

    for objective in pack.objectives:
        values = {**known, **dict(objective.constants)}
        formula = parse(objective.formula, {*features, *numbers, *values})
        for name in set(formula.names) - set(values):
            values[name] = float(batch.number(name)[0] if name in numbers else features[name].compute(batch)[0])
        assert np.isfinite(formula(values)), objective.name


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_the_documents_tell_every_feature_objective_and_head(pack: Pack) -> None:
    table = (DOCS / f"features-{pack.name}.md").read_text("utf-8")
    told = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|", table, re.MULTILINE)
    shipped = (DOCS / "objectives-shipped.md").read_text("utf-8")

    assert told == [(feature.name, feature.about, feature.unit) for feature in pack.features]
    assert not [one.name for one in pack.objectives if f"| `{one.name}` | `{one.formula}` |" not in shipped]
    assert not [head.name for head in pack.heads if f"| `{head.name}` |" not in shipped]
