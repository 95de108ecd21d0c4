"""Everything that is held on a person, as JSON Lines.

The first line says who it is, the last that nothing is missing; between them each line is one row of what is held,
with all its fields, and `record` says of which sort. Events are read page by page, so a long life costs no memory.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from penchant.clock import iso
from penchant.errors import ArtifactError
from penchant.people import Rules
from penchant.privacy.person import events_of, look
from penchant.privacy.refused import ids_among, rows_of
from penchant.storage import FailedRow, Releases, Store

_encode = msgspec.json.Encoder().encode


def export(
    store: Store, releases: Releases, rejected: Path, actor: str, default: Rules, *, now: float
) -> Iterator[bytes]:
    """The lines, each with its end.

    Args:
        store: The operational store.
        releases: The trained releases; those that were made with the person's events are named.
        rejected: Folder of the rows that imports refused.
        actor: Any of the person's ids.
        default: Consent of people who have said nothing.
        now: Unix seconds.

    Raises:
        InvalidRequest: The actor is none.
    """
    lines = 0
    for row in _rows(store, releases, rejected, actor, default, now):
        lines += 1
        yield _encode(row) + b"\n"
    yield _encode({"record": "end", "lines": lines}) + b"\n"


def trained_with(releases: Releases, received: dict[str, int]) -> list[tuple[str, str, str]]:
    """Releases that were trained while a person's events were there, as (domain, id, moment).

    Args:
        releases: Those on disk.
        received: When the person's first event came, by domain, in milliseconds.
    """
    found = []
    for domain, first in sorted(received.items()):
        for name in releases.order(domain):
            try:
                created = releases.manifest(domain, name).created
            except ArtifactError:
                # Nobody can say of a damaged one when it was made; it can serve nobody either.
                continue
            if created >= iso(first / 1000):
                found.append((domain, name, created))
    return found


def _rows(
    store: Store, releases: Releases, rejected: Path, actor: str, default: Rules, now: float
) -> Iterator[dict[str, Any]]:
    person = look(store, actor, default)
    ids = list(person.ids)
    yield {"record": "person", "exported": iso(now), **msgspec.structs.asdict(person)}
    for link, undone in store.link_history(ids):
        yield {"record": "link", **link._asdict(), "undone": undone}
    for trait in store.traits(ids):
        yield {"record": "trait", **trait._asdict(), "value": msgspec.Raw(trait.value)}
    for consent in store.consents(ids[:1]).get(ids[0], []):
        yield {"record": "consent", **consent._asdict()}
    received: dict[str, int] = {}
    for seq, event in events_of(store, ids):
        received.setdefault(event.domain, event.received)
        received[event.domain] = min(received[event.domain], event.received)
        yield {"record": "event", "seq": seq, **msgspec.structs.asdict(event)}
    for slate in store.slates_of(ids):
        yield {"record": "slate", **slate._asdict(), "body": msgspec.Raw(slate.body)}
    for row in store.failed_of(ids):
        yield {"record": "failed", **_failed(row)}
    for file, line in rows_of(rejected, ids_among(set(ids))):
        yield {"record": "refused", "file": file, "row": line.decode("utf-8", "replace")}
    for domain, name, created in trained_with(releases, received):
        yield {"record": "release", "domain": domain, "release": name, "created": created}


def _failed(row: FailedRow) -> dict[str, Any]:
    """A failed message; a body that is no text as Base64."""
    fields = row._asdict()
    body: bytes | None = fields.pop("body")
    if body is None:
        return {**fields, "body": None}
    try:
        return {**fields, "body": body.decode()}
    except UnicodeDecodeError:
        return {**fields, "body_base64": base64.b64encode(body).decode()}
