"""Erasure: a person goes from the store first, then from the files, and the receipt says how far it is.

The store forgets them in one transaction that also writes a pending receipt: a crash before it changes nothing, and
after it nothing of the person comes in again. No clear id is kept to finish the work with: `finish` finds what is
left in the files by the digests of erased ids.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Set
from pathlib import Path

import msgspec
import pyarrow.compute as pc
import pyarrow.parquet as pq

from penchant.clock import Clock, iso
from penchant.errors import StorageError
from penchant.people import Rules
from penchant.privacy import refused
from penchant.privacy.export import trained_with
from penchant.privacy.person import events_of, look
from penchant.privacy.receipt import Receipt, digests
from penchant.storage import Lake, Releases, Store

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done, 0 to 1."""

IMPORT_RUNNING = (
    "an import was running, or was cut short, and its staged rows are not searched: import to the end, then erase again"
)
RELEASES_STAY = (
    "releases trained before hold statistics of items and no ids of people; the next training does without this person"
)

_BATCH = 20_000


class Erasure:
    """Erases persons from everything a workspace keeps."""

    def __init__(
        self, store: Store, lake: Lake, releases: Releases, rejected: Path, clock: Clock, flush: Callable[[], None]
    ) -> None:
        """Work on these.

        Args:
            store: The operational store.
            lake: The log as Parquet.
            releases: What was trained.
            rejected: Folder of the rows that imports refused.
            clock: Tells when.
            flush: Writes what waits in memory into the store: slates, and messages that are being taken in.
        """
        self._store, self._lake, self._releases, self._rejected = store, lake, releases, rejected
        self._clock, self._flush = clock, flush

    def erase(self, actor: str, receipt: str, default: Rules, progress: Progress) -> Receipt:
        """Erase a person, under all their ids.

        Args:
            actor: Any of the ids.
            receipt: Name of the receipt.
            default: Consent of people who have said nothing.
            progress: Told what is being done.

        Returns:
            The receipt, done.

        Raises:
            StorageError: Something cannot be written. When the store was not changed there is no receipt; otherwise it
                is pending, and calling again or `finish` ends it.
        """
        progress("what waits in memory", 0.0)
        self._flush()
        now = self._clock.now()
        person = look(self._store, actor, default)
        ids = set(person.ids)
        received: dict[str, int] = {}
        for _, event in events_of(self._store, person.ids):
            received[event.domain] = min(event.received, received.get(event.domain, event.received))
        trained = tuple(name for _, name, _ in trained_with(self._releases, received))
        made = Receipt(
            id=receipt,
            at=iso(now),
            state="pending",
            ids=digests(self._store.meta()["salt"], ids),
            removed=person.held,
            releases=trained,
            notes=(RELEASES_STAY,) if trained else (),
        )
        progress("the store", 0.1)
        at = int(now * 1000)
        removed = self._store.erase(sorted(ids), at, receipt, msgspec.json.encode(made))
        made = msgspec.structs.replace(made, removed=removed)
        return self._clean(made, at, lambda: ids, refused.ids_among(ids), progress)

    def finish(self, progress: Progress) -> list[Receipt]:
        """End what a crash cut short; the receipts that are done now. Cheap when nothing is pending."""
        pending = [(at, receipt) for at, receipt in self.receipts() if receipt.state == "pending"]
        return [self._clean(receipt, at, self._erased_in_lake, self._erased_texts, progress) for at, receipt in pending]

    def receipts(self) -> list[tuple[int, Receipt]]:
        """Every receipt with its moment in milliseconds, oldest first."""
        return [(at, msgspec.json.decode(body, type=Receipt)) for _, at, body in self._store.receipts()]

    def _clean(
        self,
        made: Receipt,
        at: int,
        ids: Callable[[], Collection[str]],
        theirs: refused.Theirs,
        progress: Progress,
    ) -> Receipt:
        """Take a person who is gone from the store out of all files, and say so in the receipt."""
        progress("the lake", 0.3)
        lake = self._lake.erase(ids())
        progress("refused rows", 0.7)
        notes = made.notes
        if self._rejected.is_dir() and refused.running(self._rejected):
            notes = (*notes, IMPORT_RUNNING)
        try:
            rows = refused.remove(self._rejected, theirs)
        except OSError as error:
            raise StorageError(str(self._rejected), f"a file of refused rows cannot be rewritten: {error}") from error
        progress("the store's files", 0.8)
        self._store.scrub()
        done = msgspec.structs.replace(
            made,
            state="done",
            finished=iso(self._clock.now()),
            removed={**made.removed, "lake": lake, "refused": rows},
            notes=notes,
        )
        self._store.erase((), at, made.id, msgspec.json.encode(done))
        progress("done", 1.0)
        return done

    def _erased_in_lake(self) -> list[str]:
        """Who of all that the lake speaks of was erased."""
        return sorted(actor for some in self._lake_actors() for actor in self._store.erased(some))

    def _lake_actors(self) -> Iterator[list[str]]:
        domains = sorted(path.name.partition("=")[2] for path in self._lake.folder.glob("domain=*"))
        seen: set[str] = set()
        for path in (path for domain in domains for path in self._lake.files(domain)):
            found = set(pc.unique(pq.ParquetFile(path).read(columns=["actor"])["actor"]).to_pylist()) - seen
            seen |= found
            for start in range(0, len(found), _BATCH):
                yield sorted(found)[start : start + _BATCH]

    def _erased_texts(self, texts: Set[str]) -> Set[str]:
        actors = [f"{kind}:{text}" for text in sorted(texts) for kind in ("user", "anon")]
        return {actor.partition(":")[2] for actor in self._store.erased(actors)}
