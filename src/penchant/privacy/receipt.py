"""The receipt of an erasure: that it was done, when, and what was deleted; of the person only digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

import msgspec


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure did.

    Attributes:
        id: Name of the receipt.
        at: When it was asked for, ISO 8601.
        state: `pending` while something is left to do; `done` when nothing is left.
        finished: When it was done.
        ids: SHA-256 over the store's salt and each erased id, as in `user:42`: whoever knows an id can tell whether it
            is meant, and nobody can read one from here.
        removed: Rows deleted by kind: events, links, traits, consents, slates, failed; `lake`: rows of the lake;
            `refused`: rows that imports had refused. In a receipt that is pending, what was found before.
        releases: Releases that were trained before, while the person's events were there. They hold no ids and nothing
            of one person by itself, and give way to the next training.
        notes: What is left to do or to know, in sentences.
    """

    id: str
    at: str
    state: Literal["pending", "done"]
    finished: str | None = None
    ids: tuple[str, ...]
    removed: dict[str, int]
    releases: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def digests(salt: str, actors: Iterable[str]) -> tuple[str, ...]:
    """What a receipt says of these actors; sorted, so that the order says nothing either."""
    start = hashlib.sha256(salt.encode())
    found = []
    for actor in actors:
        digest = start.copy()
        digest.update(actor.encode("utf-8", "surrogatepass"))
        found.append(digest.hexdigest())
    return tuple(sorted(found))
