"""What a run has read so far: on the disk, with no more in memory than ids, places and hashes."""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec

from penchant.catalog import Schema, read_item
from penchant.catalog.feeds import Entry, Refused
from penchant.errors import FeedFailed, ItemRejected
from penchant.ingest.feeds.report import SHOWN, Refusal, cut

MOST_ENTRIES = 3_000_000
"""Most entries of a feed, wrong ones too: about 250 bytes of memory each."""
LONGEST_ENTRY = 256 * 1024
"""Bytes of one entry, as JSON."""
_LONGEST_ID = 200


def temporary(folder: Path) -> BinaryIO:
    """A file without a name, which is gone when it is closed, also when the process is killed."""
    return cast("BinaryIO", tempfile.TemporaryFile(dir=folder))


class Spool(Sequence[bytes]):
    """Pieces of bytes in a temporary file, by number."""

    def __init__(self, folder: Path) -> None:
        """Make an empty one."""
        self._file = temporary(folder)
        self._ends = array("Q", [0])
        self._pending = False

    def __len__(self) -> int:
        """How many pieces there are."""
        return len(self._ends) - 1

    def append(self, piece: bytes) -> int:
        """Add a piece; its number."""
        self._file.write(piece)
        self._pending = True
        self._ends.append(self._ends[-1] + len(piece))
        return len(self._ends) - 2

    def __getitem__(self, number: Any) -> Any:
        """A piece."""
        if self._pending:
            self._file.flush()
            self._pending = False
        start = self._ends[number]
        return os.pread(self._file.fileno(), self._ends[number + 1] - start, start)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class Staged:
    """Entries of a feed, each checked against the item type and kept once; a context manager."""

    def __init__(self, folder: Path, schema: Schema, pack: str) -> None:
        """Make an empty one.

        Args:
            folder: Of the temporary file.
            schema: The domain's items.
            pack: The pack's name; entries of another kind are skipped.
        """
        self._schema, self._pack = schema, pack
        self._numbers: dict[str, int] = {}
        self._places = array("Q")
        self._hashes = array("Q")
        self._bodies = Spool(folder)
        self._refused: set[str] = set()
        self.refusals: list[Refusal] = []
        self.refused = 0
        self.skipped = 0

    def __enter__(self) -> Staged:
        return self

    def __exit__(self, *_: object) -> None:
        self._bodies.close()

    def __len__(self) -> int:
        """How many entries were taken."""
        return len(self._places)

    def __contains__(self, id: object) -> bool:
        return id in self._numbers

    @property
    def ids(self) -> Iterator[str]:
        """Ids of the entries, in the order of the file."""
        return iter(self._numbers)

    def is_refused(self, id: str) -> bool:
        """Whether the feed says something of this item that cannot be taken."""
        return id in self._refused

    def number(self, id: str) -> int | None:
        """Which entry is of this item."""
        return self._numbers.get(id)

    def hash(self, number: int) -> int:
        """Hash of an entry's body."""
        return self._hashes[number]

    def body(self, number: int) -> bytes:
        """JSON of an entry's fields."""
        return cast("bytes", self._bodies[number])

    def add(self, told: Entry | Refused, page: str = "") -> bool:
        """Take an entry, or count why it is not taken.

        Args:
            told: The entry.
            page: Which page it stands on.

        Returns:
            Whether it was taken.

        Raises:
            FeedFailed: There are too many.
        """
        if len(self._places) + self.refused + self.skipped >= MOST_ENTRIES:
            raise FeedFailed(self._pack, "read", f"it has more than {MOST_ENTRIES:,} entries")
        if isinstance(told, Refused):
            self._refuse(told.place, told.id, told.field, told.reason, page)
            return False
        if told.kind != self._pack:
            self.skipped += 1
            return False
        fields = plain(told.fields)
        field = reason = ""
        body = b""
        try:
            told.id.encode()
            read_item(self._schema.kind, {"id": told.id, **fields}, self._schema.free)
            body = encode(fields)
        except ItemRejected as error:
            field, reason = error.field, error.reason
        except (TypeError, ValueError, RecursionError):  # half a character, for one
            reason = "the entry cannot be written as JSON"
        if len(body) > LONGEST_ENTRY:
            reason = f"the entry has more than {LONGEST_ENTRY // 1024} KB"
        if reason:
            self._refuse(told.place, told.id, field, reason, page)
            return False
        return self._keep(told, body, page)

    def _keep(self, told: Entry, body: bytes, page: str) -> bool:
        key = hash_of(body)
        number = len(self._places)
        first = self._numbers.setdefault(told.id, number)
        if first < number:
            if self._hashes[first] == key:
                self.skipped += 1
            else:
                self._refuse(told.place, told.id, "id", f"the id came before, at {self._places[first]}", page)
            return False
        self._bodies.append(body)
        self._places.append(told.place)
        self._hashes.append(key)
        return True

    def _refuse(self, place: int, id: str, field: str, reason: str, page: str) -> None:
        self.refused += 1
        if 0 < len(id) <= _LONGEST_ID:
            self._refused.add(id)
        if len(self.refusals) < SHOWN:
            told = Refusal(place=place, id=cut(id), field=cut(field), reason=cut(reason), page=cut(page))
            self.refusals.append(told)


def plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields without those that say nothing."""
    told = {name: value for name, value in fields.items() if value is not None}
    for name, value in told.items():
        if isinstance(value, dict) and None in value.values():
            told[name] = {key: inner for key, inner in value.items() if inner is not None}
    return told


def encode(fields: dict[str, Any]) -> bytes:
    """Fields as JSON, the same for the same fields."""
    return msgspec.json.encode(fields, order="sorted")


def hash_of(body: bytes) -> int:
    """A number that differs where bodies differ."""
    return int.from_bytes(blake2b(body, digest_size=8).digest(), "big")
