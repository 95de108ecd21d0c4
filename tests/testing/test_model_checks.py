"""The public checks pass a sound model and catch each fault."""

from __future__ import annotations

import inspect
import itertools
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np
import pytest

from penchant.errors import FitFailed
from penchant.models import Popular, State
from penchant.slate import Candidates, top_k
from penchant.testing import ModelChecks, tiny_items

FITS = itertools.count()


@dataclass(frozen=True)
class FittedToy:
    """Proposes the last items first; similar items are all others. `fault` breaks it in one way."""

    scores: np.ndarray
    fault: str

    def retrieve(self, queries, k, allowed=None):
        return Candidates.from_rows([self._row(queries, i, k, allowed) for i in range(len(queries))])

    def _row(self, queries, i, k, allowed):
        known = queries.items[queries.history(i)]
        known = known[(known >= 0) & (known < len(self.scores))] if self.fault != "counts unknown items" else known
        if not len(known):
            if self.fault == "raises for nobody":
                raise KeyError("no history")
            if self.fault != "answers nobody":
                return np.zeros(0, np.int32), np.zeros(0, np.float32)
        mask = None if allowed is None else allowed if allowed.ndim == 1 else allowed[i]
        if self.fault == "first row's mask" and allowed is not None and allowed.ndim == 2:
            mask = allowed[0]
        scores = self.scores if mask is None else np.where(mask, self.scores, -np.inf)
        if self.fault == "ignores the mask":
            scores = self.scores
        if self.fault == "knows the batch":
            scores = scores + len(queries)
        if self.fault == "counts unknown items":
            scores = scores + len(known)
        codes, values = top_k(scores, max(k, 1))
        codes, values = codes[:k], values[:k]
        if self.fault == "mask after the cut" and mask is not None:
            codes, values = top_k(self.scores, max(k, 1))
            codes, values = codes[mask[codes]], values[mask[codes]]
        if self.fault == "worst first":
            codes, values = codes[::-1], values[::-1]
        if self.fault == "one item too many":
            codes, values = top_k(scores, k + 1)
        if self.fault == "not a number" and len(values):
            values = np.full_like(values, np.nan)
        if self.fault == "an item twice" and len(codes) > 1:
            codes = np.where(np.arange(len(codes)) == 1, codes[0], codes)
        return codes, values

    def similar(self, items, k, allowed=None):
        rows = []
        for i, code in enumerate(items):
            if not 0 <= code < len(self.scores) and self.fault != "similar to the unknown":
                rows.append((np.zeros(0, np.int32), np.zeros(0, np.float32)))
                continue
            scores = self.scores.copy()
            if allowed is not None and self.fault != "similar without the mask":
                scores[~(allowed if allowed.ndim == 1 else allowed[i])] = -np.inf
            if 0 <= code < len(scores) and self.fault != "similar to itself":
                scores[code] = -np.inf
            codes, values = top_k(scores, max(k, 1))
            rows.append((codes[:k], values[:k]))
        return Candidates.from_rows(rows)

    def state(self):
        scores = self.scores.astype(object) if self.fault == "objects in the state" else self.scores
        settings = {"fault": self.fault, "why": {1, 2}.__iter__()} if self.fault == "no JSON" else {"fault": self.fault}
        return State({"scores": scores}, settings)

    @classmethod
    def restore(cls, state):
        scores = state.arrays["scores"]
        if state.settings["fault"] == "loses precision":
            scores = scores.astype(np.float16).astype(np.float32)
        if state.settings["fault"] == "writes to the state":
            scores += 0.0
        return cls(scores, state.settings["fault"])


class Toy(msgspec.Struct, frozen=True):
    """A recipe that proposes the same items to everyone with a history."""

    kind: ClassVar[str] = "toy"
    fitted: ClassVar[type] = FittedToy

    fault: str = ""

    def fit(self, data, run):
        if self.fault == "fails without a reason" and not len(data.interactions):
            raise ValueError("zero rows")
        if self.fault == "fails in another's name" and not len(data.interactions):
            raise FitFailed("als", "no rows")
        scores = np.sqrt(np.arange(len(data.items))).astype(np.float32)
        if self.fault == "no seed":
            scores = scores + next(FITS)
        if self.fault == "threads show":
            scores = scores + run.threads
        if self.fault == "changes the data":
            data.interactions.weight[:] = 1.0
        return FittedToy(scores, self.fault)


class TestToy(ModelChecks):
    recipe = Toy()


FAULTS = {
    "counts unknown items": "test_retrieve_ignores_unknown_items_of_a_history",
    "raises for nobody": "test_retrieve_for_nobody_in_particular",
    "answers nobody": "test_retrieve_for_nobody_in_particular",
    "first row's mask": "test_retrieve_obeys_a_mask_of_its_own_for_each_row",
    "ignores the mask": "test_retrieve_obeys_a_mask_for_all_rows",
    "mask after the cut": "test_retrieve_finds_what_the_whole_list_holds_of_a_mask",
    "knows the batch": "test_retrieve_answers_a_batch_like_single_requests",
    "worst first": "test_retrieve_gives_well_formed_rows",
    "one item too many": "test_retrieve_gives_well_formed_rows",
    "not a number": "test_retrieve_gives_well_formed_rows",
    "an item twice": "test_retrieve_gives_well_formed_rows",
    "similar to itself": "test_similar_never_names_the_item_itself",
    "similar to the unknown": "test_similar_gives_empty_rows_for_unknown_items",
    "similar without the mask": "test_similar_obeys_a_mask_for_all_rows",
    "objects in the state": "test_state_is_plain_data",
    "no JSON": "test_state_is_plain_data",
    "loses precision": "test_state_comes_back_the_same",
    "writes to the state": "test_state_read_only_answers_the_same",
    "fails without a reason": "test_fit_on_no_events_says_so_or_answers",
    "fails in another's name": "test_fit_on_no_events_says_so_or_answers",
    "no seed": "test_fit_twice_gives_the_same_model",
    "threads show": "test_fit_does_not_depend_on_the_number_of_threads",
    "changes the data": "test_fit_leaves_the_data_alone",
}


@pytest.mark.parametrize(("fault", "check"), FAULTS.items())
def test_each_fault_is_caught(fault, check):
    class Broken(ModelChecks):
        recipe = Toy(fault)

    with pytest.raises((AssertionError, KeyError, ValueError, TypeError)):
        getattr(Broken(), check)()


def test_a_model_is_only_checked_for_what_it_announces():
    class OnlyRetrieves(ModelChecks):
        recipe = Popular()

    names = [name for name, _ in inspect.getmembers(OnlyRetrieves, inspect.isfunction)]

    assert any(name.startswith("test_retrieve_") for name in names)
    assert not any(name.startswith("test_similar_") for name in names)
    assert any(name.startswith("test_similar_") for name in dir(TestToy))


@dataclass(frozen=True)
class FittedGrower:
    """Items are alike as far as their prices are near; `fault` breaks how it takes in new ones."""

    prices: np.ndarray
    fault: str

    @property
    def n_items(self):
        return len(self.prices) - (self.fault == "miscounts")

    def similar(self, items, k, allowed=None):
        rows = []
        for i, code in enumerate(items):
            if not 0 <= code < len(self.prices) or np.isnan(self.prices[code]):
                rows.append((np.zeros(0, np.int32), np.zeros(0, np.float32)))
                continue
            scores = (1 / (1 + np.abs(self.prices - self.prices[code]))).astype(np.float32)
            scores[np.isnan(scores)] = -np.inf
            if self.fault == "proposes the untold":
                scores = np.maximum(scores, np.float32(1e-3))
            scores[code] = -np.inf
            if allowed is not None:
                scores[~(allowed if allowed.ndim == 1 else allowed[i])] = -np.inf
            codes, values = top_k(scores, max(k, 1))
            rows.append((codes[:k], values[:k]))
        return Candidates.from_rows(rows)

    def extended(self, codes, told, n_items):
        prices = self.prices if self.fault == "changes itself" else self.prices.copy()
        if n_items > len(prices):
            prices = np.append(prices, np.full(n_items - len(prices), np.nan))
        if self.fault == "only new ones":
            codes, told = (
                codes[codes >= len(self.prices)],
                told.aligned([f"item-{c}" for c in codes if c >= len(self.prices)]),
            )
        new = told.number("price")
        if self.fault == "first alone":
            codes, new = codes[:1], new[:1]
        if self.fault == "keeps what is gone":
            codes, new = codes[~np.isnan(new)], new[~np.isnan(new)]
        prices[codes] = new
        return FittedGrower(prices, self.fault)

    def state(self):
        n = 18 if self.fault == "forgets what was told" else len(self.prices)
        return State({"prices": np.nan_to_num(self.prices[:n], nan=-1.0)}, {"fault": self.fault})

    @classmethod
    def restore(cls, state):
        prices = state.arrays["prices"]
        return cls(np.where(prices < 0, np.nan, prices), state.settings["fault"])


class Grower(msgspec.Struct, frozen=True):
    """A recipe for it."""

    kind: ClassVar[str] = "grower"
    fitted: ClassVar[type] = FittedGrower

    fault: str = ""

    def fit(self, data, run):
        return FittedGrower(data.table.number("price").astype(np.float64), self.fault)


class TestGrower(ModelChecks):
    recipe = Grower()

    @classmethod
    def items(cls):
        return tuple(item for item in tiny_items() if "price" in item.attributes)


GROWING_FAULTS = {
    "miscounts": "test_extend_begins_with_the_items_of_the_fit",
    "first alone": "test_extend_in_one_go_is_one_item_after_the_other",
    "only new ones": "test_extend_takes_a_changed_item_for_what_it_is_now",
    "changes itself": "test_extend_leaves_the_model_before_as_it_was",
    "proposes the untold": "test_extend_by_items_that_are_not_told_proposes_none_of_them",
    "keeps what is gone": "test_extend_forgets_what_was_taken_out",
    "forgets what was told": "test_extend_comes_back_from_the_state",
}


@pytest.mark.parametrize(("fault", "check"), GROWING_FAULTS.items())
def test_each_fault_of_taking_in_is_caught(fault, check):
    class Broken(TestGrower):
        recipe = Grower(fault)

    with pytest.raises((AssertionError, IndexError)):
        getattr(Broken(), check)()


def test_a_model_that_does_not_extend_is_not_checked_for_it():
    assert not any(getattr(TestToy, name) for name in dir(TestToy) if name.startswith("test_extend_"))
    assert callable(TestGrower.test_extend_comes_back_from_the_state)
