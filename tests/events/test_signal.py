from __future__ import annotations

from penchant.events import Role, Signal


def test_a_signal_counts_whatever_the_progress_unless_it_says_otherwise() -> None:
    signal = Signal("Content Completed", Role.GOAL, 1.0)

    assert signal.min_progress <= 0.0
    assert signal.max_progress > 1.0
