"""A request made of events is the same as the one made of the dataset: no skew between training and serving."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from penchant.dataset import Dataset, Queries, Reader, build
from penchant.events import Event, Role, Signal
from penchant.storage import Lake, SQLiteStore

SIGNALS = (
    Signal("Order Completed", Role.GOAL, 1.0),
    Signal("Order Updated", Role.GOAL, 1.0, corrects=True),
    Signal("Product Viewed", Role.WEAK, 0.2),
    Signal("Content Progressed", Role.WEAK, 0.3, min_progress=0.5),
    Signal("Order Refunded", Role.REVERSAL, -1.0),
    Signal("Video Content Completed", Role.GOAL, 1.0, min_progress=0.9, untold=True),
    Signal("Video Content Playing", Role.GOAL, 1.0, min_progress=0.9, untold=False),
    Signal("Video Content Playing", Role.WEAK, 0.3, min_progress=0.2, max_progress=0.9, untold=True),
    Signal("Video Content Started", Role.WEAK, 0.1),
    Signal("Video Playback Exited", Role.NEGATIVE, -0.6, max_progress=0.5, untold=True, max_seconds=10.0),
)
Rows = list[dict[str, Any]]
ITEMS = st.sampled_from(["x", "y"])
minutes = st.integers(0, 12)

plain = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["Product Viewed", "Content Progressed", "Cart Viewed"]),
        "item": ITEMS,
        "progress": st.sampled_from([None, 0.2, 0.7]),
        "at": minutes.map(lambda minute: minute * 60.0),
    }
)
lines = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["Order Completed", "Order Completed", "Order Refunded", "Order Updated"]),
        "item": ITEMS,
        "quantity": st.sampled_from([None, 1.0, 2.0]),
        "order": st.sampled_from([None, "o1", "o1", "o2"]),
        "at": minutes.map(lambda minute: minute * 60.0),
    }
)
orders = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["Order Refunded", "Order Updated", "Order Completed"]),
        "item": st.none(),
        "order": st.sampled_from([None, "o1", "o2", "o3"]),
        "at": minutes.map(lambda minute: minute * 60.0),
    }
)
plays = st.fixed_dictionaries(
    {
        "name": st.sampled_from(
            [
                *("Video Content Started", "Video Content Playing", "Video Content Playing", "Video Content Completed"),
                *("Video Playback Paused", "Video Playback Resumed", "Video Playback Exited", "Content Progressed"),
            ]
        ),
        "item": ITEMS,
        "playhead": st.sampled_from([None, 0.0, 4.0, 20.0, 40.0, 95.0, 100.0]),
        "length": st.sampled_from([None, 100.0, 100.0]),
        "session": st.sampled_from([None, "s1", "s2"]),
        "progress": st.sampled_from([None, None, None, 0.95]),
        "at": st.sampled_from([0.0, 4.0, 20.0, 40.0, 95.0, 100.0, 3_000.0, 3_020.0]),
    }
)


def events_of(rows: Rows, user: str = "ann") -> list[Event]:
    return [
        Event(
            *("shop", "t", f"{user}{n}", 0, row["name"], user, None, int(row["at"] * 1000), 0),
            **{name: value for name, value in row.items() if name not in ("name", "at")},
        )
        for n, row in enumerate(rows)
    ]


def shown(queries: Queries, row: int, names: Sequence[str]) -> list[tuple[object, ...]]:
    """One request, with names for codes, in an order that shows every difference but that within a moment."""
    part = queries.history(row)
    columns = [getattr(queries, name)[part].tolist() for name in ("times", "weights", "roles")]
    return sorted(zip([names[code] for code in queries.items[part]], *columns, strict=True))


def everyone(data: Dataset) -> dict[str, list[tuple[object, ...]]]:
    """Everybody's request by person; people without a row are left out."""
    queries = data.queries(np.arange(len(data.people), dtype=np.int32))
    found = {person: shown(queries, row, data.items.ids) for row, person in enumerate(data.people.ids)}
    return {person: rows for person, rows in found.items() if rows}


one_history = st.lists(st.one_of(plain, lines, lines, orders), max_size=12) | st.lists(plays, max_size=14)


# Training reads many people at once, so many histories are one example.
@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(one_history, min_size=12, max_size=40), st.sampled_from([1.0, 61.0, 100.5, 240.5, 3_010.0]))
def test_serving_and_training_read_the_same_history_also_as_it_was_at_an_earlier_moment(
    histories: list[Rows], cut: float
) -> None:
    people = {f"p{n}": rows for n, rows in enumerate(histories)}
    with tempfile.TemporaryDirectory() as folder:
        store = SQLiteStore(Path(folder) / "a.db")
        store.append([event for user, rows in people.items() for event in events_of(rows, user)])
        lake = Lake(Path(folder) / "lake")
        lake.roll(store)
        data = build("shop", lake.files("shop"), SIGNALS, {}, {})
        early = build("shop", lake.files("shop"), SIGNALS, {}, {}, now=cut)
        past = {user: store.history("shop", [f"user:{user}"], until=10**12, limit=100) for user in people}
        store.close()
    reader, codes = Reader(SIGNALS), {name: code for code, name in enumerate(data.items.ids)}

    for moment, trained in ((data.now, everyone(data)), (cut, everyone(data.before(cut))), (cut, everyone(early))):
        for user, events in past.items():
            # A moment of training is just after the last event it knows.
            served = reader.queries(events, codes, now=moment - 0.001)

            assert (np.diff(served.times) >= 0).all()
            assert shown(served, 0, data.items.ids) == trained.get(f"user:{user}", [])


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(plays, max_size=14), st.randoms(use_true_random=False))
def test_a_viewing_is_read_the_same_in_whatever_order_it_arrives(rows: Rows, random: Random) -> None:
    codes, reader, events = {"x": 0, "y": 1}, Reader(SIGNALS), events_of(rows)
    one, other = (
        reader.queries(sorted(some, key=lambda event: event.time), codes, now=1e6)
        for some in (events, random.sample(events, len(events)))
    )

    assert shown(one, 0, ("x", "y")) == shown(other, 0, ("x", "y"))


def test_a_viewing_of_many_heartbeats_is_one_look_and_one_goal() -> None:
    events = events_of(
        [
            {
                "name": "Video Content Playing" if n else "Video Content Started",
                **{"item": "x", "at": 10.0 * n, "playhead": 10.0 * n, "length": 1_000.0, "session": "s"},
            }
            for n in range(101)
        ]
    )
    read = Reader(SIGNALS).queries(events, {"x": 0}, now=1e6)

    assert read.roles.tolist() == [Role.WEAK, Role.WEAK, Role.GOAL]
    assert read.times.tolist() == [0.0, 200.0, 900.0]


def test_what_happened_after_the_request_is_not_read() -> None:
    events = [Event("shop", "t", "1", 0, "Product Viewed", "ann", None, 5_000, 0, "x")]
    reader = Reader(SIGNALS)

    assert len(reader.queries(events, {"x": 0}, now=4.0).items) == 0
    assert len(reader.queries(events, {"x": 0}, now=5.0).items) == 1


def test_events_of_items_nobody_knows_are_left_out() -> None:
    events = [Event("shop", "t", "1", 0, "Product Viewed", "ann", None, 5_000, 0, "gone")]

    assert len(Reader(SIGNALS).queries(events, {"x": 0}, now=9.0, seeds=[0]).items) == 0
