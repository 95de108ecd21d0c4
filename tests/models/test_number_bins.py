from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from penchant.models.encoders import NumberEncoder


def block(values, bins):
    return NumberEncoder.fit(np.array(values), bins).encode(np.array(values)).toarray()


@given(st.lists(st.floats(0.01, 1e6), min_size=2, max_size=40))
def test_equal_numbers_share_all_bins_and_every_number_has_some(values):
    held = block([*values, values[0]], 16)

    np.testing.assert_array_equal(held[0], held[-1])
    assert (held.sum(axis=1) > 0).all()
    assert (held >= 0).all()
    assert ((held > 0).sum(axis=1) <= 4).all()


def test_missing_numbers_have_no_bin():
    assert (block([np.nan, 3.0, np.nan, 5.0], 4)[[0, 2]] == 0).all()
    assert not block([np.nan], 4).any()


def test_numbers_below_zero_are_binned_too():
    assert block([-10.0, 0.0, 10.0], 5).argmax(axis=1).tolist() == [0, 2, 4]


def test_equal_numbers_everywhere_are_all_alike():
    held = block([7.0, 7.0, 7.0], 5)

    assert (held == held[0]).all()
    assert held[0].sum() > 0


def test_numbers_that_come_later_stand_in_the_bins_of_the_fit():
    encoder = NumberEncoder.fit(np.array([1.0, 10.0, 100.0]), 3)

    later = encoder.encode(np.array([1e9, 10.0, 0.0, -4.0])).toarray()

    assert later.argmax(axis=1).tolist() == [2, 1, 0, 0]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.floats(-1e6, 1e6))
def test_bins_come_back_from_their_state(values, value):
    encoder = NumberEncoder.fit(np.array(values), 8)
    again = NumberEncoder.restore(encoder.state())

    assert again == encoder
    assert (again.encode(np.array([value])) != encoder.encode(np.array([value]))).nnz == 0
