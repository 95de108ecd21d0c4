"""People: anonymous and known ids, and which of them are one person."""

from penchant.people.graph import canonical, components

__all__ = ["canonical", "components"]
