"""Attributes as vectors: what was learned of each at the fit, so that an item that comes later is encoded alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from penchant.catalog import Attribute, ItemTable
from penchant.models.hashing import Vocabulary, keys_of
from penchant.models.item_vectors import Rows
from penchant.models.model import State
from penchant.models.text import TextEncoder
from penchant.models.unit import cells, unit_rows

_RESERVED = 4_096


@dataclass(frozen=True)
class NameEncoder:
    """Categories and tags: a column a name.

    Attributes:
        kind: `category` or `tags`.
        names: Names known at the fit.
    """

    kind: Literal["category", "tags"]
    names: Vocabulary

    @classmethod
    def fit(cls, kind: Literal["category", "tags"], names: Sequence[str]) -> NameEncoder:
        """Know these names."""
        return cls(kind, Vocabulary(np.unique(keys_of(names)), _RESERVED))

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.names.width

    def encode(self, table: ItemTable, field: str) -> sparse.csr_matrix:
        """One in the column of each of an item's names."""
        if self.kind == "category":
            categories = table.category(field)
            row = np.flatnonzero(categories.codes >= 0)
            codes, names = categories.codes[row], categories.names
        else:
            tags = table.tags(field)
            row = np.repeat(np.arange(len(table)), np.diff(tags.ptr))
            codes, names = tags.codes, tags.names
        columns, _ = self.names.find(keys_of(names))
        return cells(row, columns[codes], np.ones(len(row)), (len(table), self.width))

    def state(self) -> State:
        """The names' keys."""
        return State({"keys": self.names.keys}, {"reserved": self.names.reserved})

    @classmethod
    def restore(cls, kind: Literal["category", "tags"], state: State) -> NameEncoder:
        """From `state()`."""
        return cls(kind, Vocabulary(state.arrays["keys"], state.settings["reserved"]))


@dataclass(frozen=True)
class NumberEncoder:
    """Numbers as overlapping triangular bins, so that near values share most and far ones nothing.

    Bins are evenly spaced between the 1st and 99th percentile on a log scale (of arcsinh, when some value is 0 or
    less); what lies outside stands at the end. A value reaches the bins less than two spacings away.

    Attributes:
        scale: How numbers are scaled.
        low: Scaled number of the first bin.
        high: That of the last.
        width: Number of bins.
    """

    scale: Literal["log", "arcsinh"]
    low: float
    high: float
    width: int

    @classmethod
    def fit(cls, values: NDArray[np.float64], bins: int) -> NumberEncoder:
        """Place the bins.

        Args:
            values: Shape (n_items,); NaN where missing.
            bins: Number of bins.
        """
        known = values[np.isfinite(values)]
        scale: Literal["log", "arcsinh"] = "log" if (known > 0).all() else "arcsinh"
        low, high = np.percentile(_scaled(known, scale), [1, 99]).tolist() if len(known) else (0.0, 0.0)
        return cls(scale, low, high, bins)

    def encode(self, values: NDArray[np.float64]) -> sparse.csr_matrix:
        """How near each value is to each bin, shape (n_items, width); nothing where it is missing."""
        has = np.flatnonzero(np.isfinite(values))
        scaled = _scaled(values[has], self.scale)
        place = np.clip((scaled - self.low) / max(self.high - self.low, 1e-12), 0.0, 1.0) * (self.width - 1)
        near = 1.0 - np.abs(place[:, None] - np.arange(self.width)) / 2.0
        row, column = np.nonzero(near > 0)
        return cells(has[row], column, near[row, column], (len(values), self.width))

    def state(self) -> State:
        """Scale and ends."""
        return State({}, {"scale": self.scale, "low": self.low, "high": self.high, "bins": self.width})

    @classmethod
    def restore(cls, state: State) -> NumberEncoder:
        """From `state()`."""
        told = state.settings
        return cls(told["scale"], told["low"], told["high"], told["bins"])


Encoder = NameEncoder | NumberEncoder | TextEncoder


@dataclass(frozen=True)
class ItemEncoder:
    """Turns items into vectors; the dot product of two is the weighted mean of their attributes' similarities.

    Attributes:
        attributes: Which fields count, and how much.
        encoders: What was learned of each.
    """

    attributes: tuple[Attribute, ...]
    encoders: tuple[Encoder, ...]

    @classmethod
    def fit(
        cls,
        attributes: tuple[Attribute, ...],
        table: ItemTable,
        bins: int,
        text: Callable[[Sequence[str]], TextEncoder],
    ) -> ItemEncoder:
        """Learn from a catalog.

        Args:
            attributes: Which fields count, and how much.
            table: The catalog.
            bins: Bins of a number.
            text: What learns from the texts of one field.
        """
        encoders: list[Encoder] = []
        for attribute in attributes:
            if attribute.kind == "number":
                encoders.append(NumberEncoder.fit(table.number(attribute.field), bins))
            elif attribute.kind == "text":
                encoders.append(text(table.text(attribute.field)))
            else:
                column = table.category if attribute.kind == "category" else table.tags
                encoders.append(NameEncoder.fit(attribute.kind, column(attribute.field).names))
        return cls(attributes, tuple(encoders))

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not as it should be."""
        abouts = [encoder.about for encoder in self.encoders if isinstance(encoder, TextEncoder)]
        return tuple(dict.fromkeys(failed for about in abouts if (failed := getattr(about, "failed", None))))

    def rows(self, table: ItemTable) -> Rows:
        """The vectors of a table's items; items that are not present have zeros.

        A vector depends on its item alone, so it is the same in a table of one as in a table of all.
        """
        total = sum(attribute.weight for attribute in self.attributes)
        blocks: list[sparse.csr_matrix] = []
        points: list[NDArray[np.float32]] = [np.zeros((len(table), 0), np.float32)]
        for attribute, encoder in zip(self.attributes, self.encoders, strict=True):
            part = np.float32(np.sqrt(attribute.weight / total) if total > 0 else 0.0)
            if isinstance(encoder, TextEncoder):
                block, about = encoder.encode(table.text(attribute.field))
                points.append(about * part)
            elif isinstance(encoder, NumberEncoder):
                block = unit_rows(encoder.encode(table.number(attribute.field)))
            else:
                block = unit_rows(encoder.encode(table, attribute.field))
            block.data *= part
            blocks.append(block)
        joined = sparse.hstack(blocks, format="csr", dtype=np.float32)
        joined.eliminate_zeros()
        return Rows(joined, np.concatenate(points, axis=1))

    def state(self) -> State:
        """What was learned, the parts of each attribute under its place."""
        arrays: dict[str, NDArray[Any]] = {}
        settings: dict[str, Any] = {}
        for i, encoder in enumerate(self.encoders):
            part = encoder.state()
            arrays |= {f"{i}_{name}": array for name, array in part.arrays.items()}
            settings[str(i)] = part.settings
        return State(arrays, settings)

    @classmethod
    def restore(cls, attributes: tuple[Attribute, ...], state: State) -> ItemEncoder:
        """From `state()`."""
        encoders: list[Encoder] = []
        for i, attribute in enumerate(attributes):
            arrays = {
                name.removeprefix(f"{i}_"): np.asarray(array)
                for name, array in state.arrays.items()
                if name.startswith(f"{i}_")
            }
            part = State(arrays, state.settings[str(i)])
            if attribute.kind == "number":
                encoders.append(NumberEncoder.restore(part))
            elif attribute.kind == "text":
                encoders.append(TextEncoder.restore(part))
            else:
                encoders.append(NameEncoder.restore(attribute.kind, part))
        return cls(attributes, tuple(encoders))


def _scaled(values: NDArray[np.float64], scale: Literal["log", "arcsinh"]) -> NDArray[np.float64]:
    if scale == "arcsinh":
        return np.arcsinh(values)
    return np.log(np.maximum(values, np.finfo(np.float64).tiny))  # 0 or less came later: it stands at the low end
