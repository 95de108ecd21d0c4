"""Rules made ready: read, parsed and checked once, and asked by every request after that."""

from __future__ import annotations

import weakref
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.catalog import About, Audience, Filter, ItemTable, Schema, parse_audience, parse_filter
from penchant.errors import InvalidRequest
from penchant.placements.rule import Rule
from penchant.placements.rule_check import check_shape
from penchant.slate import Codes

MOMENT = ("region", "context.")
"""What a request says itself; everything else that an audience asks for is known of the person alone."""

_DECODER = msgspec.json.Decoder(Rule)


@dataclass(frozen=True, eq=False)
class CompiledRule:
    """A rule that can be asked.

    Attributes:
        id: Its id.
        revision: Which revision of it.
        rule: What it says.
        filter: Its filter, parsed.
        audience: Its audience, parsed.
        starts: When it begins, Unix seconds.
        ends: When it ends.
        personal: It asks for what is known of the person, so it does not hold where that must not be used.
        fixed: Which items it is about depends on the catalog alone.
    """

    id: str
    revision: int
    rule: Rule
    filter: Filter | None
    audience: Audience | None
    starts: float
    ends: float
    personal: bool
    fixed: bool
    _kept: dict[str, tuple[weakref.ref[ItemTable], Any]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, id: str, revision: int, rule: Rule, schema: Schema) -> CompiledRule:
        """Make a rule ready.

        Raises:
            InvalidRequest: It cannot be obeyed, with the field that is wrong.
        """
        check_shape(rule)
        filter_ = None if rule.filter is None else parse_filter(rule.filter, schema, "filter")
        audience = None if rule.audience is None else parse_audience(rule.audience, "audience")
        asked = _named("field", rule.audience)
        fixed = filter_ is None or not (filter_.needs_person or filter_.needs_seed or _named("now", rule.filter))
        personal = any(not (isinstance(name, str) and name.startswith(MOMENT)) for name in asked)
        return cls(id, revision, rule, filter_, audience, *rule.span, personal, fixed)

    @property
    def needs_person(self) -> bool:
        """Whether traits must be looked up for it."""
        return self.personal or (self.filter is not None and self.filter.needs_person)

    def runs(self, placement: str, now: float) -> bool:
        """Whether it holds for a placement at a moment (Unix seconds), whoever the person is."""
        return self.starts <= now < self.ends and (not self.rule.placements or placement in self.rule.placements)

    def holds(self, about: About, *, personalized: bool = True) -> bool:
        """Whether it holds for a person; a personal rule does not where nothing personal may be used."""
        if self.audience is None:
            return True
        return (personalized or not self.personal) and self.audience.holds(about.person, about.now)

    def codes(self, table: ItemTable) -> Codes:
        """Rows of the items it names, in its order; items that the table does not have are left out."""
        kept = self._kept.get("codes")
        if kept is None or kept[0]() is not table:
            rows = (table.row(name) for name in self.rule.items)
            kept = (weakref.ref(table), np.array([row for row in rows if row >= 0], np.int32))
            self._kept["codes"] = kept
        found: Codes = kept[1]
        return found

    def rows(self, table: ItemTable, about: About) -> NDArray[np.bool_]:
        """Which rows it is about, shape (n_items,); not to be written to."""
        if not self.fixed:
            assert self.filter is not None
            return self.filter.mask(table, about)
        kept = self._kept.get("rows")
        if kept is None or kept[0]() is not table:
            if self.filter is None:
                rows = np.zeros(len(table), bool)
                rows[self.codes(table)] = True
            else:
                rows = self.filter.mask(table, about)
            kept = (weakref.ref(table), rows)
            self._kept["rows"] = kept
        found: NDArray[np.bool_] = kept[1]
        return found


def compile_rules(
    rows: Sequence[tuple[str, int, bytes]], schema: Schema, placements: Collection[str]
) -> tuple[tuple[CompiledRule, ...], tuple[str, ...]]:
    """Make a domain's rules ready.

    Args:
        rows: Id, revision and JSON of each rule.
        schema: Columns of the domain's items.
        placements: Names of the domain's placements.

    Returns:
        Rules, those of higher priority first, then by id; and notes on what cannot be obeyed as it stands: a rule that
        no longer fits the catalog is left out, a placement that is no more is passed over.
    """
    rules: list[CompiledRule] = []
    notes: list[str] = []
    for id, revision, body in rows:
        try:
            rule = CompiledRule.of(id, revision, _DECODER.decode(body), schema)
        except InvalidRequest as error:
            notes.append(f"rule {id} is left out: {error.message}")
            continue
        except msgspec.DecodeError as error:  # kept by another version
            notes.append(f"rule {id} is left out: it cannot be read ({error})")
            continue
        notes += [f'rule {id}: no placement "{name}"' for name in rule.rule.placements if name not in placements]
        rules.append(rule)
    rules.sort(key=lambda one: (-one.rule.priority, one.id))
    return tuple(rules), tuple(notes)


def _named(key: str, value: object) -> list[object]:
    """What stands under a key anywhere in plain JSON."""
    if isinstance(value, Mapping):
        here = [value[key]] if key in value else []
        return here + [found for inner in value.values() for found in _named(key, inner)]
    if isinstance(value, list | tuple):
        return [found for inner in value for found in _named(key, inner)]
    return []
