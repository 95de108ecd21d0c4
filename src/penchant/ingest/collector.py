"""Messages come in: each is taken or refused by itself, and told so when it is on disk."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence

from penchant.clock import DAY, Clock
from penchant.config.settings import Limits
from penchant.errors import EventRejected, PenchantError
from penchant.events import translate
from penchant.ingest.commit import GroupCommit
from penchant.ingest.failure import place_of
from penchant.ingest.group import Answer, Done, Request, write
from penchant.ingest.message import Items, Reader, Translate
from penchant.ingest.replay import Progress, Replay
from penchant.ingest.sender import Sender
from penchant.ingest.verdict import Verdict
from penchant.people import Rules
from penchant.storage import FailedRow, FailureKind, Store

_FORGET_EVERY = 3_600.0
_log = logging.getLogger("penchant.ingest")


class Collector:
    """Takes messages in for one store. Safe to use from any thread; close it before the store."""

    def __init__(self, store: Store, clock: Clock, *, limits: Limits, consent: Rules, items: Items) -> None:
        """Make one that is idle.

        Args:
            store: Where messages go.
            clock: Tells the moment of receipt.
            limits: How many may wait, and how much is kept of what failed.
            consent: What holds for people who said nothing.
            items: Gives the ids of a domain's items.
        """
        self._store, self._clock, self._limits, self._consent = store, clock, limits, consent
        self._reader = Reader(limits, items)
        self._commit: GroupCommit[Request] = GroupCommit(self._write, limit=limits.queue)
        # Old rows are looked for with the first group, and then now and then.
        self._failed_since, self._forgot_at = 0, -_FORGET_EVERY

    @property
    def waiting(self) -> int:
        """Messages that were let in and have no answer yet."""
        return self._commit.waiting

    def submit(
        self,
        messages: Sequence[object],
        sender: Sender,
        done: Done,
        *,
        translate: Translate = translate,
        received: int | None = None,
    ) -> None:
        """Take messages in, without waiting for the disk.

        Args:
            messages: Decoded JSON.
            sender: Who sent them.
            done: Told once, from the committing thread: a verdict for each message, in order, when all that was taken
                is durable; or the error for which nothing may have been kept, and all may be sent again.
            translate: Reads one message.
            received: When they came, milliseconds; now when None.

        Raises:
            Overloaded: Too many wait; `done` is not told.
            PenchantError: The catalog cannot be read; `done` is not told.
        """
        self._submit(messages, sender, done, translate, received)

    def collect(self, messages: Sequence[object], sender: Sender, *, translate: Translate = translate) -> list[Verdict]:
        """Take messages in; what is answered `accepted` is on disk.

        Raises:
            Overloaded: Too many wait.
            StorageError: They could not be written; nothing of them may have been kept, and all may be sent again.
        """
        return _wait(lambda done: self.submit(messages, sender, done, translate=translate))

    def fail_bytes(
        self,
        body: bytes,
        sender: Sender,
        done: Done | None = None,
        *,
        kind: FailureKind = "parse",
        reason: str = "bad_json",
        message: str = "must be JSON",
    ) -> None:
        """Keep a body that holds no messages among those that failed.

        Args:
            body: The bytes.
            sender: Who sent them.
            done: Told once, from the committing thread: its one verdict, or why it could not be kept.
            kind: Why it cannot be taken.
            reason: Code of what is wrong.
            message: A sentence about it.

        Raises:
            Overloaded: Too many wait; `done` is not told.
        """
        error = EventRejected(reason, "body", message)
        self._commit.enter(1)
        self._commit.put(Request([self._reader.body(body, sender, self._now(), kind, error)], done or _ignore))

    def replay(
        self,
        ids: Sequence[str],
        sender_of: Callable[[FailedRow], Sender],
        edits: Mapping[str, object] | None = None,
        *,
        progress: Progress | None = None,
    ) -> list[tuple[str, Verdict]]:
        """Take failed messages in once more, as if they came when they came first; see `Replay`.

        Args:
            ids: Of failed messages.
            sender_of: Gives the sender that a row's message is taken from; whoever replays vouches for it.
            edits: Mended messages, by the id of the failed one.
            progress: Told how many are done.

        Raises:
            StorageError: The store cannot be used; what was replayed before is kept, and replaying again is safe.
        """
        return Replay(self._store, self._clock, self._submit, self.flush).run(ids, sender_of, edits or {}, progress)

    def drop(self, ids: Sequence[str]) -> list[str]:
        """Put failed messages aside for good; the ids of those that waited."""
        rows = [row for row in map(self._store.failed_message, dict.fromkeys(ids)) if row is not None]
        waiting = [row.id for row in rows if row.settled is None]
        if waiting:
            self._store.settle(waiting, self._now())
        return waiting

    def flush(self) -> None:
        """Wait until everything that was submitted before has its answer."""
        self._commit.flush()

    def close(self) -> None:
        """Answer everything that was submitted; nothing is taken from now on."""
        self._commit.close()

    def _submit(
        self,
        messages: Sequence[object],
        sender: Sender,
        done: Done,
        translate: Translate,
        received: int | None,
        keeps: bool = True,
    ) -> None:
        # Whether there is room is asked first, as reading costs more than asking.
        self._commit.enter(len(messages))
        try:
            at = self._now() if received is None else received
            read = self._reader.read
            made = [read(message, sender, translate, at) for message in messages]
            for one in made if not keeps else ():
                one.keeps = False
            request = Request(made, done)
        except BaseException:
            self._commit.leave(len(messages))
            raise
        self._commit.put(request)

    def _write(self, group: list[Request]) -> None:
        for request, answer in write(group, self._store, self._consent, self._reader):
            try:
                request.done(answer)
            except Exception as error:
                _log.error("an answer could not be given: %s", place_of(error))
            self._failed_since += sum(message.failed is not None for message in request.messages)
        self._forget()

    def _forget(self) -> None:
        """Delete failed messages that are old or too many, every hour and after every thousand."""
        now = self._clock.now()
        if self._failed_since < min(1_000, self._limits.failed // 10) and abs(now - self._forgot_at) < _FORGET_EVERY:
            return
        self._failed_since, self._forgot_at = 0, now
        try:
            before = int((now - self._limits.failed_days * DAY) * 1000)
            self._store.forget_failed(before=before, keep=self._limits.failed)
        except Exception as error:
            _log.error("failed messages could not be cleared: %s", place_of(error))

    def _now(self) -> int:
        return int(self._clock.now() * 1000)


def _wait(submit: Callable[[Done], None]) -> list[Verdict]:
    answered = threading.Event()
    answers: list[Answer] = []

    def done(answer: Answer) -> None:
        answers.append(answer)
        answered.set()

    submit(done)
    answered.wait()
    if isinstance(answers[0], PenchantError):
        raise answers[0]
    return answers[0]


def _ignore(_: Answer) -> None:
    pass
