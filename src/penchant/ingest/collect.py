"""Messages from trackers: each is taken or refused by itself, and told so."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import msgspec

from penchant.clock import Clock
from penchant.errors import EventRejected, NotFound
from penchant.events import Event, Link, translate
from penchant.ingest.sink import Sink


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one message.

    Attributes:
        message_id: The sender's id of it, where there was one.
        status: `accepted`; `duplicate`: the log had all of it already; `failed`: nothing of it was kept.
        reason: Code of what is wrong.
        field: Where.
        message: A sentence about it.
    """

    message_id: str | None
    status: Literal["accepted", "duplicate", "failed"]
    reason: str | None = None
    field: str | None = None
    message: str | None = None


def collect(
    messages: Sequence[object],
    *,
    source: str,
    domain_of_source: Mapping[str, str],
    sink: Sink,
    clock: Clock,
    known_events: Collection[str] = (),
) -> list[Verdict]:
    """Take messages in Segment's form.

    Args:
        messages: Decoded JSON, as `unbatch` gives it.
        source: Who sent them.
        domain_of_source: The domain of each source.
        sink: Where they go.
        clock: Tells the moment of receipt.
        known_events: Event names accepted beside the vocabulary: those of the pack's signals.

    Returns:
        One verdict a message, in order. What is accepted is durable.

    Raises:
        NotFound: No domain has this source.
    """
    domain = domain_of_source.get(source)
    if domain is None:
        raise NotFound("source", source)
    received = int(clock.now() * 1000)
    events: list[Event] = []
    links: dict[Link, None] = {}
    taken: list[tuple[int, int] | EventRejected] = []
    for message in messages:
        try:
            said = translate(message, domain=domain, source=source, received_ms=received, known=known_events)
        except EventRejected as error:
            taken.append(error)
            continue
        taken.append((len(events), len(events) + len(said.events)))
        events += said.events
        links |= dict.fromkeys(said.links)
    new = sink.append(events) if events else []
    if links:
        sink.link(list(links))
    return [_verdict(message, result, new) for message, result in zip(messages, taken, strict=True)]


def _verdict(message: object, result: tuple[int, int] | EventRejected, new: Sequence[bool]) -> Verdict:
    told = message.get("messageId") if isinstance(message, dict) else None
    name = told if isinstance(told, str) else None
    if isinstance(result, EventRejected):
        return Verdict(
            message_id=name, status="failed", reason=result.reason, field=result.field, message=result.message
        )
    first, last = result
    repeated = last > first and not any(new[first:last])
    return Verdict(message_id=name, status="duplicate" if repeated else "accepted")
