"""Which files an import reads, and what form they have."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from penchant.errors import ImportFailed

Format = Literal["parquet", "csv", "jsonl"]

_ENDINGS: dict[str, Format] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}
_PACKED = (".gz", ".zst", ".bz2")


def find_files(pattern: str, root: Path) -> tuple[Path, ...]:
    """The files a path or glob names, sorted.

    Args:
        pattern: As in penchant.toml, environment filled in.
        root: Folder that relative patterns count from.

    Raises:
        ImportFailed: There is none, or it is a folder.
    """
    path = root / pattern
    if path.is_file():
        return (path,)
    if path.is_dir():
        raise ImportFailed(str(path), 'is a folder; name its files, as in "folder/*.csv"')
    if not any(sign in pattern for sign in "*?["):
        raise ImportFailed(str(path), "there is no such file")
    anchor = Path(path.anchor)
    found = tuple(sorted(p for p in anchor.glob(str(path.relative_to(anchor))) if p.is_file()))
    if not found:
        raise ImportFailed(str(path), "no file matches this pattern")
    return found


def format_of(path: Path, told: Format | None = None) -> Format:
    """The form of a file: as told, else by its ending; `.gz`, `.zst` and `.bz2` may follow for text.

    Raises:
        ImportFailed: The ending says nothing.
    """
    if told is not None:
        return told
    endings = [s.lower() for s in path.suffixes]
    while endings and endings[-1] in _PACKED:
        endings.pop()
    form = _ENDINGS.get(endings[-1]) if endings else None
    if form is None:
        raise ImportFailed(str(path), f"its form is not clear; say format = {_quoted(('parquet', 'csv', 'jsonl'))}")
    return form


def _quoted(names: Iterable[str]) -> str:
    return " or ".join(f'"{name}"' for name in names)
