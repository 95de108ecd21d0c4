"""JSON lines: an object a line; a line that is none is refused, and the next one read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from penchant.ingest.blocks import Block, Overlong, blocks
from penchant.ingest.rejected import RejectedRows
from penchant.ingest.staged import Stage, Staged

_OBJECT = msgspec.json.Decoder(dict[str, Any])


def stage_json_lines(path: Path, out: Path, rejected: RejectedRows) -> Staged:
    """Check a file of JSON lines; blank lines are passed over.

    Args:
        path: The file.
        out: Parquet file to write: line numbers and the lines' text.
        rejected: Takes the lines that are no objects.

    Raises:
        ImportFailed: The file is empty or is no text.
    """
    keys: dict[str, None] = {}
    with Stage(out, ("text",)) as stage:
        for part in blocks(path):
            if isinstance(part, Overlong):
                rejected.add("too_large", "", file=path.name, line=part.line, values={"text": part.head})
                continue
            numbers, lines = _objects(path, part, keys, rejected)
            stage.write(numbers, [pa.array(lines, pa.string())])
    return Staged(out, stage.rows, tuple(keys))


def _objects(
    path: Path, block: Block, keys: dict[str, None], rejected: RejectedRows
) -> tuple[list[int] | range, list[bytes]]:
    lines = block.lines()
    try:
        objects = _OBJECT.decode_lines(block.data)
    except msgspec.DecodeError:
        objects = []
    if len(objects) == len(lines):
        for names in {tuple(found) for found in objects}:
            keys.update(dict.fromkeys(names))
        return range(block.first, block.first + len(lines)), lines
    numbers, good = [], []
    for number, line in enumerate(lines, block.first):
        if not line.strip():
            continue
        try:
            keys.update(dict.fromkeys(_OBJECT.decode(line)))
        except msgspec.DecodeError as error:
            encoded = _is_utf8(line)
            rejected.add(
                "bad_json" if encoded else "bad_encoding",
                "",
                file=path.name,
                line=number,
                values={"text": line},
                message=str(error) if encoded else "",
            )
        else:
            numbers.append(number)
            good.append(line)
    return numbers, good


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
