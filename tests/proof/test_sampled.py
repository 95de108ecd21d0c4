"""A few are served by a policy, everybody else by another, and nobody's answer is mixed up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from penchant.proof.sampled import Sampled
from penchant.simulation.loop import Answers, Asks


class Named:
    """Shows each person items of ten times their code and more, and remembers what it was told."""

    def __init__(self, first: int, *, named: bool) -> None:
        self.first, self.named = first, named
        self.asked: list[Asks] = []
        self.told: list[Any] = []
        self.degraded = {"late:als": 2}

    def answer(self, asks: Asks) -> Answers:
        self.asked.append(asks)
        items = self.first + 10 * asks.person[:, None] + np.arange(asks.size)
        slates = tuple(f"s{person}" for person in asks.person.tolist()) if self.named else ()
        return Answers(items.astype(np.int32), np.full(items.shape, 0.5 if self.named else 1.0, np.float32), slates)

    def observe(self, events: pa.Table) -> None:
        self.told.append(events)

    def change(self, items: Sequence[dict[str, Any]]) -> None:
        self.told.append(items)

    def end_of_day(self, now: float) -> None:
        self.told.append(now)


@pytest.fixture
def asks() -> Asks:
    person = np.array([5, 0, 3, 1], np.int32)
    seed = np.array([-1, 7, 8, -1], np.int32)
    return Asks("home", person, person + 100.0, seed, 2, {"device": ["tv", "phone", "tablet", "desktop"]})


def test_each_is_answered_by_their_own_policy_in_the_order_they_asked(asks: Asks) -> None:
    policy, others = Named(0, named=True), Named(1_000, named=False)

    made = Sampled(policy, others, 2).answer(asks)

    assert made.items.tolist() == [[1050, 1051], [0, 1], [1030, 1031], [10, 11]]
    assert made.slates == ("", "s0", "", "s1")
    assert made.propensity.tolist() == [[1.0, 1.0], [0.5, 0.5], [1.0, 1.0], [0.5, 0.5]]
    asked = policy.asked[0]
    assert (asked.person.tolist(), asked.seed.tolist(), asked.time.tolist()) == ([0, 1], [7, -1], [100.0, 101.0])
    assert asked.context == {"device": ["phone", "desktop"]}
    assert others.asked[0].context == {"device": ["tv", "tablet"]}


def test_where_all_are_in_the_sample_nothing_is_parted(asks: Asks) -> None:
    policy, others = Named(0, named=True), Named(1_000, named=False)

    made = Sampled(policy, others, 6).answer(asks)

    assert policy.asked == [asks] and others.asked == []
    assert made.slates == ("s5", "s0", "s3", "s1")


def test_where_none_is_the_policy_is_not_asked(asks: Asks) -> None:
    policy, others = Named(0, named=True), Named(1_000, named=False)

    made = Sampled(policy, others, 0).answer(asks)

    assert policy.asked == [] and made.slates == ("", "", "", "")


def test_the_policy_alone_learns_and_of_everybody() -> None:
    policy, others = Named(0, named=True), Named(1_000, named=False)
    sampled = Sampled(policy, others, 2)
    events = pa.table({"person": [5]})

    sampled.observe(events)
    sampled.change([{"id": "a"}])
    sampled.end_of_day(7.0)

    assert policy.told == [events, [{"id": "a"}], 7.0]
    assert others.told == []
    assert sampled.degraded == {"late:als": 2}
