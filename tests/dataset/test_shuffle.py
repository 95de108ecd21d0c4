from __future__ import annotations

from collections import Counter
from itertools import groupby

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from penchant.dataset import shuffled
from penchant.events import Role
from penchant.testing import Row, dataset, tiny_dataset

STEPS = [Row("ann", item, 10 + i) for i, item in enumerate("abcdefghij")]


def told(data):
    """What each person did, in order."""
    rows = data.interactions
    return [(int(p), data.items.ids[i]) for p, i in zip(rows.person, rows.item, strict=True)]


def runs(data):
    """The steps of each person: runs of one item."""
    return Counter((key, len(list(run))) for key, run in groupby(told(data)))


def test_the_moments_stay_and_the_items_move():
    data = dataset(STEPS)

    mixed = shuffled(data, seed=7)

    for name in ("person", "time", "session"):
        np.testing.assert_array_equal(getattr(mixed.interactions, name), getattr(data.interactions, name))
    assert told(mixed) != told(data)
    assert Counter(told(mixed)) == Counter(told(data))


def test_what_is_known_of_an_event_moves_with_it():
    rows = [Row("ann", item, 10 + i, price=float(i), quantity=i + 1.0) for i, item in enumerate("abcdef")]
    rows += [
        Row("ann", "g", 20, Role.WEAK, 0.25, price=6.0, reversed_day=30),
        Row("ann", "h", 21, Role.NEGATIVE, price=7.0),
    ]
    data = dataset(rows)
    columns = ("item", "price", "quantity", "role", "weight", "reversed_at")

    def facts(of):
        return sorted(zip(*(getattr(of.interactions, name).tolist() for name in columns), strict=True), key=str)

    assert facts(shuffled(data, seed=7)) == facts(data)


def test_a_view_and_the_purchase_after_it_stay_one_step():
    rows = []
    for i, item in enumerate("abcdef"):
        rows += [Row("ann", item, 10 + i, Role.WEAK, 0.1), Row("ann", item, 10 + i + 0.01)]
    mixed = shuffled(dataset(rows), seed=7)

    assert [len(list(run)) for _, run in groupby(told(mixed))] == [2] * 6
    assert mixed.interactions.role.tolist() == [int(Role.WEAK), int(Role.GOAL)] * 6


def test_inside_sessions_nothing_leaves_its_session():
    # Two sessions of four steps, a day apart.
    rows = [Row("ann", item, 10 + i // 4 + i / 1_440) for i, item in enumerate("abcdefgh")]
    data = dataset(rows)

    seen = {"".join(item for _, item in told(shuffled(data, seed, "session"))) for seed in range(20)}

    assert len(seen) > 10
    assert all(set(order[:4]) == set("abcd") for order in seen)


def test_every_order_is_as_likely():
    data = dataset(STEPS[:3])

    seen = Counter("".join(item for _, item in told(shuffled(data, seed))) for seed in range(600))

    assert len(seen) == 6
    assert max(seen.values()) < 2 * min(seen.values())


def test_the_seed_decides():
    data = tiny_dataset()

    assert told(shuffled(data, 1)) == told(shuffled(data, 1))
    assert told(shuffled(data, 1)) != told(shuffled(data, 2))


def test_no_events_stay_no_events():
    assert len(shuffled(dataset([]), 7).interactions) == 0


@given(
    st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from("abcd"), st.integers(0, 99)), max_size=30),
    st.sampled_from(["person", "session"]),
)
def test_nobody_does_anything_else_or_at_another_time(events, within):
    data = dataset([Row(*event) for event in events])
    mixed = shuffled(data, 3, within)

    assert Counter(told(mixed)) == Counter(told(data))
    np.testing.assert_array_equal(mixed.interactions.time, data.interactions.time)
    if within == "person":  # steps may meet in the new order, never be torn apart
        assert sum(runs(mixed).values()) <= sum(runs(data).values())
