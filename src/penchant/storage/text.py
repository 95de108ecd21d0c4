"""Text as arrays, so that ids can stand in a release beside numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray


def pack_text(texts: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Texts as UTF-8 bytes and offsets."""
    encoded = [text.encode() for text in texts]
    ptr = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(e) for e in encoded], out=ptr[1:])
    return {"bytes": np.frombuffer(b"".join(encoded), np.uint8), "ptr": ptr}


def unpack_text(arrays: Any) -> list[str]:
    """Texts again, from `pack_text`."""
    body, ptr = bytes(np.asarray(arrays["bytes"])), arrays["ptr"].tolist()
    return [body[a:b].decode() for a, b in pairwise(ptr)]
