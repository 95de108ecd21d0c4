from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from penchant.ingest.seen import Seen


@given(st.lists(st.lists(st.integers(0, 20), max_size=10), max_size=6))
def test_repeats_are_counted_as_a_set_would(batches: list[list[int]]) -> None:
    seen, known, expected, counted = Seen(), set[int](), 0, 0
    for batch in batches:
        counted += seen.add(np.array(batch, np.uint64))
        for value in batch:
            expected += value in known
            known.add(value)

    assert counted == expected


def test_many_hashes_are_moved_and_still_known() -> None:
    seen = Seen()
    assert seen.add(np.arange(1_500_000, dtype=np.uint64)) == 0
    assert seen.add(np.arange(1_000_000, 2_000_000, dtype=np.uint64)) == 500_000
