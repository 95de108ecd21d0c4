from __future__ import annotations

from dataclasses import replace

import pytest

from penchant.proof import QUESTIONS, Size, prove

SMALL = Size(
    people=240,
    served=120,
    chance_days=5,
    selling_days=5,
    first_days=2,
    days=3,
    lasting_days=3,
    train_days=0.0,
    long_people=90,
    long_served=60,
    long_days=3,
    long_train_days=0.0,
    seeds=1,
    off_seeds=0,
)
SCHOOL = replace(SMALL, people=600, served=200, chance_days=8, first_days=3, lasting_days=4)
LARGER = Size(seeds=2, off_seeds=0)


def test_the_path_teaches_more_than_what_others_did_and_what_was_found_is_not_run_again(tmp_path):
    questions = [question for question in QUESTIONS if question.domain == "learning"]
    proof = prove(SCHOOL, questions=questions, first_seed=101, processes=1, keep=tmp_path)
    rows = {row.measure: row for row in proof.rows}
    assert rows["mastery_gain"].lift > 0.0
    assert rows["violations"].right == 0.0
    assert rows["violations"].wrong > 0.0
    assert len(proof.notes) == 2, proof.notes  # what ranked in each arm, and nothing else
    assert all("slates ranked by" in note for note in proof.notes)
    assert proof.without == ()

    kept = {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert len(kept) == 2
    again = prove(SCHOOL, questions=questions, first_seed=101, processes=1, keep=tmp_path)
    assert (again.rows, again.notes) == (proof.rows, proof.notes)
    assert {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == kept


@pytest.mark.slow
@pytest.mark.parametrize("domain", ["product", "content"])
def test_the_right_objective_wins_in_two_worlds(domain):
    questions = [q for q in QUESTIONS if q.domain == domain and not q.long and "constraints" not in q.name]
    for row in prove(LARGER, questions=questions, first_seed=101).rows:
        if row.measure in ("net_revenue", "satisfaction"):
            assert all(lift > 0 for lift in row.each), row


@pytest.mark.slow
def test_two_models_and_one_live_through_the_same_two_worlds():
    questions = [question for question in QUESTIONS if question.domain == "product and content"]
    rows = {row.measure: row for row in prove(SMALL, questions=questions, first_seed=101, processes=1).rows}
    assert rows["net_revenue"].right > 0 and rows["net_revenue"].wrong > 0
    assert rows["satisfaction"].right > 0 and rows["satisfaction"].wrong > 0
