"""What people were shown: slates as they were logged, and what senders say was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.dataset.idmap import IdMap
from penchant.slate import Codes, Offsets

APART_S = 60.0
"""What somebody was shown inside so many seconds, counted from the first of it, is one request where no slate is
told."""


@dataclass(frozen=True)
class Shown:
    """n requests and the items each was answered with, sorted by person, then time.

    Attributes:
        person: Person codes; -1 for people of whom no event is known. Shape (n,).
        time: Unix seconds, shape (n,).
        placement: Codes in `placements`, -1 where untold; shape (n,), int16.
        device: Codes in `devices`, -1 where untold; shape (n,), int8.
        ptr: Offsets of the items, shape (n + 1,).
        items: Item codes, in the order they stood, shape (m,).
        position: Place each stood at, from 1; shape (m,), int16.
        relevance: Blended score of each when it was chosen, 0 to 1; NaN where untold. Shape (m,).
        propensity: Chance that it came to stand there; NaN where untold. Shape (m,).
        seed_ptr: Offsets of the seeds, shape (n + 1,).
        seeds: Item codes the requests were about.
        slates: Slate ids, empty where untold; n of them.
        personal: False where the person's history was not looked at, shape (n,).
        placements: Names of placements by code.
        devices: Names of devices by code.
    """

    person: Codes
    time: NDArray[np.float64]
    placement: NDArray[np.int16]
    device: NDArray[np.int8]
    ptr: Offsets
    items: Codes
    position: NDArray[np.int16]
    relevance: NDArray[np.float32]
    propensity: NDArray[np.float32]
    seed_ptr: Offsets
    seeds: Codes
    slates: tuple[str, ...]
    personal: NDArray[np.bool_]
    placements: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of requests."""
        return len(self.person)

    @property
    def row_of(self) -> Offsets:
        """The request of every item, same shape as `items`."""
        return np.repeat(np.arange(len(self)), np.diff(self.ptr))

    def take(self, rows: NDArray[np.int64]) -> Shown:
        """Some requests, in the order named."""
        ptr, at = _spans(self.ptr, rows)
        seed_ptr, seeds = _spans(self.seed_ptr, rows)
        return replace(
            self,
            person=self.person[rows],
            time=self.time[rows],
            placement=self.placement[rows],
            device=self.device[rows],
            ptr=ptr,
            items=self.items[at],
            position=self.position[at],
            relevance=self.relevance[at],
            propensity=self.propensity[at],
            seed_ptr=seed_ptr,
            seeds=self.seeds[seeds],
            slates=tuple(self.slates[row] for row in rows.tolist()),
            personal=self.personal[rows],
        )

    def before(self, cut: float) -> Shown:
        """The requests before a moment."""
        return self.take(np.flatnonzero(self.time < cut))

    def joined(self, other: Shown) -> Shown:
        """These requests and those of another whose slates are not among these."""
        mine = set(self.slates) - {""}
        other = other.take(np.array([i for i, name in enumerate(other.slates) if name not in mine], np.int64))
        placements = tuple(dict.fromkeys((*self.placements, *other.placements)))
        devices = tuple(dict.fromkeys((*self.devices, *other.devices)))
        both = (self, other)
        found = Shown(
            person=np.concatenate([one.person for one in both]),
            time=np.concatenate([one.time for one in both]),
            placement=np.concatenate([_recoded(one.placement, one.placements, placements) for one in both]),
            device=np.concatenate([_recoded(one.device, one.devices, devices) for one in both]),
            ptr=np.concatenate([self.ptr, self.ptr[-1] + other.ptr[1:]]),
            items=np.concatenate([one.items for one in both]),
            position=np.concatenate([one.position for one in both]),
            relevance=np.concatenate([one.relevance for one in both]),
            propensity=np.concatenate([one.propensity for one in both]),
            seed_ptr=np.concatenate([self.seed_ptr, self.seed_ptr[-1] + other.seed_ptr[1:]]),
            seeds=np.concatenate([one.seeds for one in both]),
            slates=(*self.slates, *other.slates),
            personal=np.concatenate([one.personal for one in both]),
            placements=placements,
            devices=devices,
        )
        return found.take(np.lexsort((found.time, found.person)))

    @classmethod
    def none(cls) -> Shown:
        """Nothing was shown to anybody."""
        return cls.of([], [], np.zeros(1, np.int64), np.zeros(0, np.int32))

    @classmethod
    def of(cls, person: Any, time: Any, ptr: Offsets, items: Codes, **told: Any) -> Shown:
        """Requests of which little else may be known.

        Args:
            person: Person codes.
            time: Unix seconds.
            ptr: Offsets of the items.
            items: Item codes.
            told: Other attributes, where they are known.
        """
        n, m = len(person), len(items)
        place = np.arange(m) - np.repeat(ptr[:-1], np.diff(ptr)) + 1
        plain: dict[str, Any] = {
            "placement": np.full(n, -1, np.int16),
            "device": np.full(n, -1, np.int8),
            "position": np.minimum(place, np.iinfo(np.int16).max).astype(np.int16),
            "relevance": np.full(m, np.nan, np.float32),
            "propensity": np.full(m, np.nan, np.float32),
            "seed_ptr": np.zeros(n + 1, np.int64),
            "seeds": np.zeros(0, np.int32),
            "slates": ("",) * n,
            "personal": np.ones(n, bool),
        }
        whole = plain | told
        found = cls(np.asarray(person, np.int32), np.asarray(time, np.float64), ptr=ptr, items=items, **whole)
        order = np.lexsort((found.time, found.person))
        return found if (np.diff(order) == 1).all() else found.take(order)

    @classmethod
    def of_impressions(
        cls,
        person: Codes,
        item: Codes,
        time: NDArray[np.float64],
        position: NDArray[np.float64],
        slate: Codes,
        slates: Sequence[str],
    ) -> Shown:
        """Single impressions, put together again: by their slate, or where none is told by when they were seen.

        Args:
            person: Person codes.
            item: Item codes.
            time: Unix seconds.
            position: Places from 1; NaN where untold. Then they stand in the order they were seen.
            slate: Codes in `slates`; -1 where untold.
            slates: Slate ids.
        """
        order = np.lexsort((time, slate, person))
        person, item, slate = person[order], item[order], slate[order]
        time, position = time[order], position[order]
        fresh = (np.diff(person, prepend=-2) != 0) | (np.diff(slate, prepend=-2) != 0)
        fresh |= _apart(np.where(slate < 0, time, 0.0), fresh, APART_S)
        request = np.cumsum(fresh) - 1
        place = np.where(position >= 1, position, 1e6)
        # Of an item that was seen twice, the first time counts.
        inside = np.lexsort((time, place, request))
        key = request.astype(np.int64) << 32 | item
        first = np.zeros(len(item), bool)
        first[inside[np.unique(key[inside], return_index=True)[1]]] = True
        kept = inside[first[inside]]
        ptr = np.concatenate([[0], np.cumsum(np.bincount(request[kept]))]).astype(np.int64)
        starts = np.flatnonzero(fresh)
        seat = np.arange(len(kept)) - np.repeat(ptr[:-1], np.diff(ptr)) + 1
        told = np.where(position[kept] >= 1, position[kept], seat)
        names = tuple(slates[code] if code >= 0 else "" for code in slate[starts].tolist())
        return cls.of(
            person[starts],
            time[starts],
            ptr,
            item[kept].astype(np.int32),
            position=np.minimum(told, np.iinfo(np.int16).max).astype(np.int16),
            slates=names,
        )


class Served(Protocol):
    """A slate as the store keeps it; `SlateRow` is one."""

    @property
    def slate_id(self) -> str:
        """Its id."""
        ...

    @property
    def actor(self) -> str | None:
        """Whose it was."""
        ...

    @property
    def at(self) -> int:
        """When, in milliseconds."""
        ...

    @property
    def body(self) -> bytes:
        """What it said, as JSON."""
        ...


class _Asked(msgspec.Struct):
    items: list[str] = []
    device: str | None = None
    personalized: bool = True


class _Item(msgspec.Struct):
    id: str
    position: int = 0
    relevance: float | None = None
    propensity: float | None = None


class _Slate(msgspec.Struct):
    placement: str = ""
    items: list[_Item] = []
    asked: _Asked | None = None


_COLUMNS = ("person", "time", "placement", "device", "n", "seeds_n", "personal")


def read_slates(
    slates: Iterable[Sequence[Served]],
    people: IdMap,
    items: IdMap,
    persons: Mapping[str, str],
    allowed: Callable[[str], bool],
) -> Shown:
    """Logged slates, of people who may be learned from; slates of nobody, and empty ones, are left out.

    What a slate does not say (those of earlier versions say less) is unknown; an item that is no longer known is left
    out of it.

    Args:
        slates: As the store gives them, in lists.
        people: People by code.
        items: Items by code.
        persons: Actor to person, for linked actors.
        allowed: Whether a person may be learned from.
    """
    decode = msgspec.json.Decoder(_Slate).decode
    columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    item, position, relevance, propensity, seeds, names = [], [], [], [], [], []
    placements: dict[str, int] = {}
    devices: dict[str, int] = {}
    for page in slates:
        for row in page:
            if row.actor is None:
                continue
            person = persons.get(row.actor, row.actor)
            if not allowed(person):
                continue
            try:
                slate = decode(row.body)
            except msgspec.DecodeError:
                continue  # what no version can have written is nothing to learn from
            found = [(code, n, one) for n, one in enumerate(slate.items, 1) if (code := items.code(one.id)) >= 0]
            if not found:
                continue
            for code, n, one in found:
                item.append(code)
                position.append(one.position or n)
                relevance.append(np.nan if one.relevance is None else one.relevance)
                propensity.append(np.nan if one.propensity is None else one.propensity)
            asked = slate.asked or _Asked()
            about = [code for name in asked.items if (code := items.code(name)) >= 0]
            seeds += about
            names.append(row.slate_id)
            device = -1 if asked.device is None else devices.setdefault(asked.device, len(devices))
            placement = placements.setdefault(slate.placement, len(placements)) if slate.placement else -1
            who, at = people.code(person), row.at / 1000.0
            told = (who, at, placement, min(device, 127), len(found), len(about), asked.personalized)
            for column, value in zip(columns.values(), told, strict=True):
                column.append(value)
    return Shown.of(
        columns["person"],
        columns["time"],
        np.concatenate([[0], np.cumsum(columns["n"])]).astype(np.int64),
        np.array(item, np.int32),
        placement=np.array(columns["placement"], np.int16),
        device=np.array(columns["device"], np.int8),
        position=np.minimum(np.array(position, np.int64), np.iinfo(np.int16).max).astype(np.int16),
        relevance=np.array(relevance, np.float32),
        propensity=np.array(propensity, np.float32),
        seed_ptr=np.concatenate([[0], np.cumsum(columns["seeds_n"])]).astype(np.int64),
        seeds=np.array(seeds, np.int32),
        slates=tuple(names),
        personal=np.array(columns["personal"], bool),
        placements=tuple(placements),
        devices=tuple(devices),
    )


def _spans(ptr: Offsets, rows: NDArray[np.int64]) -> tuple[Offsets, NDArray[np.int64]]:
    """Offsets of some rows, and where their entries stand."""
    lengths = np.diff(ptr)[rows]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return offsets, np.arange(offsets[-1]) + np.repeat(ptr[rows] - offsets[:-1], lengths)


def _recoded(codes: NDArray[Any], names: Sequence[str], into: Sequence[str]) -> NDArray[Any]:
    """Codes in one list of names as codes in another, -1 kept."""
    at = np.array([*(into.index(name) for name in names), -1], codes.dtype)
    found: NDArray[Any] = at[codes]
    return found


def _apart(time: NDArray[np.float64], fresh: NDArray[np.bool_], gap: float) -> NDArray[np.bool_]:
    """Where a run that begins at `fresh` has gone on for another `gap` seconds: whole gaps since its first row."""
    first = np.maximum.accumulate(np.where(fresh, np.arange(len(time)), 0))
    turn = np.floor((time - time[first]) / gap)
    gone: NDArray[np.bool_] = np.diff(turn, prepend=0.0) != 0
    return gone
