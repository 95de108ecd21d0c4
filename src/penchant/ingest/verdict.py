"""What a sender is told of each message."""

from __future__ import annotations

from typing import Literal

import msgspec

UNVERIFIED = "unverified user id"
"""The note of an event that was kept for its anonymous id alone."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What became of one message.

    Attributes:
        message_id: The sender's id of it, or the one it got.
        status: `accepted`; `duplicate`: the log had all of it already; `failed`: nothing of it was taken.
        reason: Code of what is wrong.
        field: Where.
        message: A sentence about it.
        note: What was done differently from what was asked.
    """

    message_id: str | None = None
    status: Literal["accepted", "duplicate", "failed"]
    reason: str | None = None
    field: str | None = None
    message: str | None = None
    note: str | None = None
