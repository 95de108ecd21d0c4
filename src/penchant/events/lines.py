"""Item lines: which items a message is about, and what it says of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from penchant.errors import EventRejected
from penchant.events.event import is_id
from penchant.events.reading import Reading
from penchant.events.values import as_id
from penchant.events.vocabulary import Shape

ITEM_IDS = (
    "product_id",
    "sku",
    "item_id",
    "content_asset_id",
    "content_asset_ids",
    "asset_id",
    "content_id",
    "module_id",
)
"""Properties that hold the item's id, the strongest first, when the source does not name its own."""

PROPERTIES = "properties."
"""Place of what stands in the properties themselves."""

_IN_LINE = (*ITEM_IDS, "id")
_OF_PAGE = ("path", "url")
_LISTS = ("products", "items")


class Line(NamedTuple):
    """One item of a message.

    Attributes:
        place: Where it stands, as in `properties.` or `properties.products.0.`.
        told: What is said of it.
        item: Its id, or None.
        key: The property that held the id, or None.
    """

    place: str
    told: Mapping[str, Any]
    item: str | None
    key: str | None


def item_of(
    told: Mapping[str, Any], place: str, reading: Reading, page: object = None
) -> tuple[str | None, str | None]:
    """The id of the item, and the property that holds it.

    Args:
        told: The properties, or one line of a list.
        place: Where they stand.
        reading: How the source is read.
        page: What the context says of the page; there `path` and `url` may stand, too.

    Raises:
        EventRejected: There is one, and it is wrong; an address that is too long to be an id names nothing.
    """
    for key in reading.item_ids or (ITEM_IDS if place == PROPERTIES else _IN_LINE):
        value = told.get(key)
        if isinstance(value, list):
            value = value[0] if value else None
        if key in _OF_PAGE:
            if value is None and isinstance(page, dict):
                value = page.get(key)
            if not isinstance(value, str) or not is_id(value.strip()):
                continue
        if value is not None and value != "":
            return as_id(value, key, place), key
    return None, None


def lines_of(
    properties: Mapping[str, Any], shape: Shape, reading: Reading, page: object = None
) -> tuple[list[Line], Mapping[str, Any]]:
    """The lines of a message, and what it says beside them; a message without a list is its own line.

    Raises:
        EventRejected: A line is no object, or names no item.
    """
    if shape == "never":
        return [Line(PROPERTIES, properties, None, None)], {}
    if "products" not in properties and "items" not in properties:
        return [Line(PROPERTIES, properties, *item_of(properties, PROPERTIES, reading, page))], {}
    listed: list[Any] | None = None
    name = ""
    for name in _LISTS:
        listed = properties.get(name)
        if isinstance(listed, list) and listed:
            break
        listed = None
    if listed is None or shape == "none":
        return [Line(PROPERTIES, properties, *item_of(properties, PROPERTIES, reading, page))], {}
    if shape == "item":
        item, key = item_of(properties, PROPERTIES, reading)
        if item is not None:
            return [Line(PROPERTIES, properties, item, key)], {}
        listed = listed[:1]
    lines = []
    for at, told in enumerate(listed):
        place = f"{PROPERTIES}{name}.{at}."
        if not isinstance(told, dict):
            raise EventRejected("bad_type", place[:-1], "must be an object", told)
        item, key = item_of(told, place, reading)
        if item is None:
            raise EventRejected("no_item", f"{place}{_wanted(reading)}", "needs an item id")
        lines.append(Line(place, told, item, key))
    return lines, {key: value for key, value in properties.items() if key != name}


def no_item(name: str, place: str, reading: Reading) -> EventRejected:
    """The refusal of an event that must be about an item and names none."""
    return EventRejected("no_item", f"{place}{_wanted(reading)}", f'"{name}" needs an item id')


def _wanted(reading: Reading) -> str:
    return reading.item_ids[0] if reading.item_ids else ITEM_IDS[0]
