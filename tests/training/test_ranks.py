"""Ranks among what is as long."""

from __future__ import annotations

import numpy as np
import pytest

from penchant.training.ranks import Ranks


def test_the_same_share_ranks_by_its_duration_bucket() -> None:
    # Short items are mostly seen to the end, long ones to a tenth or two.
    rng = np.random.default_rng(1)
    short, long = rng.uniform(0.5, 1.0, 500), rng.uniform(0.0, 0.4, 500)
    share = np.concatenate([short, long]).astype(np.float32)
    length = np.repeat(np.array([30.0, 3_000.0], np.float32), 500)
    ranks = Ranks.learn(share, length)

    found = ranks.rank(np.array([0.75, 0.2, 0.45, 0.45], np.float32), np.array([30.0, 3_000, 30, 3_000], np.float32))

    assert found.tolist() == pytest.approx([0.5, 0.5, 0.0, 1.0], abs=0.05)


def test_buckets_hold_equally_many() -> None:
    length = np.random.default_rng(2).lognormal(4, 1, 3_000).astype(np.float32)
    ranks = Ranks.learn(np.full(3_000, 0.5, np.float32), length)

    counts = np.bincount(ranks.bucket(length), minlength=11)
    assert counts[:10].tolist() == pytest.approx([300] * 10, abs=2) and counts[10] == 0


def test_equal_shares_share_the_middle_of_their_ranks() -> None:
    share = np.array([0.0] * 50 + [1.0] * 50, np.float32)
    length = np.full(100, 60.0, np.float32)

    found = Ranks.learn(share, length).rank(np.array([0.0, 1.0, np.nan], np.float32), length[:3])

    assert found[:2].tolist() == pytest.approx([0.25, 0.75], abs=0.01) and np.isnan(found[2])


def test_items_of_unknown_length_are_a_bucket_of_their_own_and_an_empty_one_ranks_by_the_share() -> None:
    ranks = Ranks.learn(np.linspace(0, 0.2, 200, dtype=np.float32), np.full(200, 60.0, np.float32))

    found = ranks.rank(np.array([0.2, 0.3], np.float32), np.array([60.0, np.nan], np.float32))

    assert found.tolist() == pytest.approx([1.0, 0.3], abs=0.01)


def test_ranks_come_back_from_their_settings() -> None:
    rng = np.random.default_rng(3)
    length = rng.uniform(10, 100, 400).astype(np.float32)
    ranks = Ranks.learn(rng.random(400).astype(np.float32), length)

    again = Ranks.read(ranks.settings())

    np.testing.assert_array_equal(again.edges, ranks.edges)
    np.testing.assert_allclose(again.knots, ranks.knots, atol=1e-4)
