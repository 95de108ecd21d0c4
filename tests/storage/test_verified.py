"""Files of releases are read once on a machine to be held against their hashes, and again when anything was changed."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from penchant.errors import ArtifactError
from penchant.storage import Part, Releases

Reads = list[str]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    """Names of the files that are read to be hashed."""
    found: Reads = []
    digest: Callable[..., Any] = hashlib.file_digest

    def watched(file: Any, kind: str) -> Any:
        found.append(Path(file.name).name)
        return digest(file, kind)

    monkeypatch.setattr(hashlib, "file_digest", watched)
    return found


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were just written count as if they had been written long ago."""
    monkeypatch.setattr("penchant.storage.verified._TICK_NS", -(10**15))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of a release with two arrays."""
    parts = {"als": Part("als", {"x": np.arange(3.0), "y": np.arange(4.0)})}
    made = Releases(tmp_path).publish("shop", "product", parts, now=0.0, config="", version="", evidence={})
    return tmp_path / "shop" / made.id


def read(home: Path) -> list[float]:
    arrays = Releases(home.parent.parent).read("shop", home.name).parts["als"].arrays
    return [*arrays["x"].tolist(), *arrays["y"].tolist()]


WHOLE = [0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 3.0]


def test_what_was_held_against_its_hash_once_is_not_read_again(home: Path, reads: Reads) -> None:
    assert [read(home) for _ in range(3)] == [WHOLE] * 3

    assert sorted(reads) == ["als.x.npy", "als.y.npy"]


def test_a_byte_that_is_flipped_later_is_found_also_where_the_clock_of_the_file_was_set_back(home: Path) -> None:
    read(home)
    file = home / "als.x.npy"
    before = file.stat()
    body = bytearray(file.read_bytes())
    body[-1] ^= 1
    with file.open("r+b") as opened:
        opened.write(body)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    with pytest.raises(ArtifactError, match="SHA-256"):
        read(home)


def test_a_copy_of_a_release_is_read_anew(home: Path, reads: Reads) -> None:
    read(home)
    file = home / "als.x.npy"
    body = file.read_bytes()
    file.unlink()
    file.write_bytes(body)
    reads.clear()

    assert read(home) == WHOLE
    assert reads == ["als.x.npy"]


def test_a_hash_that_does_not_hold_is_never_recorded(home: Path) -> None:
    file = home / "als.x.npy"
    body = bytearray(file.read_bytes())
    body[-1] ^= 1
    file.write_bytes(bytes(body))

    for _ in range(2):
        with pytest.raises(ArtifactError, match="SHA-256"):
            read(home)
    assert not (home / "verified.json").exists()


def test_after_another_start_of_the_machine_all_is_read_again(
    home: Path, reads: Reads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(home)
    reads.clear()
    start = tmp_path / "boot_id"
    monkeypatch.setattr("penchant.storage.verified._BOOT", start)
    for number in range(12):
        start.write_text(f"start {number}\n", encoding="ascii")
        read(home)
    assert len(reads) == 24

    read(home)
    start.write_text("start 11\n", encoding="ascii")
    read(home)
    assert len(reads) == 24
    # Several machines may share the folder; not all that ever did are remembered.
    start.write_text("start 0\n", encoding="ascii")
    read(home)
    assert len(reads) == 26


def test_where_the_machine_cannot_be_told_all_is_read_each_time(
    home: Path, reads: Reads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penchant.storage.verified._BOOT", tmp_path / "nothing")

    assert [read(home), read(home)] == [WHOLE, WHOLE]
    assert len(reads) == 4


def test_what_changed_a_moment_ago_is_read_again(home: Path, reads: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penchant.storage.verified._TICK_NS", 10**15)
    read(home)
    read(home)

    assert len(reads) == 4


def test_a_folder_that_takes_no_file_is_read_each_time(
    home: Path, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)

    assert [read(home), read(home)] == [WHOLE, WHOLE]
    assert len(reads) == 4


class Full:
    """A file on a disk that takes no byte more; closing writes what is left, and raises as well."""

    def __init__(self, file: Any) -> None:
        self._file, self.name = file, file.name

    def fileno(self) -> int:
        return int(self._file.fileno())

    def write(self, body: bytes) -> int:
        return len(body)

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "full")

    def close(self) -> None:
        self._file.close()
        self.flush()


def test_a_full_disk_takes_no_record_and_all_is_read(home: Path, reads: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tempfile.NamedTemporaryFile
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", lambda **said: Full(made(**said)))
    before = {path.name for path in home.iterdir()}

    assert [read(home), read(home)] == [WHOLE, WHOLE]
    assert len(reads) == 4
    assert {path.name for path in home.iterdir()} == before


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"x": {"als.x.npy": 3}}', b"\xff"])
def test_a_damaged_record_is_no_record(home: Path, body: bytes) -> None:
    (home / "verified.json").write_bytes(body)

    assert read(home) == WHOLE


def test_nothing_but_the_record_is_left_in_the_folder(home: Path) -> None:
    before = {path.name for path in home.iterdir()}
    read(home)

    assert {path.name for path in home.iterdir()} - before == {"verified.json"}
    assert (home / "verified.json").stat().st_mode & 0o777 == 0o644
