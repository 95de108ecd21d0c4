"""The environment: settings that override the file, and variables that import paths name.

`PENCHANT_SERVER__PORT=8080` sets `port` in `[server]`. This is the only room that reads the environment, and
`read_environment` the only function that touches the process's own.
"""

from __future__ import annotations

import copy
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from msgspec import inspect

from penchant.config.lines import KeyPath, Lines
from penchant.config.names import EVENT_FIELDS, PackNames
from penchant.config.settings import Settings
from penchant.config.shape import fits, struct_type
from penchant.config.wording import unwrapped
from penchant.errors import ConfigProblem, nearest

PREFIX = "PENCHANT_"
RESERVED = re.compile(r"PENCHANT_(DATA|TEST_\w*)")
"""Variables of the name that are no settings: where data sets lie, and what tests use."""

# Container platforms announce a service called "penchant" to its neighbours with these.
_ANNOUNCED = re.compile(r"PENCHANT_(SERVICE_(HOST|PORT\w*)|PORT(_\d+_(TCP|UDP)\w*)?)")
_REFERENCE = re.compile(r"\$\{([^{}]*)\}")


@dataclass(frozen=True)
class Overridden:
    """The document with the environment laid over it.

    Attributes:
        tree: A copy of the document, changed.
        lines: Places, which now know what came from a variable.
        problems: Variables that set nothing.
    """

    tree: dict[str, Any]
    lines: Lines
    problems: tuple[ConfigProblem, ...]


def read_environment() -> dict[str, str]:
    """The environment of this process, as it is now."""
    return dict(os.environ)


def apply_overrides(
    tree: Mapping[str, Any], environment: Mapping[str, str], lines: Lines, packs: Mapping[str, PackNames]
) -> Overridden:
    """Lay every `PENCHANT_SECTION__KEY` over the document.

    Parts of a name are parted by two underscores; case does not count and `_` stands for `-` too. Tables with
    names of their own (a domain, a placement, an import by its `name`) must stand in the document. A value is
    read as TOML where that fits the key, else it is taken as text.

    Args:
        tree: The document as `tomllib` gives it; not changed.
        environment: Variables by name; those without the prefix are passed over.
        lines: Places of the document.
        packs: The packs there are, whose models and item fields may be named.
    """
    # A variable that the file itself asks for is data, not a setting.
    asked = {name for path in _texts(tree.get("imports")) for name in _REFERENCE.findall(path)}
    new = copy.deepcopy(dict(tree))
    names = _Names(new, packs)
    variables: dict[KeyPath, str] = {}
    problems: list[ConfigProblem] = []
    for name in sorted(n for n in environment if n.startswith(PREFIX)):
        if name in asked or RESERVED.fullmatch(name) or _ANNOUNCED.fullmatch(name):
            continue
        found = names.find(name)
        if isinstance(found, ConfigProblem):
            problems.append(found)
        elif _put(new, found.path, _read(environment[name], found.kind)):
            variables[found.path] = name
    return Overridden(new, replace(lines, variables={**lines.variables, **variables}), tuple(problems))


def expand(text: str, environment: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Put variables in the place of `${NAME}`.

    Returns:
        The text, and the names that are not set, which stay as they are.
    """
    unset = tuple(dict.fromkeys(name for name in _REFERENCE.findall(text) if name not in environment))
    return _REFERENCE.sub(lambda m: environment.get(m[1], m[0]), text), unset


@dataclass(frozen=True)
class _Key:
    """A key that a variable can mean."""

    path: KeyPath
    kind: inspect.Type


class _Names:
    """Variables that mean something, given a document and the packs."""

    def __init__(self, tree: dict[str, Any], packs: Mapping[str, PackNames]) -> None:
        self.tree = tree
        self.packs = packs

    def find(self, name: str) -> _Key | ConfigProblem:
        """The key that a variable sets, or what is wrong with its name."""
        parts = name.removeprefix(PREFIX).split("__")
        key = _Key((), struct_type(Settings))
        label = PREFIX
        for n, part in enumerate(parts):
            below = self._below(key)
            if part.upper() not in below:
                rest = "__".join(parts[n:])
                near = nearest(rest, list(self._all(key)))
                hint = label.rstrip("_") if not below else label + near if near else None
                have = tuple(sorted(label + other + ("__*" if self._below(below[other]) else "") for other in below))
                return ConfigProblem("unknown_key", name, "no such setting", "", "environment", 0, hint, have)
            key = below[part.upper()]
            label += part.upper() + "__"
        return key

    def _all(self, key: _Key) -> Iterator[str]:
        """Every name below a key, without the part that leads to it."""
        for part, lower in self._below(key).items():
            inner = [f"{part}__{rest}" for rest in self._all(lower)]
            yield from inner or [part]

    def _below(self, key: _Key) -> dict[str, _Key]:
        """What may stand in a table, by the upper-case name that variables use."""
        kind, _ = unwrapped(key.kind)
        node = _look_up(self.tree, key.path)
        names: dict[str | int, inspect.Type] = {}
        labels: dict[str | int, str] = {}
        if isinstance(kind, inspect.StructType):
            names = {f.encode_name: f.type for f in kind.fields}
        elif isinstance(kind, inspect.DictType):
            names = dict.fromkeys(node if isinstance(node, dict) else (), kind.value_type)
            names.update(self._known(key.path, kind))
        elif isinstance(kind, inspect.VarTupleType) and isinstance(node, list):
            named = {n: one["name"] for n, one in enumerate(node) if isinstance(one, dict) and "name" in one}
            labels = {n: name for n, name in named.items() if isinstance(name, str)}
            names = dict.fromkeys(labels, kind.item_type)
        below: dict[str, _Key] = {}
        for name, lower in names.items():
            below.setdefault(labels.get(name, str(name)).upper().replace("-", "_"), _Key((*key.path, name), lower))
        return below

    def _known(self, path: KeyPath, kind: inspect.DictType) -> dict[str, inspect.Type]:
        """Names that a pack gives to an open table: its models, their settings, fields of its items."""
        match path:
            case ("domains", domain, "models", *rest) if pack := self._pack(domain):
                if not rest:
                    return dict.fromkeys(pack.models, kind.value_type)
                recipe = pack.recipe(str(rest[0]), _look_up(self.tree, path))
                if recipe is not None:
                    return {f.encode_name: f.type for f in struct_type(recipe).fields}
            case ("domains", domain, "objectives", *rest) if pack := self._pack(domain):
                if not rest:
                    return dict.fromkeys(pack.objectives, kind.value_type)
                return dict.fromkeys((*pack.formulas.constants.get(str(rest[0]), ()), "loss"), inspect.FloatType())
            case ("placements", _, "caps") if pack := self._pack(_look_up(self.tree, (*path[:2], "domain"))):
                return dict.fromkeys(pack.cap_fields, kind.value_type)
            case ("imports", _, "columns") if pack := self._pack(_look_up(self.tree, (*path[:2], "domain"))):
                events = _look_up(self.tree, (*path[:2], "kind")) != "items"
                return dict.fromkeys(EVENT_FIELDS if events else pack.item_fields, kind.value_type)
        return {}

    def _pack(self, domain: object) -> PackNames | None:
        name = _look_up(self.tree, ("domains", domain, "pack")) if isinstance(domain, str) else None
        return self.packs.get(name) if isinstance(name, str) else None


def _look_up(tree: Any, path: KeyPath) -> Any:
    """What stands at a path of a document whose shape nobody has checked; None when nothing does."""
    for part in path:
        if isinstance(part, int):
            tree = tree[part] if isinstance(tree, list) and part < len(tree) else None
        else:
            tree = tree.get(part) if isinstance(tree, dict) else None
    return tree


def _put(tree: dict[str, Any], path: KeyPath, value: object) -> bool:
    """Set a key, with the tables that lead to it; False when something else is in the way (the file is wrong)."""
    node: Any = tree
    for part in path[:-1]:
        node = node.setdefault(part, {}) if isinstance(node, dict) else node[part]
        if not isinstance(node, dict | list):
            return False
    node[path[-1]] = value
    return True


def _read(text: str, kind: inspect.Type) -> object:
    """A variable as TOML where that fits or text does not, else as text: a region `12` stays text."""
    try:
        document = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    if document.keys() != {"value"}:
        return text
    value = document["value"]
    return value if fits(value, kind) or not fits(text, kind) else text


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for one in node.values() if isinstance(node, dict) else node:
            yield from _texts(one)
