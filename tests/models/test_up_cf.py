from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from penchant.errors import FitFailed
from penchant.models import UPCF, Run
from penchant.testing import ModelChecks, Row, dataset

PLAIN: dict[str, Any] = {"least_people": 1, "demand": 0.0}
DATA = dataset(
    [
        *[Row("ann", "tea", day) for day in (10, 20, 30, 40)],
        Row("ann", "milk", 30),
        *[Row("bob", "tea", day) for day in (10, 20)],
        Row("bob", "rice", 20),
        Row("bob", "salt", 20),
        Row("bob", "oil", 20),
        *[Row("cyd", "soap", day) for day in (10, 20)],
    ]
)


class TestUPCF(ModelChecks):
    recipe = UPCF(least_people=1)


class TestUPCFOfTheLastBaskets(ModelChecks):
    recipe = UPCF(least_people=1, recency=2, asymmetry=0.75, locality=1.0, neighbours=4, sample=10)


def ask(recipe, person, data=DATA):
    found = recipe.fit(data, Run()).retrieve(data.queries(data.people.codes([person])), 10)
    codes, scores = found.row(0)
    return {data.items.ids[code]: pytest.approx(float(score)) for code, score in zip(codes, scores, strict=True)}


def test_own_habits_count_in_full_and_those_of_others_by_their_likeness():
    # Ann has 2 items, bob 4, and 1 in common.
    like = (1 / np.sqrt(2 * 4)) ** 2

    assert ask(UPCF(recency=None, asymmetry=0.5, locality=2.0, **PLAIN), "ann") == {
        "tea": 1.0 + like,
        "milk": 0.25,
        "rice": like / 2,
        "salt": like / 2,
        "oil": like / 2,
    }


def test_likeness_is_asymmetric():
    found = ask(UPCF(recency=None, asymmetry=1.0, locality=1.0, **PLAIN), "ann")

    assert found["rice"] == pytest.approx(1 / 2 / 2)  # one of her two items, half of his baskets
    assert ask(UPCF(recency=None, asymmetry=0.0, locality=1.0, **PLAIN), "ann")["rice"] == pytest.approx(1 / 4 / 2)


def test_habits_are_of_the_last_baskets_and_likeness_of_all():
    found = ask(UPCF(recency=1, asymmetry=0.5, locality=1.0, **PLAIN), "ann")

    assert "milk" not in found  # a basket ago
    assert found["rice"] == pytest.approx(1 / np.sqrt(2 * 4))


def test_a_person_who_shares_nothing_with_anybody_has_their_own_habits():
    assert ask(UPCF(**PLAIN), "cyd") == {"soap": 1.0}


def test_what_is_wanted_these_days_stands_higher():
    rows = [*[Row("ann", item, day) for day in (10, 20) for item in ("tea", "milk")], *[Row("bob", "milk", 99)] * 3]

    assert list(ask(UPCF(least_people=1, demand=0.5), "ann", dataset(rows))) == ["milk", "tea"]


def test_too_few_people_are_said():
    with pytest.raises(FitFailed, match="up-cf: 3 people with two events or more, 20 needed"):
        UPCF().fit(DATA, Run())
