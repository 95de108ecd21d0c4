"""Parts of a release on disk: a file for each array, written and read without holding it twice in memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.errors import ArtifactError
from penchant.storage.verified import Verified


@dataclass(frozen=True)
class Part:
    """One named part of a release: a fitted model, or the item space.

    Attributes:
        kind: What reads it, as in `als`.
        arrays: Arrays by name; no object arrays.
        settings: JSON-able values.
    """

    kind: str
    arrays: Mapping[str, NDArray[Any]]
    settings: Mapping[str, Any] = field(default_factory=dict)


class ArrayFile(msgspec.Struct, frozen=True):
    """One array of a part, as the manifest names it."""

    file: str
    sha256: str
    bytes: int


class PartFiles(msgspec.Struct, frozen=True):
    """One part, as the manifest names it."""

    kind: str
    arrays: dict[str, ArrayFile]
    settings: dict[str, Any]


class _Hashed:
    """A file that hashes what is written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.bytes = 0

    def write(self, body: bytes) -> int:
        self.digest.update(body)
        self.bytes += len(body)
        return self._file.write(body)


def write_part(folder: Path, name: str, part: Part) -> PartFiles:
    """Write a part's arrays and wait until they are on disk.

    Args:
        folder: Of the release.
        name: Of the part.
        part: What it holds.

    Raises:
        TypeError: One is an object array.
    """
    files: dict[str, ArrayFile] = {}
    for array_name, array in part.arrays.items():
        if array.dtype.hasobject:
            raise TypeError(f"{name}.{array_name} is an object array")
        file = f"{name}.{array_name}.npy"
        with (folder / file).open("wb") as raw:
            hashed = _Hashed(raw)
            np.lib.format.write_array(hashed, np.ascontiguousarray(array), allow_pickle=False)
            raw.flush()
            os.fsync(raw.fileno())
        files[array_name] = ArrayFile(file, hashed.digest.hexdigest(), hashed.bytes)
    return PartFiles(part.kind, files, dict(part.settings))


def read_part(folder: Path, files: PartFiles, verified: Verified) -> Part:
    """Map a part's arrays, read-only.

    Args:
        folder: Of the release.
        files: What the manifest says.
        verified: Which files are known to be what it says.

    Raises:
        ArtifactError: A file is missing or altered.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for name, entry in files.arrays.items():
        path = folder / entry.file
        try:
            same = verified.same(path, entry.sha256)
        except OSError as error:
            raise ArtifactError(str(path), f"cannot be read ({error.strerror})") from error
        if not same:
            raise ArtifactError(str(path), "was altered: its SHA-256 is not the one in the manifest")
        # An empty array has no bytes to map.
        empty = entry.bytes <= 128 and np.load(path, allow_pickle=False).size == 0
        arrays[name] = np.load(path, mmap_mode=None if empty else "r", allow_pickle=False)
    return Part(files.kind, arrays, files.settings)
