"""What models answer, and when two answers are the same."""

from __future__ import annotations

import msgspec
import numpy as np

from penchant.dataset import Dataset, Queries
from penchant.models import Fitted, Retriever, Similar, State
from penchant.slate import Candidates, Codes
from penchant.testing.data import tiny_queries

SHORT = 7
"""Items of a short answer."""
ROUNDING = 1e-5


def retriever(fitted: Fitted) -> Retriever:
    """The model as a retriever; fails when it is none."""
    assert isinstance(fitted, Retriever)
    return fitted


def similar(fitted: Fitted) -> Similar:
    """The model as a finder of similar items; fails when it is none."""
    assert isinstance(fitted, Similar)
    return fitted


def answers(fitted: Fitted, data: Dataset) -> Candidates:
    """Everything the model answers about a tiny world, one row after the other."""
    rows = []
    if isinstance(fitted, Retriever):
        found = fitted.retrieve(tiny_queries(data) if len(data.items) else Queries.single(data.now), SHORT)
        rows += [found.row(i) for i in range(len(found))]
    if isinstance(fitted, Similar):
        found = fitted.similar(all_items(data), SHORT)
        rows += [found.row(i) for i in range(len(found))]
    return Candidates.from_rows(rows)


def restored(fitted: Fitted) -> Fitted:
    """The model again, from its state with read-only arrays and settings that went through JSON."""
    state = fitted.state()
    arrays = {name: array.copy() for name, array in state.arrays.items()}
    for array in arrays.values():
        array.flags.writeable = False
    return type(fitted).restore(State(arrays, msgspec.json.decode(msgspec.json.encode(state.settings))))


def well_formed(candidates: Candidates, n_items: int) -> None:
    """Fail unless rows hold known items, each once, with finite scores, best first."""
    assert candidates.ptr.dtype == np.int64
    assert candidates.items.dtype == np.int32
    assert candidates.scores.dtype == np.float32
    assert len(candidates.items) == len(candidates.scores) == candidates.ptr[-1]
    assert ((candidates.items >= 0) & (candidates.items < n_items)).all()
    assert np.isfinite(candidates.scores).all()
    for i in range(len(candidates)):
        codes, scores = candidates.row(i)
        assert len(np.unique(codes)) == len(codes)
        assert (np.diff(scores) <= 0).all()
        # Equal scores stand in code order.
        assert (np.diff(codes)[np.diff(scores) == 0] > 0).all()


def same(got: Candidates, wanted: Candidates) -> None:
    """Fail unless two answers are equal to the last bit."""
    np.testing.assert_array_equal(got.ptr, wanted.ptr)
    np.testing.assert_array_equal(got.items, wanted.items)
    np.testing.assert_array_equal(got.scores, wanted.scores)


def same_state(got: State, wanted: State) -> None:
    """Fail unless two states are equal to the last bit."""
    assert msgspec.json.encode(got.settings) == msgspec.json.encode(wanted.settings)
    assert got.arrays.keys() == wanted.arrays.keys()
    for name in wanted.arrays:
        np.testing.assert_array_equal(got.arrays[name], wanted.arrays[name], err_msg=name)
        assert got.arrays[name].dtype == wanted.arrays[name].dtype


def nearly(got: Candidates, wanted: Candidates) -> None:
    """Fail unless two answers of whole lists name the same items with the same scores, but for rounding.

    An item of which one list says next to nothing may be missing from the other.
    """
    assert len(got) == len(wanted)
    for one, other in zip(rows_of(got), rows_of(wanted), strict=True):
        for code in one.keys() | other.keys():
            assert abs(one.get(code, 0.0) - other.get(code, 0.0)) <= ROUNDING, code


def rows_of(found: Candidates) -> list[dict[int, float]]:
    """The scores of each row by item."""
    rows = (found.row(i) for i in range(len(found)))
    return [dict(zip(codes.tolist(), scores.tolist(), strict=True)) for codes, scores in rows]


def all_items(data: Dataset) -> Codes:
    """Every item's code, and one outside on either side."""
    return np.arange(-1, len(data.items) + 1, dtype=np.int32)
