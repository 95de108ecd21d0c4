"""What tracked fields were at a moment."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from penchant.catalog import History

Record = tuple[str, str, int, float | None]


def batch(records: list[Record]) -> pa.RecordBatch:
    columns = list(zip(*records, strict=True)) or [(), (), (), ()]
    types = {"id": pa.string(), "field": pa.string(), "at": pa.int64(), "value": pa.float64()}
    return pa.record_batch([pa.array(c, t) for c, t in zip(columns, types.values(), strict=True)], names=[*types])


def told(values: np.ndarray) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values]


# The boot was reduced at 5 s and is not any more at 9 s; the sock came at 7 s.
RECORDS: list[Record] = [
    ("boot", "price", 1_000, 80.0),
    ("boot", "sale_price", 5_000, 60.0),
    ("boot", "sale_price", 9_000, None),
    ("sock", "price", 7_000, 4.0),
    ("sock", "price", 8_500, 5.0),
    ("gone", "price", 1_000, 1.0),
]
HISTORY = History.read([batch(RECORDS[:2]), batch(RECORDS[2:]), batch([])], ["boot", "never", "sock"])


def test_a_field_is_what_the_last_record_up_to_the_moment_says() -> None:
    assert told(HISTORY.at("price", 8.0)) == [80.0, None, 4.0]
    assert told(HISTORY.at("price", 8.5)) == [80.0, None, 5.0]
    assert told(HISTORY.at("sale_price", 4.999)) == [None, None, None]
    assert told(HISTORY.at("sale_price", 5.0)) == [60.0, None, None]
    assert told(HISTORY.at("sale_price", 9.0)) == [None, None, None]


def test_before_an_item_was_heard_of_it_is_what_it_was_then() -> None:
    assert told(HISTORY.at("price", 0.0)) == [80.0, None, 4.0]
    # It had no other price then.
    assert told(HISTORY.at("sale_price", 0.0)) == [None, None, None]


def test_each_row_may_have_its_own_moment() -> None:
    rows = np.array([2, 0, 2, 1, 0], np.int32)

    assert told(HISTORY.of("price", rows, np.array([7.0, 99.0, 99.0, 99.0, -99.0]))) == [4.0, 80.0, 5.0, None, 80.0]


def test_of_a_field_nobody_tracked_nothing_is_known() -> None:
    assert told(HISTORY.at("margin", 9.0)) == [None, None, None]
    assert HISTORY.fields == ("price", "sale_price")
    assert HISTORY.known.tolist() == [True, False, True]


def test_it_can_be_aligned_with_other_items() -> None:
    other = HISTORY.aligned(["sock", "new", "boot"])

    assert told(other.at("price", 8.0)) == [4.0, None, 80.0]
    assert told(other.at("sale_price", 6.0)) == [None, None, 60.0]
    assert told(other.at("price", 0.0)) == [4.0, None, 80.0]
    assert HISTORY.aligned(["boot", "never", "sock"]) is HISTORY


def test_nothing_remembered_is_a_history_too() -> None:
    empty = History.read([], ["a"])

    assert (empty.fields, told(empty.at("price", 1.0)), empty.known.tolist()) == ((), [None], [False])


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("pq"), st.integers(0, 6), st.none() | st.integers(0, 9)),
        unique_by=lambda record: record[:3],
        max_size=20,
    ),
    st.integers(-1, 7),
)
def test_it_is_what_going_through_the_records_says(records: list[Record], now: int) -> None:
    history = History.read([batch(records)], ["a", "b"])
    for code, name in enumerate("ab"):
        mine = sorted(record for record in records if record[0] == name)
        for field in "pq":
            first = min((record[2] for record in mine), default=0)
            seen = [record[3] for record in mine if record[1] == field and record[2] <= max(now, first)]
            expected = seen[-1] if seen else None
            assert told(history.at(field, now / 1000))[code] == expected
            assert told(history.aligned(["x", "b", "a"]).at(field, now / 1000))[2 - code] == expected


def test_an_item_is_known_from_when_it_was_first_heard_of() -> None:
    assert HISTORY.known_by(0.999).tolist() == [False, False, False]
    assert HISTORY.known_by(1.0).tolist() == [True, False, False]
    assert HISTORY.known_by(7.0).tolist() == [True, False, True]
