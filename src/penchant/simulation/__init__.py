"""Worlds with known truth: a shop, a channel and an academy of one brand, and the acceptance scenario."""

from penchant.simulation.academy import academy
from penchant.simulation.brand import configuration
from penchant.simulation.messages import message
from penchant.simulation.scenario import Scenario, scenario
from penchant.simulation.shop import shop
from penchant.simulation.stream import stream
from penchant.simulation.world import World
from penchant.simulation.write import write

__all__ = ["Scenario", "World", "academy", "configuration", "message", "scenario", "shop", "stream", "write"]
