"""Events: the vocabulary, roles, and translations from what clients send."""

from penchant.events.event import Event, validate
from penchant.events.signal import Role, Signal

__all__ = ["Event", "Role", "Signal", "validate"]
