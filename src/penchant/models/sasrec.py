"""A small transformer that reads a history in order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from penchant.clock import SystemClock
from penchant.dataset import Dataset, Queries
from penchant.models.choice import Allowed
from penchant.models.exact import Exact
from penchant.models.history import POSITIVE, Roles
from penchant.models.model import Fitted, Run, State
from penchant.models.need import need
from penchant.models.sasrec_forward import WEIGHTS, SASRecWeights, forward
from penchant.models.sasrec_training import Training, train
from penchant.models.sequences import Window, sequences
from penchant.models.steps import path_of
from penchant.slate import Candidates, Codes


@dataclass(frozen=True)
class FittedSASRec:
    """The weights, and which items they are about; answers need NumPy alone.

    Attributes:
        recipe: What it was fitted with.
        codes: Item codes that stood in a sequence; row i of the embeddings, the longest first, is about `codes[i]`.
        n_items: Size of the item space.
        weights: What was learned.
    """

    recipe: SASRec
    codes: Codes
    n_items: int
    weights: SASRecWeights

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """What is most expected after the last steps of the history; seeds count as the newest steps."""
        expected = np.zeros((len(queries), self.weights.items.shape[1]), np.float32)
        live = np.zeros(len(queries), bool)
        for i in range(len(queries)):
            # Items that no sequence held are passed over, so more steps than are read are looked at.
            place = self._place[path_of(queries, i, self.n_items, self.recipe.roles, 2 * self.recipe.length)]
            place = place[place >= 0][-self.recipe.length :]
            if len(place):
                live[i], expected[i] = True, forward(self.weights, place, self.recipe.heads)
        own = allowed if allowed is None or allowed.ndim == 1 else allowed[live]
        found = self._search.top(expected[live], k, own)
        counts = np.zeros(len(queries), np.int64)
        counts[live] = np.diff(found.ptr)
        ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return Candidates(ptr, found.items, found.scores)

    @cached_property
    def _search(self) -> Exact:
        return Exact.stored(self.weights.items, self.codes)

    @cached_property
    def _place(self) -> Codes:
        place = np.full(self.n_items, -1, np.int32)
        place[self.codes] = np.arange(len(self.codes))
        return place

    def state(self) -> State:
        """All arrays and the recipe."""
        arrays: dict[str, NDArray[Any]] = {"codes": self.codes, **self.weights.arrays()}
        return State(arrays, {"recipe": msgspec.to_builtins(self.recipe), "n_items": self.n_items})

    @classmethod
    def restore(cls, state: State) -> FittedSASRec:
        """From `state()`."""
        weights = SASRecWeights(**{name: np.asarray(state.arrays[name]) for name in WEIGHTS})
        recipe = msgspec.convert(state.settings["recipe"], SASRec)
        return cls(recipe, np.asarray(state.arrays["codes"]), int(state.settings["n_items"]), weights)


class SASRec(msgspec.Struct, frozen=True, kw_only=True):
    """Self-attentive sequential recommendation.

    Kang & McAuley, "Self-attentive sequential recommendation" (ICDM 2018), with the loss of Klenitskiy & Vasilev,
    "Turning dross into gold loss" (RecSys 2023), or of Petrov & Macdonald, "gSASRec" (RecSys 2023). Trained by PyTorch
    (the extra `neural`), served without it.

    Attributes:
        factors: Numbers of an embedding; `heads` divides it.
        blocks: Blocks of attention.
        heads: Attention heads.
        length: Last steps of a history that are read; longer sequences are cut into such pieces for the training.
        dropout: Share of numbers left out while learning.
        loss: `softmax` over what followed and the sampled items, or `gbce`, generalized binary cross-entropy.
        negatives: Sampled items a batch; as many as there are items, or more, is the full softmax.
        calibration: The `t` of `gbce`: 0 is plain binary cross-entropy, 1 makes scores behave like a softmax's.
        learning_rate: Step size of Adam.
        batch: Sequences a batch.
        epochs: Most passes over all sequences.
        patience: Passes that did not get better on what was held out after which the training ends.
        max_seconds: Seconds after which the training ends, with the best weights until then. Two fits are the same to
            the bit only when this ended neither.
        window: What one sequence is in the training data.
        roles: Roles that count, in the data and in the history.
        least_sequences: Sequences of two steps or more that the data must hold.
    """

    kind: ClassVar[str] = "sasrec"
    fitted: ClassVar[type[Fitted]] = FittedSASRec

    factors: Annotated[int, Meta(ge=2, le=512)] = 64
    blocks: Annotated[int, Meta(ge=1, le=8)] = 2
    heads: Annotated[int, Meta(ge=1, le=16)] = 2
    length: Annotated[int, Meta(ge=1, le=500)] = 50
    dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.2
    loss: Literal["softmax", "gbce"] = "softmax"
    negatives: Annotated[int, Meta(ge=1, le=100_000)] = 256
    calibration: Annotated[float, Meta(ge=0, le=1)] = 0.75
    learning_rate: Annotated[float, Meta(gt=0, le=1)] = 1e-3
    batch: Annotated[int, Meta(ge=1, le=4_096)] = 128
    epochs: Annotated[int, Meta(ge=1, le=1_000)] = 50
    patience: Annotated[int, Meta(ge=1, le=100)] = 4
    max_seconds: Annotated[float, Meta(gt=0, le=86_400)] = 300.0
    window: Window = "person"
    roles: Roles = POSITIVE
    least_sequences: Annotated[int, Meta(ge=1)] = 1_000

    def __post_init__(self) -> None:
        """Heads share the embedding evenly."""
        if self.factors % self.heads:
            raise ValueError(f"factors ({self.factors}) is no multiple of heads ({self.heads})")

    def fit(self, data: Dataset, run: Run) -> FittedSASRec:
        """Train.

        Raises:
            FitFailed: There are too few sequences.
            ExtraNotInstalled: PyTorch is missing.
        """
        found = sequences(data, self.roles, self.window, least=2)
        need(self.kind, "sequences of two steps or more", len(found), self.least_sequences)
        codes, items = np.unique(found.items, return_inverse=True)
        how = Training(**{name: getattr(self, name) for name in _SHARED}, seed=run.seed, threads=max(run.threads, 1))
        weights = train(found.ptr, items.astype(np.int32), len(codes), how, SystemClock(), run.progress)
        search = Exact.of(weights.items, codes.astype(np.int32))
        return FittedSASRec(self, search.codes, len(data.items), replace(weights, items=search.vectors))


_SHARED = tuple(name for name in Training.__dataclass_fields__ if name not in ("seed", "threads"))
