from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest
from peerbench_adapter import Penchant

DAY = 86_400.0


@dataclass
class Context:
    """What the outside harness tells, as far as the adapter reads it."""

    n_users: int
    n_items: int
    now: float
    kind: str
    item_ids: Any
    item_meta: Any = None
    extra: dict[str, Any] = field(default_factory=dict)
    threads: int = 2
    seed: int = 7


def rows(seed: int = 3) -> pd.DataFrame:
    """Forty people who each keep to one of four groups of five items."""
    rng = np.random.default_rng(seed)
    made = []
    for user in range(40):
        for visit in range(8):
            day = float(rng.uniform(0, 60))
            for _ in range(3):
                item = 5 * (user % 4) + int(rng.integers(5))
                made.append((user, item, day * DAY, float(rng.random() < 0.9), user * 100 + visit))
    frame = pd.DataFrame(made, columns=["user", "item", "ts", "value", "basket"])
    return frame.sort_values(["user", "ts"], kind="stable").reset_index(drop=True)


@pytest.fixture(scope="module")
def people() -> Penchant:
    return Penchant().fit(rows(), Context(40, 20, 60 * DAY, "user", np.arange(20)), seconds=1.0)


def test_every_person_gets_as_many_items_as_there_are(people):
    found = people.recommend(np.arange(40), 10, False)
    assert found.shape == (40, 10)
    assert (found >= 0).all()
    assert all(len(set(row)) == 10 for row in found.tolist())


def test_what_was_seen_is_left_out_when_asked_for(people):
    frame = rows()
    found = people.recommend(np.arange(40), 15, True)
    for user, row in enumerate(found):
        assert not set(row[row >= 0]) & set(frame["item"][frame["user"] == user])


def test_people_get_their_own_group(people):
    found = people.recommend(np.arange(40), 5, False)
    assert np.mean(found // 5 == (np.arange(40) % 4)[:, None]) > 0.9


def test_sessions_are_answered_by_what_came_before():
    frame = rows().drop(columns="basket").assign(value=1.0)
    system = Penchant().fit(frame, Context(40, 20, 60 * DAY, "session", np.arange(20)), seconds=1.0)
    found = system.recommend_sessions([np.array([0]), np.array([6, 7, 8])], 5, True)
    assert found.shape == (2, 5)
    assert 0 not in found[0]
    assert not set(found[1]) & {6, 7, 8}
    assert np.mean(found[1][:2] // 5 == 1) == 1.0
