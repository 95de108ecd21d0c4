from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from penchant.evaluation import decide

BASELINES = ("popular", "personal")


def scores(mean, n=50):
    """Values of one mean that differ from person to person alike for every model."""
    return mean + np.linspace(-0.1, 0.1, n)


def test_the_leader_of_validation_that_holds_on_test_wins():
    found = decide(
        {"popular": 0.1, "personal": 0.2, "als": 0.3, "knn": 0.25},
        {"popular": scores(0.2), "personal": scores(0.3), "als": scores(0.4), "knn": scores(0.9)},
        BASELINES,
    )

    assert found.winner == "als"  # knn is better on test, but test does not choose
    assert abs(found.against_baseline.mean - 0.1) < 1e-9
    assert found.against_baseline.low > 0
    assert found.reason.startswith("als leads on validation (0.3000) and holds on test: +0.1000")


def test_a_blend_is_the_challenger_although_a_lucky_row_leads_on_validation():
    found = decide(
        {"popular": 0.1, "personal": 0.32, "als": 0.31, "blend": 0.3},
        {"popular": scores(0.2), "personal": scores(0.3), "als": scores(0.4), "blend": scores(0.35)},
        BASELINES,
    )

    assert found.winner == "blend"
    assert found.reason.startswith("blend was chosen on validation (0.3000) and holds on test: +0.0500")


def test_a_leader_that_loses_to_a_baseline_on_test_does_not_win():
    found = decide(
        {"popular": 0.1, "personal": 0.2, "als": 0.3},
        {"popular": scores(0.5), "personal": scores(0.3), "als": scores(0.4)},
        BASELINES,
    )

    assert found.winner == "popular"
    assert found.reason.startswith("no model beats the baseline popular")
    assert found.against_baseline.mean < 0


def test_a_draw_is_no_win():
    found = decide({"popular": 0.1, "als": 0.3}, {"popular": scores(0.4), "als": scores(0.4)}, BASELINES)

    assert found.winner == "popular"


def test_a_baseline_that_leads_on_validation_leaves_the_best_baseline_of_the_test():
    found = decide(
        {"popular": 0.4, "personal": 0.2, "als": 0.3},
        {"popular": scores(0.1), "personal": scores(0.3), "als": scores(0.4)},
        BASELINES,
    )

    assert found.winner == "personal"
    assert found.reason.startswith("no model beats the baselines")
    assert found.against_baseline is None


def test_a_narrow_win_is_called_one():
    rng = np.random.default_rng(0)
    base = rng.random(50)
    found = decide({"popular": 0.1, "als": 0.3}, {"popular": base, "als": base + rng.normal(0.01, 0.5, 50)}, BASELINES)

    assert ("may be level" in found.reason) == (found.winner == "als")
    assert found.against_baseline.low < 0 < found.against_baseline.high


def test_a_model_that_failed_in_one_window_is_no_challenger():
    only_valid = decide({"popular": 0.1, "als": 0.3}, {"popular": scores(0.2)}, BASELINES)
    only_test = decide({"popular": 0.1}, {"popular": scores(0.2), "als": scores(0.9)}, BASELINES)

    assert only_valid.winner == only_test.winner == "popular"


def test_of_three_windows_a_winner_must_be_ahead_in_most():
    valid = {"popular": 0.1, "als": 0.3}
    test = {"popular": scores(0.2), "als": scores(0.4)}
    behind = {"popular": 0.3, "als": 0.2}
    ahead = {"popular": 0.1, "als": 0.2}

    lost = decide(valid, test, BASELINES, earlier=[behind, behind])
    won = decide(valid, test, BASELINES, earlier=[behind, ahead])

    assert lost.winner == "popular"
    assert "in 1 of 3 windows only" in lost.reason
    assert won.winner == "als"
    assert won.reason.endswith("ahead of the best baseline in 2 of 3 windows")


def test_half_of_the_windows_is_not_most():
    behind, ahead = {"popular": 0.3, "als": 0.2}, {"popular": 0.1, "als": 0.2}
    test = {"popular": scores(0.2), "als": scores(0.4)}

    found = decide({"popular": 0.1, "als": 0.3}, test, BASELINES, earlier=[behind, behind, ahead])

    assert found.winner == "popular"


def test_with_two_windows_the_last_one_decides():
    test = {"popular": scores(0.2), "als": scores(0.4)}

    assert decide({"als": 0.3}, test, BASELINES, earlier=[{"popular": 0.3, "als": 0.2}]).winner == "als"


def test_windows_that_could_not_judge_the_model_do_not_count():
    test = {"popular": scores(0.2), "als": scores(0.4)}
    found = decide({"als": 0.3}, test, BASELINES, earlier=[{"popular": 0.3}, {"als": 0.1}])

    assert found.winner == "als"
    assert "windows" not in found.reason


def test_a_winner_shows_at_least_half_of_what_the_best_baseline_shows():
    valid = {"popular": 0.1, "als": 0.3}
    test = {"popular": scores(0.2), "als": scores(0.4)}

    lost = decide(valid, test, BASELINES, coverage={"popular": 0.3, "als": 0.149})
    won = decide(valid, test, BASELINES, coverage={"popular": 0.3, "als": 0.15})

    assert lost.winner == "popular"
    assert "but it shows 14.9 % of the items, where popular shows 30.0 %" in lost.reason
    assert lost.against_baseline.mean > 0
    assert won.winner == "als"


def test_the_difference_draws_people_not_rows():
    test = {"popular": scores(0.2, 40), "als": scores(0.2, 40) + np.repeat([0.3, -0.2, 0.1, 0.1], 10)}
    valid = {"popular": 0.1, "als": 0.3}

    rows = decide(valid, test, BASELINES)
    people = decide(valid, test, BASELINES, group=np.repeat(np.arange(4), 10))

    assert rows.against_baseline.mean == people.against_baseline.mean
    assert rows.against_baseline.low > 0 > people.against_baseline.low


def test_without_a_baseline_nothing_is_called_a_winner():
    assert decide({"als": 0.3}, {"als": scores(0.4)}, BASELINES).winner is None
    assert decide({}, {}, BASELINES).winner is None


names = st.sampled_from(["popular", "personal", "als", "knn", "blend"])
numbers = st.dictionaries(names, st.floats(0, 1), max_size=5)


@given(numbers, numbers)
def test_no_winner_loses_to_a_baseline(valid, test):
    found = decide(valid, {name: scores(mean, 12) for name, mean in test.items()}, BASELINES, seed=1)

    judged = [name for name in BASELINES if name in test]
    assert (found.winner is None) == (not judged)
    if found.winner is not None:
        assert test[found.winner] >= max(test[name] for name in judged) - 1e-9
