"""What texts are about, by a sentence encoder that somebody else has trained; an extra."""

from __future__ import annotations

import importlib
import importlib.util
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.errors import ExtraNotInstalled
from penchant.models.unit import unit_points

_LOG = logging.getLogger(__name__)


class SentenceModelUnread(Exception):
    """A sentence model that cannot be used; says why."""


@dataclass
class SentenceEncoder:
    """Static sentence embeddings (the package model2vec): the mean of the vectors of a text's tokens.

    Attributes:
        model: Folder or name on the model hub.
        dims: Numbers of a vector.
        digest: Of tokens and vectors: another model under the same name is not taken for this one.
    """

    model: str
    dims: int
    digest: str
    _loaded: Any = field(default=None, repr=False)
    _failed: str | None = field(default=None, repr=False)

    @classmethod
    def load(cls, model: str) -> SentenceEncoder:
        """Load a model.

        Raises:
            ExtraNotInstalled: model2vec is missing.
            SentenceModelUnread: There is no such model, or it cannot be read.
        """
        loaded = _load(model)
        return cls(model, int(loaded.dim), _digest(loaded), loaded)

    @property
    def failed(self) -> str | None:
        """Why later texts cannot be encoded; None as long as they can."""
        return self._failed

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of length 1, shape (n_texts, dims); zeros for empty texts.

        A model that was there at the fit may be gone, or another one, where its release serves. Then all are zeros:
        what else is known of new items still counts. It is logged once, and `failed` says why.
        """
        points = np.zeros((len(texts), self.dims), np.float32)
        told = [i for i, text in enumerate(texts) if text.strip()]
        if not told or not self._ready():
            return points
        points[told] = np.asarray(self._loaded.encode([texts[i] for i in told], use_multiprocessing=False), np.float32)
        return unit_points(points)

    def _ready(self) -> bool:
        if self._loaded is None and self._failed is None:
            try:
                loaded = _load(self.model)
                if _digest(loaded) != self.digest:
                    raise SentenceModelUnread(f"sentence model {self.model} is not the one of the fit")
                self._loaded = loaded
            except (ExtraNotInstalled, SentenceModelUnread) as error:
                self._failed = str(error)
                _LOG.warning("new texts are not encoded: %s", error)
        return self._loaded is not None


def _load(model: str) -> Any:
    if importlib.util.find_spec("model2vec") is None:
        raise ExtraNotInstalled("text", "a sentence encoder")
    # Loaded only where it is asked for: it brings a tokenizer and a hub client, and most workspaces need neither.
    package = importlib.import_module("model2vec")
    try:
        return package.StaticModel.from_pretrained(model, force_download=False)
    except Exception as error:  # folder, hub and network each fail in their own way
        raise SentenceModelUnread(f"sentence model {model} cannot be read: {type(error).__name__}: {error}") from None


def _digest(loaded: Any) -> str:
    told = blake2b("\n".join(loaded.tokens).encode(), digest_size=16)
    for array in (loaded.embedding, loaded.weights, loaded.token_mapping):
        told.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
    return told.hexdigest()
