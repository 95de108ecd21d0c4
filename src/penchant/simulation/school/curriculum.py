"""The academy's catalog: the expert paths of six topics, and short modules that please and teach little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY, iso
from penchant.simulation.choice import Index
from penchant.simulation.luck import normal, uniform
from penchant.simulation.modules import SERIES, TOPICS

_LENGTH, _FLASH = 101, 102
_MINUTES = 60.0
_PRACTICE = 60.0
"""Seconds of a module for one opportunity to practise."""

SHORTS = (
    "in two minutes", "five tricks", "true or false?", "what would you do?",
)  # fmt: skip
"""What the short modules of each topic are called."""

_TAUGHT = 5
"""Modules of each series, of those that the open-loop academy has."""
_HALF = 3
"""Modules of a series that its sequel asks for."""
_FAMILIES = ("A child changes the budget", "Children and accidents")
"""Modules that are for families alone; nothing hangs on them."""
_ABROAD = ("Taxes on gains", "Tax in retirement")
"""Modules for another country; nothing hangs on them."""
_LATER = {"Several goals at once": 7.0, "Repayment plans": 14.0, "Care costs": 21.0}
"""Days after which modules come that are not there at first; each ends its series."""
_ENDS = (12.0, 24.0)
"""Days after which a short module of the first topics is out of date."""

_GLAMOUR = np.array([0.0, -0.4, -0.4, 0.0, 0.9, -0.1])
"""How attractive each topic is to everybody, in the order of `TOPICS`: investing is, insurance is not."""


@dataclass(frozen=True)
class Curriculum:
    """The catalog as columns; rows are modules, those of the paths first, in teaching order.

    Attributes:
        items: Plain fields for the learning pack.
        ids: Item ids.
        topic: Index in `TOPICS`.
        skill: The skill it teaches: a path's module teaches its own, a short one that of an early module of its topic.
        skills: Number of skills; skill i is what row i teaches.
        hardness: How hard each skill is, log-odds; shape (skills,).
        requires: Rows of the modules that come right before, shape (modules, 1); -1 for none.
        practice: Opportunities to practise.
        length: Seconds.
        flash: Attractiveness, mean 0 and standard deviation 1 over modules.
        families: Which are for families alone.
        comes: When it comes into the catalog, Unix seconds; -inf: from the start.
        goes: When it is out of date, Unix seconds; inf: never.
        abroad: Which may not be shown here.
    """

    items: list[dict[str, Any]]
    ids: list[str]
    topic: Index
    skill: Index
    skills: int
    hardness: NDArray[np.float64]
    requires: Index
    practice: NDArray[np.float64]
    length: NDArray[np.float64]
    flash: NDArray[np.float64]
    families: NDArray[np.bool_]
    comes: NDArray[np.float64]
    goes: NDArray[np.float64]
    abroad: NDArray[np.bool_]

    def __len__(self) -> int:
        """Number of modules."""
        return len(self.ids)

    def there(self, now: float) -> NDArray[np.bool_]:
        """Which modules may be shown here at a moment."""
        return (self.comes <= now) & (now < self.goes) & ~self.abroad


def draw_curriculum(seed: int, start: float) -> Curriculum:
    """The catalog of a world: titles, order and prerequisites are fixed; lengths and attractiveness are drawn.

    Args:
        seed: Of the world.
        start: Unix seconds of its first day's beginning.
    """
    items: list[dict[str, Any]] = []
    before: list[int] = []
    hardness: list[float] = []
    for series in SERIES:
        last = -1
        if series.after:
            first = next(i for i, item in enumerate(items) if item["series"] == series.after)
            last = first + _HALF - 1
        for place, title in enumerate(series.titles[:_TAUGHT]):
            before.append(last)
            late = place + 1 > 0.6 * _TAUGHT
            items.append(
                _fields(
                    f"{series.name}-{place + 1}", title, series.name, place + 1, series.topic,
                    min(series.level + late, 5), series.explains,
                )
            )  # fmt: skip
            hardness.append(0.35 * (series.level + late - 1) + 0.1 * place)
            if title not in _FAMILIES and title not in _ABROAD:
                last = len(items) - 1
    skills = len(items)
    skill = list(range(skills))
    for topic in TOPICS:
        path = [i for i in range(skills) if items[i]["topic"] == topic]
        for place, name in enumerate(SHORTS):
            skill.append(path[place])
            before.append(-1)
            items.append(
                _fields(
                    f"{topic}-short-{place + 1}", f"{topic.capitalize()}: {name}", f"{topic}-shorts", place + 1, topic,
                    1, items[path[0]]["explains"],
                )
            )  # fmt: skip

    n = len(items)
    row, short = np.arange(n), np.arange(n) >= skills
    length = np.round(_MINUTES * np.clip(7.0 + 2.5 * normal(seed, _LENGTH, row), 3.0, 15.0))
    length[short] = np.round(_MINUTES * (1.5 + 1.5 * uniform(seed, _LENGTH, row[short], 1)))
    topic_of = np.array([TOPICS.index(item["topic"]) for item in items])
    opens = np.array([item["position"] == 1 for item in items])
    flash = _GLAMOUR[topic_of] + 0.6 * normal(seed, _FLASH, row) + 1.2 * short + 0.4 * (opens & ~short)
    flash -= 0.1 * (length / _MINUTES - 7.0) * ~short
    titles = [item["title"] for item in items]
    comes, goes = np.full(n, -np.inf), np.full(n, np.inf)
    for title, days in _LATER.items():
        comes[titles.index(title)] = start + DAY * days
    for place, days in enumerate(_ENDS):
        goes[skills + place] = start + DAY * days
    families = np.array([title in _FAMILIES for title in titles])
    abroad = np.array([title in _ABROAD for title in titles])
    for i, item in enumerate(items):
        item["length_s"] = float(length[i])
        item["prerequisites"] = [items[before[i]]["id"]] if before[i] >= 0 else []
        item["jurisdictions"] = ["CH"] if abroad[i] else []
        item["eligibility"] = {"field": "context.household", "eq": "family"} if families[i] else None
        item["expires"] = iso(float(goes[i])) if np.isfinite(goes[i]) else None
    hard = np.array(hardness)
    return Curriculum(
        items=items,
        ids=[item["id"] for item in items],
        topic=topic_of,
        skill=np.array(skill),
        skills=skills,
        hardness=hard - hard.mean(),
        requires=np.array(before)[:, None],
        practice=np.clip(np.round(length / _PRACTICE), 2.0, 10.0),
        length=length,
        flash=(flash - flash.mean()) / flash.std(),
        families=families,
        comes=comes,
        goes=goes,
        abroad=abroad,
    )


def _fields(name: str, title: str, series: str, place: int, topic: str, level: int, explains: str) -> dict[str, Any]:
    return {
        "id": name,
        "title": title,
        "url": f"https://academy.example/{series}/{place}",
        "series": series,
        "position": place,
        "topic": topic,
        "level": level,
        "explains": explains,
    }
