"""What is known of items, kept current: the release's counts, grown by what the log has gathered since.

Nobody waits for it. Once an hour, beside the requests, the log is read on from where the counts end; until that is done
the counts of before serve. What a person did a moment ago is in the next answer all the same: it is read from their
own history.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from penchant.dataset import watched
from penchant.events import PLAYER, Motion, Role, Signal
from penchant.features import HOUR, Statistics
from penchant.people import Rules
from penchant.serving.counting import CodesSeen, counted_of
from penchant.serving.logged import read_logged
from penchant.storage import Store

_BATCH = 20_000
_LATE = 60_000
"""Milliseconds that a slate may take into the log."""
Row = tuple[NDArray[np.integer], NDArray[np.float64], NDArray[np.integer]]
"""Item codes, Unix seconds and roles, of one length."""


@dataclass(frozen=True)
class Counted:
    """Counts and how far they go.

    Attributes:
        release: The release whose counts they began with.
        statistics: The counts.
        seq: Last sequence number of the log in them; None where the release does not say, and they stay as they are.
        slates: Moment up to which slates are in them, milliseconds; None where slates are not counted.
        until: The moment the release was fitted, milliseconds; None where it does not say.
        hour: The hour they were last brought up to; -1 for not yet.
        note: What went wrong last time; empty when nothing did.
    """

    release: str | None
    statistics: Statistics
    seq: int | None
    slates: int | None
    until: int | None = None
    hour: int = -1
    note: str = ""

    @classmethod
    def nothing(cls) -> Counted:
        """Without a release."""
        return cls(None, Statistics.empty(), None, None)


class LiveStatistics:
    """One domain's statistics. Safe to ask from several threads."""

    def __init__(self, domain: str, signals: Sequence[Signal], store: Store, consent: Rules) -> None:
        """Know nothing yet.

        Args:
            domain: Domain name.
            signals: How its events are read.
            store: The log.
            consent: What holds for people who have said nothing.
        """
        self._domain, self._signals, self._store, self._consent = domain, signals, store, consent
        self.before: Callable[[Counted], None] | None = None
        """What is done with counts of a new hour before they serve."""
        self.only: str | None = None
        """The one release that these are for; a request under way that looked at another gets what that began with."""
        self._lock = threading.Lock()
        self._counted = Counted.nothing()
        self._behind: threading.Thread | None = None

    def at(self, begun: Counted, row: Callable[[str], int], now: float) -> Counted:
        """The counts as they are; once an hour this begins to bring them up to date, and does not wait for it.

        Args:
            begun: The counts of the release that serves.
            row: Code of an item id in the live catalog; -1 for none.
            now: Unix seconds.
        """
        found = self._counted
        hour = int(now // HOUR)
        if found.release == begun.release and found.hour >= hour:
            return found
        if self.only not in (None, begun.release):
            return begun
        with self._lock:
            if self._counted.release != begun.release:
                self._counted = begun
            found = self._counted
            if found.seq is None and not len(found.statistics):
                self._counted = found = replace(found, hour=hour)
            elif found.hour < hour and (self._behind is None or not self._behind.is_alive()):
                # Whatever comes of it, the next try is an hour away.
                self._counted = found = replace(found, hour=hour)
                self._behind = threading.Thread(
                    target=self._grow, args=(found, row, now), name="penchant-statistics", daemon=True
                )
                self._behind.start()
        return found

    def wait(self, seconds: float | None = None) -> None:
        """Wait until what was begun is done."""
        behind = self._behind
        if behind is not None:
            behind.join(seconds)

    def _grow(self, found: Counted, row: Callable[[str], int], now: float) -> None:
        try:
            grown = self._grown(found, row, now)
            if self.before is not None:
                self.before(grown)
        except Exception as error:  # counts that are an hour older still serve; the answers say so
            grown = replace(found, note=f"statistics: not brought up to date: {type(error).__name__}")
        with self._lock:
            if self._counted.release == found.release:
                self._counted = grown

    def _grown(self, found: Counted, row: Callable[[str], int], now: float) -> Counted:
        if found.seq is None:
            return replace(found, statistics=_of_hour(found.statistics, now))
        rows: list[Row] = []
        last = self._store.last_seq()
        codes = CodesSeen(row)
        for batch in self._store.scan(found.seq, _BATCH):
            last = max(last, int(batch["seq"][-1].as_py()))  # it reads as far as the log goes by now
            told = pa.Table.from_batches([batch]).filter(
                pc.and_(pc.equal(batch["domain"], self._domain), pc.is_valid(batch["item"]))
            )
            if len(told):
                told = told.filter(pa.array(self._allowed(told["actor"].to_pylist())))
                rows.append(read(told, self._signals, codes, slates=found.slates is not None))
        slates = found.slates
        if slates is not None:
            until = int(now * 1000) - _LATE
            rows += self._shown(slates, until, codes)
            slates = max(slates, until)
        grown = found.statistics
        if rows:
            items, times, roles = (np.concatenate(column) for column in zip(*rows, strict=True))
            grown = grown.grown(items, times, roles, codes.most + 1)
        return Counted(found.release, _of_hour(grown, now), last, slates, found.until, found.hour)

    def _shown(self, after: int, until: int, codes: CodesSeen) -> Iterator[Row]:
        """What was shown, as impressions."""
        for slates in self._store.slates(self._domain, after=after, until=until):
            allowed = self._allowed([slate.actor or "" for slate in slates])
            items: list[int] = []
            times: list[float] = []
            for slate, learns in zip(slates, allowed, strict=True):
                if learns and slate.actor is not None:
                    shown = [codes[item.id] for item in read_logged(slate.body).items]
                    items += shown
                    times += [slate.at / 1000.0] * len(shown)
            yield np.array(items, np.int64), np.array(times), np.full(len(items), int(Role.IMPRESSION), np.int64)

    def _allowed(self, actors: Sequence[str]) -> list[bool]:
        return counted_of(self._store, actors, self._consent)


def _of_hour(counts: Statistics, now: float) -> Statistics:
    """Counts with the snapshot of an hour, so that no request waits for it."""
    found = counts.afresh()  # requests go on with the hour before meanwhile
    found.snapshot(now)
    return found


def read(events: pa.Table, signals: Sequence[Signal], codes: Mapping[str, int], *, slates: bool = False) -> Row:
    """Events as what they say of items, by the same rules as in training, as far as one batch of the log tells.

    Args:
        events: Rows of `EVENT_SCHEMA` with an item.
        signals: The pack's signals.
        codes: Item codes by id; -1 for those that are left out.
        slates: Slates are counted too, so that an impression that names its slate says nothing new.
    """
    item = np.array([codes[name] for name in events["item"].to_pylist()], np.int64)
    at, roles = said(events, signals, item, slates=slates)
    return item[at], events["time"].to_numpy(zero_copy_only=False)[at] / 1000.0, roles


def said(
    events: pa.Table, signals: Sequence[Signal], item: NDArray[np.int64], *, slates: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which events say something, and in which role.

    Args:
        events: Rows of `EVENT_SCHEMA` with an item.
        signals: The pack's signals.
        item: The item of each, as a code.
        slates: See `read`.

    Returns:
        Rows of `events`, one as often as it says something, and the `Role` value of each.
    """
    names = events["name"].to_numpy(zero_copy_only=False)
    progress, seconds, viewing = _attention(events, names, item)
    of_slate = pc.is_valid(events["slate"]).to_numpy(zero_copy_only=False) if slates else None
    found: list[tuple[NDArray[np.int64], int]] = []
    for signal in signals:
        with np.errstate(invalid="ignore"):
            within = (progress >= signal.min_progress) & (progress < signal.max_progress)
            reads = (names == signal.event) & np.where(np.isnan(progress), signal.reads_untold, within)
            if signal.max_seconds < np.inf:
                reads &= seconds < signal.max_seconds
        if of_slate is not None and signal.role is Role.IMPRESSION:
            reads &= ~of_slate
        at = np.flatnonzero(reads)
        # Players repeat themselves: of what one viewing says the same, the first counts.
        alone = viewing[at] < 0
        _, first = np.unique(viewing[at][~alone], return_index=True)
        found.append((np.concatenate([at[alone], at[~alone][first]]), int(signal.role)))
    at = np.concatenate([at for at, _ in found] or [np.zeros(0, np.int64)]).astype(np.int64)
    roles = np.concatenate([np.full(len(at), role, np.int64) for at, role in found] or [np.zeros(0, np.int64)])
    return at, roles


def _attention(
    events: pa.Table, names: NDArray[np.object_], item: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Progress and seconds watched at each event, NaN where not told, and its viewing, -1 where it is none of a player.

    A viewing that began in an earlier batch is seen from here on.
    """
    progress = _numbers(events["progress"])
    seconds, viewing = np.full(len(events), np.nan), np.full(len(events), -1, np.int64)
    playhead = _numbers(events["playhead"])
    session = events["session"].combine_chunks()
    in_session = pc.is_valid(session).to_numpy(zero_copy_only=False)
    of_player = ~np.isnan(playhead) | (in_session & np.isin(names, list(PLAYER)))
    at = np.flatnonzero(of_player)
    if len(at):
        told = watched(
            _coded(events["actor"].combine_chunks())[at],
            item[at].astype(np.int32),
            np.where(in_session, _coded(session), -1)[at].astype(np.int32),
            events["time"].to_numpy(zero_copy_only=False)[at],
            np.array([PLAYER.get(name, Motion.PLAYS) for name in names[at]], np.int8),
            playhead[at],
            _numbers(events["length"])[at],
        )
        seconds[at], viewing[at] = told.seconds, told.viewing
        progress[at] = np.where(np.isnan(progress[at]), told.progress, progress[at])
    return progress, seconds, viewing


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return np.array(pc.fill_null(column, np.nan).to_numpy(zero_copy_only=False), np.float64)


def _coded(column: pa.Array) -> NDArray[np.int32]:
    """Texts as numbers in their order; nulls are behind the last."""
    known = np.array(sorted(text for text in pc.unique(column).to_pylist() if text is not None), object)
    texts = pc.fill_null(column, "").to_numpy(zero_copy_only=False)
    found: NDArray[np.int32] = np.searchsorted(known, texts).astype(np.int32)
    return found
