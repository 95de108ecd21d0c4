from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from penchant.models.weighting import bm25


def test_weights_are_those_of_the_formula():
    x = sparse.csr_matrix(np.array([[2.0, 1.0, 0.0], [0.0, 3.0, 0.0]]))
    # Totals 2, 4, 0, mean 2: length norms 0.25 + 0.75 * (1, 2, 0). Three items; people with 2 and 1 of them.
    k1, b = 1.2, 0.75

    weighed = bm25(x, k1, b).toarray()

    assert weighed[0, 0] == pytest.approx(2 * 2.2 / (1.2 * 1.0 + 2) * (np.log(3) - np.log(3)))
    assert weighed[1, 1] == pytest.approx(3 * 2.2 / (1.2 * 1.75 + 3) * (np.log(3) - np.log(2)))
    assert (weighed[:, 2] == 0).all()


def test_someone_who_uses_everything_weighs_nothing_and_never_less():
    x = sparse.csr_matrix(np.ones((2, 3)))

    assert (bm25(x, 1.2, 0.75).toarray() == 0).all()


def test_repeats_saturate():
    once, often = (bm25(sparse.csr_matrix([[n, 0.0, 0.0], [1.0, 1.0, 0.0]]), 1.2, 0.0)[0, 0] for n in (1.0, 100.0))

    assert once < often < 2.2 * once
