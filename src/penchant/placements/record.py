"""What rules did to a slate, and what it would have been without them: enough to tell later what each rule costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from penchant.catalog import ItemTable
from penchant.pack import CURATED, EDITORIAL
from penchant.placements.fallback import Spare
from penchant.placements.filled import Filled
from penchant.placements.rule import Action
from penchant.placements.wishes import Wishes
from penchant.ranking import Objective


class Acted(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule did to one slate.

    Attributes:
        id: The rule.
        revision: Which revision of it.
        action: What it does.
        items: On which items: those it pinned, proposed, or kept out; of boosts, buries and quotas those of the slate
            or of the slate without rules that it is about.
    """

    id: str
    revision: int
    action: Action
    items: tuple[str, ...]


class Worth(msgspec.Struct, frozen=True):
    """An item of a slate and its value by the objective."""

    id: str
    value: float


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What rules did to one slate.

    Attributes:
        objective: Name and version of the formula that values items, as in `conversion@1`.
        rules: Those that acted.
        without: The slate as it would have been without rules. An item's value is the objective's, in the one slate
            and in the other: boosts and buries move items, they do not change what an item is worth.
    """

    objective: str
    rules: tuple[Acted, ...]
    without: tuple[Worth, ...]


@dataclass(frozen=True)
class Shown:
    """Rows of a slate in order: all of them, those pins put there, those of editorial lists, those of curated sets."""

    rows: Sequence[int]
    pinned: Sequence[int]
    listed: Sequence[int]
    together: Sequence[int]


def recorded(made: Filled, plain: Filled, wishes: Wishes, objective: Objective, table: ItemTable) -> Record | None:
    """What rules did, against the slate without them; None when they did nothing.

    Args:
        made: The slate, before chance.
        plain: The slate without rules.
        wishes: The rules that held.
        objective: What values items.
        table: The catalog.
    """
    shown = Shown(
        made.rows,
        [int(made.codes[one]) for one in made.slate if not isinstance(one, Spare) and one in made.pinned],
        _of(EDITORIAL, made),
        _of(CURATED, made),
    )
    done = acted(wishes, shown, plain.rows, table)
    if not done:
        return None
    values = [0.0 if isinstance(one, Spare) else float(plain.valued.value[one]) for one in plain.slate]
    without = tuple(Worth(table.ids[row], round(value, 6)) for row, value in zip(plain.rows, values, strict=True))
    return Record(objective=f"{objective.name}@{objective.version}", rules=done, without=without)


def acted(wishes: Wishes, shown: Shown, without: Sequence[int], table: ItemTable) -> tuple[Acted, ...]:
    """Which rules did something.

    Args:
        wishes: The rules that held.
        shown: The slate.
        without: Rows of the slate without rules.
        table: The catalog.
    """
    both = list(dict.fromkeys((*shown.rows, *without)))
    found: list[Acted] = []
    for group, rows in (
        (wishes.pins, shown.pinned),
        (wishes.moves, both),
        (wishes.excludes, without),
        (wishes.quotas, both),
        (wishes.lists, shown.listed),
        (wishes.sets, shown.together),
    ):
        for wish in group:
            items = tuple(table.ids[row] for row in rows if wish.rows[row])
            if items:
                rule = wish.rule
                found.append(Acted(id=rule.id, revision=rule.revision, action=rule.rule.action, items=items))
    return tuple(found)


def _of(source: str, made: Filled) -> list[int]:
    """Rows of the slate that a source proposed."""
    share = made.found.shares.get(source)
    if share is None:
        return []
    own = (one for one in made.slate if not isinstance(one, Spare) and one < len(share) and share[one] > 0)
    return [int(made.codes[one]) for one in own]
