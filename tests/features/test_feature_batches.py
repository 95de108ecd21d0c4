"""What holds for every feature: a batch is its rows, and unknown items are nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from penchant.catalog import Item, ItemTable
from penchant.clock import DAY
from penchant.dataset import Queries
from penchant.events import Role
from penchant.features import (
    Batch,
    Feature,
    category_affinity,
    category_aversion,
    freshness,
    next_in,
    number_fit,
    sibling,
    tag_affinity,
)
from penchant.slate import Candidates
from penchant.testing import joined

FEATURES = (
    category_affinity("affinity", "kind", "About.", half_life_days=3.0),
    category_aversion("aversion", "kind", "About.", half_life_days=3.0),
    tag_affinity("tags", "tags", "About.", half_life_days=3.0),
    number_fit("fit", "price", "kind", "About.", half_life_days=3.0),
    sibling("other", "kind", "About."),
    next_in("next", "kind", "place", "About."),
    freshness("fresh", "out", "About.", half_life_days=3.0),
)
NOW = 50 * DAY

ITEMS = st.builds(
    lambda **fields: Item(id="x", attributes={name: value for name, value in fields.items() if value is not None}),
    kind=st.sampled_from([None, "a", "b"]),
    tags=st.lists(st.sampled_from(["s", "t", "u"]), max_size=2),
    price=st.sampled_from([None, 0.0, 1.0, 5.0, 20.0]),
    place=st.sampled_from([None, 1, 2, 3]),
    out=st.sampled_from([None, 40 * DAY, 60 * DAY]),
)
ENTRIES = st.tuples(
    st.integers(-1, 8),
    st.integers(0, 40),
    st.sampled_from([-1.0, -0.5, 0.0, 0.25, 1.0]),
    st.sampled_from(list(Role)),
)


def request(entries: list[tuple[int, int, float, Role]]) -> Queries:
    entries = sorted(entries, key=lambda entry: entry[1])
    codes, days, weights, roles = zip(*entries, strict=True) if entries else ((), (), (), ())
    return Queries.single(NOW, codes, [day * DAY for day in days], weights, [int(role) for role in roles])


def some(rows: list[list[int]]) -> Candidates:
    return Candidates.from_rows([(np.array(row, np.int32), np.ones(len(row), np.float32)) for row in rows])


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.data())
def test_a_batch_is_its_rows(data: st.DataObject) -> None:
    items = data.draw(st.lists(st.one_of(st.none(), ITEMS), min_size=1, max_size=6))
    table = ItemTable([str(n) for n in range(len(items))], items)
    histories = data.draw(st.lists(st.lists(ENTRIES, max_size=5), max_size=5))
    codes = st.integers(0, len(items) - 1)
    rows = data.draw(
        st.lists(st.lists(codes, max_size=5), min_size=len(histories), max_size=len(histories)), label="candidates"
    )
    batch = joined([request(h) for h in histories]) if histories else Queries.single(NOW).take(0, 0)

    for feature in FEATURES:
        whole = feature.compute(Batch(batch, some(rows), table))
        single = [feature.compute(Batch(batch.take(i, i + 1), some([row]), table)) for i, row in enumerate(rows)]

        assert whole.dtype == np.float32
        np.testing.assert_array_equal(whole, np.concatenate([np.zeros(0, np.float32), *single]), feature.name)
        assert not ((whole < 0) | (whole > 1)).any(), feature.name


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(st.one_of(st.none(), ITEMS), min_size=1, max_size=6), st.lists(ENTRIES, max_size=6))
def test_items_nobody_knows_are_as_if_they_were_not_there(
    items: list[Item | None], history: list[tuple[int, int, float, Role]]
) -> None:
    table = ItemTable([str(n) for n in range(len(items))], items)
    everything = some([list(range(len(items)))])
    clean = [entry for entry in history if 0 <= entry[0] < len(items)]

    for feature in FEATURES:
        got = feature.compute(Batch(request(history), everything, table))
        np.testing.assert_array_equal(got, feature.compute(Batch(request(clean), everything, table)), feature.name)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_nothing_to_value_is_no_values(feature: Feature) -> None:
    table = ItemTable(["0"], [Item(id="0")])

    assert feature.compute(Batch(request([]), some([[]]), table)).shape == (0,)
    assert feature.compute(Batch(request([(0, 1, 1.0, Role.GOAL)]), some([[]]), ItemTable([], []))).shape == (0,)


def test_values_stand_beside_their_candidates_in_any_order() -> None:
    table = ItemTable(["0", "1"], [Item(id="0", attributes={"kind": "a"}), Item(id="1", attributes={"kind": "b"})])
    query = request([(0, 1, 1.0, Role.GOAL)])

    other = replace(query, items=np.array([1], np.int32))

    assert FEATURES[0].compute(Batch(query, some([[0, 1, 0]]), table)).tolist() == [1.0, 0.0, 1.0]
    assert FEATURES[0].compute(Batch(other, some([[0, 1, 0]]), table)).tolist() == [0.0, 1.0, 0.0]
