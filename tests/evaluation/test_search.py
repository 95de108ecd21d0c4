from __future__ import annotations

from typing import Any, ClassVar

import msgspec
import numpy as np
import pytest

from penchant.clock import FixedClock
from penchant.dataset import Dataset
from penchant.errors import FitFailed
from penchant.evaluation import judge
from penchant.evaluation.search import Found, search
from penchant.models import Run, State
from penchant.slate import Candidates
from penchant.testing import tiny_dataset


class Ticking(FixedClock):
    """Goes on by as many seconds as a fit says it takes."""

    def __init__(self) -> None:
        super().__init__(0.0)
        self.passed = 0.0

    def elapsed(self) -> float:
        return self.passed


CLOCK = Ticking()


class Proposes:
    """The items from `start` on, to everybody."""

    def __init__(self, start: int) -> None:
        self.start = start

    def retrieve(self, queries: Any, k: int, allowed: Any = None) -> Candidates:
        rows = []
        for i in range(len(queries)):
            open_ = allowed if allowed.ndim == 1 else allowed[i]
            order = np.roll(np.arange(len(open_)), -self.start)
            items = order[open_[order]][:k].astype(np.int32)
            rows.append((items, np.linspace(1.0, 0.5, len(items)).astype(np.float32)))
        return Candidates.from_rows(rows)

    def state(self) -> State:
        return State({})

    @classmethod
    def restore(cls, state: State) -> Proposes:
        return cls(0)


class Dial(msgspec.Struct, frozen=True):
    """A recipe whose quality hangs on where it starts; `slow` seconds a fit."""

    kind: ClassVar[str] = "dial"
    fitted: ClassVar[type] = Proposes
    tries: ClassVar[dict[str, tuple[int, ...]]] = {"start": (0, 1, 2, 3), "other": (0, 1)}
    start: int = 0
    other: int = 0
    slow: float = 1.0

    def fit(self, data: Dataset, run: Run) -> Proposes:
        CLOCK.passed += self.slow
        return Proposes(self.start)


class Plain(msgspec.Struct, frozen=True):
    """Nothing to try, and it cannot be fitted."""

    kind: ClassVar[str] = "plain"
    fitted: ClassVar[type] = Proposes

    def fit(self, data: Dataset, run: Run) -> Proposes:
        CLOCK.passed += 1.0
        raise FitFailed("plain", "3 sessions, 2,000 needed")


@pytest.fixture
def found() -> Any:
    data = tiny_dataset()
    times = data.interactions.time
    cut = float(np.quantile(times, 0.6))
    train, until = data.before(cut), float(times.max()) + 1.0
    exams = {"next": judge(data, train, cut, until, "next", max_people=100, seed=7)}
    assert len(exams["next"])
    told: list[tuple[str, float]] = []

    def searched(budget_s: float, seed: int = 7, **recipes: Any) -> tuple[Found, list[tuple[str, float]]]:
        told.clear()
        CLOCK.passed = 0.0
        run = Run(seed=seed)
        found = search(
            train,
            exams,  # type: ignore[arg-type]
            recipes,
            main="next",
            budget_s=budget_s,
            run=run,
            clock=CLOCK,
            progress=lambda what, share: told.append((what, share)),
        )
        return found, told

    return searched


@pytest.mark.parametrize("budget_s", [0.0, 0.001, 1e9])
def test_every_recipe_is_tried_as_it_is_however_small_the_budget(found: Any, budget_s: float) -> None:
    result, _ = found(budget_s, dial=Dial(), plain=Plain(), other=Dial(start=2))

    assert [(t.name, t.settings) for t in result.tried[:3]] == [("dial", {}), ("plain", {}), ("other", {})]
    assert (result.tried[1].value, result.tried[1].failed) == (None, "3 sessions, 2,000 needed")
    assert set(result.recipes) == set(result.trials) == {"dial", "plain", "other"}
    if budget_s < 1:
        assert len(result.tried) == 3
        assert result.recipes == {"dial": Dial(), "plain": Plain(), "other": Dial(start=2)}


def test_with_time_enough_everything_is_tried_once_and_the_best_is_kept(found: Any) -> None:
    result, _ = found(1e9, dial=Dial(slow=0.5))
    settings = [tuple(sorted(one.settings.items())) for one in result.tried]
    best = max(result.tried, key=lambda one: one.value or 0.0)

    assert len(settings) == len(set(settings)) == 8
    assert result.trials["dial"].recipe == result.recipes["dial"]
    assert {"start": 0, "other": 0, **best.settings}["start"] == result.recipes["dial"].start  # type: ignore[attr-defined]
    assert result.recipes["dial"].slow == 0.5  # type: ignore[attr-defined]  # what is not tried stays as it was


def test_a_fit_that_would_outlast_the_budget_is_not_begun(found: Any) -> None:
    result, _ = found(25.0, quick=Dial(slow=1.0), slow=Dial(slow=10.0))
    names = [one.name for one in result.tried]

    assert names.count("slow") == 2  # as it is, and one more while ten seconds were left
    assert names.count("quick") >= 4
    assert CLOCK.passed <= 25.0


def test_two_models_never_become_the_same(found: Any) -> None:
    result, _ = found(1e9, one=Dial(), two=Dial(start=2))

    assert result.recipes["one"] != result.recipes["two"]
    assert all(
        {"start": 0, "other": 0, **t.settings} != {"start": 2, "other": 0} for t in result.tried if t.name == "one"
    )


def test_the_seed_decides_what_is_tried(found: Any) -> None:
    orders = [[one.settings for one in found(1e9, seed=seed, dial=Dial())[0].tried] for seed in (1, 1, 2, 3)]

    assert orders[0] == orders[1]
    assert orders[0] != orders[2] or orders[0] != orders[3]


def test_progress_says_what_is_tried_and_what_is_left(found: Any) -> None:
    _, told = found(200.0, dial=Dial(slow=5.0))

    assert told[0] == ("search: dial as it is", 0.0)
    assert told[1][0].startswith("search: dial, 1 tried, best 0.") and told[1][0].endswith(", 3 min left")
    assert all(0.0 <= share <= 1.0 for _, share in told)
    assert told[-1] == ("search: done", 1.0)
