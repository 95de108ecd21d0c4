"""What a browser's key is told of what did not work: that it did not, and no more than that."""

from __future__ import annotations

_TOLD = (
    "after: ",
    "catalog may be stale: ",
    "catalog unknown: ",
    "failed: ",
    "fields: ",
    "history: ",
    "late:",
    "log: ",
    "no release: ",
    "not personalized: ",
    "traits: ",
    "unknown item: ",
)
"""Notes that speak of the request alone, or in words made for everybody."""


def public_note(note: str) -> str:
    """A note of `degraded` as everybody may read it.

    What an error says may quote whatever it stumbled over, a cost or a name, and what a rule says is its owner's: of
    these the part that failed is named, without a rule's id.
    """
    if note.startswith(_TOLD):
        return note
    part = note.partition(": ")[0]
    return "rule" if part.startswith("rule") else part
