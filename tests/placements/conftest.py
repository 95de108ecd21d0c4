"""A small shelf of things, models that propose what they are told to, and a way to ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from penchant.catalog import About, Item, ItemTable, Schema
from penchant.clock import Clock, FixedClock
from penchant.dataset import Queries
from penchant.events import Role, Signal
from penchant.features import Batch, Feature
from penchant.models import Popular, State
from penchant.pack import Constraint, Facts, Pack, Placement
from penchant.placements import Answer, Ask, CompiledRule, Parts, Rule, answer, compile_rules
from penchant.ranking import Objective, Term
from penchant.slate import Candidates, Reason


class Thing(Item, frozen=True, kw_only=True):
    """An item with a stock and a kind."""

    stock: int = 1
    kind: str | None = None
    bonus: float = 0.0
    sets: tuple[str, ...] = ()


@dataclass
class Listing:
    """Proposes the same items to everyone, for people and for seeds, best first; remembers what it was asked.

    Attributes:
        scores: Score of each item it proposes, by code.
        obeys: Whether it keeps to the mask.
        error: Raised instead of an answer.
    """

    scores: Mapping[int, float]
    obeys: bool = True
    error: Exception | None = None
    asked: list[Any] = field(default_factory=list)

    def retrieve(self, queries: Queries, k: int, allowed: NDArray[np.bool_] | None = None) -> Candidates:
        self.asked.append(queries)
        return Candidates.from_rows([self._row(k, allowed) for _ in range(len(queries))])

    def similar(self, items: NDArray[np.int32], k: int, allowed: NDArray[np.bool_] | None = None) -> Candidates:
        self.asked.append(items.tolist())
        return Candidates.from_rows([self._row(k, allowed) for _ in items])

    def state(self) -> State:
        return State({})

    @classmethod
    def restore(cls, state: State) -> Self:
        raise AssertionError("never asked")

    def _row(self, k: int, allowed: NDArray[np.bool_] | None) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        if self.error:
            raise self.error
        codes = [c for c in self.scores if allowed is None or not self.obeys or allowed[c]]
        codes.sort(key=lambda c: (-self.scores[c], c))
        return np.array(codes[:k], np.int32), np.array([self.scores[c] for c in codes[:k]], np.float32)


def not_bought(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    return ~facts.queries.touched(len(table), Role.GOAL)


def broken(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    raise LookupError("no rights on file")


def bonus(batch: Batch) -> NDArray[np.float32]:
    return batch.number("bonus").astype(np.float32)


def fails(batch: Batch) -> NDArray[np.float32]:
    raise KeyError("price")


PACK = Pack(
    name="things",
    about="Things.",
    item=Thing,
    signals=(Signal("Content Completed", Role.GOAL, 1.0),),
    goal="A thing done.",
    attributes=(),
    models={"popular": Popular()},
    baselines=("popular",),
    features=(
        Feature("bonus", "share", ("bonus",), "A bonus.", bonus, Reason("bonus", "a bonus")),
        Feature("fails", "share", (), "Never there.", fails),
    ),
    objectives=(
        Objective("relevant", 1, "Relevant.", (Term("relevance", 1.0),)),
        Objective("bonus", 1, "Relevant and with a bonus.", (Term("relevance", 1.0), Term("bonus", 1.0))),
        Objective("fails", 1, "Relevant and what fails.", (Term("relevance", 1.0), Term("fails", 1.0))),
    ),
    constraints=(
        Constraint("in-stock", "In stock.", lambda table, facts: table.number("stock") > 0),
        Constraint("not-bought", "Not bought.", not_bought),
        Constraint("here", "In the region.", lambda table, facts: np.full(len(table), facts.region == "DE")),
        Constraint("broken", "Raises.", broken),
        Constraint("crooked", "Of another shape.", lambda table, facts: np.ones(len(table) + 1, bool)),
    ),
    placements=(),
    metrics=(),
)


def shelf(*things: Mapping[str, Any] | None) -> ItemTable:
    """Items i0, i1 … with these fields; None is an item that is not in the catalog."""
    items = [None if fields is None else Thing(id=f"i{n}", **fields) for n, fields in enumerate(things)]
    return ItemTable([f"i{n}" for n in range(len(things))], items)


def compiled(*rules: Rule) -> tuple[CompiledRule, ...]:
    """Rules ready to be asked; they are called r0, r1 …"""
    rows = [(f"r{n}", 1, msgspec.json.encode(rule)) for n, rule in enumerate(rules)]
    made, notes = compile_rules(rows, Schema.of(Thing), ["home"])
    assert notes == ()
    return made


@pytest.fixture(scope="session")
def listing() -> type[Listing]:
    return Listing


@pytest.fixture(scope="session")
def pack() -> Pack:
    return PACK


@pytest.fixture(scope="session")
def make_shelf() -> Callable[..., ItemTable]:
    return shelf


@pytest.fixture(scope="session")
def fill() -> Callable[..., Answer]:
    """Answers: `fill(placement, {"popular": listing({0: 1.0})}, table)`; histories are goals, oldest first."""

    def ask(
        placement: Placement,
        models: Mapping[str, Any],
        table: ItemTable,
        *,
        size: int | None = None,
        history: Sequence[int] = (),
        seeds: Sequence[int] = (),
        without: Sequence[int] = (),
        known: int | None = None,
        personalized: bool = True,
        clock: Clock | None = None,
        rules: Sequence[Rule] = (),
        person: Mapping[str, Any] | None = None,
    ) -> Answer:
        n = len(history)
        queries = Queries.single(100.0, history, list(map(float, range(n))), [1.0] * n, [int(Role.GOAL)] * n, seeds)
        objective = next(o for o in PACK.objectives if o.name == (placement.objective or "relevant"))
        eligible = ~np.isin(np.arange(len(table)), list(without))
        return answer(
            placement,
            Parts(PACK, models, table, len(table) if known is None else known),
            Ask(
                Facts(queries, "DE"),
                size or placement.size,
                objective,
                eligible,
                personalized,
                compiled(*rules),
                About(np.array(seeds, np.int32), person or {}, 100.0),
            ),
            clock or FixedClock(0.0),
        )

    return ask
