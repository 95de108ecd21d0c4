from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from penchant.catalog import Item
from penchant.models import PersonalTop, Run
from penchant.models.popularity import counts
from penchant.testing import Row, dataset

ROWS = [
    *[Row("crowd", "bread", 99)] * 5,
    *[Row("crowd", "milk", 99)] * 2,
    *[Row("ann", "tea", 60)] * 3,
    *[Row("ann", "milk", 90)] * 2,
    Row("ann", "soap", 100),
]
DATA = dataset(ROWS, now_day=100)


def ask(person, k=10, allowed=None, **settings):
    found = PersonalTop(**settings).fit(DATA, Run()).retrieve(DATA.queries(DATA.people.codes([person])), k, allowed)
    return [DATA.items.ids[code] for code in found.row(0)[0]]


def test_own_items_come_first_by_how_often_then_popular_ones():
    assert ask("ann") == ["tea", "milk", "soap", "bread"]


def test_own_items_are_newest_first_with_a_short_half_life():
    assert ask("ann", half_life_days=5.0, fill=False) == ["soap", "milk", "tea"]


def test_popularity_settles_equal_own_counts_and_never_more():
    rows = [Row("ann", "a", 1), Row("ann", "b", 1), Row("bob", "b", 99), *[Row("bob", "c", 99)] * 99]
    data = dataset(rows, now_day=100)

    found = PersonalTop().fit(data, Run()).retrieve(data.queries(data.people.codes(["ann"])), 10)

    assert [data.items.ids[code] for code in found.row(0)[0]] == ["b", "a", "c"]


def test_old_own_items_stay_before_popular_ones():
    data = dataset([Row("ann", "old", 0), *[Row("bob", "new", 99)] * 99], now_day=100)

    found = PersonalTop(half_life_days=1.0).fit(data, Run()).retrieve(data.queries(data.people.codes(["ann"])), 10)

    assert [data.items.ids[code] for code in found.row(0)[0]] == ["old", "new"]


def test_without_filling_only_own_items_are_proposed():
    assert ask("ann", fill=False) == ["tea", "milk", "soap"]


def test_the_mask_holds_for_own_items_too():
    allowed = np.array([name not in ("tea", "bread") for name in DATA.items.ids])

    assert ask("ann", allowed=allowed) == ["milk", "soap"]


def test_demand_lifts_own_items_that_are_wanted_these_days():
    rows = [*[Row("ann", "tea", 60)] * 3, *[Row("ann", "milk", 60)] * 2, *[Row("bob", "milk", 99)] * 4]
    data = dataset(rows, now_day=100)

    def own(**settings):
        found = PersonalTop(fill=False, **settings).fit(data, Run()).retrieve(data.queries(np.array([0], np.int32)), 9)
        return [data.items.ids[code] for code in found.row(0)[0]]

    assert own() == ["tea", "milk"]
    assert own(demand=0.5) == ["milk", "tea"]


@given(
    st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from("abcdefgh"), st.floats(0, 99)), max_size=40),
    st.integers(0, 9),
    st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_a_filled_list_is_own_items_then_the_popular_rest(events, k, mask):
    data = dataset([Row(*event) for event in events], tuple(Item(id=name) for name in "abcdefgh"))
    people = np.arange(len(data.people), dtype=np.int32)
    allowed = np.array(mask)

    filled = PersonalTop().fit(data, Run()).retrieve(data.queries(people), k, allowed)
    own = PersonalTop(fill=False).fit(data, Run()).retrieve(data.queries(people), 9, allowed)

    popular = counts(data, ("goal",), 14.0)
    for i in range(len(people)):
        codes, mine = filled.row(i)[0], own.row(i)[0]
        assert len(codes) == min(k, allowed.sum())
        assert set(codes[: len(mine)]) <= set(mine.tolist())
        rest = codes[len(mine) :]
        left = [c for c in np.argsort(-popular, kind="stable") if allowed[c] and c not in mine]
        assert rest.tolist() == left[: len(rest)]
