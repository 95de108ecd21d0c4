from __future__ import annotations

import numpy as np
import pytest

from penchant.errors import FitFailed
from penchant.models import Run
from penchant.models.axes import main_axes
from penchant.models.gf_cf import GFCF
from penchant.models.history import POSITIVE
from penchant.models.history_matrix import history_matrix, unit_matrix
from penchant.testing import ModelChecks, Row, dataset, tiny_dataset


class TestGFCF(ModelChecks):
    recipe = GFCF(rank=4)


class TestGFCFOfABlock(ModelChecks):
    recipe = GFCF(rank=3, weighting="log", half_life_days=None, block=6, neighbours=3, alpha=2.0)


def test_scores_equal_the_filters_written_out():
    data = tiny_dataset()
    model = GFCF(rank=3, alpha=0.5, half_life_days=None).fit(data, Run())
    queries = data.queries(np.arange(len(data.people), dtype=np.int32))
    r = unit_matrix(data, POSITIVE).toarray().astype(np.float64)
    people, items = r.sum(axis=1), np.maximum(r.sum(axis=0), 1e-12)
    shown = r / np.sqrt(people[:, None] * items)
    v = np.linalg.svd(shown)[2][:3].T
    filters = shown.T @ shown + 0.5 * np.diag(items**-0.5) @ v @ v.T @ np.diag(items**0.5)
    wanted = history_matrix(queries, len(items), POSITIVE).toarray() @ filters

    found = model.retrieve(queries, len(items))

    for i in range(len(queries)):
        codes, scores = found.row(i)
        np.testing.assert_allclose(scores, wanted[i][codes], rtol=1e-3, atol=1e-5)
        assert (np.delete(wanted[i], codes) < 1e-5).all()


def test_main_axes_are_the_first_singular_vectors():
    x = unit_matrix(tiny_dataset(), POSITIVE)

    axes = main_axes(x, 3, 8, np.random.default_rng(0))

    right = np.linalg.svd(x.toarray())[2][:3]
    np.testing.assert_allclose(np.abs(right @ axes), np.eye(3), atol=1e-3)


def test_patterns_reach_items_that_nobody_took_together():
    rows = [Row(f"p{i}", item, 1) for i in range(30) for item in ("ab", "bc", "cd")[i % 3]]
    data = dataset([*rows, Row("z", "a", 1)])

    found = GFCF(rank=1).fit(data, Run()).retrieve(data.queries(data.people.codes(["z"])), 10)

    assert "d" in [data.items.ids[code] for code in found.row(0)[0]]


def test_too_few_people_are_said():
    with pytest.raises(FitFailed, match="gf-cf: 1 people with two items or more, 20 needed"):
        GFCF().fit(dataset([Row("x", "a", 1), Row("x", "b", 2), Row("y", "a", 1)]), Run())
