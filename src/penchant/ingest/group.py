"""One group of requests on its way into the store: written together, and one by one where that fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from penchant.errors import PenchantError, StorageError
from penchant.ingest.failure import place_of
from penchant.ingest.message import Message, Reader
from penchant.ingest.permission import obey
from penchant.ingest.verdict import Verdict
from penchant.people import Rules
from penchant.storage import Fate, Store

Answer = list[Verdict] | PenchantError
Done = Callable[[Answer], None]
"""Takes a verdict for each message, or why none of them may have been kept."""

_log = logging.getLogger("penchant.ingest")


@dataclass(slots=True)
class Request:
    """Messages that came together and are answered together."""

    messages: list[Message]
    done: Done
    size: int = field(init=False)
    rows: int = field(init=False)

    def __post_init__(self) -> None:
        """Count."""
        self.size = len(self.messages)
        self.rows = sum(len(message.events) or 1 for message in self.messages)


def write(group: Sequence[Request], store: Store, default: Rules, reader: Reader) -> list[tuple[Request, Answer]]:
    """Write a group, all of it with one sync; every request comes back with its answer.

    What the store will not take must not cost its neighbours theirs: when the whole group fails, each request is tried
    alone, then each message of one that fails again, and a message that fails even then is kept among the failed. An
    error of the store itself, such as a full disk, would meet them all, and ends it at once.

    Args:
        group: Requests in the order they came.
        store: Where they go.
        default: What holds for people who said nothing of consent.
        reader: Makes the row of a message that the store does not take.
    """
    try:
        return list(zip(group, _together(group, store, default), strict=True))
    except Exception as error:
        if _is_everybodys(error):
            return [(request, _shown(error, store)) for request in group]
        _log.error("a group of %d requests could not be written: %s", len(group), place_of(error))
    return [(request, _alone(request, store, default, reader)) for request in group]


def _alone(request: Request, store: Store, default: Rules, reader: Reader) -> Answer:
    try:
        try:
            return _together([request], store, default)[0]
        except Exception as error:
            if _is_everybodys(error):
                raise
        return [_one(message, store, default, reader) for message in request.messages]
    except Exception as error:
        _log.error("a request of %d messages could not be written: %s", request.size, place_of(error))
        return _shown(error, store)


def _one(message: Message, store: Store, default: Rules, reader: Reader) -> Verdict:
    alone = [Request([message], _nobody)]
    try:
        return _together(alone, store, default)[0][0]
    except Exception as error:
        if _is_everybodys(error) or message.failed is not None:
            raise
        _log.error("a message of %s could not be written: %s", message.sender.source, place_of(error))
    reader.park(message)
    return _together(alone, store, default)[0][0]


def _together(group: Sequence[Request], store: Store, default: Rules) -> list[list[Verdict]]:
    """Write requests in one transaction; the verdicts of each.

    Raises:
        StorageError: Nothing was written.
    """
    obey([request.messages for request in group], store, default)
    messages = [message for request in group for message in request.messages]
    events = [event for message in messages for event in message.events]
    said = _first_time(messages, store)
    failed = [message.failed for message in messages if message.failed is not None and message.keeps]
    fates: list[Fate] = []
    if events or failed:
        fates = store.append(
            events,
            links=[link for message in messages for link in message.links],
            traits=[trait for message in said for trait in message.traits],
            consents=[consent for message in said for consent in message.consents],
            failed=failed,
        )
    verdicts: list[list[Verdict]] = []
    at = 0
    for request in group:
        answers: list[Verdict] = []
        for message in request.messages:
            upto = at + len(message.events)
            answers.append(_verdict(message, fates[at:upto]))
            at = upto
        verdicts.append(answers)
    return verdicts


def _first_time(messages: Iterable[Message], store: Store) -> list[Message]:
    """Messages that say something of a person and were not taken before: a retry must not say it again, later."""
    said: dict[tuple[str, str], Message] = {}
    for message in messages:
        if message.traits or message.consents:
            first = message.events[0]
            said.setdefault((first.source, first.message_id), message)
    if not said:
        return []
    numbers: dict[str, list[str]] = {}
    for source, message_id in said:
        numbers.setdefault(source, []).append(message_id)
    known = {(event.source, event.message_id) for source, ids in numbers.items() for event in store.find(source, ids)}
    return [message for key, message in said.items() if key not in known]


def _verdict(message: Message, fates: Sequence[Fate]) -> Verdict:
    failed = message.failed
    if failed is not None:
        return Verdict(
            message_id=message.message_id,
            status="failed",
            reason=failed.reason,
            field=failed.field or None,
            message=failed.message,
        )
    if Fate.STORED in fates:
        return Verdict(message_id=message.message_id, status="accepted", note=message.note)
    if Fate.ERASED in fates:
        sentence = "the person was erased; nothing of the message was kept"
        return Verdict(message_id=message.message_id, status="failed", reason="erased", message=sentence)
    return Verdict(message_id=message.message_id, status="duplicate", note=message.note)


def _is_everybodys(error: Exception) -> bool:
    return isinstance(error, StorageError) and not error.refused


def _shown(error: Exception, store: Store) -> StorageError:
    return (
        error if isinstance(error, StorageError) else StorageError(store.url, "met a fault of ours; the log says where")
    )


def _nobody(_: Answer) -> None:
    pass
