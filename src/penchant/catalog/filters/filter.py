"""The filter language on item fields: read once against a schema, asked for masks many times.

{"field": "brand", "eq": "Alto"}                    one value
{"field": "topics", "in": ["strength", "core"]}     any of these
{"field": "price", "range": [80, 120]}              at least, at most; null leaves an end open
{"field": "category", "under": "Shoes"}             a category or one below it
{"field": "price", "near": {"seed": "price"}, "within": 0.2}
{"field": "stock", "exists": true}
{"all": [...]}  {"any": [...]}  {"not": {...}}

A value may be `{"seed": FIELD}` (what the request's items have), `{"person": TRAIT}`, and for times `{"now": "-7d"}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from penchant.catalog.columns import Mask
from penchant.catalog.filters.about import About
from penchant.catalog.filters.leaf import Equals, Exists, ItemTest, Near, Under, Within, asks_person, asks_seeds
from penchant.catalog.filters.shape import TESTS, check_ends, check_flag, check_list, check_test, check_within
from penchant.catalog.filters.tree import Joined, Negated, Node, Single, leaves, read_tree
from penchant.catalog.filters.value import (
    FAMILIES,
    WANTED,
    Family,
    FromNow,
    Given,
    OfPerson,
    OfSeeds,
    Value,
    read_constant,
    read_span,
)
from penchant.catalog.schema import FREE, ColumnKind, Schema
from penchant.catalog.table import ItemTable
from penchant.errors import InvalidRequest, choices, nearest

_HOLDS: dict[ColumnKind, str] = {
    "category": "text",
    "tags": "a list of text",
    "number": "a number",
    "flag": "true or false",
    "time": "a moment",
    "text": "words for people",
    "map": "numbers by key",
    "json": "an object",
}
_COMPARED: dict[Family, str] = {"text": "text", "number": "a number", "flag": "true or false", "time": "a moment"}
_TAKES: dict[str, tuple[ColumnKind, ...]] = {
    "eq": ("category", "tags", "number", "flag", "time"),
    "in": ("category", "tags", "number", "flag", "time"),
    "range": ("number", "time"),
    "exists": tuple(_HOLDS),
    "under": ("category", "tags"),
    "near": ("number",),
}


@dataclass(frozen=True)
class Filter:
    """A filter that has been read.

    Attributes:
        tree: Its tests.
        needs_seed: Whether it looks at the request's items.
        needs_person: Whether it looks at the request's person.
    """

    tree: Node[ItemTest]
    needs_seed: bool
    needs_person: bool

    def mask(self, table: ItemTable, about: About | None = None) -> Mask:
        """The rows it lets through, shape (n_items,); an array of its own.

        Args:
            table: A catalog of the schema it was read against.
            about: The request; what nobody asked when None.
        """
        return _mask(self.tree, table, about or About())


def parse_filter(json: object, schema: Schema, path: str = "filter") -> Filter:
    """Read a filter.

    Args:
        json: Plain JSON.
        schema: Which fields it may name.
        path: Where it stands in the request, for messages.

    Raises:
        InvalidRequest: A wrong shape, field or type, with the path to it.
    """
    tree = read_tree(json, path, partial(_test, schema))
    tests = tuple(leaves(tree))
    return Filter(tree, any(map(asks_seeds, tests)), any(map(asks_person, tests)))


def _mask(node: Node[ItemTest], table: ItemTable, about: About) -> Mask:
    if isinstance(node, Single):
        return node.test.mask(table, about)
    if isinstance(node, Negated):
        return ~_mask(node.part, table, about)
    assert isinstance(node, Joined)
    mask = _mask(node.parts[0], table, about)
    for part in node.parts[1:]:
        if node.all:
            mask &= _mask(part, table, about)
        else:
            mask |= _mask(part, table, about)
    return mask


def _test(schema: Schema, json: dict[str, Any], path: str) -> ItemTest:
    field, kind = _field(schema, json["field"], f"{path}.field")
    test = check_test(json, path, beside=("within", "if_unknown"))
    wanted, at = json[test], f"{path}.{test}"
    if kind not in _TAKES[test]:
        raise InvalidRequest(at, f"cannot be asked of {field}, which {_which(schema, field, kind, test)}")
    share = check_within(json, path, test) if "within" in json or test == "near" else 0.0
    if test == "exists":
        _passes(json, path, ())
        return Exists(field, check_flag(wanted, at))
    family = FAMILIES[kind]
    if test == "range":
        ends = [
            None if end is None else _value(schema, end, family, f"{at}[{i}]")
            for i, end in enumerate(check_ends(wanted, at))
        ]
        return Within(field, ends[0], ends[1], _passes(json, path, ends))
    if test == "in" and not isinstance(wanted, dict):
        values = check_list(wanted, at)
        value: Value = Given(tuple(read_constant(one, family, f"{at}[{i}]") for i, one in enumerate(values)))
    else:
        value = _value(schema, wanted, family, at)
    unknown = _passes(json, path, (value,))
    if test == "near":
        return Near(field, value, share, unknown)
    return Under(field, kind, value, unknown) if test == "under" else Equals(field, kind, value, unknown)


def _field(schema: Schema, field: object, path: str) -> tuple[str, ColumnKind]:
    if not isinstance(field, str):
        raise InvalidRequest(path, "must be text, the name of a field", field)
    try:
        return field, schema.column(field)
    except KeyError:
        pass
    if field == "attributes":
        first = next((FREE + name for name in schema.free), "attributes.NAME")
        raise InvalidRequest(path, f"must name one of them, as in {first}", field)
    if field.startswith(FREE):
        near = nearest(field.removeprefix(FREE), schema.free)
        hint = f'; did you mean "{FREE}{near}"?' if near else ""
        wanted = "is not declared: say what it holds under [domains.NAME.attributes]"
        raise InvalidRequest(path, wanted + hint, field)
    near = FREE + field if FREE + field in schema.columns else nearest(field, schema.columns)
    hint = f'; did you mean "{near}"?' if near else f" (have: {choices(schema.columns, 30)})"
    raise InvalidRequest(path, f"no such field{hint}", field)


def _which(schema: Schema, field: str, kind: ColumnKind, test: str) -> str:
    """The rest of "cannot be asked of FIELD, which …"."""
    if kind == "map":
        return f'holds {_HOLDS[kind]}: name one of them, as in "{field}.KEY"'
    can = [name for name in TESTS if kind in _TAKES[name]]
    return f"holds {_HOLDS[kind]}: it knows {' and '.join((', '.join(can[:-1]), can[-1])) if can[1:] else can[0]}"


def _value(schema: Schema, json: object, family: Family, path: str) -> Value:
    """A value that is named, or one that the request has."""
    if not isinstance(json, dict):
        if isinstance(json, list):
            raise InvalidRequest(path, f'{WANTED[family]}; a list goes with "in"', json)
        return Given((read_constant(json, family, path),))
    sources = ("seed", "person", "now") if family == "time" else ("seed", "person")
    if len(json) != 1 or (source := next(iter(json))) not in sources:
        told = ", ".join(f'{{"{name}": …}}' for name in sources)
        raise InvalidRequest(path, f"{WANTED[family]}, or one of {told}", json)
    name, at = json[source], f"{path}.{source}"
    if source == "now":
        return FromNow(read_span(name, at))
    if source == "person":
        if not isinstance(name, str) or not name:
            raise InvalidRequest(at, "must be text, the name of a trait", name)
        return OfPerson(name, family)
    field, kind = _field(schema, name, at)
    if FAMILIES.get(kind) != family:
        raise InvalidRequest(at, f"holds {_HOLDS[kind]}, and is compared with {_COMPARED[family]}", field)
    return OfSeeds(field)


def _passes(json: dict[str, Any], path: str, values: Any) -> bool:
    """Whether rows pass when the request does not say what to compare with."""
    if "if_unknown" not in json:
        return False
    if not any(isinstance(value, OfSeeds | OfPerson) for value in values):
        raise InvalidRequest(f"{path}.if_unknown", 'goes with {"seed": …} or {"person": …} alone')
    if json["if_unknown"] not in ("pass", "fail"):
        raise InvalidRequest(f"{path}.if_unknown", 'must be "pass" or "fail"', json["if_unknown"])
    return bool(json["if_unknown"] == "pass")
