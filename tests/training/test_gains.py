"""How much better checks went than was to be expected."""

from __future__ import annotations

import numpy as np
import pytest

from penchant.training.gains import gains


def told(*rows: tuple[int, int, float]) -> list[float]:
    person, item, success = zip(*rows, strict=True)
    return gains(np.array(person, np.int32), np.array(item, np.int32), np.array(success, np.float32), 3, 3).tolist()


def test_nothing_is_known_of_the_first_check_and_half_is_expected() -> None:
    assert told((0, 0, 1.0)) == [0.5]
    assert told((0, 0, 0.0)) == [-0.5]


def test_who_did_well_is_expected_to_and_gains_less() -> None:
    # Ability 0.5 after the first, so that 1 / (1 + exp(-0.5)) is expected of an item nobody tried.
    assert told((0, 0, 1.0), (0, 1, 1.0))[1] == pytest.approx(1 - 1 / (1 + np.exp(-0.5)))


def test_what_nobody_could_do_is_expected_of_nobody() -> None:
    assert told((0, 0, 0.0), (1, 0, 1.0))[1] == pytest.approx(1 - 1 / (1 + np.exp(0.5)))


def test_a_later_check_changes_nothing_before_it() -> None:
    rows = [(0, 0, 1.0), (1, 0, 0.5), (0, 2, 0.2)]

    assert told(*rows, (0, 0, 1.0))[:3] == told(*rows)
