"""Changes of items as JSON lines: an item, which is said anew, or an operation on one; a verdict for each line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal

import msgspec

from penchant.catalog import Change, ChangeVerdict
from penchant.errors import InvalidRequest, in_words

AT_ONCE = 2_000
"""Lines that are written together; others may write in between."""
LONGEST = 1024 * 1024
"""Bytes of one line."""
_DEEPEST = 50
_OPERATIONS = ("put", "patch", "delete")


class LineVerdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a line, counted from 1.

    Attributes:
        line: The line.
        id: The item, as far as it could be read.
        status: `missing`: a patch or delete of an item that is not there; `rejected`: nothing of it was kept.
        field: Which field is wrong, of a rejected line.
        reason: What is wrong with it, in a sentence.
    """

    line: int
    id: str = ""
    status: Literal["created", "changed", "unchanged", "deleted", "missing", "rejected"]
    field: str = ""
    reason: str = ""


class Operation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line that says what to do; see `Change`."""

    op: Literal["put", "patch", "delete"]
    id: str
    fields: dict[str, Any] = {}
    add: dict[str, float] = {}


def change_lines(
    lines: Iterable[bytes], write: Callable[[Sequence[Change]], Sequence[ChangeVerdict]]
) -> Iterator[LineVerdict]:
    """Write what lines say, some at a time; a line that is wrong keeps none of the others out.

    Args:
        lines: JSON lines; empty ones are passed over.
        write: Keeps changes durably.

    Returns:
        A verdict for each line, in order of the lines inside of what is written together.
    """
    waiting: list[tuple[int, Change]] = []
    wrong: list[LineVerdict] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            waiting.append((number, read_line(line)))
        except InvalidRequest as error:
            reason = error.message.removeprefix(f"{error.field}: ")
            wrong.append(LineVerdict(line=number, status="rejected", field=error.field, reason=reason))
        if len(waiting) + len(wrong) >= AT_ONCE:
            yield from _write(waiting, wrong, write)
            waiting, wrong = [], []
    yield from _write(waiting, wrong, write)


def read_line(line: bytes) -> Change:
    """What a line says.

    Raises:
        InvalidRequest: It is no change.
    """
    if len(line) > LONGEST:
        raise InvalidRequest("line", f"must have at most {LONGEST:,} bytes", len(line))
    try:
        told = msgspec.json.decode(line)
    except (ValueError, RecursionError) as error:  # msgspec.DecodeError, and text that is no UTF-8
        raise InvalidRequest("line", f"is not JSON ({error})") from None
    if not isinstance(told, dict):
        raise InvalidRequest("line", "must be an object", told)
    if _depth(told) > _DEEPEST:
        raise InvalidRequest("line", f"is nested more than {_DEEPEST} deep")
    if not isinstance(name := told.get("id"), str):
        raise InvalidRequest("id", "is needed, as text", name)
    if "op" not in told:
        return Change(id=name, fields={field: value for field, value in told.items() if field != "id"})
    try:
        operation = msgspec.convert(told, Operation)
    except msgspec.ValidationError as error:
        _, _, at = str(error).partition(" - at `$.")
        field = at.rstrip("`") or "op"
        raise InvalidRequest(field, in_words(str(error), _OPERATIONS if field == "op" else ())) from None
    if operation.op == "delete" and (operation.fields or operation.add):
        raise InvalidRequest("fields", "a delete takes none")
    return Change(id=operation.id, op=operation.op, fields=operation.fields, add=operation.add)


def _write(
    waiting: Sequence[tuple[int, Change]],
    wrong: Sequence[LineVerdict],
    write: Callable[[Sequence[Change]], Sequence[ChangeVerdict]],
) -> list[LineVerdict]:
    told = write([change for _, change in waiting]) if waiting else ()
    verdicts = [
        LineVerdict(line=number, id=verdict.id, status=verdict.status, field=verdict.field, reason=verdict.reason)
        for (number, _), verdict in zip(waiting, told, strict=True)
    ]
    return sorted([*verdicts, *wrong], key=lambda verdict: verdict.line)


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level and depth <= _DEEPEST:
        depth += 1
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return depth
