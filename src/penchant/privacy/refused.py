"""Rows that imports refused lie in files of JSON lines; here a person's are found, and taken out.

A refused row was never understood, so nothing says which of its columns held an id: it counts as a person's when any
of its values is one of their ids, or when a line that was kept as it stood has one among its words. When in doubt a
row goes: the file it came from still has it.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from penchant.storage.durable import sync_folder

Theirs = Callable[[Set[str]], Set[str]]
"""Of some texts those that are ids of the person."""

_WORDS = re.compile(r"""[^\s,;|"'{}\[\]]+""")
_BATCH = 2_000


def ids_among(ids: Set[str]) -> Theirs:
    """Texts that are one of these actors' ids, without `user:` or `anon:`."""
    bare = {actor.partition(":")[2] for actor in ids}
    return lambda texts: texts & bare


def running(folder: Path) -> bool:
    """Whether an import is at work, or was cut short and left its staged rows behind."""
    return any(folder.glob(".import-*"))


def rows_of(folder: Path, theirs: Theirs) -> Iterator[tuple[str, bytes]]:
    """File name and line of each refused row of a person."""
    for path in sorted(folder.glob("*.jsonl")):
        for line, hit in _judged(path, theirs):
            if hit:
                yield path.name, line.rstrip(b"\n")


def remove(folder: Path, theirs: Theirs) -> int:
    """Take a person's rows out of all files; how many. A file is replaced as a whole, and deleted when nothing is left.

    Raises:
        OSError: A file cannot be read or written.
    """
    if not folder.is_dir():
        return 0
    with _alone(folder):
        for left in folder.glob(".*.jsonl.new"):
            left.unlink()  # of an erasure that was cut short
        removed = sum(_remove_from(path, theirs) for path in sorted(folder.glob("*.jsonl")))
        if removed:
            sync_folder(folder)
    return removed


def _remove_from(path: Path, theirs: Theirs) -> int:
    draft = path.with_name(f".{path.name}.new")
    kept = gone = 0
    with draft.open("wb") as out:
        for line, hit in _judged(path, theirs):
            gone += hit
            kept += not hit
            if not hit:
                out.write(line)
        out.flush()
        os.fsync(out.fileno())
    if not gone:
        draft.unlink()
    elif kept:
        draft.replace(path)
    else:
        path.unlink()
        draft.unlink()
    return gone


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one process at a time takes rows out."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _judged(path: Path, theirs: Theirs) -> Iterator[tuple[bytes, bool]]:
    """Each line, and whether it is the person's."""
    batch: list[tuple[bytes, set[str]]] = []

    def told() -> Iterator[tuple[bytes, bool]]:
        found = theirs(set().union(*(texts for _, texts in batch)))
        for line, texts in batch:
            yield line, not texts.isdisjoint(found)
        batch.clear()

    with path.open("rb") as file:
        for line in file:
            batch.append((line, _texts(line)))
            if len(batch) >= _BATCH:
                yield from told()
    yield from told()


def _texts(line: bytes) -> set[str]:
    """All texts of a row that could be an id."""
    try:
        row = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):  # the last line of an import that was killed
        return _words(line.decode("utf-8", "replace"))
    values = row.get("values") if isinstance(row, dict) else None
    if not isinstance(values, dict):
        return _words(line.decode("utf-8", "replace"))
    found = _words(str(row.get("message", "")))
    for key, value in values.items():
        found.update(_words(str(value)) if key == "text" else _plain(value))
    return found


def _plain(value: Any) -> Iterator[str]:
    text = str(value)
    yield text
    yield text.strip()
    if isinstance(value, float) and value.is_integer():
        yield str(int(value))  # a column of numbers with gaps holds 42 as 42.0


def _words(text: str) -> set[str]:
    words = set(_WORDS.findall(text))
    return words | {word.rpartition(mark)[2] for word in words for mark in ":=" if mark in word}
