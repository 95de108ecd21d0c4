"""How fresh each domain is, by its release on disk, the log since, and how trainings by schedule went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pyarrow.compute as pc

from penchant.clock import Clock, parse_time
from penchant.errors import ArtifactError
from penchant.pack import STATISTICS
from penchant.storage import Releases, Store
from penchant.training import Freshness, Goal, Turns, fresh

_BATCH = 50_000


@dataclass(frozen=True)
class _Known:
    """What was read of a domain's release.

    Attributes:
        token: Of the release pointer when it was read.
        release: Its name; None when there is none.
        created: When it was made, Unix seconds.
        seq: Last sequence number of the log that it knows; None where nobody wrote it down.
        counted: Sequence number up to which events after it are counted.
        events: How many of them are the domain's.
    """

    token: tuple[int, int]
    release: str | None
    created: float | None
    seq: int | None
    counted: int
    events: int = 0


class Ages:
    """Freshness of a workspace's domains. What was read of a release, or counted of the log, is not read again."""

    def __init__(self, goals: Mapping[str, Goal], releases: Releases, store: Store, turns: Turns, clock: Clock) -> None:
        """Take the parts.

        Args:
            goals: How old releases may be, by domain.
            releases: Releases on disk.
            store: The log.
            turns: How trainings went.
            clock: What time it is.
        """
        self.goals, self._releases, self._store = goals, releases, store
        self._turns, self._clock = turns, clock
        self._known: dict[str, _Known] = {}

    def of(self, domain: str, *, exact: bool = True) -> Freshness:
        """How fresh a domain is.

        Args:
            domain: Its name.
            exact: Count its new events in the log. Without, those of all domains are taken for its own, which is cheap
                and at most too many.
        """
        known = self._read(domain)
        last = self._store.last_seq()
        events: int | None = None
        if known.seq is not None and exact:
            known = self._counted(domain, known, last)
            events = known.events
        elif known.seq is not None:
            events = max(last - known.seq, 0)
        attempts = self._turns.read(domain)
        return fresh(
            domain,
            self.goals[domain],
            now=self._clock.now(),
            release=known.release,
            created=known.created,
            events=events,
            failed=attempts.failed,
            failure=attempts.failure,
        )

    def _read(self, domain: str) -> _Known:
        token = self._releases.token(domain)
        known = self._known.get(domain)
        if known is None or known.token != token:
            known = self._known[domain] = self._of_release(domain, token)
        return known

    def _of_release(self, domain: str, token: tuple[int, int]) -> _Known:
        for name in self._releases.order(domain):
            try:
                manifest = self._releases.manifest(domain, name)
            except ArtifactError:  # the one before it serves
                continue
            part = manifest.parts.get(STATISTICS)
            seq = part.settings.get("seq") if part is not None else None
            seq = seq if isinstance(seq, int) else None
            return _Known(token, name, parse_time(manifest.created), seq, seq or 0)
        return _Known(token, None, None, 0, 0)

    def _counted(self, domain: str, known: _Known, last: int) -> _Known:
        if known.counted >= last:
            return known
        events, upto = known.events, known.counted
        for batch in self._store.scan(known.counted, _BATCH):
            events += int(pc.sum(pc.equal(batch["domain"], domain)).as_py() or 0)
            upto = int(batch["seq"][-1].as_py())
        known = self._known[domain] = replace(known, counted=max(upto, known.counted), events=events)
        return known
