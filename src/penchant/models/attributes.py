"""What makes two items alike: their declared attributes, as sparse vectors."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray
from scipy import sparse

from penchant.catalog import Attribute, ItemTable
from penchant.dataset import Dataset, Queries
from penchant.errors import FitFailed
from penchant.models.choice import NOTHING, Allowed, allowed_in, best
from penchant.models.history import POSITIVE, Past, Roles
from penchant.models.model import Fitted, Run, State
from penchant.slate import Candidates, Codes

_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class FittedAttributeSimilarity:
    """One sparse vector an item; the dot product of two is the weighted mean of their attributes' similarities.

    Attributes:
        recipe: What it was fitted with.
        vectors: Shape (n_items, features), float32, rows of length 1 at most (exactly 1 when no attribute is missing).
    """

    recipe: AttributeSimilarity
    vectors: sparse.csr_matrix

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """Items near the mean of what the history likes and away from the mean of what it dislikes."""
        rows = []
        for i in range(len(queries)):
            past = Past.of(queries, i, self.vectors.shape[0], self.recipe.half_life_days)
            profile = self._mean(*past.liked(self.recipe.roles))
            if profile is None:
                rows.append(NOTHING)
                continue
            away = self._mean(*past.disliked())
            if away is not None:
                profile -= self.recipe.dislike * away
            rows.append(self._nearest(profile, k, allowed_in(allowed, i)))
        return Candidates.from_rows(rows)

    def similar(self, items: Codes, k: int, allowed: Allowed = None) -> Candidates:
        """The items most like each item."""
        rows = []
        for i, code in enumerate(items):
            if not 0 <= code < self.vectors.shape[0]:
                rows.append(NOTHING)
                continue
            profile = self._mean(np.array([code], np.int32), np.ones(1))
            assert profile is not None
            rows.append(self._nearest(profile, k, allowed_in(allowed, i), but=int(code)))
        return Candidates.from_rows(rows)

    def state(self) -> State:
        """The vectors and the recipe."""
        x = self.vectors
        arrays = {"data": x.data, "indices": x.indices, "indptr": x.indptr}
        return State(arrays, {"recipe": msgspec.to_builtins(self.recipe), "features": x.shape[1]})

    @classmethod
    def restore(cls, state: State) -> FittedAttributeSimilarity:
        """From `state()`."""
        data, indices, indptr = (np.asarray(state.arrays[name]) for name in ("data", "indices", "indptr"))
        vectors = sparse.csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, state.settings["features"]))
        return cls(msgspec.convert(state.settings["recipe"], AttributeSimilarity), vectors)

    def _mean(self, codes: Codes, weights: NDArray[np.float64]) -> NDArray[np.float32] | None:
        """Weighted mean of these items' vectors, dense, shape (features,); None of no items."""
        if not len(codes):
            return None
        starts = self.vectors.indptr[codes]
        lengths = self.vectors.indptr[codes + 1] - starts
        ends = np.cumsum(lengths)
        at = np.arange(ends[-1]) + np.repeat(starts - ends + lengths, lengths)
        shares = np.repeat(weights / weights.sum(), lengths)
        sums = np.bincount(self.vectors.indices[at], self.vectors.data[at] * shares, minlength=self.vectors.shape[1])
        return sums.astype(np.float32)

    def _nearest(
        self, profile: NDArray[np.float32], k: int, allowed: Allowed, but: int | None = None
    ) -> tuple[Codes, NDArray[np.float32]]:
        scores = self.vectors @ profile
        if but is not None:
            scores[but] = 0.0
        return best(np.where(scores > 0, scores, -np.inf), k, allowed)


class AttributeSimilarity(msgspec.Struct, frozen=True, kw_only=True):
    """Items alike in their declared attributes; needs no events, so new items take part from the start.

    A history becomes a profile as in Rocchio, "Relevance feedback in information retrieval" (1971): the mean of what
    is liked minus a share of the mean of what is disliked. Words weigh TF-IDF (Spärck Jones, 1972).

    Attributes:
        attributes: Which fields count, how, and how much.
        half_life_days: Days after which an event of the history counts half; None counts all alike.
        roles: Roles of the history that count as liked.
        dislike: Share of the disliked mean that is taken off.
        bins: Overlapping bins of a number field, evenly spaced on its log scale.
        words: Most words kept of a text field, the most frequent first; words in one item only never count.
    """

    kind: ClassVar[str] = "alike"
    fitted: ClassVar[type[Fitted]] = FittedAttributeSimilarity

    attributes: Annotated[tuple[Attribute, ...], Meta(min_length=1)]
    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = 14.0
    roles: Roles = POSITIVE
    dislike: Annotated[float, Meta(ge=0, le=1)] = 0.5
    bins: Annotated[int, Meta(ge=2, le=1_000)] = 16
    words: Annotated[int, Meta(ge=1, le=1_000_000)] = 20_000

    def fit(self, data: Dataset, run: Run) -> FittedAttributeSimilarity:
        """Turn the catalog into vectors.

        Raises:
            FitFailed: No item has a value in any of the attributes.
        """
        total = sum(a.weight for a in self.attributes)
        blocks = []
        for attribute in self.attributes:
            block = _unit_rows(self._block(attribute, data.table))
            blocks.append(block * np.float32(np.sqrt(attribute.weight / total) if total > 0 else 0.0))
        vectors = sparse.hstack(blocks, format="csr", dtype=np.float32)
        vectors.eliminate_zeros()
        if not vectors.nnz:
            fields = ", ".join(a.field for a in self.attributes)
            raise FitFailed(self.kind, f"no item has a value in {fields}")
        return FittedAttributeSimilarity(self, vectors)

    def _block(self, attribute: Attribute, table: ItemTable) -> sparse.csr_matrix:
        if attribute.kind == "category":
            categories = table.category(attribute.field)
            has = np.flatnonzero(categories.codes >= 0)
            return _cells(has, categories.codes[has], np.ones(len(has)), (len(table), len(categories.names)))
        if attribute.kind == "tags":
            tags = table.tags(attribute.field)
            at = np.repeat(np.arange(len(table)), np.diff(tags.ptr))
            return _cells(at, tags.codes, np.ones(len(at)), (len(table), len(tags.names)))
        if attribute.kind == "number":
            return number_block(table.number(attribute.field), self.bins)
        return text_block(table.text(attribute.field), self.words)


def number_block(values: NDArray[np.float64], bins: int) -> sparse.csr_matrix:
    """Numbers as overlapping triangular bins, so that near values share most and far ones nothing.

    Bins are evenly spaced between the 1st and 99th percentile on a log scale (of arcsinh, when some value is 0 or
    less); what lies outside stands at the end. A value reaches the bins less than two spacings away.

    Args:
        values: Shape (n_items,); NaN where missing.
        bins: Number of bins.

    Returns:
        Shape (n_items, bins).
    """
    has = np.flatnonzero(np.isfinite(values))
    if not len(has):
        return sparse.csr_matrix((len(values), bins))
    known = values[has]
    scaled = np.log(known) if (known > 0).all() else np.arcsinh(known)
    low, high = np.percentile(scaled, [1, 99])
    place = np.clip((scaled - low) / max(high - low, 1e-12), 0.0, 1.0) * (bins - 1)
    near = 1.0 - np.abs(place[:, None] - np.arange(bins)) / 2.0
    row, column = np.nonzero(near > 0)
    return _cells(has[row], column, near[row, column], (len(values), bins))


def text_block(texts: tuple[str, ...], words: int) -> sparse.csr_matrix:
    """Words as TF-IDF; shape (n_items, vocabulary). The vocabulary is every word that at least two texts hold."""
    counts = [Counter(_WORD.findall(text.lower())) for text in texts]
    held = Counter(word for count in counts for word in count)
    kept = sorted((w for w, n in held.items() if n > 1), key=lambda w: (-held[w], w))[:words]
    code = {word: i for i, word in enumerate(kept)}
    cells = [(i, code[w], n, held[w]) for i, count in enumerate(counts) for w, n in count.items() if w in code]
    if not cells:
        return sparse.csr_matrix((len(texts), len(kept)))
    row, column, often, holders = (np.array(part) for part in zip(*cells, strict=True))
    value = (1.0 + np.log(often)) * np.log1p(len(texts) / holders)
    return _cells(row, column, value, (len(texts), len(kept)))


def _cells(
    row: NDArray[np.integer], column: NDArray[np.integer], value: NDArray[np.float64], shape: tuple[int, int]
) -> sparse.csr_matrix:
    return sparse.csr_matrix((value, (row, column)), shape=shape)


def _unit_rows(x: sparse.csr_matrix) -> sparse.csr_matrix:
    """Rows scaled to length 1; empty rows stay empty."""
    norm = np.sqrt(np.asarray(x.multiply(x).sum(axis=1)).ravel())
    return sparse.csr_matrix((x.data / np.repeat(norm, np.diff(x.indptr)), x.indices, x.indptr), shape=x.shape)
