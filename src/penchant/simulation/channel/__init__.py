"""A living channel with known truth: covers that lure, lengths that bias, screens nobody looks at, people who leave."""

from penchant.simulation.channel.channel import Channel
from penchant.simulation.channel.mechanisms import StreamMechanisms
from penchant.simulation.channel.oracle import Oracle

__all__ = ["Channel", "Oracle", "StreamMechanisms"]
