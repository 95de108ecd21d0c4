"""Sums of trees as they serve: XGBoost's own C function, without what its Python package does around each call.

Of a few hundred rows, what the package does around a call (it writes settings, looks at types, and makes a place for
what belongs to the rows) costs as much as a third of the trees. The same function is called here with settings that
were written once and a place that each thread keeps. Where that does not work, or says anything else, the package is
asked as ever.
"""

from __future__ import annotations

import ctypes
import json
import threading
from functools import cache

import numpy as np
import xgboost
from numpy.typing import NDArray
from xgboost.libpath import find_lib_path

_PROBES = 3
_SETTINGS = json.dumps(
    {
        "type": 1,
        "training": False,
        "iteration_begin": 0,
        "iteration_end": 0,
        "missing": float("nan"),
        "strict_shape": False,
        "cache_id": 0,
    }
).encode()
"""Of `XGBoosterPredictFromDense`: margins, of all trees."""
_ROWS = b'{"data":[%d,true],"shape":[%d,%d],"strides":[%d,%d],"typestr":"<f4","version":3}'
"""Where rows stand in memory, by NumPy's array interface."""


class Trees:
    """The trees of a model, asked for their sums. Safe to ask from several threads.

    Attributes:
        booster: The model; one that takes one thread, see `booster_of`.
        direct: Whether the C function is called without the package.
    """

    def __init__(self, booster: xgboost.Booster) -> None:
        """Ask a model.

        Args:
            booster: The model; it has been asked before, so that later calls only read.
        """
        self.booster = booster
        self._handle = booster.handle
        self._outputs = 1
        self.direct = self._works()

    def margins(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Sums of trees, to the bit what `inplace_predict` says.

        Args:
            values: Shape (m, f), float32, m from 1; NaN where nothing can be said. Rows may stand apart in memory.

        Returns:
            Shape (m,) of a model of one output, else (m, outputs); not to be written to.
        """
        if not self.direct:
            return np.asarray(self.booster.inplace_predict(values, predict_type="margin", validate_features=False))
        return self._asked(values)

    def _works(self) -> bool:
        """Whether the C function is there and says what the package says."""
        rows = np.linspace(-1.0, 1.0, _PROBES * self.booster.num_features(), dtype=np.float32).reshape(_PROBES, -1)
        rows[0] = np.nan
        own = self.booster.inplace_predict(rows, predict_type="margin", validate_features=False)
        self._outputs = own.size // _PROBES
        try:
            return np.array_equal(self._asked(rows), own)
        except (OSError, AttributeError, IndexError, TypeError, ValueError, RuntimeError):
            return False

    def _asked(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        if values.dtype != np.float32 or values.ndim != 2:
            raise ValueError(f"{values.dtype} values of shape {values.shape} for rows of float32")
        place = _held.place
        if place is None:
            place = _held.place = _Place()
        rows = _ROWS % (values.__array_interface__["data"][0], *values.shape, *values.strides)
        if place.predict(self._handle, rows, _SETTINGS, place.handle, *place.told):
            raise RuntimeError(place.library.XGBGetLastError().decode(errors="replace"))
        # What is said stands in memory of the model's, until this thread asks it again.
        said = ctypes.string_at(place.said, 4 * len(values) * self._outputs)
        found = np.frombuffer(said, np.float32)
        return found if self._outputs == 1 else found.reshape(len(values), self._outputs)


@cache
def _library() -> ctypes.CDLL:
    """The library that the package has loaded; functions of its own, so that the package's are not touched."""
    library = ctypes.CDLL(find_lib_path()[0])
    library.XGBGetLastError.restype = ctypes.c_char_p
    return library


class _Place:
    """What XGBoost knows of rows beside their values, which is nothing, and where it says what. Both are written to."""

    def __init__(self) -> None:
        self.handle = ctypes.c_void_p()
        self.library = _library()
        # Looked up now: at the interpreter's end it is too late for that.
        self.predict, self._free = self.library.XGBoosterPredictFromDense, self.library.XGDMatrixFree
        self.said, self._shape, self._size = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint64()
        self.told = ctypes.byref(self._shape), ctypes.byref(self._size), ctypes.byref(self.said)
        if self.library.XGProxyDMatrixCreate(ctypes.byref(self.handle)):
            raise RuntimeError("no place for rows")

    def __del__(self) -> None:
        if self.handle.value:
            self._free(self.handle)


class _Held(threading.local):
    """The place of each thread."""

    place: _Place | None = None


_held = _Held()
