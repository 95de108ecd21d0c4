"""References: names in the configuration that must be borne by something, and settings that must agree."""

from __future__ import annotations

import ipaddress
import zoneinfo
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import inspect

from penchant.clock import parse_time
from penchant.config.experiments import ArmsProblems, check_experiment
from penchant.config.lines import KeyPath, Lines
from penchant.config.objectives import NO_FORMULAS, Formulas, check_objectives
from penchant.config.shape import check_shape, struct_type
from penchant.config.wording import shown, unwrapped
from penchant.errors import ConfigProblem, nearest

EVENT_FIELDS = (
    "event",
    "time",
    "user_id",
    "anonymous_id",
    "id",
    "item",
    "quantity",
    "price",
    "currency",
    "order",
    "progress",
    "slate",
    "position",
    "dwell",
    "playhead",
    "length",
    "session",
)
"""Fields that the columns of an events import may fill."""

Tree = Mapping[str, Any]
"""A table of the configuration whose shape has been checked; what was wrong is not in it."""


@dataclass(frozen=True)
class PackNames:
    """What the configuration may name of a pack; the engine makes it, as packs are not known here.

    Attributes:
        models: Settings class of each model.
        objectives: Objectives, the default first.
        placements: Placements that ship.
        item: The item type.
        kinds: Settings class of each kind of model there is, for models that a domain adds.
        filter_problem: What is wrong with a filter on its items, given the free fields that a domain declares: where
            in the filter, and a sentence; None when nothing is.
        formulas: What objectives of a domain may name.
        parts_problems: What is wrong with the parts of a placement, each with its key.
        reasons: Codes of reasons.
        arms_problems: Why placements may not fill another one's slot.
    """

    models: Mapping[str, type[msgspec.Struct]]
    objectives: Sequence[str]
    placements: Sequence[str]
    item: type[msgspec.Struct]
    kinds: Mapping[str, type[msgspec.Struct]]
    filter_problem: Callable[[object, Mapping[str, Any]], tuple[str, str] | None] = lambda filter_, free: None
    formulas: Formulas = NO_FORMULAS
    parts_problems: Callable[[str, Mapping[str, Any]], Sequence[tuple[str, str]]] = lambda name, placement: ()
    reasons: Sequence[str] = ()
    arms_problems: ArmsProblems = lambda slot, arms, own: ()

    def recipe(self, model: str, settings: object) -> type[msgspec.Struct] | None:
        """Settings class of a domain's model: of the kind it names, or else of the pack's model of that name."""
        kind = settings.get("kind") if isinstance(settings, dict) else None
        return self.models.get(model) if kind is None else self.kinds.get(str(kind))

    @property
    def item_fields(self) -> tuple[str, ...]:
        """Fields of an item."""
        return tuple(f.encode_name for f in struct_type(self.item).fields)

    @property
    def cap_fields(self) -> tuple[str, ...]:
        """Fields of an item that a cap can count by: text and lists of text."""
        return tuple(f.encode_name for f in struct_type(self.item).fields if _is_label(f.type))


def check_references(tree: Tree, lines: Lines, packs: Mapping[str, PackNames]) -> list[ConfigProblem]:
    """Check what no single key can tell: that names are borne by something, and that settings agree.

    Args:
        tree: What `check_shape` kept of the document.
        lines: Places for the problems.
        packs: The packs there are, by name.
    """
    check = _Check(tree, lines, packs)
    check.server(tree.get("server", {}))
    for name, domain in tree.get("domains", {}).items():
        check.domain(name, domain)
    for name, source in tree.get("sources", {}).items():
        check.source(name, source)
    for name, placement in tree.get("placements", {}).items():
        check.placement(name, placement)
    for name, experiment in tree.get("experiments", {}).items():
        check.experiment(name, experiment)
    for n, one in enumerate(tree.get("imports", ())):
        check.imported(("imports", n), one)
    check.unique_imports()
    return check.problems


class _Check:
    """Gathers problems; a name whose own table is already wrong is not held against what refers to it."""

    def __init__(self, tree: Tree, lines: Lines, packs: Mapping[str, PackNames]) -> None:
        self.lines = lines
        self.packs = packs
        self.domains: Mapping[str, Tree] = tree.get("domains", {})
        self.placements: Mapping[str, Tree] = tree.get("placements", {})
        self.experiments: Mapping[str, Tree] = tree.get("experiments", {})
        self.imports: Sequence[Tree] = tree.get("imports", ())
        self.problems: list[ConfigProblem] = []

    def server(self, server: Tree) -> None:
        host = server.get("host")
        if host is not None and not _is_loopback(host) and server.get("open", False):
            wanted = "must be a loopback address such as 127.0.0.1 while [server] says open = true"
            self._add("conflict", ("server", "host"), wanted, shown(host))

    def domain(self, name: str, domain: Tree) -> None:
        at: KeyPath = ("domains", name)
        self._evaluation((*at, "evaluation"), domain.get("evaluation", {}))
        if "pack" not in domain or not self._known("pack", (*at, "pack"), domain["pack"], sorted(self.packs)):
            return
        pack = self.packs[domain["pack"]]
        for field in domain.get("attributes", {}):
            if field in pack.item_fields:
                wanted = "is a field of the item type, and not a free one"
                self._add("conflict", (*at, "attributes", field), wanted, shown(field))
        self.problems.extend(check_objectives(domain, (*at, "objectives"), pack.objectives, pack.formulas, self.lines))
        if "objective" in domain:
            self._known("objective", (*at, "objective"), domain["objective"], _objectives(domain, pack))
        codes = (*pack.reasons, *self._own_reasons(name))
        for language, texts in domain.get("reasons", {}).items():
            for code in texts:
                self._known("reason", (*at, "reasons", language, code), code, codes)
        for model, settings in domain.get("models", {}).items():
            self._model((*at, "models", model), model, settings, pack)

    def _own_reasons(self, domain: str) -> list[str]:
        """Codes that sources of configured placements of a domain give."""
        sources = (
            source
            for placement in self.placements.values()
            if placement.get("domain") == domain
            for source in placement.get("sources", ())
        )
        told = (source.get("reason") for source in sources)
        return [str(reason[0]) for reason in told if isinstance(reason, list | tuple) and reason]

    def _model(self, at: KeyPath, model: str, settings: Tree, pack: PackNames) -> None:
        if "kind" in settings:
            if not self._known("kind of model", (*at, "kind"), settings["kind"], sorted(pack.kinds)):
                return
        elif not self._known("model", at, model, sorted(pack.models)):
            return
        recipe = pack.recipe(model, settings)
        assert recipe is not None
        own = {key: value for key, value in settings.items() if key != "kind"}
        # What a pack's model does not say, the pack says; of a kind, what has no default must be said.
        shaped = check_shape(own, recipe, self.lines, at, partial="kind" not in settings)
        self.problems.extend(shaped.problems)

    def source(self, name: str, source: Tree) -> None:
        at: KeyPath = ("sources", name)
        if "domain" not in source or not self.domains:
            return
        known = self._known("domain", (*at, "domain"), source["domain"], list(self.domains))
        if known and name in self.domains and source["domain"] != name:
            wanted = f'must be "{name}": the source of a domain\'s own name sends to that domain'
            self._add("conflict", (*at, "domain"), wanted, shown(source["domain"]))

    def placement(self, name: str, placement: Tree) -> None:
        at: KeyPath = ("placements", name)
        pack = self._pack_of(at, placement)
        if pack is None:
            return
        if "like" in placement:
            self._known("placement", (*at, "like"), placement["like"], pack.placements)
        elif (*at, "like") not in self.lines and name not in pack.placements:
            near = nearest(name, pack.placements)
            wanted = f'missing, must name the placement to start from, as the pack ships none called "{name}"'
            self._add("missing", (*at, "like"), wanted, hint=near, have=pack.placements)
        if "objective" in placement:
            own = self.domains[placement["domain"]]
            self._known("objective", (*at, "objective"), placement["objective"], _objectives(own, pack))
        for field in placement.get("caps", {}):
            self._known("item field to cap by", (*at, "caps", field), field, pack.cap_fields)
        if "filter" in placement:
            free = self.domains[placement["domain"]].get("attributes", {})
            wrong = pack.filter_problem(placement["filter"], free)
            if wrong is not None:
                self._add("out_of_range", (*at, "filter"), f"{wrong[0]}: {wrong[1]}" if wrong[0] else wrong[1])
        if placement.get("like", name) in pack.placements:
            for key, text in pack.parts_problems(name, placement):
                self._add("out_of_range", (*at, key), text)

    def experiment(self, name: str, experiment: Tree) -> None:
        at: KeyPath = ("experiments", name)
        pack = self._pack_of(at, experiment)
        if pack is None:
            return
        domain = experiment["domain"]
        own = {key: told for key, told in self.placements.items() if told.get("domain") == domain}
        before = dict(list(self.experiments.items())[: list(self.experiments).index(name)])
        told = check_experiment(at, experiment, before, pack.placements, own, pack.arms_problems, self.lines)
        self.problems.extend(told)

    def imported(self, at: KeyPath, one: Tree) -> None:
        pack = self._pack_of(at, one)
        zone = one.get("timezone", "UTC")
        if zone != "UTC" and (zones := zoneinfo.available_timezones()) and zone not in zones:
            self._add("unknown_name", (*at, "timezone"), "time zone", shown(zone), hint=nearest(zone, zones))
        kind_is_wrong = "kind" not in one and (*at, "kind") in self.lines
        if kind_is_wrong or "columns" not in one:
            return
        columns: Tree = one["columns"]
        if one.get("kind", "events") == "events":
            self._columns(
                at, columns, "event field", EVENT_FIELDS, (("event",), ("time",), ("user_id", "anonymous_id"))
            )
        elif pack is not None:
            self._columns(at, columns, "item field", pack.item_fields, (("id",),))

    def unique_imports(self) -> None:
        first: dict[str, int] = {}
        for n, one in enumerate(self.imports):
            name = one.get("name")
            if name is not None and first.setdefault(name, n) != n:
                line = self.lines.line(("imports", first[name], "name"))
                wanted = "must be unique" + (f", but line {line} has it too" if line else "")
                self._add("duplicate", ("imports", n, "name"), wanted, shown(name))

    def _columns(
        self, at: KeyPath, columns: Tree, kind: str, have: Sequence[str], needed: Iterable[tuple[str, ...]]
    ) -> None:
        meant: set[str | None] = set()
        for field in columns:
            path = (*at, "columns", field)
            if not self._known(kind, path, field, have):
                meant.add(nearest(field, have))
        for names in needed:
            paths = [(*at, "columns", name) for name in names]
            if not any(name in columns or name in meant for name in names) and not any(p in self.lines for p in paths):
                wanted = "missing, must name the column" + (f" (or {names[1]} must)" if len(names) > 1 else "")
                self._add("missing", paths[0], wanted)

    def _evaluation(self, at: KeyPath, evaluation: Tree) -> None:
        for moment, days in (("test_from", "test_days"), ("valid_from", "valid_days")):
            if moment in evaluation and days in evaluation:
                self._add("conflict", (*at, days), f"cannot stand beside {moment}: both say when the window starts")
        earlier: tuple[str, float] | None = None
        for key in ("valid_from", "test_from", "test_until"):
            if key not in evaluation:
                continue
            try:
                moment_s = parse_time(evaluation[key])
            except (ValueError, OverflowError):
                wanted = "must be a moment as in 2026-11-01 or 2026-11-01T08:00:00Z"
                self._add("out_of_range", (*at, key), wanted, shown(evaluation[key]))
                continue
            if earlier is not None and moment_s <= earlier[1]:
                wanted = f"must be later than {earlier[0]} ({evaluation[earlier[0]]})"
                self._add("conflict", (*at, key), wanted, shown(evaluation[key]))
            earlier = (key, moment_s)

    def _pack_of(self, at: KeyPath, table: Tree) -> PackNames | None:
        """The pack of the domain that a table names; None, with a problem where it is due, when there is none."""
        # Without any domain, that alone is the mistake, and it has been told.
        if "domain" not in table or not self.domains:
            return None
        if not self._known("domain", (*at, "domain"), table["domain"], list(self.domains)):
            return None
        return self.packs.get(self.domains[table["domain"]].get("pack", ""))

    def _known(self, kind: str, at: KeyPath, name: str, have: Sequence[str]) -> bool:
        if name in have:
            return True
        self._add("unknown_name", at, kind, shown(name), hint=nearest(name, have), have=have)
        return False

    def _add(self, code: Any, at: KeyPath, wanted: str, got: str = "", **more: Any) -> None:
        self.problems.append(self.lines.problem(code, at, wanted, got, **more))


def _objectives(domain: Tree, pack: PackNames) -> tuple[str, ...]:
    """The pack's objectives, and after them the domain's own."""
    return tuple(dict.fromkeys((*pack.objectives, *domain.get("objectives", {}))))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_label(kind: inspect.Type) -> bool:
    kind, _ = unwrapped(kind)
    if isinstance(kind, inspect.UnionType):
        return all(_is_label(one) or isinstance(one, inspect.NoneType) for one in kind.types)
    if isinstance(kind, inspect.CollectionType):
        return _is_label(kind.item_type)
    if isinstance(kind, inspect.LiteralType):
        return all(isinstance(value, str) for value in kind.values)
    return isinstance(kind, inspect.StrType)
