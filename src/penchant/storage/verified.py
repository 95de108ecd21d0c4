"""Which files of a release were held against their hashes on this machine, so that not every process reads all again.

    releases/shop/shop-2026-11-21.3/verified.json

A file is the same as long as its size, its inode and the moments of its last changes are: whatever writes to it moves
the last of them, which no program can set back. The record holds until the machine starts again, so what a crash or a
disk did to the bytes is found then at the latest.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec

_NAME = "verified.json"
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_MACHINES = 8
"""Machines that are remembered, where several share the folder."""
_TICK_NS = 50_000_000
"""A file that changed so shortly before it was read may change again without looking changed: file systems count time
in ticks of some milliseconds."""


class Stamp(msgspec.Struct, frozen=True, array_like=True):
    """How a file looked when it was read, and what was in it.

    Attributes:
        sha256: Hash of its bytes.
        size: Bytes.
        inode: Number of the file.
        written: When its bytes were last written, nanoseconds.
        changed: When anything of it was last changed, nanoseconds.
    """

    sha256: str
    size: int
    inode: int
    written: int
    changed: int

    @classmethod
    def of(cls, path: Path, sha256: str) -> Stamp:
        """Of a file as it is.

        Raises:
            OSError: It cannot be looked at.
        """
        found = path.stat()
        return cls(sha256, found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns)


class Verified:
    """The record of one release. Without a record, or where none can be kept, every file is read."""

    def __init__(self, home: Path) -> None:
        """Read what is recorded.

        Args:
            home: The release's folder.
        """
        self._home, self._machine = home, _machine()
        self._known = self._recorded().get(self._machine, {})
        self._new: dict[str, Stamp] = {}
        self._draft: IO[bytes] | None = None

    def same(self, path: Path, sha256: str) -> bool:
        """Whether a file of the release has this hash; it is read unless that is known.

        Raises:
            OSError: It cannot be read.
        """
        if self._known.get(path.name) == Stamp.of(path, sha256):
            return True
        since = self._begun()
        before = Stamp.of(path, sha256)
        with path.open("rb") as file:
            same = hashlib.file_digest(file, "sha256").hexdigest() == sha256
        if same and before.changed < since - _TICK_NS and before == Stamp.of(path, sha256):
            self._new[path.name] = before
        return same

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Keep what is found in the block for other processes, unless it raises."""
        try:
            yield
            if self._draft is not None and self._new:
                others = {name: told for name, told in self._recorded().items() if name != self._machine}
                machines = dict([*others.items()][1 - _MACHINES :]) | {self._machine: {**self._known, **self._new}}
                with suppress(OSError):  # the next process reads them once more
                    self._draft.write(msgspec.json.encode(machines))
                    self._draft.flush()
                    os.fchmod(self._draft.fileno(), 0o644)
                    Path(self._draft.name).replace(self._home / _NAME)
        finally:
            if self._draft is not None:
                with suppress(OSError):  # what a full disk did not take is tried once more, and raises once more
                    self._draft.close()
                with suppress(OSError):
                    Path(self._draft.name).unlink(missing_ok=True)
                self._draft = None

    def _begun(self) -> int:
        """What time the file system has, by a file that becomes the record; 0 where none can be kept."""
        if not self._machine:
            return 0
        if self._draft is None:
            try:
                self._draft = tempfile.NamedTemporaryFile(dir=self._home, prefix=f".{_NAME}.", delete=False)  # noqa: SIM115
            except OSError:
                return 0
        return os.fstat(self._draft.fileno()).st_mtime_ns

    def _recorded(self) -> dict[str, dict[str, Stamp]]:
        try:
            return msgspec.json.decode((self._home / _NAME).read_bytes(), type=dict[str, dict[str, Stamp]])
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return {}


def _machine() -> str:
    """What no other machine has, nor this one after its next start; empty where nobody knows."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
