"""A made-up stream of films, talks and texts, to stand beside the made-up shop in one workspace."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from made_release import Trade

from penchant.clock import DAY
from penchant.events import Role
from penchant.packs.content import PACK, Content

STREAM = Trade(
    domain="stream",
    pack=PACK,
    names={
        "Content Viewed": Role.WEAK,
        "Content Liked": Role.STRONG,
        "Content Completed": Role.GOAL,
        "Content Skipped": Role.NEGATIVE,
    },
    shares=(0.6, 0.05, 0.3, 0.05),
    weights=(0.1, 0.8, 1.0, -0.6),
    fitted=(
        *("popular", "popular-week", "popular-day", "popular-by-creator", "trending", "personal-top", "begun"),
        *("item-knn", "co-visitation", "als", "slist", "next-items", "playlist", "alike"),
    ),
    person=(("item-knn", 0.3), ("als", 0.3), ("slist", 0.2), ("next-items", 0.2)),
    seeds=(("item-knn", 0.5), ("next-items", 0.5)),
)

_WORDS = ("night", "river", "engine", "garden", "winter", "signal", "letter", "island", "market", "mirror", "train")


def content_id(code: int) -> str:
    """The id of one."""
    return f"w{code}"


def contents(n: int, now: float, seed: int = 8) -> list[Content]:
    """Content with what the pack's features read, the newest last.

    Args:
        n: How many.
        now: Up to when it came out, Unix seconds.
        seed: Seed of what it is about.
    """
    rng = np.random.default_rng(seed)
    topics, creators = rng.integers(0, 60, (n, 2)).tolist(), rng.integers(0, 800, n).tolist()
    lengths, words = rng.integers(60, 5_400, n).tolist(), rng.integers(0, len(_WORDS), (n, 3)).tolist()
    ages = (np.sort(rng.exponential(200.0, n))[::-1] * DAY).tolist()
    kinds, formats = ("video", "article", "podcast", "track"), ("interview", "short", "follow-along", "essay")
    return [
        Content(
            id=content_id(i),
            title=" ".join(_WORDS[word] for word in words[i]),
            kind=kinds[topics[i][0] % 4],
            topics=tuple(dict.fromkeys(f"topic-{topic}" for topic in topics[i])),
            genre=f"genre-{topics[i][0] % 12}",
            format=formats[i % 4],
            creator=f"creator-{creators[i]}",
            length_s=float(lengths[i]),
            language="en" if i % 3 else "de",
            published=datetime.fromtimestamp(int(now - ages[i]), UTC),
            regions=("DE", "AT") if i % 9 == 0 else (),
        )
        for i in range(n)
    ]
