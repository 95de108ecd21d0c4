"""The shape of a model: a recipe (config with `fit`) and what it fits; abilities are small protocols.

A model knows no store, no HTTP, no rule and no other model. It works on batches; an unknown item or an empty
history is an answer (an empty row), never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, Self, TypeGuard, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.dataset import Dataset, Queries
from penchant.slate import Candidates, Codes


@dataclass(frozen=True)
class Run:
    """How a fit is run.

    Attributes:
        seed: Seed of all randomness.
        threads: Most threads to use.
        progress: Called with a share done, 0 to 1.
    """

    seed: int = 7
    threads: int = 2
    progress: Callable[[float], None] = field(default=lambda share: None)


@dataclass(frozen=True)
class State:
    """A fitted model as data: arrays and JSON-able settings. This is all that is ever written to disk."""

    arrays: dict[str, NDArray[Any]]
    settings: dict[str, Any] = field(default_factory=dict)


class Fitted(Protocol):
    """What a fit gives: immutable, and turned into data and back without loss."""

    def state(self) -> State:
        """The model as arrays and settings."""
        ...

    @classmethod
    def restore(cls, state: State) -> Self:
        """The model again, from `state()`; arrays may be read-only memory maps."""
        ...


class Recipe(Protocol):
    """A frozen `msgspec.Struct` with hyper-parameters, and `fit`.

    `kind` is the model's name in config, URLs, releases and docs. `fitted` is the class that `fit` gives, so
    that abilities are known before anything is trained.
    """

    kind: ClassVar[str]
    fitted: ClassVar[type[Fitted]]

    def fit(self, data: Dataset, run: Run) -> Fitted:
        """Fit on everything in `data`.

        Raises:
            FitFailed: The data does not support this model; says what is missing.
        """
        ...


@runtime_checkable
class Tunable(Protocol):
    """A recipe that says which settings are worth trying.

    Attributes:
        tries: Values by hyper-parameter, best guess first, a handful each; every combination is a sound recipe. What a
            person must decide (which roles count as what, a field's name) does not stand here.
    """

    tries: ClassVar[Mapping[str, tuple[Any, ...]]]


@runtime_checkable
class Retriever(Protocol):
    """Proposes items for people, from their histories."""

    def retrieve(self, queries: Queries, k: int, allowed: NDArray[np.bool_] | None = None) -> Candidates:
        """At most k items a row, best first.

        Args:
            queries: n requests.
            k: Items a row at most.
            allowed: Items that may be proposed, shape (n_items,) for all rows or (n, n_items); None allows all.

        Returns:
            n rows; a row may be short or empty.
        """
        ...


@runtime_checkable
class Similar(Protocol):
    """Proposes items that go with given items."""

    def similar(self, items: Codes, k: int, allowed: NDArray[np.bool_] | None = None) -> Candidates:
        """At most k items for each of `items`, best first, never the item itself.

        Args:
            items: Item codes, shape (n,); codes outside the item space give empty rows.
            k: Items a row at most.
            allowed: As in `Retriever.retrieve`.
        """
        ...


@runtime_checkable
class Extends(Protocol):
    """Takes in items that came or changed after the fit, without another fit."""

    @property
    def n_items(self) -> int:
        """Items it knows: codes 0 to n_items - 1."""
        ...

    def extended(self, codes: Codes, told: ItemTable, n_items: int) -> Self:
        """The same model with some items told anew; it shares with this one all that stays as it is.

        Args:
            codes: Codes of the items, rising; those from `n_items` of before on are new.
            told: These items alone, one row a code, with their texts. A row that is not present is of an item that was
                taken out.
            n_items: Items there are from now on; new ones that are not told have nothing in common with any.
        """
        ...


def retrieves(model: object) -> TypeGuard[Retriever]:
    """Whether a model proposes items for people; settled once a class, as asking a protocol takes microseconds."""
    return _able(model, Retriever)


def finds_similar(model: object) -> TypeGuard[Similar]:
    """Whether a model proposes items that go with given ones; settled once a class."""
    return _able(model, Similar)


def takes_in(model: object) -> TypeGuard[Extends]:
    """Whether a model takes in items that came after its fit; settled once a class."""
    return _able(model, Extends)


_ABLE: dict[tuple[type, type], bool] = {}


def _able(model: object, ability: type) -> bool:
    key = type(model), ability
    found = _ABLE.get(key)
    if found is None:
        found = _ABLE[key] = isinstance(model, ability)
    return found
