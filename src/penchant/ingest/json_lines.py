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
        # Most blocks hold nothing wrong; `decode_lines` would be faster still, but lets two objects share a line.
        shapes = dict.fromkeys(map(tuple, map(_OBJECT.decode, lines)))
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    else:
        for names in shapes:
            keys.update(dict.fromkeys(names))
        return range(block.first, block.first + len(lines)), lines
    numbers, good = [], []
    for number, line in enumerate(lines, block.first):
        if not line.strip():
            continue
        try:
            keys.update(dict.fromkeys(_OBJECT.decode(line)))
        except UnicodeDecodeError:
            rejected.add("bad_encoding", "", file=path.name, line=number, values={"text": line})
        except msgspec.DecodeError as error:
            rejected.add("bad_json", "", file=path.name, line=number, values={"text": line}, message=str(error))
        else:
            numbers.append(number)
            good.append(line)
    return numbers, good
