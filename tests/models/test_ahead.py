from __future__ import annotations

import pytest

from penchant.dataset import Queries
from penchant.errors import FitFailed
from penchant.models import Ahead, Run
from penchant.testing import ModelChecks, Row, dataset


class TestAhead(ModelChecks):
    recipe = Ahead(enough=1)
    personal = False


class TestAheadOfThoseWhoAreActive(ModelChecks):
    recipe = Ahead(enough=1, active_days=60.0, roles=("goal",))
    personal = False


# Four learners: all did `one`, three did `two`, one each did `three` and, a day later, `four`; nobody did `five`.
COURSE = [
    *[Row(who, "one", 10.0) for who in ("ann", "bob", "cyd", "dee")],
    *[Row(who, "two", 20.0) for who in ("ann", "bob", "cyd")],
    Row("ann", "three", 86.0),
    Row("ann", "three", 87.0),
    Row("bob", "four", 93.0),
]


def ask(recipe, rows=COURSE):
    data = dataset(rows)
    codes, scores = recipe.fit(data, Run()).retrieve(Queries.single(data.now), 10).row(0)
    return {data.items.ids[code]: float(score) for code, score in zip(codes, scores, strict=True)}


def test_what_most_people_have_before_them_stands_first_and_of_equals_the_latest():
    # At day 100: `four` was reached a week ago, which takes a quarter of a person off, `three` two weeks ago.
    found = ask(Ahead(enough=1))

    assert list(found) == ["four", "three", "two"]
    assert found["four"] == 1 - (1 - 1 / 4) / 4
    assert found["three"] == 1 - (1 - 1 / 8) / 4
    assert found["two"] == pytest.approx(1 - 3 / 4, abs=1e-4)


def test_what_everybody_has_done_and_what_nobody_has_reached_is_left_out():
    assert not {"one", "five"} & set(ask(Ahead(enough=1)))


def test_an_item_may_need_more_people():
    assert list(ask(Ahead(enough=1, least_people=2))) == ["two"]


def test_people_who_left_do_not_count():
    assert list(ask(Ahead(enough=1, active_days=13.5))) == ["four", "three"]  # ann and bob; both did all the others
    assert ask(Ahead(enough=1, active_days=10.0)) == {}  # bob alone, who did all that he has reached


def test_a_handful_of_people_is_no_group():
    with pytest.raises(FitFailed, match="ahead: 4 people who did something lately, 20 needed"):
        Ahead().fit(dataset(COURSE), Run())
