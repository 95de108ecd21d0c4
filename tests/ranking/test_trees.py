from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import xgboost
from numpy.typing import NDArray

from penchant.ranking import trees
from penchant.ranking.fitted import booster_of
from penchant.ranking.trees import Trees


def learned(outputs: int) -> xgboost.Booster:
    """A few trees over four columns, with gaps."""
    rng = np.random.default_rng(1)
    values = rng.standard_normal((400, 4)).astype(np.float32)
    values[rng.random(values.shape) < 0.1] = np.nan
    label = np.nan_to_num(values[:, 0]) > 0 if outputs == 1 else rng.integers(0, outputs, 400)
    more = {"objective": "binary:logistic"} if outputs == 1 else {"objective": "multi:softprob", "num_class": outputs}
    params = {"max_depth": 3, "nthread": 1, **more}
    return booster_of(xgboost.train(params, xgboost.DMatrix(values, label), 5).save_raw("ubj"))


def rows(n: int) -> NDArray[np.float32]:
    values = np.random.default_rng(n).standard_normal((n, 4)).astype(np.float32)
    values[:: max(n // 3, 1), 1] = np.nan
    return values


def asked(booster: xgboost.Booster, values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(booster.inplace_predict(values, predict_type="margin"))


@pytest.mark.parametrize("outputs", [1, 3])
def test_sums_are_what_the_package_says_however_rows_stand_in_memory(outputs: int) -> None:
    booster = learned(outputs)
    made = Trees(booster)
    wide = np.zeros((300, 9), np.float32)
    wide[:, 2:6] = rows(300)

    assert made.direct
    for values in (rows(1), rows(65), np.asfortranarray(rows(300)), wide[:, 2:6], rows(300)[::2]):
        found = made.margins(values)
        wanted = asked(booster, np.ascontiguousarray(values))
        assert found.shape == wanted.shape and found.tobytes() == wanted.tobytes()


def test_threads_do_not_mix_up_what_they_are_told() -> None:
    booster = learned(3)
    made = Trees(booster)
    own = [asked(booster, rows(n)) for n in range(1, 40)]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: made.margins(rows(n)), [*range(1, 40)] * 5))

    assert all(np.array_equal(one, wanted) for one, wanted in zip(found, own * 5, strict=True))


def test_what_was_told_stays_when_the_same_trees_are_asked_again() -> None:
    made = Trees(learned(1))
    first = made.margins(rows(7))
    kept = first.copy()

    made.margins(-rows(7))

    assert first.tolist() == kept.tolist()


def test_other_numbers_than_single_floats_are_refused() -> None:
    with pytest.raises(ValueError, match="float64 values of shape"):
        Trees(learned(1)).margins(rows(3).astype(np.float64))  # type: ignore[arg-type]


def test_where_the_library_cannot_be_called_the_package_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> ctypes.CDLL:
        raise OSError("no such library")

    monkeypatch.setattr(trees, "_library", none)
    monkeypatch.setattr(trees, "_held", trees._Held())
    booster = learned(1)

    made = Trees(booster)

    assert not made.direct
    assert made.margins(rows(5)).tolist() == asked(booster, rows(5)).tolist()
