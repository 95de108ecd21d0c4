from __future__ import annotations

import math

import msgspec
import pytest

from penchant.proof import Proof, Row, render
from penchant.proof.page import amount, percent
from penchant.proof.report import interval, lift


def row(**changes):
    told = {
        "domain": "product",
        "question": "profit after returns against clicks",
        "measure": "net_revenue",
        "better": "higher",
        "right": 11.0,
        "wrong": 10.0,
        "lift": 0.1,
        "low": 0.05,
        "high": 0.15,
        "seeds": 3,
        "each": (0.05, 0.1, 0.15),
    }
    return Row(**{**told, **changes})


def test_the_interval_of_three_worlds_is_students():
    mean, low, high = interval([1.0, 2.0, 3.0])
    # Standard error 1/sqrt(3), 4.3027 of them on each side with two degrees of freedom.
    assert mean == 2.0
    assert low == pytest.approx(2.0 - 4.302653 / math.sqrt(3))
    assert high == pytest.approx(2.0 + 4.302653 / math.sqrt(3))


def test_one_world_says_nothing_of_others():
    assert interval([0.3]) == (0.3, -math.inf, math.inf)


def test_a_lift_is_a_share_of_the_wrong_arm():
    assert lift(12.0, 10.0) == pytest.approx(0.2)
    assert lift(-5.0, -10.0) == pytest.approx(0.5)
    assert lift(3.0, 0.0) == 3.0


def test_a_row_wins_only_when_its_interval_excludes_zero():
    assert row().wins
    assert not row(low=-0.01).wins
    assert not row(better="lower").wins
    assert row(better="lower", lift=-0.1, low=-0.2, high=-0.01).wins


def test_numbers_are_written_with_what_counts():
    assert percent(0.0534) == "+5.3 %"
    assert percent(-math.inf) == "-∞"
    assert amount(1234.5) == "1,234"
    assert amount(0.01234) == "0.0123"
    assert amount(0.0) == "0"


def test_the_page_tells_what_holds_and_what_does_not():
    lost = row(question="completion against starts", domain="content", measure="satisfaction", low=-0.2)
    off = row(lift=0.01, low=-0.05, high=0.07, without=("bait", "returns"))
    page = render(Proof(rows=(row(), lost), without=(off,), method="How.", seconds=90.0, notes=("a <note>",)), 0.0)
    assert "<b>1 of 2</b>" in page
    assert page.count("does not hold") == 1
    assert "without bait, returns" in page
    assert "a &lt;note&gt;" in page


def test_a_proof_without_an_end_to_its_interval_can_be_shown_and_kept():
    proof = Proof(rows=(row(low=-math.inf, high=math.inf, seeds=1),), without=(), method="How.", seconds=1.0)
    assert "∞" in render(proof, 0.0)
    assert msgspec.json.encode(proof)
