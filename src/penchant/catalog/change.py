"""A change to one item of the catalog, and what became of it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Operation = Literal["put", "patch", "delete"]
Status = Literal["created", "changed", "unchanged", "deleted", "missing", "rejected"]


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is to become of one item.

    Attributes:
        id: The item.
        op: `put` says all of it anew (counted fields that it does not name stay), `patch` some fields (null takes one
            back; a map is merged key by key), `delete` takes the item out.
        fields: Plain values by field, as from JSON; without `id`.
        add: Numbers to add to fields, as in `{"stock": -1}`; a map's key is named as in `stock_at.berlin`.
    """

    id: str
    op: Operation = "put"
    fields: dict[str, Any] = {}
    add: dict[str, float] = {}


class ChangeVerdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What became of a change.

    Attributes:
        id: The item.
        status: `missing`: a patch or delete of an item that is not there; `rejected`: nothing of it was kept.
        field: Which field is wrong, of a rejected change.
        reason: What is wrong with it, in a sentence.
    """

    id: str
    status: Status
    field: str = ""
    reason: str = ""
