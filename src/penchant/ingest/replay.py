"""Failed messages once more, as they are or mended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Protocol

from penchant.clock import Clock
from penchant.errors import EventRejected, Overloaded, PenchantError
from penchant.events import decode, translate, translate_statement, unbatch
from penchant.ingest.failure import is_statement, kind_of
from penchant.ingest.group import Answer, Done
from penchant.ingest.message import Translate
from penchant.ingest.sender import Sender
from penchant.ingest.verdict import Verdict
from penchant.storage import FailedRow, Store

Progress = Callable[[int], None]
"""Takes how many are done."""

_AT_ONCE = 200


class Submit(Protocol):
    """Takes messages in without waiting for them."""

    def __call__(
        self,
        messages: Sequence[object],
        sender: Sender,
        done: Done,
        translate: Translate,
        received: int | None,
        keeps: bool,
    ) -> None:
        """Read messages as if they came at `received`; with `keeps`, those that fail are kept as failed."""
        ...


class Replay:
    """Takes failed messages in once more.

    A message is read as if it came when it came first, with its own message id, so that its time is right and it is
    kept once. One that is taken is settled. One that fails again waits on, with its new reason; where a mended one
    fails, only the verdict tells.
    """

    def __init__(self, store: Store, clock: Clock, submit: Submit, flush: Callable[[], None]) -> None:
        """Replay by these doors of a collector.

        Args:
            store: Keeps the failed messages.
            clock: Tells when one was settled.
            submit: Takes messages in.
            flush: Waits until all that was submitted has its answer.
        """
        self._store, self._clock, self._submit, self._flush = store, clock, submit, flush

    def run(
        self,
        ids: Sequence[str],
        sender_of: Callable[[FailedRow], Sender],
        edits: Mapping[str, object],
        progress: Progress | None,
    ) -> list[tuple[str, Verdict]]:
        """See `Collector.replay`."""
        results: list[tuple[str, Verdict]] = []
        left = iter(dict.fromkeys(ids))
        while some := list(islice(left, _AT_ONCE)):
            results += self._some(some, sender_of, edits)
            if progress is not None:
                progress(len(results))
        return results

    def _some(
        self, ids: Sequence[str], sender_of: Callable[[FailedRow], Sender], edits: Mapping[str, object]
    ) -> list[tuple[str, Verdict]]:
        verdicts: dict[str, Verdict] = {}
        rows: dict[str, FailedRow] = {}
        answers: dict[str, Answer] = {}
        for name in ids:
            row = self._store.failed_message(name)
            if row is None or row.settled is not None:
                verdicts[name] = _absent(row)
                continue
            try:
                messages = _messages(row, edits.get(name))
                sender = sender_of(row)
            except EventRejected as error:
                verdicts[name] = _failed(row, error.reason, error.field, error.message)
                continue
            except PenchantError as error:
                verdicts[name] = _failed(row, error.code, "source", error.message)
                continue
            rows[name] = row
            self._start(row, messages, sender, partial(answers.__setitem__, name))
        self._flush()
        done: list[str] = []
        again: list[FailedRow] = []
        for name, row in rows.items():
            answer = answers[name]
            if isinstance(answer, PenchantError):
                raise answer
            verdicts[name] = verdict = _summary(row, answer)
            if verdict.status != "failed" or len(answer) > 1:
                done.append(name)
            elif name not in edits and verdict.reason != "consent":
                again.append(_with_reason(row, verdict))
        if again:
            self._store.append((), failed=again)
        if done:
            self._store.settle(done, int(self._clock.now() * 1000))
        return [(name, verdicts[name]) for name in ids]

    def _start(self, row: FailedRow, messages: Sequence[object], sender: Sender, done: Done) -> None:
        # Messages of a body that was kept whole have rows of their own from now on, if they fail.
        keeps = row.message_id is None and len(messages) != 1
        form: Translate = translate_statement if is_statement(messages[0]) else translate
        try:
            self._submit(messages, sender, done, form, row.at, keeps)
        except Overloaded:
            self._flush()
            self._submit(messages, sender, done, form, row.at, keeps)


def _messages(row: FailedRow, edit: object) -> list[object]:
    """The messages of a row, or the mended ones, with the ids they had.

    Raises:
        EventRejected: There are none.
    """
    if edit is None:
        if row.body is None:
            raise EventRejected("not_kept", "body", "nothing of the message was kept")
        edit = decode(row.body)
    messages: list[object]
    if isinstance(edit, dict) and "batch" in edit and row.message_id is None:
        messages = unbatch(edit)
    elif isinstance(edit, list) and row.field == "body":
        messages = edit
    else:
        messages = [edit]
    if not messages:
        raise EventRejected("missing", "body", "must have messages")
    message = messages[0]
    if row.message_id is not None and isinstance(message, dict):
        messages = [{**message, "id" if is_statement(message) else "messageId": row.message_id}]
    return messages


def _summary(row: FailedRow, verdicts: Sequence[Verdict]) -> Verdict:
    """One verdict for all messages of a row: failed when any of them did."""
    if len(verdicts) == 1:
        return verdicts[0]
    failed = [verdict for verdict in verdicts if verdict.status == "failed"]
    taken = f"{len(verdicts) - len(failed)} of {len(verdicts)} messages were taken"
    if not failed:
        return Verdict(message_id=row.message_id, status="accepted", note=taken)
    return Verdict(status="failed", reason=failed[0].reason, message=f"{taken}; the others wait by themselves now")


def _with_reason(row: FailedRow, verdict: Verdict) -> FailedRow:
    reason = verdict.reason or row.reason
    return row._replace(
        kind=kind_of(reason), reason=reason, field=verdict.field or "", message=verdict.message or row.message
    )


def _failed(row: FailedRow, reason: str, field: str, message: str) -> Verdict:
    return Verdict(message_id=row.message_id, status="failed", reason=reason, field=field, message=message)


def _absent(row: FailedRow | None) -> Verdict:
    if row is None:
        return Verdict(status="failed", reason="not_found", message="no failed message has this id")
    return Verdict(
        message_id=row.message_id, status="failed", reason="settled", message="it was replayed or put aside before"
    )
