"""What every item has, whatever its pack; reading and checking one."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from penchant.errors import ItemRejected, nearest


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the catalog. Each pack declares its own kind with its own fields.

    Attributes:
        id: The item's id, as events name it.
        title: Shown name.
        url: Where it lives.
        image: Picture address.
        active: False takes it out of every answer.
        attributes: Free fields beside the typed ones.
    """

    id: str
    title: str = ""
    url: str | None = None
    image: str | None = None
    active: bool = True
    attributes: dict[str, Any] = {}

    def __post_init__(self) -> None:
        if not 0 < len(self.id) <= 200:
            raise ValueError("id must have 1 to 200 characters")


ItemT = TypeVar("ItemT", bound=Item)


def read_item(kind: type[ItemT], fields: dict[str, Any]) -> ItemT:
    """Check plain fields against an item kind.

    Args:
        kind: The pack's item type.
        fields: Plain values, as from JSON.

    Raises:
        ItemRejected: Unknown field, wrong type, or a value out of range, with the field's name.
    """
    name = str(fields.get("id", ""))
    known = kind.__struct_fields__
    for field in fields:
        if field not in known:
            near = nearest(field, known)
            hint = f'; did you mean "{near}"?' if near else ""
            raise ItemRejected(name, f'no field "{field}"{hint} (free fields belong in "attributes")')
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise ItemRejected(name, str(error)) from None
