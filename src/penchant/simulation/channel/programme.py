"""What the channel shows: items with a topic, a creator, a format, a cover, and a quality nobody is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY, iso
from penchant.simulation.channel.mechanisms import StreamMechanisms
from penchant.simulation.choice import Index

TOPICS = (
    "politics", "science", "football", "cooking", "travel", "music",
    "games", "history", "money", "health", "comedy", "nature",
)  # fmt: skip
CREATORS = tuple(f"creator-{i + 1:02d}" for i in range(30))
FORMATS = ("short", "clip", "story", "show", "talk")
KINDS = ("video", "video", "article", "video", "podcast")
"""Kind of each format, as the content pack names it."""

SHARES = (0.30, 0.25, 0.20, 0.15, 0.10)
"""Share of each format among items."""

LENGTHS = (25.0, 70.0, 150.0, 400.0, 800.0)
"""Usual length of each format, in seconds; KuaiRand's videos have 5 to 1,178 seconds."""

MEDIAN = 90.0
"""Length of every item when lengths do not differ, in seconds."""

HALF_LIVES = (2.0, 5.0, 0.5, 14.0, 30.0)
"""Days until half of the interest that fades has faded, by format."""

RUNS_ALONE = (0.05, 0.15, 0.10, 0.50, 0.90)
"""How well each format can run in the background, 0 to 1."""

PER_DAY = 10.0
"""New items a day."""

BAITED = 0.335
"""Share of items that are made to lure: Rony, Hassan and Yousuf (2017)."""

LURE = 0.8
"""What a lure adds to the utility of starting, in logits."""

LOSS = 0.8
"""How much less an item that lures is enjoyed, in standard deviations of enjoyment."""

COVER = 0.33
"""Spread of how well covers sell what they cover, in logits."""

QUALITY = 0.65
"""Spread of quality between items, in standard deviations of enjoyment."""

PAST = 60.0
"""Days before the start from which on the first items come."""

OPENS = 5 * 3600.0
"""Second of the day at which new items come and rights end."""


@dataclass(frozen=True)
class Programme:
    """All items there will ever be, in the order in which they come out.

    Attributes:
        ids: Item ids by code.
        topic: Index in `TOPICS`.
        creator: Index in `CREATORS`.
        format: Index in `FORMATS`.
        length: Seconds.
        quality: How much everybody enjoys it beyond taste; what a lure costs is taken off.
        cover: What the cover adds to the utility of starting beyond what the item holds, in logits.
        lures: Whether it was made to lure.
        opens: When it comes out, Unix seconds.
        closes: When its rights end; inf = never.
    """

    ids: list[str]
    topic: Index
    creator: Index
    format: Index
    length: NDArray[np.float64]
    quality: NDArray[np.float64]
    cover: NDArray[np.float64]
    lures: NDArray[np.bool_]
    opens: NDArray[np.float64]
    closes: NDArray[np.float64]

    def __len__(self) -> int:
        """Number of items."""
        return len(self.ids)

    @property
    def half_life(self) -> NDArray[np.float64]:
        """Days until half of the interest that fades has faded, by item."""
        return np.array(HALF_LIVES)[self.format]

    @property
    def alone(self) -> NDArray[np.float64]:
        """How well each item can run in the background, 0 to 1."""
        return np.array(RUNS_ALONE)[self.format]

    def fields(self, i: int) -> dict[str, Any]:
        """One item as plain fields of the content pack: what a catalog knows of it."""
        topic, form = TOPICS[int(self.topic[i])], FORMATS[int(self.format[i])]
        creator, closes = CREATORS[int(self.creator[i])], float(self.closes[i])
        return {
            "id": self.ids[i],
            "title": f"{topic.capitalize()}: a {form} by {creator}",
            "url": f"https://channel.example/{self.ids[i]}",
            "kind": KINDS[int(self.format[i])],
            "topics": [topic],
            "format": form,
            "creator": creator,
            "length_s": float(self.length[i]),
            "language": "en",
            "published": iso(float(self.opens[i])),
            "available_from": iso(float(self.opens[i])),
            "available_until": iso(closes) if np.isfinite(closes) else None,
        }


def draw_programme(
    rng: np.random.Generator, start: float, items: int, days: int, mechanisms: StreamMechanisms
) -> Programme:
    """Items that are there at the start, and those that come each day.

    Args:
        rng: Source of randomness.
        start: Unix seconds of the first day's beginning.
        items: How many there are at the start.
        days: For how many days new ones come.
        mechanisms: `bait` makes covers and costs quality, `duration_bias` spreads lengths, `arrivals` adds items.
    """
    # Items are drawn one by one, so that mechanisms leave the luck of the others, and of the first items, as it is.
    daily = round(PER_DAY * mechanisms.arrivals)
    n = items + daily * days
    speciality = np.stack([rng.permutation(len(TOPICS))[:2] for _ in CREATORS])
    favourite = rng.choice(len(FORMATS), size=len(CREATORS), p=SHARES)
    busy = rng.dirichlet(np.full(len(CREATORS), 5.0))
    columns = np.random.default_rng(rng.integers(2**63)).random((n, 9))
    normals = np.random.default_rng(rng.integers(2**63)).standard_normal((n, 3))

    creator = np.searchsorted(np.cumsum(busy)[:-1], columns[:, 0], side="right")
    any_topic = np.minimum((columns[:, 2] * len(TOPICS)).astype(np.int64), len(TOPICS) - 1)
    own = np.where(columns[:, 1] < 0.6, speciality[creator, 0], speciality[creator, 1])
    topic = np.where(columns[:, 1] < 0.85, own, any_topic)
    any_format = np.searchsorted(np.cumsum(SHARES)[:-1], columns[:, 4], side="right")
    form = np.where(columns[:, 3] < 0.5, favourite[creator], any_format)
    spread = np.log(np.array(LENGTHS)[form] / MEDIAN) + 0.35 * normals[:, 0]
    length: NDArray[np.float64] = np.clip(MEDIAN * np.exp(mechanisms.duration_bias * spread), 8.0, 1_200.0)

    lures = columns[:, 5] < BAITED
    quality = QUALITY * normals[:, 1] - mechanisms.bait * LOSS * (lures - BAITED)
    cover = mechanisms.bait * (LURE * (lures - BAITED) + COVER * normals[:, 2])

    first = np.floor(start / DAY) * DAY
    past = np.sort(first - DAY * np.ceil(columns[:items, 6] * PAST) + OPENS)
    coming = first + DAY * np.repeat(np.arange(days), daily) + OPENS
    opens = np.concatenate([past, coming])
    ends = np.floor(opens / DAY + 3.0 + 40.0 * columns[:, 8]) * DAY + OPENS
    # Rights that end do so after the start: what was over before it came is no item of this channel.
    closes = np.where((columns[:, 7] < 0.08) & (ends > start + DAY), ends, np.inf)
    ids = [f"item-{i + 1:05d}" for i in range(n)]
    return Programme(ids, topic, creator, form, np.round(length), quality, cover, lures, opens, closes)
