from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from penchant.models.hashing import Vocabulary, keys_of

NAMES = st.lists(st.text(max_size=8), unique=True, max_size=30)


def test_keys_are_the_same_in_every_process():
    # BLAKE2b with a digest of 8 bytes, the lowest first, as they stand in releases.
    assert keys_of(["shoes", ""]).tolist() == [0x1CB746BB21E8E885, 0xB4B2797457A0A6E4]


def test_no_names_have_no_keys():
    assert keys_of([]).shape == (0,)
    assert Vocabulary(keys_of([]), 4).find(keys_of(["new"]))[0].tolist() == [int(keys_of(["new"])[0] % 4)]


@given(NAMES, NAMES)
def test_a_known_name_has_a_column_of_its_own_and_all_others_are_in_the_reserve(known, others):
    vocabulary = Vocabulary(np.unique(keys_of(known)), 16)

    columns, is_known = vocabulary.find(keys_of([*known, *others]))

    assert is_known.tolist() == [True] * len(known) + [name in known for name in others]
    assert len({*columns[: len(known)].tolist()}) == len(known)
    assert ((columns < len(known)) == is_known).all()
    assert (columns < vocabulary.width).all()
