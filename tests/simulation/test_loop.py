from __future__ import annotations

import numpy as np
import pytest

from penchant.clock import DAY
from penchant.simulation.channel import Channel
from penchant.simulation.loop import live, live_together
from penchant.simulation.market import Market
from penchant.simulation.policies import Chance
from penchant.simulation.school import School

START = 1_767_225_600.0
WORLDS = {"market": Market, "channel": Channel, "school": School}


class Nights(Chance):
    """Chance that remembers what the nights were."""

    def __init__(self, world):
        super().__init__(1, world.available)
        self.nights = []

    def end_of_day(self, now):
        self.nights.append((now - START) / DAY)


@pytest.mark.parametrize("kind", WORLDS.values(), ids=WORLDS)
def test_a_world_that_was_lived_through_before_goes_on_from_that_day(kind):
    world = kind(people=50, seed=1, start=START)
    policy = Nights(world)
    live(world, policy, 3)
    assert world.now == START + 3 * DAY
    live(world, policy, 2)
    assert policy.nights == [1, 2, 3, 4, 5]


def test_worlds_side_by_side_live_as_they_would_alone():
    def pair():
        return Market(people=60, seed=1, start=START), Channel(people=60, seed=1, start=START)

    market, channel = pair()
    shop, stream = live_together([market, channel], [Chance(1, market.available), Chance(1, channel.available)], 3)
    for world, told, measure in zip(pair(), (shop, stream), ("net_revenue", "satisfaction"), strict=True):
        alone = live(world, Chance(1, world.available), 3)
        np.testing.assert_array_equal(told.sums[measure], alone.sums[measure])
        assert told.days == 3
