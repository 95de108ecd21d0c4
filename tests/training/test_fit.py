from __future__ import annotations

from typing import Any, ClassVar

import msgspec
import numpy as np
import pytest

from penchant.clock import FixedClock
from penchant.dataset import Dataset
from penchant.errors import ExtraNotInstalled
from penchant.models import ItemKNN, Popular, PopularByCategory, Run
from penchant.testing import Row, dataset, tiny_dataset
from penchant.training import fit

NOTHING = dataset([])


class Slow(msgspec.Struct, frozen=True):
    """A recipe that takes its time, tells how far it is and how it is run."""

    kind: ClassVar[str] = "slow"
    fitted: ClassVar[type[Any]] = dict

    seconds: float
    clock: Any

    def fit(self, data: Dataset, run: Run) -> Any:
        run.progress(0.5)
        self.clock.advance(self.seconds)
        return {"seed": run.seed, "threads": run.threads}


def test_every_recipe_that_can_be_fitted_is() -> None:
    made = fit(tiny_dataset(), {"popular": Popular(), "near": ItemKNN()}, Run(), FixedClock(0.0))

    assert list(made.models) == ["popular", "near"]
    assert type(made.models["near"]) is ItemKNN.fitted
    assert made.failed == {}


def test_what_the_data_does_not_support_is_named_and_the_others_are_fitted() -> None:
    recipes = {"by": PopularByCategory(field="category"), "near": ItemKNN(), "popular": Popular()}
    made = fit(NOTHING, recipes, Run(), FixedClock(0.0))

    assert list(made.models) == ["popular"]
    assert made.failed == {
        "by": 'no item has a value in "category"',
        "near": "no event of the roles goal, strong, weak",
    }
    assert set(made.seconds) == {"by", "near", "popular"}


def test_a_fault_in_a_recipe_is_no_lack_of_data() -> None:
    class Wrong(Popular, frozen=True):
        def fit(self, data: Dataset, run: Run) -> Any:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fit(NOTHING, {"wrong": Wrong()}, Run(), FixedClock(0.0))


def test_seconds_are_those_of_the_clock() -> None:
    clock = FixedClock(0.0)
    made = fit(NOTHING, {"a": Slow(2.0, clock), "b": Slow(3.5, clock)}, Run(), clock)

    assert made.seconds == {"a": 2.0, "b": 3.5}


def test_seed_and_threads_reach_every_recipe() -> None:
    clock = FixedClock(0.0)
    made = fit(NOTHING, {"a": Slow(0.0, clock)}, Run(seed=3, threads=5), clock)

    assert made.models["a"] == {"seed": 3, "threads": 5}


def test_progress_grows_over_all_recipes() -> None:
    clock = FixedClock(0.0)
    told: list[tuple[str, float]] = []
    fit(
        NOTHING,
        {"a": Slow(0.0, clock), "b": Slow(0.0, clock)},
        Run(),
        clock,
        lambda name, share: told.append((name, share)),
    )

    assert told == [("a", 0.0), ("a", 0.25), ("b", 0.5), ("b", 0.75), ("", 1.0)]


def test_the_same_data_and_seed_make_the_same_models() -> None:
    data = dataset([Row("ann", "x", 1), Row("bob", "x", 2), Row("bob", "y", 3)])
    one, two = (fit(data, {"near": ItemKNN()}, Run(), FixedClock(0.0)).models["near"].state() for _ in range(2))

    assert one.arrays.keys() == two.arrays.keys()
    assert all(np.array_equal(one.arrays[name], two.arrays[name]) for name in one.arrays)


def test_a_model_whose_extra_is_missing_is_named_and_the_others_are_fitted() -> None:
    class Bare(Popular, frozen=True):
        def fit(self, data: Dataset, run: Run) -> Any:
            raise ExtraNotInstalled("text", "a sentence encoder")

    made = fit(tiny_dataset(), {"bare": Bare(), "popular": Popular()}, Run(), FixedClock(0.0))

    assert list(made.models) == ["popular"]
    assert made.failed == {"bare": "a sentence encoder needs an optional part: pip install 'penchant[text]'"}
