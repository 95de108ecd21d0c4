from __future__ import annotations

from penchant.catalog import Item
from penchant.ingest.item_rows import item_fields
from penchant.packs.content.items import Content


class Odd(Item, frozen=True, kw_only=True):
    sizes: tuple[int, ...] = ()
    either: int | str | None = None


def test_the_fields_of_an_item_type_are_typed_by_its_annotations() -> None:
    kinds = {field.name: field.kind for field in item_fields(Content)}

    assert {name: kinds[name] for name in ("id", "title", "active", "attributes", "topics", "kind")} == {
        "id": "id",
        "title": "text",
        "active": "flag",
        "attributes": "json",
        "topics": "list",
        "kind": "text",
    }
    assert (kinds["episode"], kinds["length_s"], kinds["published"]) == ("whole", "number", "time")


def test_what_is_neither_is_read_as_json() -> None:
    kinds = {field.name: field.kind for field in item_fields(Odd)}

    assert (kinds["sizes"], kinds["either"]) == ("json", "json")


def test_only_the_id_is_required() -> None:
    assert [field.name for field in item_fields(Content) if field.required] == ["id"]
