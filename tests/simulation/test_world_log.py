from __future__ import annotations

import numpy as np
import pytest

from penchant.simulation.log import SCHEMA, Identity, Log

NEVER = np.inf


@pytest.fixture
def log() -> Log:
    log = Log("site", ["a", "b"], currency="EUR")
    person = np.array([1, 0])
    log.add("Product Viewed", person, np.array([20.0, 10.0]), np.array([0, 1]), price=np.array([5.0, 6.5]))
    log.add("Order Completed", person[:1], np.array([20.0]), np.array([0]), quantity=2, price=5.0, order=3)
    log.add("Content Progressed", person[:1], np.array([40.0]), np.array([1]), progress=0.25)
    return log


def test_events_are_sorted_by_time_and_what_was_not_told_is_null(log: Log) -> None:
    identity = Identity("site", np.array([NEVER, 20.0]), np.array([NEVER, NEVER]))

    table = log.table(identity, 0.0, 100.0)

    assert table.schema.equals(SCHEMA)
    assert table["id"].to_pylist() == ["site-0000000", "site-0000001", "site-0000002", "site-0000003"]
    assert table["event"].to_pylist() == [
        "Product Viewed", "Product Viewed", "Order Completed", "Content Progressed",
    ]  # fmt: skip
    assert table["time"].cast("int64").to_pylist() == [10_000, 20_000, 20_000, 40_000]
    assert table["item"].to_pylist() == ["b", "a", "a", "b"]
    assert table["price"].to_pylist() == [6.5, 5.0, 5.0, None]
    assert table["currency"].to_pylist() == ["EUR", "EUR", "EUR", None]
    assert table["quantity"].to_pylist() == [None, None, 2.0, None]
    assert table["order"].to_pylist() == [None, None, "site-order-000003", None]
    assert table["progress"].to_pylist() == [None, None, None, 0.25]


def test_a_person_is_anonymous_until_known_and_may_change_devices(log: Log) -> None:
    identity = Identity("site", np.array([NEVER, 30.0]), np.array([NEVER, 40.0]))

    table = log.table(identity, 0.0, 100.0)

    assert table["user_id"].to_pylist() == [None, None, None, "user-00001"]
    assert table["anonymous_id"].to_pylist() == ["site-00000-a", "site-00001-a", "site-00001-a", "site-00001-b"]


def test_events_outside_the_time_are_left_out(log: Log) -> None:
    identity = Identity("site", np.full(2, NEVER), np.full(2, NEVER))

    assert log.table(identity, 10.0, 20.0).num_rows == 2
