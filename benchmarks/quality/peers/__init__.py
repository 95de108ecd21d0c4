"""The systems that penchant is measured beside, each in its own environment."""
