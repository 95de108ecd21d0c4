"""Changes of items come in from many sides; what waits is written together, and each request gets its verdicts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from penchant.catalog import CatalogWrite, Change, ChangeVerdict, Draft, KeptItem, Schema
from penchant.clock import Clock
from penchant.errors import NotFound, PenchantError, StorageError
from penchant.ingest.commit import GroupCommit
from penchant.ingest.failure import place_of
from penchant.storage import Store

Changed = list[ChangeVerdict] | PenchantError
"""A verdict for each change, or why none of them may have been kept."""

_log = logging.getLogger("penchant.ingest")


@dataclass(slots=True)
class ChangeRequest:
    """Changes of one domain that came together and are answered together."""

    domain: str
    changes: Sequence[Change]
    done: Callable[[Changed], None]
    atomic: bool

    @property
    def size(self) -> int:
        """How many changes it has."""
        return len(self.changes)

    @property
    def rows(self) -> int:
        """How many rows it writes, about."""
        return len(self.changes)


class CatalogWriter:
    """The door to the catalog: group commit of changes, over one store. What it answered is on disk.

    Changes of one item hold in the order in which they were submitted, whoever submits them.
    """

    def __init__(self, store: Store, schemas: Mapping[str, Schema], clock: Clock, *, limit: int) -> None:
        """Make an idle one.

        Args:
            store: Where changes go.
            schemas: What the items of each domain are.
            clock: Tells since when tracked fields are what they are.
            limit: Changes that may wait.
        """
        self._store, self._schemas, self._clock = store, dict(schemas), clock
        self._commit: GroupCommit[ChangeRequest] = GroupCommit(self._write, limit=limit, name="penchant-catalog")
        self._last = 0

    @property
    def waiting(self) -> int:
        """Changes that were let in and have no answer yet."""
        return self._commit.waiting

    def submit(
        self, domain: str, changes: Sequence[Change], done: Callable[[Changed], None], *, atomic: bool = False
    ) -> None:
        """Take changes in, without waiting for the disk.

        Args:
            domain: Domain name.
            changes: What is to become of items, in the order in which it holds.
            done: Told once, from the committing thread: a verdict for each change, in order, when all that was kept is
                durable; or the error for which none of them was kept.
            atomic: One change that is rejected keeps all others of this call out.

        Raises:
            NotFound: No such domain.
            Overloaded: Too many wait; `done` is not told.
        """
        if domain not in self._schemas:
            raise NotFound("domain", domain, self._schemas)
        self._commit.enter(len(changes))
        self._commit.put(ChangeRequest(domain, changes, done, atomic))

    def write(self, domain: str, changes: Sequence[Change], *, atomic: bool = False) -> list[ChangeVerdict]:
        """Change items; what is answered is on disk. See `submit`.

        Raises:
            NotFound: No such domain.
            Overloaded: Too many wait.
            StorageError: They could not be written; none of them was kept.
        """
        answered = threading.Event()
        answers: list[Changed] = []

        def done(answer: Changed) -> None:
            answers.append(answer)
            answered.set()

        self.submit(domain, changes, done, atomic=atomic)
        answered.wait()
        if isinstance(answers[0], PenchantError):
            raise answers[0]
        return answers[0]

    def flush(self) -> None:
        """Wait until everything that was submitted before has its answer."""
        self._commit.flush()

    def close(self) -> None:
        """Answer everything that was submitted; nothing is taken from now on."""
        self._commit.close()

    def _write(self, group: list[ChangeRequest]) -> None:
        domains: dict[str, list[ChangeRequest]] = {}
        for request in group:
            domains.setdefault(request.domain, []).append(request)
        for domain, requests in domains.items():
            for request, answer in zip(requests, self._answers(domain, requests), strict=True):
                try:
                    request.done(answer)
                except Exception as error:
                    _log.error("an answer could not be given: %s", place_of(error))

    def _answers(self, domain: str, requests: Sequence[ChangeRequest]) -> list[Changed]:
        """Write requests together, or one by one where the fault may be with what one of them says."""
        try:
            return list(self._together(domain, requests))
        except Exception as error:
            everybodys = isinstance(error, StorageError) and not error.refused
            _log.error("a group of %d changes could not be written: %s", sum(r.size for r in requests), place_of(error))
            if everybodys or len(requests) == 1:
                return [self._shown(error)] * len(requests)
        return [self._answers(domain, [request])[0] for request in requests]

    def _together(self, domain: str, requests: Sequence[ChangeRequest]) -> list[list[ChangeVerdict]]:
        schema, at = self._schemas[domain], self._now()
        verdicts: list[list[ChangeVerdict]] = []

        def decide(kept: Mapping[str, KeptItem]) -> CatalogWrite:
            draft = Draft(schema, kept, at)
            verdicts[:] = [draft.apply(request.changes, atomic=request.atomic) for request in requests]
            return draft.write()

        ids = list(dict.fromkeys(change.id for request in requests for change in request.changes))
        self._store.change_items(domain, ids if _fit("".join(ids)) else [*filter(_fit, ids)], decide)
        return verdicts

    def _now(self) -> int:
        # Records of one item stand by time, so what came later must not seem earlier when a clock is set back.
        self._last = max(self._last, int(self._clock.now() * 1000))
        return self._last

    def _shown(self, error: Exception) -> PenchantError:
        if isinstance(error, StorageError):
            return error
        return StorageError(self._store.url, "met a fault of ours; the log says where")


def _fit(name: str) -> bool:
    """Whether a store can look for an id; one that it cannot is no item's, and is rejected for that."""
    try:
        return b"\0" not in name.encode()
    except UnicodeEncodeError:
        return False
