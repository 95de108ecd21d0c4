from __future__ import annotations

import pytest

from penchant.proof import QUESTIONS, Size, prove

SMALL = Size(people=120, chance_days=5, first_days=2, days=3, long_days=3, train_days=0.0, seeds=1, off_seeds=0)


def test_the_path_teaches_more_than_what_others_did_and_never_skips_a_step():
    questions = [question for question in QUESTIONS if question.domain == "learning"]
    proof = prove(SMALL, questions=questions, first_seed=101, processes=1)
    rows = {row.measure: row for row in proof.rows}
    assert rows["mastery_gain"].lift > 0.05
    assert rows["violations"].right == 0.0
    assert rows["violations"].wrong > 0.0
    assert proof.notes == ()
    assert proof.without == ()


@pytest.mark.slow
@pytest.mark.parametrize("domain", ["product", "content"])
def test_the_right_objective_wins_in_two_worlds(domain):
    size = Size(people=500, chance_days=16, first_days=8, days=12, long_days=12, train_days=6.0, seeds=2, off_seeds=0)
    questions = [q for q in QUESTIONS if q.domain == domain and not q.long and "constraints" not in q.name]
    for row in prove(size, questions=questions, first_seed=101).rows:
        if row.measure in ("net_revenue", "satisfaction"):
            assert all(lift > 0 for lift in row.each), row
