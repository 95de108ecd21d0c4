"""A request made of events is the same as the one made of the dataset: no skew between training and serving."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from penchant.dataset import Reader, build
from penchant.events import Event, Role, Signal
from penchant.storage import Lake, SQLiteStore

SIGNALS = (
    Signal("Order Completed", Role.GOAL, 1.0),
    Signal("Product Viewed", Role.WEAK, 0.2),
    Signal("Content Progressed", Role.WEAK, 0.3, min_progress=0.5),
    Signal("Order Refunded", Role.REVERSAL, -1.0),
)

one_event = st.tuples(
    st.sampled_from(["Order Completed", "Product Viewed", "Content Progressed", "Order Refunded", "Cart Viewed"]),
    st.sampled_from(["x", "y", "z"]),
    st.sampled_from([None, 1.0, 2.0]),
    st.sampled_from([None, "o1", "o2"]),
    st.sampled_from([None, 0.2, 0.7]),
)


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(one_event, max_size=12))
def test_serving_and_training_read_the_same_history(
    rows: list[tuple[str, str, float | None, str | None, float | None]],
) -> None:
    events = [
        Event("shop", "t", str(n), 0, name, "ann", None, n * 60_000, 0, item, q, None, None, order, progress)
        for n, (name, item, q, order, progress) in enumerate(rows)
    ]
    with tempfile.TemporaryDirectory() as folder:
        store = SQLiteStore(Path(folder) / "a.db")
        store.append(events)
        lake = Lake(Path(folder) / "lake")
        lake.roll(store)
        data = build("shop", lake.files("shop"), SIGNALS, {}, {})
        past = store.history("shop", ["user:ann"], until=10**12, limit=100)
        store.close()
    trained = data.queries(np.arange(len(data.people), dtype=np.int32))
    served = Reader(SIGNALS).queries(past, {name: i for i, name in enumerate(data.items.ids)}, now=data.now)

    def plain(queries: object) -> list[tuple[object, ...]]:
        columns = [getattr(queries, name).tolist() for name in ("items", "times", "weights", "roles")]
        return sorted(zip(*columns, strict=True))

    assert plain(served) == plain(trained)


def test_what_happened_after_the_request_is_not_read() -> None:
    events = [Event("shop", "t", "1", 0, "Product Viewed", "ann", None, 5_000, 0, "x")]
    reader = Reader(SIGNALS)

    assert len(reader.queries(events, {"x": 0}, now=4.0).items) == 0
    assert len(reader.queries(events, {"x": 0}, now=5.0).items) == 1


def test_events_of_items_nobody_knows_are_left_out() -> None:
    events = [Event("shop", "t", "1", 0, "Product Viewed", "ann", None, 5_000, 0, "gone")]

    assert len(Reader(SIGNALS).queries(events, {"x": 0}, now=9.0, seeds=[0]).items) == 0
