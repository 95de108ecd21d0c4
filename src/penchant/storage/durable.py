"""Writing files so that a crash leaves the old state or the new one, never something between."""

from __future__ import annotations

import errno
import os
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says when there is no room: on the disk, in the quota, in the file."""


def write(path: Path, body: bytes) -> None:
    """Write a new file and wait until it is on disk."""
    with path.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, body: bytes) -> None:
    """Write a file so that a reader sees the old body or the new one, also after a crash."""
    temporary = path.with_name(f".{path.name}.new")
    write(temporary, body)
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
