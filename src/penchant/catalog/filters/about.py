"""What a filter may refer to beside the catalog: the request's items, its person, its moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from penchant.slate import Codes


@dataclass(frozen=True)
class About:
    """A request, as filters see it.

    Attributes:
        seeds: Codes of the items it is about; those the table has no row for do not count.
        person: What is known of the person: traits by name.
        now: When it is, in Unix seconds.
    """

    seeds: Codes = field(default_factory=lambda: np.zeros(0, np.int32))
    person: Mapping[str, Any] = field(default_factory=dict)
    now: float = 0.0
