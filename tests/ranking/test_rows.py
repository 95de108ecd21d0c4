from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from penchant.ranking import Rows


def rows(*labels: float, group: tuple[int, ...] | None = None) -> Rows:
    n = len(labels)
    values = np.arange(2 * n, dtype=np.float32).reshape(n, 2)
    groups = np.array(group if group is not None else range(n), np.int32)
    label = np.array(labels, np.float32)
    return Rows(("a", "b"), values, label, np.ones(n, np.float32), groups, np.arange(n, dtype=np.float64))


def test_columns_come_in_the_order_named() -> None:
    assert rows(0, 1).of(["b", "a"]).tolist() == [[1.0, 0.0], [3.0, 2.0]]
    assert rows(0, 1).of(["b"]).tolist() == [[1.0], [3.0]]
    with pytest.raises(KeyError):
        rows(0).of(["c"])


def test_requests_stay_apart_when_rows_are_joined() -> None:
    joined = Rows.joined([rows(0, 1, group=(0, 0)), Rows.none(), rows(1, group=(0,))])

    assert joined.group.tolist() == [0, 0, 1]
    assert joined.label.tolist() == [0, 1, 1]
    assert len(Rows.joined([])) == 0


def test_rows_of_different_features_are_not_joined() -> None:
    other = Rows(("a",), **_one())

    with pytest.raises(ValueError, match="different features"):
        Rows.joined([rows(0), other])


def _one() -> dict[str, np.ndarray]:
    return {
        "values": np.zeros((1, 1), np.float32),
        "label": np.zeros(1, np.float32),
        "weight": np.ones(1, np.float32),
        "group": np.zeros(1, np.int32),
        "time": np.zeros(1),
    }


def test_arrays_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="2 names"):
        Rows(("a", "b"), **_one())
    with pytest.raises(ValueError, match="1 names"):
        Rows(("a",), **_one(), come=np.ones(2, np.float32))


def test_what_has_come_so_soon_stays_with_its_row() -> None:
    old, young = rows(0, 1), rows(1, 0)
    young = replace(young, come=np.array([0.5, 0.25], np.float32))

    joined = Rows.joined([old, young])

    assert old.come is None and old.settled.tolist() == [1.0, 1.0]
    assert joined.settled.tolist() == [1.0, 1.0, 0.5, 0.25]
    assert joined.take(np.array([3, 0])).settled.tolist() == [0.25, 1.0]
    assert Rows.joined([old, old]).come is None


def test_rows_without_a_label_or_a_weight_are_not_usable() -> None:
    some = rows(0, np.nan, 1)
    some.weight[2] = 0

    assert some.usable.label.tolist() == [0]
    assert rows(0, 1).usable.label.tolist() == [0, 1]


def test_of_a_head_that_reads_where_only_what_was_shown_is_judged() -> None:
    values = np.array([[1.0, 0.1], [np.nan, 0.2], [1.0, 0.3]], np.float32)
    group = np.arange(3, dtype=np.int32)
    some = Rows(("position", "a"), values, np.zeros(3, np.float32), np.ones(3, np.float32), group, np.zeros(3))

    assert some.shown(["position", "a"]).group.tolist() == [0, 2]
    assert some.shown(["a"]) is some
    # Where nothing tells of any row that it was shown, all of them are what there is.
    found = some.take(np.array([1]))
    assert found.shown(["position", "a"]) is found
