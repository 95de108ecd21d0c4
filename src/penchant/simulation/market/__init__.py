"""The market: a shop in a closed loop, whose shoppers answer to what a policy shows them, and whose truth is known."""

from penchant.simulation.market.market import Market
from penchant.simulation.market.mechanisms import RETURN_COST, ShopMechanisms
from penchant.simulation.market.oracle import Oracle

__all__ = ["RETURN_COST", "Market", "Oracle", "ShopMechanisms"]
