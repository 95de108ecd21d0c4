"""What a feed says now against what it said last: added, changed, gone."""

from __future__ import annotations

from array import array
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from penchant.catalog import Item
from penchant.ingest.feeds.report import SHOWN, Example, cut
from penchant.ingest.feeds.stage import Spool, Staged, encode, hash_of


class Diff:
    """The difference, on the disk but for ids; a context manager.

    Attributes:
        added: Entries of items that the feed did not tell of before.
        changed: Entries of items that it says something else of.
        gone: Items that it does not tell of any more.
        unchanged: How many it says the same of.
        kept: How many it does not tell of in this run, which stay.
        before: How many it told of before.
    """

    def __init__(self, staged: Staged, folder: Path, kind: type[Item]) -> None:
        """Make an empty one; `compare` fills it."""
        self.staged = staged
        fields = msgspec.structs.fields(kind)
        self.maps = frozenset(field.name for field in fields if field.default_factory is dict)
        self.added = array("Q")
        self.changed = array("Q")
        self.ids: list[str] = []
        self.gone: list[str] = []
        self.unchanged = self.kept = self.before = 0
        self.added_examples: list[Example] = []
        self.changed_examples: list[Example] = []
        self.gone_examples: list[Example] = []
        self._patches = Spool(folder)

    def __enter__(self) -> Diff:
        return self

    def __exit__(self, *_: object) -> None:
        self._patches.close()

    def compare(self, last: Iterable[Sequence[tuple[str, bytes]]], stays: Container[str], *, window: bool) -> None:
        """Hold the entries against the last ones.

        Args:
            last: What the feed said last, as (item id, JSON).
            stays: Items that are not gone, though nothing was read of them.
            window: No item is gone because the file does not tell of it.
        """
        staged = self.staged
        matched = bytearray(len(staged))
        for batch in last:
            for id, body in batch:
                self.before += 1
                number = staged.number(id)
                if number is None:
                    self._missing(id, body, stays=window or id in stays or staged.is_refused(id))
                    continue
                matched[number] = 1
                if staged.hash(number) == hash_of(body):
                    self.unchanged += 1
                else:
                    self._change(id, number, body)
        changed = self.ids
        self.ids = []
        for number, id in enumerate(staged.ids):
            if not matched[number]:
                self._add(id, number)
        self.ids += changed

    @property
    def gone_share(self) -> float:
        """Share of the items told of before that are gone."""
        return len(self.gone) / self.before if self.before else 0.0

    def __bool__(self) -> bool:
        """Whether there is any difference."""
        return bool(self.ids or self.gone)

    def patch(self, position: int) -> dict[str, Any]:
        """Fields that changed, of the item at a position of `changed`."""
        told: dict[str, Any] = msgspec.json.decode(self._patches[position])
        return told

    def body(self, position: int) -> bytes:
        """What the feed says now of the item at a position of `ids`."""
        own = self.added if position < len(self.added) else self.changed
        return self.staged.body(own[position - (0 if own is self.added else len(self.added))])

    def _add(self, id: str, number: int) -> None:
        self.added.append(number)
        self.ids.append(id)
        if len(self.added_examples) < SHOWN:
            self.added_examples.append(Example(id=id, title=_title(self.staged.body(number))))

    def _change(self, id: str, number: int, body: bytes) -> None:
        old, new = msgspec.json.decode(body), msgspec.json.decode(self.staged.body(number))
        patch = patch_of(old, new, self.maps)
        if not patch:
            self.unchanged += 1
            return
        self.changed.append(number)
        self.ids.append(id)
        self._patches.append(encode(patch))
        if len(self.changed_examples) < SHOWN:
            told = {name: (cut(a), cut(b)) for name, a, b in _told(old, new, patch, self.maps)}
            self.changed_examples.append(Example(id=id, title=cut(str(new.get("title", ""))), fields=told))

    def _missing(self, id: str, body: bytes, *, stays: bool) -> None:
        if stays:
            self.kept += 1
            return
        self.gone.append(id)
        if len(self.gone_examples) < SHOWN:
            self.gone_examples.append(Example(id=id, title=_title(body)))


def patch_of(old: Mapping[str, Any], new: Mapping[str, Any], maps: Container[str]) -> dict[str, Any]:
    """What changes one entry's fields into another's.

    Args:
        old: Fields before.
        new: Fields now.
        maps: Fields that are patched key by key, so that keys from elsewhere stay.

    Returns:
        Fields that differ; null for those that are no longer told.
    """
    patch: dict[str, Any] = {}
    for name in sorted(old.keys() | new.keys()):
        before, now = old.get(name), new.get(name)
        if before == now and type(before) is type(now):
            continue
        if name in maps and isinstance(before or {}, dict) and isinstance(now or {}, dict):
            inner = patch_of(before or {}, now or {}, ())
            if inner:
                patch[name] = inner
        else:
            patch[name] = now
    return patch


def _told(
    old: Mapping[str, Any], new: Mapping[str, Any], patch: Mapping[str, Any], maps: Container[str]
) -> Iterator[tuple[str, Any, Any]]:
    for name, value in patch.items():
        if name in maps and isinstance(value, dict):
            before, now = (cast("dict[str, Any]", side.get(name) or {}) for side in (old, new))
            for key in value:
                yield f"{name}.{key}", before.get(key), now.get(key)
        else:
            yield name, old.get(name), new.get(name)


def _title(body: bytes) -> str:
    return str(cut(str(msgspec.json.decode(body).get("title", ""))))
