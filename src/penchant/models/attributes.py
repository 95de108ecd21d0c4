"""What makes two items alike: their declared attributes, as vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Annotated, Any, ClassVar, Literal, Self

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray
from scipy import sparse

from penchant.catalog import Attribute, ItemTable
from penchant.dataset import Dataset, Queries
from penchant.errors import FitFailed
from penchant.models.choice import NOTHING, Allowed, allowed_in, best_among
from penchant.models.encoders import ItemEncoder
from penchant.models.history import POSITIVE, Past, Roles
from penchant.models.item_vectors import ItemVectors, Profile, Rows
from penchant.models.model import Fitted, Run, State
from penchant.models.near import FEW, NearLists, Row
from penchant.models.sentence import SentenceEncoder, SentenceModelUnread
from penchant.models.text import TextEncoder
from penchant.slate import Candidates, Codes

_ENCODER = "encoder_"
_NARROW = 8
"""Where no more than one item of so many may be shown, only these are looked at."""


@dataclass(frozen=True)
class FittedAttributeSimilarity:
    """One vector an item; the dot product of two is the weighted mean of their attributes' similarities.

    Attributes:
        recipe: What it was fitted with.
        vectors: Rows of length 1 at most (exactly 1 when no attribute is missing).
        encoder: What turns an item into its vector; None in releases that did not keep it.
    """

    recipe: AttributeSimilarity
    vectors: ItemVectors
    encoder: ItemEncoder | None
    near: NearLists = field(default_factory=NearLists, repr=False, compare=False)
    """Lists of `similar`, as far as they are kept."""

    @property
    def n_items(self) -> int:
        """Items it knows."""
        return self.vectors.n_items

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not as it should be with items that came after the fit."""
        return self.encoder.notes if self.encoder is not None else ()

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """Items near the mean of what the history likes and away from the mean of what it dislikes."""
        rows = []
        for i in range(len(queries)):
            past = Past.of(queries, i, self.n_items, self.recipe.half_life_days)
            liked, weights = past.liked(self.recipe.roles)
            if not len(liked):
                rows.append(NOTHING)
                continue
            profile = self.vectors.mean(liked, weights)
            disliked, weights = past.disliked()
            if len(disliked):
                self.vectors.less(profile, self.recipe.dislike, disliked, weights)
            rows.append(self._nearest(profile, k, allowed_in(allowed, i)))
        return Candidates.from_rows(rows)

    def similar(self, items: Codes, k: int, allowed: Allowed = None) -> Candidates:
        """The items most like each item."""
        rows = []
        for i, code in enumerate(items):
            if not 0 <= code < self.n_items:
                rows.append(NOTHING)
                continue
            mine, ask = allowed_in(allowed, i), partial(self._near, int(code))
            rows.append(self.near.row(int(code), k, mine, ask) if len(items) <= FEW else ask(k, mine))
        return Candidates.from_rows(rows)

    def _near(self, code: int, k: int, allowed: Allowed) -> Row:
        return self._nearest(self.vectors.mean(np.array([code], np.int32), np.ones(1)), k, allowed, but=code)

    def extended(self, codes: Codes, told: ItemTable, n_items: int) -> Self:
        """The same model with some items told anew, in time proportional to them and to those told before."""
        if self.encoder is None:  # a release that cannot encode: new items have nothing in common with any
            return replace(self, vectors=replace(self.vectors, n_items=n_items), near=NearLists())
        return replace(self, vectors=self.vectors.told(codes, self.encoder.rows(told), n_items), near=NearLists())

    def state(self) -> State:
        """The vectors, the recipe, and what encodes an item."""
        rows = self.vectors.folded().base
        x = rows.cells
        arrays: dict[str, NDArray[Any]] = {"data": x.data, "indices": x.indices, "indptr": x.indptr}
        arrays["points"] = rows.points
        settings = {"recipe": msgspec.to_builtins(self.recipe), "features": x.shape[1]}
        if self.encoder is not None:
            learned = self.encoder.state()
            arrays |= {_ENCODER + name: array for name, array in learned.arrays.items()}
            settings["encoder"] = learned.settings
        return State(arrays, settings)

    @classmethod
    def restore(cls, state: State) -> FittedAttributeSimilarity:
        """From `state()`, also of a release that kept vectors alone."""
        arrays = {name: np.asarray(array) for name, array in state.arrays.items()}
        recipe = msgspec.convert(state.settings["recipe"], AttributeSimilarity)
        shape = (len(arrays["indptr"]) - 1, state.settings["features"])
        cells = sparse.csr_matrix((arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape)
        encoder = None
        if "encoder" in state.settings:
            learned = {n.removeprefix(_ENCODER): array for n, array in arrays.items() if n.startswith(_ENCODER)}
            encoder = ItemEncoder.restore(recipe.attributes, State(learned, state.settings["encoder"]))
        points = arrays.get("points", np.zeros((shape[0], 0), np.float32))
        return cls(recipe, ItemVectors.of(Rows(cells, points)), encoder)

    def _nearest(
        self, profile: Profile, k: int, allowed: Allowed, but: int | None = None
    ) -> tuple[Codes, NDArray[np.float32]]:
        if allowed is not None and np.count_nonzero(allowed) * _NARROW < len(allowed):
            few = np.flatnonzero(allowed).astype(np.int32)
            some = self.vectors.dot_of(few, profile)
            open_ = (some > 0) & (few != but) if but is not None else some > 0
            return best_among(few[open_], some[open_], k)
        return self.vectors.best(profile, k, allowed, but)


class AttributeSimilarity(msgspec.Struct, frozen=True, kw_only=True):
    """Items alike in their declared attributes; needs no events, so new items take part from the start.

    A history becomes a profile as in Rocchio, "Relevance feedback in information retrieval" (1971): the mean of what
    is liked minus a share of the mean of what is disliked. Texts are alike by their words, which weigh TF-IDF (Spärck
    Jones, 1972), and by what they are about.

    Attributes:
        attributes: Which fields count, how, and how much.
        half_life_days: Days after which an event of the history counts half; None counts all alike.
        roles: Roles of the history that count as liked.
        dislike: Share of the disliked mean that is taken off.
        bins: Overlapping bins of a number field, evenly spaced on its log scale.
        words: Most words known of a text field, the most frequent first; the others share a reserve of columns.
        encoder: What says what a text is about: `hash-svd` learns it from the catalog, `sentence` knows it already.
        about: Share of what texts are about in the similarity of two texts; their words have the rest.
        dims: Directions that `hash-svd` learns of each text field.
        sentence_model: Folder of a model2vec model, or its name on the hub; for `sentence`.
    """

    kind: ClassVar[str] = "alike"
    fitted: ClassVar[type[Fitted]] = FittedAttributeSimilarity

    attributes: Annotated[tuple[Attribute, ...], Meta(min_length=1)]
    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = 14.0
    roles: Roles = POSITIVE
    dislike: Annotated[float, Meta(ge=0, le=1)] = 0.5
    bins: Annotated[int, Meta(ge=2, le=1_000)] = 16
    words: Annotated[int, Meta(ge=1, le=1_000_000)] = 50_000
    encoder: Literal["hash-svd", "sentence"] = "hash-svd"
    about: Annotated[float, Meta(ge=0, le=1)] = 0.05
    dims: Annotated[int, Meta(ge=0, le=1_024)] = 64
    sentence_model: Annotated[str, Meta(min_length=1)] | None = None

    def __post_init__(self) -> None:
        if self.encoder == "sentence" and self.sentence_model is None:
            raise ValueError('encoder = "sentence" needs sentence_model')

    def fit(self, data: Dataset, run: Run) -> FittedAttributeSimilarity:
        """Turn the catalog into vectors.

        Raises:
            FitFailed: No item has a value in any of the attributes, or the sentence model cannot be read.
            ExtraNotInstalled: The sentence encoder is asked for and missing.
        """
        about = None
        if self.encoder == "sentence" and self.sentence_model is not None:
            try:
                about = SentenceEncoder.load(self.sentence_model)
            except SentenceModelUnread as error:
                raise FitFailed(self.kind, str(error)) from None

        def text(texts: Sequence[str]) -> TextEncoder:
            return TextEncoder.fit(texts, self.words, about, self.dims, self.about, run.seed)

        encoder = ItemEncoder.fit(self.attributes, data.table, self.bins, text)
        rows = encoder.rows(data.table)
        if not rows.cells.nnz and not rows.points.any():
            fields = ", ".join(a.field for a in self.attributes)
            raise FitFailed(self.kind, f"no item has a value in {fields}")
        return FittedAttributeSimilarity(self, ItemVectors.of(rows), encoder)
