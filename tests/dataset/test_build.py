"""From the log to interactions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penchant.catalog import History, Item, ItemTable
from penchant.dataset import Dataset, build
from penchant.events import Event, Link, Role, Signal
from penchant.packs.product.items import Product
from penchant.storage import Lake, SQLiteStore

HOUR = 3600.0
SIGNALS = (
    Signal("Order Completed", Role.GOAL, 1.0),
    Signal("Product Viewed", Role.WEAK, 0.2),
    Signal("Content Progressed", Role.WEAK, 0.3, min_progress=0.5),
    Signal("Content Progressed", Role.NEGATIVE, -0.1, max_progress=0.1),
    Signal("Order Refunded", Role.REVERSAL, -1.0),
    Signal("Order Updated", Role.GOAL, 1.0, corrects=True),
    Signal("Video Content Playing", Role.GOAL, 1.0, min_progress=0.9, untold=False),
)
Make = Callable[..., Event]
Build = Callable[..., Dataset]


@pytest.fixture
def built(store: SQLiteStore, tmp_path: Path) -> Build:
    def make(
        events: list[Event],
        links: tuple[tuple[str, str], ...] = (),
        items: dict[str, Item] | ItemTable | None = None,
        now: float | None = None,
        **people: Any,
    ) -> Dataset:
        store.append(events)
        store.append([], links=[Link(a, b, 0, "test", "event") for a, b in links])
        lake = Lake(tmp_path / "lake")
        lake.roll(store)
        return build(
            "shop", lake.files("shop"), SIGNALS, store.persons(), {} if items is None else items, now=now, **people
        )

    return make


def test_no_events_make_an_empty_dataset_of_the_catalog(built: Build) -> None:
    data = built([], items={"b": Item(id="b"), "a": Item(id="a")})

    assert data.items.ids == ("a", "b")
    assert len(data.people) == 0 and len(data.interactions) == 0
    assert len(data.queries(np.zeros(0, np.int32))) == 0


def test_rows_stand_by_person_then_time_with_role_and_weight(built: Build, event: Make) -> None:
    data = built(
        [
            event("Product Viewed", "x", at=20, user="bob"),
            event("Order Completed", "x", at=30, user="ann"),
            event("Product Viewed", "y", at=10, user="ann"),
        ]
    )
    rows = data.interactions

    assert data.people.ids == ("user:ann", "user:bob")
    assert data.items.ids == ("x", "y")
    assert rows.person.tolist() == [0, 0, 1]
    assert rows.item.tolist() == [1, 0, 0]
    assert rows.time.tolist() == [10.0, 30.0, 20.0]
    assert rows.role.tolist() == [Role.WEAK, Role.GOAL, Role.WEAK]
    assert rows.weight.tolist() == pytest.approx([0.2, 1.0, 0.2])
    assert data.now == 31.0


def test_events_the_pack_does_not_read_or_without_an_item_are_left_out(built: Build, event: Make) -> None:
    data = built([event("Cart Viewed", "x"), event("Product Viewed", None), event("Product Viewed", "y")])

    assert data.items.ids == ("y",)
    assert len(data.interactions) == 1


def test_progress_decides_which_signal_an_event_is(built: Build, event: Make) -> None:
    shares = {"a": 0.05, "b": 0.3, "c": 0.5, "d": None}
    data = built([event("Content Progressed", i, at=n, progress=p) for n, (i, p) in enumerate(shares.items())])

    assert data.items.ids == ("a", "c", "d")
    assert data.interactions.role.tolist() == [Role.NEGATIVE, Role.WEAK, Role.WEAK]


def test_an_anonymous_past_joins_the_known_person(built: Build, event: Make) -> None:
    events = [
        event("Product Viewed", "x", at=1, user=None, anonymous="a1"),
        event("Product Viewed", "y", at=2, user="ann"),
        event("Product Viewed", "z", at=3, user=None, anonymous="a2"),
    ]
    data = built(events, links=(("anon:a1", "user:ann"),))

    assert data.people.ids == ("anon:a2", "user:ann")
    assert data.interactions.item[data.interactions.person == 1].tolist() == [0, 1]


def test_a_pause_of_more_than_thirty_minutes_starts_a_session(built: Build, event: Make) -> None:
    minutes = {"ann": [0, 30, 61], "bob": [5]}
    data = built([event("Product Viewed", "x", at=m * 60, user=u) for u, ms in minutes.items() for m in ms])

    assert data.interactions.session.tolist() == [0, 0, 1, 2]


def test_goals_of_one_order_are_a_basket_and_without_orders_those_of_one_session(built: Build, event: Make) -> None:
    data = built(
        [
            event("Order Completed", "x", at=1, order="o1"),
            event("Product Viewed", "v", at=2),
            event("Order Completed", "y", at=3, order="o1"),
            event("Order Completed", "z", at=4, order="o2"),
            event("Order Completed", "p", at=5 * HOUR),
            event("Order Completed", "q", at=5 * HOUR + 1),
            event("Order Completed", "x", at=6, order="o1", user="bob"),
        ]
    )
    basket = dict(
        zip(
            zip(data.interactions.person.tolist(), [data.items.ids[i] for i in data.interactions.item], strict=True),
            data.interactions.basket.tolist(),
            strict=True,
        )
    )

    assert basket[0, "v"] == -1
    assert basket[0, "x"] == basket[0, "y"] != basket[0, "z"]
    assert basket[0, "p"] == basket[0, "q"] != basket[0, "z"]
    assert basket[1, "x"] != basket[0, "x"], "two people may use the same order id"


def test_lines_of_one_order_that_name_one_item_are_one_purchase(built: Build, event: Make) -> None:
    data = built(
        [
            event("Order Completed", "x", at=1, order="o1", quantity=2.0, price=3.0),
            event("Order Completed", "x", at=1, order="o1", price=3.0),
        ]
    )

    assert len(data.interactions) == 1
    assert data.interactions.quantity.tolist() == [3.0]


def test_a_return_takes_the_latest_purchases_back_until_its_pieces_are_used_up(built: Build, event: Make) -> None:
    data = built(
        [
            event("Order Completed", "x", at=1, order="o1", quantity=1.0),
            event("Order Completed", "x", at=2, order="o2", quantity=2.0),
            event("Order Refunded", "x", at=9, quantity=2.0),
            event("Order Completed", "x", at=10, order="o3", quantity=1.0),
        ]
    )

    goals = data.interactions.where(data.interactions.role == Role.GOAL)

    assert goals.reversed_at.tolist() == [np.inf, 9.0, np.inf]


def test_a_part_return_leaves_the_purchase_standing(built: Build, event: Make) -> None:
    data = built([event("Order Completed", "x", at=1, quantity=2.0), event("Order Refunded", "x", at=9, quantity=1.0)])

    assert data.interactions.reversed_at.tolist() == [np.inf, np.inf]


def test_a_return_of_the_whole_order_takes_each_of_its_lines_back(built: Build, event: Make) -> None:
    data = built(
        [
            event("Order Completed", "x", at=1, order="o1", quantity=3.0),
            event("Order Completed", "y", at=1, order="o1"),
            event("Order Completed", "x", at=2, order="o2"),
            event("Order Completed", "x", at=3, order="o1", user="bob"),
            event("Order Refunded", None, at=9, order="o1"),
            event("Order Refunded", None, at=9, order="ghost"),
        ]
    )
    rows = data.interactions
    goals = rows.where(rows.role == Role.GOAL)

    assert goals.person.tolist() == [0, 0, 0, 1]
    assert goals.reversed_at.tolist() == [9.0, 9.0, np.inf, np.inf]
    assert rows.item[rows.role == Role.REVERSAL].tolist() == [0, 1]
    assert rows.quantity[rows.role == Role.REVERSAL].tolist() == [3.0, 1.0]
    assert len(data.before(9.0).positive(Role.GOAL)) == 4


def test_two_returns_of_one_line_count_when_they_happen(built: Build, event: Make) -> None:
    data = built(
        [
            event("Order Completed", "x", at=1, order="o1", quantity=2.0),
            event("Order Refunded", "x", at=5, order="o1", quantity=1.0),
            event("Order Refunded", "x", at=9, order="o1", quantity=1.0),
        ]
    )

    assert data.interactions.reversed_at.tolist() == [9.0, np.inf, np.inf]


def test_an_order_is_what_its_latest_correction_says(built: Build, event: Make) -> None:
    data = built(
        [
            event("Order Completed", "x", at=1, order="o1"),
            event("Order Completed", "y", at=1, order="o1", quantity=4.0, price=5.0),
            event("Order Updated", "y", at=6, order="o1", quantity=2.0, price=4.0),
            event("Order Updated", "z", at=6, order="o1"),
            event("Order Updated", None, at=8, order="o1"),
        ]
    )
    rows = data.interactions

    assert [data.items.ids[code] for code in rows.item] == ["x", "y", "z"]
    assert rows.quantity.tolist() == [1.0, 2.0, 1.0]
    assert rows.reversed_at.tolist() == [6.0, np.inf, np.inf]
    assert rows.price[1] == 4.0
    assert len(set(rows.basket.tolist())) == 1


def test_before_a_moment_later_rows_and_later_returns_are_not_known(built: Build, event: Make) -> None:
    data = built(
        [
            event("Order Completed", "x", at=1),
            event("Product Viewed", "y", at=5),
            event("Order Refunded", "x", at=9),
        ]
    )

    assert len(data.positive(Role.GOAL)) == 0
    assert len(data.before(9.0).positive(Role.GOAL)) == 1
    assert len(data.before(9.5).positive(Role.GOAL)) == 0
    assert data.before(5.0).interactions.item.tolist() == [0]
    assert data.before(5.0).now == 5.0


def test_now_keeps_the_future_out(built: Build, event: Make) -> None:
    data = built([event("Product Viewed", "x", at=1), event("Product Viewed", "y", at=100)], now=50.0)

    assert data.items.ids == ("x",)


def test_queries_have_each_persons_history_oldest_first(built: Build, event: Make) -> None:
    data = built(
        [
            event("Product Viewed", "x", at=1, user="ann"),
            event("Order Completed", "x", at=2, user="ann"),
            event("Order Refunded", "x", at=3, user="ann"),
            event("Product Viewed", "y", at=1, user="bob"),
        ]
    )
    queries = data.queries(np.array([1, 0], np.int32))

    assert queries.items[queries.history(0)].tolist() == [1]
    assert queries.roles[queries.history(1)].tolist() == [Role.WEAK, Role.REVERSAL]


# People who do not allow it


def test_nothing_is_learned_from_people_who_are_excluded(built: Build, event: Make) -> None:
    events = [
        event("Product Viewed", "x", at=1, user="ann"),
        event("Product Viewed", "y", at=2, user="bob"),
        event("Product Viewed", "z", at=3, user=None, anonymous="a1"),
        event("Order Completed", "w", at=4, user="ann", order="o1"),
        event("Order Refunded", None, at=5, user="ann", order="o1"),
        event("Video Content Playing", "v", at=6, user="ann", playhead=5.0, length=9.0),
    ]
    data = built(events, links=(("anon:a1", "user:ann"),), excluded={"user:ann"})

    assert data.people.ids == ("user:bob",)
    assert data.items.ids == ("y",)


def test_where_silence_is_a_no_only_those_who_said_yes_are_learned_from(built: Build, event: Make) -> None:
    events = [
        event("Product Viewed", item, at=1, user=user) for user, item in (("ann", "x"), ("bob", "y"), ("cy", "z"))
    ]

    assert built(events, only=frozenset({"user:bob"})).people.ids == ("user:bob",)
    assert len(built([], only=frozenset()).interactions) == 0


# Files of the lake


def test_files_from_before_players_told_their_place_are_read(tmp_path: Path) -> None:
    older = {
        "seq": [1, 2],
        "domain": ["shop"] * 2,
        "source": ["t"] * 2,
        "name": ["Product Viewed", "Content Progressed"],
        "actor": ["user:ann"] * 2,
        "time": [1_000, 2_000],
        "item": ["x", "y"],
        "progress": [None, 0.7],
    }
    empty = {name: pa.nulls(2, pa.float64()) for name in ("quantity", "price", "position")}
    texts = {name: pa.nulls(2, pa.string()) for name in ("currency", "order_id", "slate")}
    pq.write_table(pa.table({**older, **empty, **texts}), tmp_path / "old.parquet")
    newer = {**older, "seq": [3, 4], "name": ["Video Content Playing"] * 2, "progress": pa.nulls(2, pa.float64())}
    told = {"playhead": [0.0, 1.0], "length": [1.0, 1.0], "item": ["v", "v"], "session": ["s", "s"]}
    pq.write_table(pa.table({**newer, **empty, **texts, **told}), tmp_path / "new.parquet")

    old = build("shop", [tmp_path / "old.parquet"], SIGNALS, {}, {})
    both = build("shop", [tmp_path / "old.parquet", tmp_path / "new.parquet"], SIGNALS, {}, {})

    assert old.interactions.role.tolist() == [Role.WEAK, Role.WEAK]
    assert [both.items.ids[code] for code in both.interactions.item] == ["x", "y", "v"]
    assert both.interactions.role.tolist() == [Role.WEAK, Role.WEAK, Role.GOAL]


# The catalog as it was


def remembered(*records: tuple[str, str, float, float | None]) -> History:
    ids, fields, moments, values = zip(*records, strict=True)
    at = [int(moment * 1000) for moment in moments]
    columns = {"id": ids, "field": fields, "at": pa.array(at, pa.int64()), "value": pa.array(values, pa.float64())}
    return History.read([pa.record_batch(columns)], sorted(set(ids)))


def test_tracked_fields_before_a_cut_are_what_they_were_then(built: Build, event: Make) -> None:
    history = remembered(
        ("shoe", "active", 0, 1.0), ("shoe", "price", 0, 80.0), ("shoe", "price", 50, 60.0),
        ("elsewhere", "price", 0, 1.0), ("hat", "active", 30, 1.0), ("hat", "active", 40, 0.0),
    )  # fmt: skip
    items = {
        "shoe": Product(id="shoe", price=60.0, margin=5.0),
        "cap": Product(id="cap", price=9.0),
        "hat": Product(id="hat", active=False),
    }
    data = built([event("Product Viewed", "shoe", at=20), event("Product Viewed", "sock", at=60)], items=items,
                 history=history)  # fmt: skip

    assert data.items.ids == ("cap", "hat", "shoe", "sock")
    assert data.table.number("price").tolist() == pytest.approx([9.0, np.nan, 60.0, np.nan], nan_ok=True)
    then = data.before(45).table
    assert then.number("price").tolist() == pytest.approx([9.0, np.nan, 80.0, np.nan], nan_ok=True)
    assert then.number("margin").tolist() == pytest.approx([np.nan, np.nan, 5.0, np.nan], nan_ok=True)
    assert (data.table.active.tolist(), then.active.tolist()) == ([True, False, True, False],) * 2
    assert data.before(35).table.active.tolist() == [True, True, True, False]
    assert data.before(45).before(35).table.active.tolist() == [True, True, True, False]


def test_without_records_the_catalog_is_as_it_is(built: Build, event: Make) -> None:
    items = {"shoe": Product(id="shoe", price=60.0)}
    data = built([event("Product Viewed", "shoe", at=20)], items=items)

    assert data.before(10).table is data.table
    assert data.history is None
    assert built([], items=items, history=History.read([], [])).before(10).table.number("price").tolist() == [60.0]


@pytest.mark.parametrize("now", [0.0, None])
def test_the_catalog_may_come_as_a_table_in_any_order(built: Build, event: Make, now: float | None) -> None:
    table = ItemTable(["sock", "gone", "cap"], [Product(id="sock", price=4.0), None, Product(id="cap", price=9.0)])
    data = built([event("Product Viewed", "shoe", at=20)] if now is None else [], items=table, now=now)

    assert data.items.ids == (("cap", "shoe", "sock") if now is None else ("cap", "sock"))
    assert data.table.number("price")[[0, -1]].tolist() == [9.0, 4.0]
    assert data.table.present.tolist() == [name != "shoe" for name in data.items.ids]


def test_a_row_knows_progress_attention_and_what_the_event_was_called(built: Build, event: Make) -> None:
    data = built(
        [
            event("Content Progressed", "x", at=1, progress=0.8, length=100.0),
            event("Content Progressed", "x", at=2, progress=0.9, length=100.0, dwell=20.0),
            event("Content Progressed", "x", at=3, progress=0.6, dwell=7.0),
            event("Product Viewed", "x", at=4),
        ]
    )
    rows = data.interactions

    np.testing.assert_allclose(rows.progress, [0.8, 0.9, 0.6, np.nan], rtol=1e-6)
    # What played, or less when fewer seconds were spent with it; what was spent, where nothing tells what played.
    np.testing.assert_allclose(rows.seconds, [80, 20, 7, np.nan], rtol=1e-6)
    assert [data.events[code] for code in rows.event.tolist()] == ["Content Progressed"] * 3 + ["Product Viewed"]


def test_attention_is_told_by_events_that_no_signal_reads(built: Build, event: Make) -> None:
    heartbeats = [
        ("Video Content Started", 0.0, 0),
        ("Video Content Playing", 20.0, 20),
        ("Video Content Playing", 40.0, 40),
    ]
    data = built(
        [
            event(name, "v", at=100 + at, playhead=place, length=200.0, session="s", message_id=name + str(at))
            for name, place, at in heartbeats
        ]
        + [event("Product Viewed", "v", at=50)]
    )
    told = data.attention

    assert len(data.interactions) == 1 and told is not None
    assert told.seconds.tolist() == [0.0, 20.0, 40.0] and told.time.tolist() == [100.0, 120.0, 140.0]
    np.testing.assert_allclose(told.progress, [0.0, 0.1, 0.2], rtol=1e-6)
    before = data.before(130.0).attention
    assert before is not None and before.seconds.tolist() == [0.0, 20.0]


def test_what_senders_say_was_shown_stands_by_slate(store: SQLiteStore, tmp_path: Path, event: Make) -> None:
    signals = (*SIGNALS, Signal("Recommendation Viewed", Role.IMPRESSION, 0.0))
    store.append(
        [
            event("Recommendation Viewed", "y", at=5, slate="s1", position=2),
            event("Recommendation Viewed", "x", at=4, slate="s1", position=1),
            event("Recommendation Viewed", "x", at=9, user="bob"),
            event("Product Viewed", "x", at=6),
        ]
    )
    lake = Lake(tmp_path / "lake")
    lake.roll(store)
    data = build("shop", lake.files("shop"), signals, {}, {})

    assert data.shown is not None and data.attention is None
    assert data.shown.slates == ("s1", "") and data.shown.time.tolist() == [4.0, 9.0]
    assert data.shown.items.tolist() == [0, 1, 0] and data.shown.position.tolist() == [1, 2, 1]
    assert [data.people.ids[code] for code in data.shown.person.tolist()] == ["user:ann", "user:bob"]
    without = build("shop", lake.files("shop"), signals, {}, {}, excluded={"user:bob"})
    assert without.shown is not None and without.shown.slates == ("s1",)
    assert (data.before(5.0).shown or data.shown).slates == ("s1",)
