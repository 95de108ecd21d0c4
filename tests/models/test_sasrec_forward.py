from __future__ import annotations

import numpy as np
import pytest

from penchant.models.sasrec_forward import SASRecWeights, forward
from penchant.models.sasrec_training import Training, encode, initial

HOW = Training(
    factors=8,
    blocks=2,
    heads=2,
    length=6,
    dropout=0.0,
    loss="softmax",
    negatives=16,
    calibration=0.75,
    learning_rate=1e-3,
    batch=4,
    epochs=1,
    patience=1,
    max_seconds=60.0,
    seed=7,
    threads=1,
)


def drawn(seed=3, n_items=20, d=8, b=2, h=16, length=6):
    rng = np.random.default_rng(seed)
    shapes = {
        "items": (n_items, d),
        "places": (length, d),
        "norms": (b, 2, 2, d),
        "inward": (b, d, 3 * d),
        "inward_bias": (b, 3 * d),
        "outward": (b, d, d),
        "outward_bias": (b, d),
        "widen": (b, d, h),
        "widen_bias": (b, h),
        "narrow": (b, h, d),
        "narrow_bias": (b, d),
        "last_norm": (2, d),
    }
    return SASRecWeights(**{name: rng.normal(0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()})


def by_hand(w, path, heads):
    """The same by loops, every step of every block, in double precision."""
    d = w.items.shape[1]

    def normal(x, gain_and_shift):
        return (x - x.mean()) / np.sqrt(x.var() + 1e-5) * gain_and_shift[0] + gain_and_shift[1]

    xs = [w.items[code] * np.sqrt(d) + w.places[len(w.places) - len(path) + i] for i, code in enumerate(path)]
    for b in range(len(w.norms)):
        qkv = [normal(x, w.norms[b, 0]) @ w.inward[b] + w.inward_bias[b] for x in xs]
        out = []
        for i, x in enumerate(xs):
            seen = np.zeros(d)
            for head in range(heads):
                at = np.arange(head * d // heads, (head + 1) * d // heads)
                scores = np.array([qkv[i][at] @ qkv[j][d + at] / np.sqrt(d // heads) for j in range(i + 1)])
                shares = np.exp(scores) / np.exp(scores).sum()
                seen[at] = sum(share * qkv[j][2 * d + at] for j, share in enumerate(shares))
            x = x + seen @ w.outward[b] + w.outward_bias[b]
            hidden = np.maximum(normal(x, w.norms[b, 1]) @ w.widen[b] + w.widen_bias[b], 0.0)
            out.append(x + hidden @ w.narrow[b] + w.narrow_bias[b])
        xs = out
    return normal(xs[-1], w.last_norm)


@pytest.mark.parametrize("path", [[4], [4, 9], [1, 2, 3, 2, 1, 0]])
@pytest.mark.parametrize("heads", [1, 2, 4])
def test_the_forward_pass_equals_loops(path, heads):
    weights = drawn()

    np.testing.assert_allclose(forward(weights, np.array(path), heads), by_hand(weights, path, heads), atol=1e-5)


def test_order_counts():
    weights = drawn()

    one, other = (forward(weights, np.array(path), 2) for path in ([1, 2, 3], [2, 1, 3]))

    assert np.abs(one - other).max() > 0.01


@pytest.mark.parametrize("width", [1, 4, 6])
def test_numpy_equals_torch(width):
    torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'penchant[neural]'")
    weights = drawn()
    tensors = {name: torch.from_numpy(array) for name, array in weights.arrays().items()}
    # Rows of one batch, shorter ones with empty places before them.
    paths = [np.arange(3, 3 + n) for n in range(1, width + 1)]
    rows = np.stack([np.concatenate([np.zeros(width - len(path), np.int64), path]) for path in paths])
    pad = np.stack([np.arange(width) < width - len(path) for path in paths])

    found = encode(torch, tensors, torch.from_numpy(rows), torch.from_numpy(pad), 2)[:, -1].numpy()

    np.testing.assert_allclose(found, np.stack([forward(weights, path, 2) for path in paths]), atol=1e-5)


def test_drawn_weights_have_the_shapes_that_are_served():
    torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'penchant[neural]'")
    wanted = {name: array.shape for name, array in drawn().arrays().items()}

    assert {name: tuple(w.shape) for name, w in initial(torch, 20, HOW).items()} == wanted
