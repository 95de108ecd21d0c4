"""The transformer of `sasrec` in PyTorch: how its weights are learned; needs the extra `neural`."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from penchant.clock import Clock
from penchant.errors import ExtraNotInstalled
from penchant.models.sasrec_forward import EPSILON, WEIGHTS, SASRecWeights
from penchant.slate import Codes, Offsets

_POOL = 16
"""Batches that are sorted by length together, so that a batch holds little padding."""
_JUDGED = 2_000
"""Sequences whose last step is held out at most; never more than a tenth of all."""
_BLOCK = 256
"""Held-out steps judged at once."""


@dataclass(frozen=True)
class Training:
    """How weights are learned.

    Attributes:
        factors: Numbers of an embedding.
        blocks: Blocks.
        heads: Attention heads.
        length: Steps of a sequence that are read at once.
        dropout: Share of numbers that are left out while learning.
        loss: `softmax` is the softmax over what followed and the sampled items; `gbce` the generalized binary
            cross-entropy.
        negatives: Sampled items a batch.
        calibration: The `t` of `gbce`, 0 to 1.
        learning_rate: Step size of Adam.
        batch: Sequences a batch.
        epochs: Most passes over all sequences.
        patience: Passes without a better value on what was held out before it ends.
        max_seconds: Seconds after which it ends.
        seed: Seed of all randomness.
        threads: Threads of PyTorch.
    """

    factors: int
    blocks: int
    heads: int
    length: int
    dropout: float
    loss: Literal["softmax", "gbce"]
    negatives: int
    calibration: float
    learning_rate: float
    batch: int
    epochs: int
    patience: int
    max_seconds: float
    seed: int
    threads: int


def pytorch() -> Any:
    """The package torch.

    Raises:
        ExtraNotInstalled: It is missing.
    """
    if importlib.util.find_spec("torch") is None:
        raise ExtraNotInstalled("neural", "training a transformer")
    # Loaded only where something is trained: it takes seconds and much memory, and whoever serves needs none of it.
    return importlib.import_module("torch")


def train(
    ptr: Offsets, items: Codes, n_items: int, how: Training, clock: Clock, progress: Callable[[float], None]
) -> SASRecWeights:
    """Learn to tell the next step of every sequence.

    The last step of some sequences is held out; the weights that tell it best are kept. As long as `max_seconds` does
    not end it, the same data and seed give the same weights.

    Args:
        ptr: Sequence s is `items[ptr[s]:ptr[s+1]]`, oldest first; two steps or more.
        items: Codes below `n_items`.
        n_items: Items.
        how: Settings.
        clock: Tells how long it has taken.
        progress: Called with a share done, 0 to 1.

    Raises:
        ExtraNotInstalled: torch is missing.
    """
    torch = pytorch()
    began, threads = clock.elapsed(), torch.get_num_threads()
    torch.set_num_threads(how.threads)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(how.seed)
            return _Learner(torch, ptr, items, n_items, how).run(lambda: clock.elapsed() - began, progress)
    finally:
        torch.set_num_threads(threads)


def initial(torch: Any, n_items: int, how: Training) -> dict[str, Any]:
    """Weights before anything is learned, by name; drawn from torch's generator."""
    d, b, h = how.factors, how.blocks, 2 * how.factors

    def drawn(*shape: int, scale: float) -> Any:
        return torch.randn(*shape) * scale

    gain = torch.stack([torch.ones(d), torch.zeros(d)])
    weights = {
        "items": drawn(n_items, d, scale=0.02),
        "places": drawn(how.length, d, scale=0.02),
        "norms": gain.repeat(b, 2, 1, 1),
        "inward": drawn(b, d, 3 * d, scale=d**-0.5),
        "inward_bias": torch.zeros(b, 3 * d),
        "outward": drawn(b, d, d, scale=0.5 * d**-0.5),
        "outward_bias": torch.zeros(b, d),
        "widen": drawn(b, d, h, scale=d**-0.5),
        "widen_bias": torch.zeros(b, h),
        "narrow": drawn(b, h, d, scale=0.5 * h**-0.5),
        "narrow_bias": torch.zeros(b, d),
        "last_norm": gain.clone(),
    }
    return {name: weights[name].requires_grad_() for name in WEIGHTS}


def encode(torch: Any, weights: dict[str, Any], rows: Any, pad: Any, heads: int, dropout: float = 0.0) -> Any:
    """What is expected after every step.

    Args:
        torch: The package.
        weights: By name.
        rows: Item codes, shape (n, width), the newest step of each row last.
        pad: Which places of `rows` are empty, the first ones of a row.
        heads: Attention heads.
        dropout: Share of numbers left out; 0 when nothing is learned.

    Returns:
        Shape (n, width, d).
    """
    f, (n, width), d = torch.nn.functional, rows.shape, weights["items"].shape[1]
    later = torch.ones(width, width, dtype=torch.bool).triu(1)
    # A step looks at itself and at what came before; an empty place at itself, so that no share is undefined.
    hidden_from = (later[None] | pad[:, None, :]) & ~torch.eye(width, dtype=torch.bool)[None]
    mask = torch.zeros(n, 1, width, width).masked_fill(hidden_from[:, None], float("-inf"))

    def normal(x: Any, gain_and_shift: Any) -> Any:
        return f.layer_norm(x, (d,), gain_and_shift[0], gain_and_shift[1], EPSILON)

    def dropped(x: Any) -> Any:
        return f.dropout(x, dropout) if dropout else x

    x = dropped(f.embedding(rows, weights["items"]) * d**0.5 + weights["places"][-width:])
    for b in range(len(weights["norms"])):
        y = normal(x, weights["norms"][b, 0]) @ weights["inward"][b] + weights["inward_bias"][b]
        q, k, v = (part.view(n, width, heads, d // heads).transpose(1, 2) for part in y.split(d, dim=2))
        seen = f.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(n, width, d)
        x = x + dropped(seen @ weights["outward"][b] + weights["outward_bias"][b])
        y = normal(x, weights["norms"][b, 1]) @ weights["widen"][b] + weights["widen_bias"][b]
        x = x + dropped(f.relu(y) @ weights["narrow"][b] + weights["narrow_bias"][b])
    return normal(x, weights["last_norm"])


class _Learner:
    """One training, from drawn weights to the best ones."""

    def __init__(self, torch: Any, ptr: Offsets, items: Codes, n_items: int, how: Training) -> None:
        self.torch, self.n_items, self.how = torch, n_items, how
        self.rng = np.random.default_rng(how.seed)
        self.items = torch.from_numpy(items.astype(np.int64))
        ends = ptr[1:].copy()
        enough = np.flatnonzero(np.diff(ptr) > 2)
        held = self.rng.choice(enough, min(_JUDGED, len(enough) // 10), replace=False)
        self.held = np.stack([np.maximum(ptr[held], ptr[held + 1] - 1 - how.length), ptr[held + 1] - 1], axis=1)
        ends[held] -= 1
        self.windows = _windows(ptr[:-1], ends, how.length)
        self.weights = initial(torch, n_items, how)
        self.adam = torch.optim.Adam(self.weights.values(), lr=how.learning_rate, betas=(0.9, 0.98), fused=True)

    def run(self, elapsed: Callable[[], float], progress: Callable[[float], None]) -> SASRecWeights:
        how = self.how
        best, kept, worse = -np.inf, self._copy(), 0
        for epoch in range(how.epochs):
            for batch in self._batches():
                self._step(batch)
                if elapsed() > how.max_seconds:
                    break
            progress(min(max((epoch + 1) / how.epochs, elapsed() / how.max_seconds), 1.0))
            value = self._value() if len(self.held) else float(epoch)
            worse = 0 if value > best else worse + 1
            if value >= best:  # of equally good weights the later ones have learned more
                best, kept = value, self._copy()
            if worse >= how.patience or elapsed() > how.max_seconds:
                break
        progress(1.0)
        return kept

    def _copy(self) -> SASRecWeights:
        return SASRecWeights(**{name: w.detach().numpy().copy() for name, w in self.weights.items()})

    def _batches(self) -> Iterator[NDArray[np.int64]]:
        order, size = self.rng.permutation(len(self.windows)), self.how.batch
        sizes = self.windows[:, 1] - self.windows[:, 0]
        for start in range(0, len(order), size * _POOL):
            pool = order[start : start + size * _POOL]
            pool = pool[np.argsort(sizes[pool], kind="stable")]
            batches = [pool[at : at + size] for at in range(0, len(pool), size)]
            for b in self.rng.permutation(len(batches)):
                yield self.windows[batches[b]]

    def _rows(self, windows: NDArray[np.int64]) -> tuple[Any, Any]:
        """Item codes of some windows, the last step of each in the last column, and which places are empty."""
        width = int((windows[:, 1] - windows[:, 0]).max())
        at = self.torch.from_numpy(windows[:, 1:] - width + np.arange(width)[None])
        pad = at < self.torch.from_numpy(windows[:, :1])
        return self.items[at.clamp(min=0)].masked_fill(pad, 0), pad

    def _step(self, windows: NDArray[np.int64]) -> None:
        torch, how = self.torch, self.how
        rows, pad = self._rows(windows)
        found = encode(torch, self.weights, rows[:, :-1], pad[:, :-1], how.heads, how.dropout)[~pad[:, :-1]]
        wanted = rows[:, 1:][~pad[:, :-1]]
        loss = self._loss(found, wanted)
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()

    def _loss(self, found: Any, wanted: Any) -> Any:
        torch, how, items = self.torch, self.how, self.weights["items"]
        f = torch.nn.functional
        if how.loss == "softmax" and how.negatives >= self.n_items:
            return f.cross_entropy(found @ items.T, wanted)
        drawn = torch.randint(self.n_items, (how.negatives,))
        right = (found * f.embedding(wanted, items)).sum(dim=1)
        others = (found @ f.embedding(drawn, items).T).masked_fill(drawn[None, :] == wanted[:, None], float("-inf"))
        if how.loss == "softmax":
            # The sampled items stand for all others.
            others = others + float(np.log((self.n_items - 1) / how.negatives))
            return (torch.logsumexp(torch.cat([right[:, None], others], dim=1), dim=1) - right).mean()
        rate = min(how.negatives / max(self.n_items - 1, 1), 1.0)
        beta = rate * (how.calibration * (1.0 - 1.0 / rate) + 1.0 / rate)
        return (f.softplus(others).sum(dim=1) + beta * f.softplus(-right)).mean()

    def _value(self) -> float:
        """How well the held-out steps are told: NDCG of the whole ranking, without a cut."""
        torch, gains = self.torch, []
        with torch.no_grad():
            for start in range(0, len(self.held), _BLOCK):
                windows = self.held[start : start + _BLOCK]
                rows, pad = self._rows(windows)
                scores = encode(torch, self.weights, rows, pad, self.how.heads)[:, -1] @ self.weights["items"].T
                wanted = self.items[torch.from_numpy(windows[:, 1])]
                rank = (scores > scores.gather(1, wanted[:, None])).sum(dim=1)
                gains.append(1.0 / torch.log2(rank.double() + 2.0))
        return float(torch.cat(gains).mean())


def _windows(starts: Offsets, ends: Offsets, length: int) -> NDArray[np.int64]:
    """Sequences cut into runs of at most length + 1 steps, from the end; neighbours share one step; shape (n, 2)."""
    runs = [np.zeros((0, 2), np.int64)]
    while True:
        runs.append(np.stack([np.maximum(starts, ends - length - 1), ends], axis=1))
        more = ends - length - 1 > starts
        if not more.any():
            return np.concatenate(runs)
        starts, ends = starts[more], ends[more] - length
