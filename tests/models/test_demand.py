from __future__ import annotations

import pytest

from penchant.models.demand import demand
from penchant.testing import Row, dataset

DATA = dataset([*[Row("ann", "new", 100)] * 4, Row("bob", "mid", 100), Row("bob", "old", 0)], now_day=100)


def test_what_is_taken_most_these_days_stands_at_one_and_the_others_by_their_share():
    found = dict(zip(DATA.items.ids, demand(DATA, ("goal",), 3.0, 0.5).tolist(), strict=True))

    assert found["new"] == pytest.approx(1.0, abs=1e-4)
    assert found["mid"] == pytest.approx(0.5, abs=1e-3)
    assert found["old"] == pytest.approx(0.01, abs=1e-4)


def test_a_power_of_zero_leaves_it_out():
    assert demand(DATA, ("goal",), 3.0, 0.0).tolist() == [1.0, 1.0, 1.0]


def test_without_any_event_everything_is_wanted_alike():
    assert len(set(demand(DATA, ("weak",), 3.0, 0.5).tolist())) == 1
